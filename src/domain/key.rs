//! `Key`: the name of an entry below its location, as bytes, in the order of S3. Used by every room.
//! A key is never normalised: what S3 or the disk said is what is kept.

use std::{borrow::Cow, fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::domain::text::printable;

/// The name of an entry below its location: bytes, ordered as S3 orders keys (byte by byte).
///
/// Folders end with `/`, so that a folder sorts where its entries do. Cloning is cheap.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Key(Arc<[u8]>);

impl Key {
    /// The key of these bytes, exactly.
    pub fn new(bytes: impl AsRef<[u8]>) -> Self {
        Self(Arc::from(bytes.as_ref()))
    }

    /// The bytes, as S3 or the disk named them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The key as text; `None` where it is not UTF-8 (only local names can be so).
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// Whether this is the empty key: the location itself.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the key names a folder (ends with `/`).
    pub fn is_folder(&self) -> bool {
        self.0.last() == Some(&b'/')
    }

    /// This key with `more` behind it.
    #[must_use]
    pub fn join(&self, more: impl AsRef<[u8]>) -> Self {
        let more = more.as_ref();
        let mut bytes = Vec::with_capacity(self.0.len() + more.len());
        bytes.extend_from_slice(&self.0);
        bytes.extend_from_slice(more);
        Self(bytes.into())
    }

    /// The folder that holds this entry, with its `/`; empty at the top.
    #[must_use]
    pub fn parent(&self) -> Self {
        Self::new(
            self.0
                .get(..self.0.len() - self.name_bytes().len())
                .unwrap_or_default(),
        )
    }

    /// The last segment; a folder's keeps its `/`.
    pub fn name_bytes(&self) -> &[u8] {
        let inner = self.0.strip_suffix(b"/").unwrap_or(&self.0);
        let start = inner
            .iter()
            .rposition(|&b| b == b'/')
            .map_or(0, |at| at + 1);
        self.0.get(start..).unwrap_or_default()
    }

    /// The key made safe for a terminal.
    pub fn printable(&self) -> Cow<'_, str> {
        printable(&self.0)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.printable())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.printable())
    }
}

impl AsRef<[u8]> for Key {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// How a key stands in JSON: plain text, or bytes in hexadecimal where it is not UTF-8.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form<'a> {
    Text(Cow<'a, str>),
    Bytes { hex: String },
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_str() {
            Some(text) => Form::Text(Cow::Borrowed(text)),
            None => Form::Bytes {
                hex: hex::encode(&self.0),
            },
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Form::deserialize(deserializer)? {
            Form::Text(text) => Ok(Self::new(text.as_bytes())),
            Form::Bytes { hex } => hex::decode(hex).map(Self::new).map_err(D::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn parent_and_name_split_a_key() {
        for (key, parent, name) in [
            ("a", "", "a"),
            ("a/", "", "a/"),
            ("a/b", "a/", "b"),
            ("a/b/", "a/", "b/"),
            ("a//b", "a//", "b"),
            ("", "", ""),
        ] {
            let key = Key::from(key);
            assert_eq!(key.parent(), Key::from(parent));
            assert_eq!(key.name_bytes(), name.as_bytes());
        }
    }

    #[test]
    fn json_keeps_every_byte() {
        for key in [Key::from("a\u{1b}b"), Key::new([0xff, b'a'])] {
            let text = serde_json::to_string(&key).unwrap();
            assert_eq!(serde_json::from_str::<Key>(&text).unwrap(), key);
        }
    }
}
