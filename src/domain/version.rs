//! Versions of an object, as a bucket that keeps them tells them: what stood under a key, and where it was deleted.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{
    entry::{Facts, Identity, Kind, ObjectId},
    key::Key,
};

/// One version, or a delete marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The key below the location.
    pub key: Key,
    /// Its id; `null` for what was written before the bucket kept versions.
    pub id: Arc<str>,
    /// Whether it is what stands under the key now.
    pub is_latest: bool,
    /// When it was written.
    pub modified: Option<Timestamp>,
    /// What it holds; `None` for a delete marker.
    pub content: Option<VersionContent>,
}

/// What a version holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionContent {
    /// Bytes.
    pub size: u64,
    /// Without quotes.
    pub etag: Option<Arc<str>>,
    /// Storage class.
    pub class: Option<Arc<str>>,
}

impl Version {
    /// Whether it hides what was deleted.
    pub fn is_marker(&self) -> bool {
        self.content.is_none()
    }

    /// The facts of it.
    pub fn facts(&self) -> Facts {
        let content = self.content.as_ref();
        Facts {
            kind: Kind::Object,
            size: content.map_or(0, |content| content.size),
            modified: self.modified,
            identity: Identity::Object(ObjectId {
                version: Some(Arc::clone(&self.id)),
                etag: content.and_then(|content| content.etag.clone()),
                class: content.and_then(|content| content.class.clone()),
                ..ObjectId::default()
            }),
        }
    }
}

/// Puts versions in the order of their keys, the newest of each first: a page tells versions and markers apart.
pub fn in_order(versions: &mut [Version]) {
    versions.sort_by(|one, other| {
        let newest = (other.is_latest, other.modified).cmp(&(one.is_latest, one.modified));
        one.key.cmp(&other.key).then(newest)
    });
}

/// The delete markers that hide something now, each with the size of what it hides, as far as that was told.
pub fn hidden(versions: &[Version]) -> Vec<(Version, u64)> {
    let mut found: Vec<(Version, u64)> = Vec::new();
    for version in versions {
        if version.is_latest && version.is_marker() {
            found.push((version.clone(), 0));
        } else if let (Some((marker, size)), Some(content)) = (found.last_mut(), &version.content)
            && marker.key == version.key
            && *size == 0
        {
            *size = content.size;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Version, VersionContent, hidden, in_order};

    fn version(key: &str, second: i64, latest: bool, size: Option<u64>) -> Version {
        Version {
            key: key.into(),
            id: format!("{key}{second}").into(),
            is_latest: latest,
            modified: jiff::Timestamp::from_second(second).ok(),
            content: size.map(|size| VersionContent {
                size,
                etag: None,
                class: None,
            }),
        }
    }

    #[test]
    fn only_what_a_marker_hides_now_is_hidden() {
        let mut versions = vec![
            version("a", 1, false, Some(3)),
            version("b", 1, true, Some(4)),
            version("c", 3, true, Some(5)),
            version("a", 2, true, None),
            version("c", 2, false, None),
        ];
        in_order(&mut versions);
        let found: Vec<(String, u64)> = hidden(&versions)
            .into_iter()
            .map(|(marker, size)| (marker.key.to_string(), size))
            .collect();
        assert_eq!(found, [("a".to_owned(), 3)]);
    }
}
