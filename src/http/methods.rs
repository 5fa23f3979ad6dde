//! Which methods a path takes, for the `Allow` header of a 405: read from the document itself.

use serde_json::Value;

/// Every path, and the methods it takes.
pub struct Methods(Vec<Known>);

struct Known {
    /// As it is documented.
    path: String,
    segments: Vec<String>,
    /// As `Allow` lists them.
    methods: String,
}

impl Known {
    fn new(path: &str, methods: String) -> Self {
        let segments = segments(path).map(str::to_owned).collect();
        Self {
            path: path.to_owned(),
            segments,
            methods,
        }
    }

    fn is(&self, asked: &[&str]) -> bool {
        let mut pairs = self.segments.iter().zip(asked);
        self.segments.len() == asked.len()
            && pairs.all(|(known, asked)| known.starts_with('{') || known == asked)
    }
}

impl Methods {
    /// Reads the paths of an OpenAPI document, and adds those that it does not describe.
    pub fn of(document: &str, others: &[(&str, &str)]) -> Self {
        let document: Value = serde_json::from_str(document).unwrap_or_default();
        let described = document.get("paths").and_then(Value::as_object);
        let mut all = Vec::new();
        for (path, operations) in described.into_iter().flatten() {
            let methods = operations
                .as_object()
                .into_iter()
                .flatten()
                .map(|(method, _)| method.to_uppercase());
            all.push(Known::new(path, methods.collect::<Vec<_>>().join(", ")));
        }
        for (path, methods) in others {
            all.push(Known::new(path, (*methods).to_owned()));
        }
        Self(all)
    }

    /// The value of `Allow` for a path.
    pub fn allowed(&self, path: &str) -> &str {
        self.find(path).map_or("GET", |known| &known.methods)
    }

    /// The path as it is documented, for who counts requests; None for one that is not.
    pub fn route(&self, path: &str) -> Option<&str> {
        self.find(path).map(|known| known.path.as_str())
    }

    /// The name of the parameter in a path.
    pub fn parameter(&self, path: &str) -> Option<&str> {
        let known = &self.find(path)?.segments;
        known
            .iter()
            .find_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }

    fn find(&self, path: &str) -> Option<&Known> {
        let asked: Vec<&str> = segments(path).collect();
        self.0.iter().find(|known| known.is(&asked))
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
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
        assert_eq!(methods.route("/b/alice/"), Some("/b/{id}"));
        assert_eq!(methods.route("/b/alice/c"), None);
    }
}
