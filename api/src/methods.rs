//! Which methods a path has: for 405 with `Allow`, read from the document itself.

use utoipa::openapi::OpenApi;

/// The paths of the document, split into segments, with their methods.
#[derive(Debug, Clone, Default)]
pub struct Methods(Vec<(Vec<String>, Vec<&'static str>)>);

impl Methods {
    pub fn of(document: &OpenApi) -> Self {
        Self(
            document
                .paths
                .paths
                .iter()
                .map(|(path, item)| {
                    let methods = [
                        (item.get.is_some(), "GET"),
                        (item.get.is_some(), "HEAD"),
                        (item.post.is_some(), "POST"),
                        (item.put.is_some(), "PUT"),
                        (item.patch.is_some(), "PATCH"),
                        (item.delete.is_some(), "DELETE"),
                    ];
                    let methods = methods.into_iter().filter(|(exists, _)| *exists).map(|(_, name)| name).collect();
                    (path.split('/').map(str::to_owned).collect(), methods)
                })
                .collect(),
        )
    }

    /// The methods of the path that fits, for the `Allow` header.
    pub fn allowed(&self, path: &str) -> Option<String> {
        let segments: Vec<&str> = path.split('/').collect();
        let mut methods: Vec<&str> = self
            .0
            .iter()
            .filter(|(pattern, _)| fits(pattern, &segments))
            .flat_map(|(_, methods)| methods.iter().copied())
            .collect();
        methods.sort_unstable();
        methods.dedup();
        (!methods.is_empty()).then(|| methods.join(", "))
    }
}

fn fits(pattern: &[String], path: &[&str]) -> bool {
    pattern.len() == path.len()
        && pattern.iter().zip(path).all(|(part, given)| (part.starts_with('{') && !given.is_empty()) || part == given)
}
