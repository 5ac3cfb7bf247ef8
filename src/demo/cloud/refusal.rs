//! What a service refuses with: a status, AWS's own code, and a sentence.

use http::StatusCode;

/// A refusal, before it is written in a service's own wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::demo) struct Refusal {
    pub(in crate::demo) status: StatusCode,
    pub(in crate::demo) code: String,
    pub(in crate::demo) message: String,
}

impl Refusal {
    /// The caller asked for something that cannot be.
    pub(in crate::demo) fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: code.to_owned(),
            message: message.into(),
        }
    }

    /// The same, with another status.
    pub(in crate::demo) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Nothing of this kind has this id.
    pub(in crate::demo) fn not_found(code: &str, what: &str, id: &str) -> Self {
        Self::new(code, format!("The {what} '{id}' does not exist"))
    }
}
