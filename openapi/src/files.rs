//! The documents as files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::document::Document;
use crate::downgrade::downgrade;

/// The folder of the documents.
pub fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of this build: name and content.
fn made() -> anyhow::Result<[(&'static str, Vec<u8>); 2]> {
    let newest = api::openapi_bytes();
    let mut older = serde_json::to_vec_pretty(&downgrade(Document::parse(&newest)?.json()))?;
    older.push(b'\n');
    Ok([("openapi.json", newest), ("openapi-3.0.json", older)])
}

/// Writes the documents of this build.
pub fn write(folder: &Path) -> anyhow::Result<()> {
    for (name, content) in made()? {
        let path = folder.join(name);
        fs::write(&path, content).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

/// The names of the files that differ from this build.
pub fn check(folder: &Path) -> anyhow::Result<Vec<&'static str>> {
    let differs = |name: &str, content: &[u8]| fs::read(folder.join(name)).ok().as_deref() != Some(content);
    Ok(made()?.iter().filter(|(name, content)| differs(name, content)).map(|(name, _)| *name).collect())
}

/// The documents that were released, by file.
pub fn released(folder: &Path) -> anyhow::Result<Vec<(PathBuf, Document)>> {
    let folder = folder.join("released");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut documents = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "json") {
            let document = Document::parse(&fs::read(&path)?).with_context(|| path.display().to_string())?;
            documents.push((path, document));
        }
    }
    documents.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(documents)
}
