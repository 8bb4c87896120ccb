//! What may be attached, as the rule set of a process says (broker.md section 6.1, rows 10 and 42).

use super::set::RuleSet;
use crate::file::{FileFormat, FilePurpose};

/// KB and MB as file managers count them, in bytes.
const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// Most bytes of one file by its kind, and of all files of a case. What a rule set is silent on, the round and the
/// installation decide.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileRules {
    /// A photo (证件照), whatever its format.
    pub photo_bytes: Option<u64>,
    pub pdf_bytes: Option<u64>,
    /// PNG and JPEG.
    pub image_bytes: Option<u64>,
    /// All files of a case together.
    pub total_bytes: Option<u64>,
}

impl FileRules {
    /// The clauses of the set that speak of files.
    pub fn of(set: &RuleSet) -> Self {
        let bytes = |key, unit| set.number(key).map(|number| u64::from(number) * unit);
        Self {
            photo_bytes: bytes("file.photo_kb", KIB),
            pdf_bytes: bytes("file.pdf_mb", MIB),
            image_bytes: bytes("file.image_mb", MIB),
            total_bytes: bytes("file.total_mb", MIB),
        }
    }

    /// Most bytes of a file of this purpose and format.
    pub fn bytes(&self, purpose: FilePurpose, format: FileFormat) -> Option<u64> {
        let of_format = match format {
            FileFormat::Pdf => self.pdf_bytes,
            FileFormat::Png | FileFormat::Jpeg => self.image_bytes,
            FileFormat::Docx | FileFormat::Xlsx | FileFormat::Ofd => None,
        };
        let of_purpose = self.photo_bytes.filter(|_| purpose == FilePurpose::Photo);
        [of_purpose, of_format].into_iter().flatten().min()
    }
}
