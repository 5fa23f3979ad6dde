//! One vocabulary of failure from the store up to the edge. The edge turns `kind` into a status and
//! `code` into a sentence in the caller's language; nothing here knows HTTP or a language.

use std::fmt;

/// What went wrong, for a program (`kind`, `code`, `field`) and for people (`code` with its `args`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    pub kind: Kind,
    /// Snake case, stable: programs match on it, and texts are looked up by it.
    pub code: &'static str,
    /// The field of the request that is to blame.
    pub field: Option<String>,
    /// Values for the sentence, such as `max`.
    pub args: Vec<(&'static str, String)>,
    /// For the log only: what happened inside.
    pub detail: Option<String>,
}

/// The sorts of failure; one row each in the table of HTTP statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Conflict,
    TooLarge,
    UnsupportedMedia,
    RangeNotSatisfiable,
    TooManyRequests,
    ShuttingDown,
    /// Something outside does not answer; it is worth a try later.
    Unavailable,
    StorageFull,
    Internal,
}

impl Error {
    pub fn new(kind: Kind, code: &'static str) -> Self {
        Self {
            kind,
            code,
            field: None,
            args: Vec::new(),
            detail: None,
        }
    }

    /// A request that is wrong in `field`.
    pub fn bad(code: &'static str, field: impl Into<String>) -> Self {
        Self::new(Kind::BadRequest, code).on(field)
    }

    pub fn missing(field: impl Into<String>) -> Self {
        Self::bad("missing_field", field)
    }

    pub fn not_found(code: &'static str) -> Self {
        Self::new(Kind::NotFound, code)
    }

    /// A failure the caller can not mend; `detail` goes to the log, never to the caller.
    pub fn internal(detail: impl fmt::Display) -> Self {
        let mut error = Self::new(Kind::Internal, "internal");
        error.detail = Some(detail.to_string());
        error
    }

    /// Names the field to blame.
    #[must_use]
    pub fn on(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Adds a value for the sentence.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.args.push((name, value.to_string()));
        self
    }

    /// The value of an argument of the sentence.
    pub fn arg(&self, name: &str) -> Option<&str> {
        self.args
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)?;
        if let Some(field) = &self.field {
            write!(f, " ({field})")?;
        }
        if let Some(detail) = &self.detail {
            write!(f, ": {detail}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
