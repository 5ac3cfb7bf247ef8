//! Why a text is no value, without the place where it stood: the reader of a file, a variable or a flag adds that.

use crate::domain::{slip::nearest, text::printable};

/// A text that is no value of its key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct Invalid {
    /// What is wrong, safe for a terminal.
    pub message: String,
    /// The words that would be right; empty where there are too many to list.
    pub allowed: Vec<String>,
    /// The right word that is nearest to what was written.
    pub nearest: Option<String>,
}

impl Invalid {
    /// `text` does not have the form that is described.
    pub fn form(text: &str, form: &str) -> Self {
        Self::because(format!("\"{}\" is not {form}", printable(text.as_bytes())))
    }

    /// A sentence of its own.
    pub fn because(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            allowed: Vec::new(),
            nearest: None,
        }
    }

    /// `text` is none of these words.
    pub fn word(text: &str, allowed: &[&str]) -> Self {
        Self {
            message: format!("\"{}\" is not allowed here", printable(text.as_bytes())),
            allowed: allowed.iter().map(|&word| word.to_owned()).collect(),
            nearest: nearest(text, allowed).map(str::to_owned),
        }
    }

    /// `name` is none of these names, which are `what`: "no such machine".
    pub fn unknown(name: &str, what: &str, known: &[&str]) -> Self {
        Self {
            message: format!("there is no {what} \"{}\"", printable(name.as_bytes())),
            ..Self::word(name, known)
        }
    }

    /// What would have been right, as a sentence's end; empty where nothing can be said.
    pub fn advice(&self) -> Option<String> {
        let allowed =
            (!self.allowed.is_empty()).then(|| format!("allowed: {}", self.allowed.join(", ")));
        let nearest = self
            .nearest
            .as_ref()
            .map(|word| format!("did you mean \"{word}\"?"));
        match (allowed, nearest) {
            (Some(allowed), Some(nearest)) => Some(format!("{nearest} ({allowed})")),
            (one, other) => one.or(other),
        }
    }

    fn sentence(&self) -> String {
        match self.advice() {
            Some(advice) => format!("{}; {advice}", self.message),
            None => self.message.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Invalid;

    #[test]
    fn the_sentence_tells_what_would_be_right() {
        let invalid = Invalid::word("pul", &["pull", "push", "both"]);
        assert_eq!(
            invalid.to_string(),
            "\"pul\" is not allowed here; did you mean \"pull\"? (allowed: pull, push, both)"
        );
    }
}
