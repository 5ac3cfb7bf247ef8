//! Where in its bucket a store is, and which whole key a key of the store has.

use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::domain::{codec::KeyRefusal, gzip, key::Key, location::Prefix, text::printable};

/// Where in its bucket a store is.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) bucket: Arc<str>,
    prefix: Prefix,
    /// `Some` for a store that is one object under a name of its own.
    alias: Option<Key>,
    /// Objects are known by the names that they have as gzip streams.
    streams: bool,
    /// Whether the location turned out to be a single object: asked for once, when it matters.
    pub(super) single: OnceCell<bool>,
}

impl Place {
    pub(super) fn new(prefix: &Prefix) -> Self {
        Self {
            bucket: Arc::clone(&prefix.bucket),
            prefix: prefix.clone(),
            alias: None,
            streams: false,
            single: OnceCell::new(),
        }
    }

    /// The same place, whose objects are known by the names that they have as gzip streams.
    pub(super) fn gzipped(&self) -> Self {
        Self {
            streams: true,
            alias: self.alias.clone(),
            ..Self::new(&self.prefix)
        }
    }

    /// Whether objects are known by the names of their gzip streams.
    pub(super) fn is_gzipped(&self) -> bool {
        self.streams
    }

    pub(super) fn exact(prefix: &Prefix, name: Key) -> Option<Self> {
        let named = !prefix.path.is_empty() && !prefix.path.ends_with('/');
        named.then(|| Self {
            alias: Some(name),
            single: OnceCell::new_with(Some(true)),
            ..Self::new(prefix)
        })
    }

    /// The folder of the bucket that the store is: empty, or ending with `/`.
    pub(super) fn folder(&self) -> String {
        self.prefix.folder()
    }

    pub(super) fn printable_folder(&self) -> String {
        printable(self.prefix.folder().as_bytes()).into_owned()
    }

    pub(super) fn prefix(&self) -> &Prefix {
        &self.prefix
    }

    /// The whole key to write to.
    pub(super) fn full(&self, key: &Key) -> Result<String, KeyRefusal> {
        match &self.alias {
            Some(alias) if alias == key => Ok(self.prefix.path.to_string()),
            Some(_) => Err(KeyRefusal::NoPlace),
            None if self.streams && !key.is_folder() => {
                let plain = gzip::plain(key).ok_or(KeyRefusal::NotGzip)?;
                self.prefix.full_key(&plain)
            }
            None => self.prefix.full_key(key),
        }
    }

    pub(super) fn is_exact(&self) -> bool {
        self.alias.is_some()
    }

    /// The key that a single object at exactly this location would have; `None` where a slash was typed.
    pub(super) fn single_name(&self) -> Option<Key> {
        if let Some(alias) = &self.alias {
            return Some(alias.clone());
        }
        let path = &*self.prefix.path;
        if path.is_empty() || path.ends_with('/') {
            return None;
        }
        let name = path.rsplit('/').next().map(Key::from)?;
        Some(if self.streams {
            gzip::stream(&name)
        } else {
            name
        })
    }

    /// The whole key of that single object.
    pub(super) fn single_path(&self) -> &str {
        &self.prefix.path
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, Place, Prefix};
    use crate::domain::location::Location;

    fn prefix(text: &str) -> Prefix {
        match Location::parse(text).unwrap() {
            Location::S3(prefix) => prefix,
            other @ (Location::Disk(_) | Location::Buckets(_) | Location::Manifest(_)) => {
                panic!("{other}")
            }
        }
    }

    #[test]
    fn keys_are_below_the_folder_and_an_exact_place_holds_one() {
        let place = Place::new(&prefix("s3://bucket/a/b"));
        assert_eq!(place.full(&Key::from("c")).unwrap(), "a/b/c");
        assert_eq!(place.single_name(), Some(Key::from("b")));
        assert_eq!(Place::new(&prefix("s3://bucket/a/b/")).single_name(), None);
        let exact = Place::exact(&prefix("s3://bucket/a/b"), Key::from("x.txt")).unwrap();
        assert_eq!(exact.full(&Key::from("x.txt")).unwrap(), "a/b");
        assert!(exact.full(&Key::from("y.txt")).is_err());
        assert!(Place::exact(&prefix("s3://bucket/a/"), Key::from("x")).is_none());
        let streams = place.gzipped();
        assert_eq!(streams.full(&Key::from("c.gz")).unwrap(), "a/b/c");
        assert_eq!(streams.full(&Key::from("c.gz.gz")).unwrap(), "a/b/c.gz");
        assert_eq!(streams.full(&Key::from("d/")).unwrap(), "a/b/d/");
        assert_eq!(streams.single_name(), Some(Key::from("b.gz")));
        assert!(streams.full(&Key::from("c")).is_err());
    }
}
