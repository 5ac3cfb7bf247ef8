//! A customer's key: read from a file or the environment, sent with requests, and shown by nothing.

use std::{fmt, path::Path, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use md5::{Digest as _, Md5};

use crate::domain::{retry::FailureKind, sse::KeySource};

use super::error::Error;

/// Bytes of a key.
const LENGTH: usize = 32;

/// A key of 256 bits, as headers want it. Neither text nor serde form of it exists.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomerKey(Arc<Texts>);

#[derive(PartialEq, Eq)]
struct Texts {
    key: String,
    md5: String,
}

impl fmt::Debug for CustomerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomerKey(hidden)")
    }
}

impl CustomerKey {
    /// The algorithm, as headers name it.
    pub(super) const ALGORITHM: &'static str = "AES256";

    /// Reads the key from its source.
    ///
    /// # Errors
    /// `Refused`, with what is wrong and what a key looks like, never with what was read.
    pub async fn load(source: &KeySource) -> Result<Self, Error> {
        let (name, read) = match source {
            KeySource::File(path) => {
                let path = home(path);
                let read = tokio::fs::read(&path).await;
                match read {
                    // A key where its file is asked for must not be told either.
                    Err(_) if is_key(&path) => (
                        "a file".to_owned(),
                        Err("a key itself stands behind \"customer:\": name the file that holds it, or env:NAME".to_owned()),
                    ),
                    read => (path.display().to_string(), read.map_err(|e| e.to_string())),
                }
            }
            KeySource::Variable(name) => {
                let value = std::env::var_os(name).map(std::ffi::OsString::into_encoded_bytes);
                let missing = || "this variable is not set".to_owned();
                (format!("${name}"), value.ok_or_else(missing))
            }
        };
        let refused =
            |reason: String| Error::new("read the key", name.clone(), FailureKind::Refused, reason);
        let content = read.map_err(|reason| refused(format!("no key can be read: {reason}")))?;
        Self::of(&content).ok_or_else(|| {
            refused("this is no key: 32 bytes are wanted, as they are, in hexadecimal or in base64 (openssl rand -out FILE 32 makes one)".to_owned())
        })
    }

    /// The key that this content is: 32 bytes, or their hexadecimal or base64 form.
    pub fn of(content: &[u8]) -> Option<Self> {
        let raw = <[u8; LENGTH]>::try_from(content).ok();
        let key = raw.or_else(|| {
            let text = std::str::from_utf8(content).ok()?.trim();
            let hex = hex::decode(text).ok();
            let bytes = hex.or_else(|| STANDARD.decode(text).ok())?;
            <[u8; LENGTH]>::try_from(bytes).ok()
        })?;
        Some(Self(Arc::new(Texts {
            key: STANDARD.encode(key),
            md5: STANDARD.encode(Md5::digest(key)),
        })))
    }

    /// The key in base64, for the header and nothing else.
    pub(super) fn header(&self) -> &str {
        &self.0.key
    }

    /// Its MD5 in base64, which proves to S3 that it arrived whole.
    pub(super) fn md5(&self) -> &str {
        &self.0.md5
    }
}

/// Whether a path is the hexadecimal or base64 form of a key.
fn is_key(path: &Path) -> bool {
    let text = path.as_os_str().as_encoded_bytes();
    text.len() != LENGTH && CustomerKey::of(text).is_some()
}

/// The path with `~` as the home folder.
fn home(path: &Path) -> std::path::PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => Path::new(&home).join(rest),
        (Ok(_), None) | (Err(_), _) => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::CustomerKey;

    #[test]
    fn one_key_in_three_forms_and_never_shown() {
        let raw = [7; 32];
        let key = CustomerKey::of(&raw).unwrap();
        let hex = format!("{}\n", hex::encode(raw));
        assert_eq!(CustomerKey::of(hex.as_bytes()), Some(key.clone()));
        let base64 = format!(" {}\n", key.header());
        assert_eq!(CustomerKey::of(base64.as_bytes()), Some(key.clone()));
        for none in [&b""[..], &[7; 31], &[7; 33], b"not a key"] {
            assert_eq!(CustomerKey::of(none), None);
        }
        let shown = format!("{key:?} {:#?}", vec![key.clone()]);
        assert!(!shown.contains(key.header()) && !shown.contains(hex.trim()));
    }
}
