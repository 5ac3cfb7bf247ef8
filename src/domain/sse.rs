//! Encryption at rest as it is asked for: by keys of S3, of KMS, or of the customer. Of a customer's key only its source is
//! ever a value here: what stands in options, plans and the journal.

use std::path::PathBuf;

/// How a text asks for a customer's key.
const CUSTOMER: &str = "customer:";
/// How such a text names a variable.
const VARIABLE: &str = "env:";

/// Where a customer's key is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// A file: 32 bytes, or their hexadecimal or base64 form.
    File(PathBuf),
    /// A variable of the environment: the hexadecimal or base64 form.
    Variable(String),
}

impl KeySource {
    /// The source that an `sse` option names; `None` where it asks for other keys, or names nothing.
    pub fn of(sse: &str) -> Option<Self> {
        let source = sse.strip_prefix(CUSTOMER)?;
        match source.strip_prefix(VARIABLE) {
            Some("") => None,
            Some(name) => Some(Self::Variable(name.to_owned())),
            None if source.is_empty() => None,
            None => Some(Self::File(PathBuf::from(source))),
        }
    }
}

/// Whether an `sse` option, or what HEAD told, speaks of a customer's key.
pub fn is_customer(sse: &str) -> bool {
    sse == "customer" || sse.starts_with(CUSTOMER)
}

#[cfg(test)]
mod tests {
    use super::{KeySource, is_customer};

    #[test]
    fn a_key_is_named_by_its_source() {
        let file = KeySource::File("/keys/a".into());
        assert_eq!(KeySource::of("customer:/keys/a"), Some(file));
        let variable = KeySource::Variable("KEY".into());
        assert_eq!(KeySource::of("customer:env:KEY"), Some(variable));
        for none in [
            "AES256",
            "aws:kms:x",
            "customer:",
            "customer:env:",
            "customer",
        ] {
            assert_eq!(KeySource::of(none), None, "{none}");
        }
        assert!(is_customer("customer") && !is_customer("aws:kms:customer:x"));
    }
}
