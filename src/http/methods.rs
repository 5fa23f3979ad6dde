//! Which methods a path takes, for the `Allow` header of a 405: read from the document itself.

use serde_json::Value;

/// Paths as segments, with the methods they take.
pub struct Methods(Vec<(Vec<String>, String)>);

impl Methods {
    /// Reads the paths of an OpenAPI document, and adds those that it does not describe.
    pub fn of(document: &str, others: &[(&str, &str)]) -> Self {
        let document: Value = serde_json::from_str(document).unwrap_or_default();
        let described = document.get("paths").and_then(Value::as_object);
        let mut all: Vec<(Vec<String>, String)> = Vec::new();
        for (path, operations) in described.into_iter().flatten() {
            let methods = operations
                .as_object()
                .into_iter()
                .flatten()
                .map(|(method, _)| method.to_uppercase());
            all.push((segments(path), methods.collect::<Vec<_>>().join(", ")));
        }
        for (path, methods) in others {
            all.push((segments(path), (*methods).to_owned()));
        }
        Self(all)
    }

    /// The value of `Allow` for a path.
    pub fn allowed(&self, path: &str) -> &str {
        self.find(path).map_or("GET", |(_, methods)| methods)
    }

    /// The path as it is documented, for who counts requests; None for one that is not.
    pub fn route(&self, path: &str) -> Option<String> {
        let (known, _) = self.find(path)?;
        Some(format!("/{}", known.join("/")))
    }

    /// The name of the parameter in a path.
    pub fn parameter(&self, path: &str) -> Option<&str> {
        let (known, _) = self.find(path)?;
        known
            .iter()
            .find_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }

    fn find(&self, path: &str) -> Option<&(Vec<String>, String)> {
        let asked = segments(path);
        self.0.iter().find(|(known, _)| {
            known.len() == asked.len()
                && known
                    .iter()
                    .zip(&asked)
                    .all(|(known, asked)| known.starts_with('{') || known == asked)
        })
    }
}

fn segments(path: &str) -> Vec<String> {
    path.split('/')
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_found_by_the_shape_of_the_path() {
        let document = r#"{"paths": {"/a": {"get": {}, "head": {}}, "/b/{id}": {"post": {}}}}"#;
        let methods = Methods::of(document, &[("/hook/", "POST")]);
        assert_eq!(methods.allowed("/a/"), "GET, HEAD");
        assert_eq!(methods.allowed("/b/x%2Fy"), "POST");
        assert_eq!(methods.allowed("/hook"), "POST");
        assert_eq!(methods.parameter("/b/%FF"), Some("id"));
        assert_eq!(methods.parameter("/a"), None);
        assert_eq!(methods.route("/b/alice/").as_deref(), Some("/b/{id}"));
        assert_eq!(methods.route("/b/alice/c"), None);
    }
}
