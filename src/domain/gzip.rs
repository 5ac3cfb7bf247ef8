//! Contents that are stored as gzip streams: `name` on disk is `name.gz` in S3. What such an object is called, what its
//! metadata keeps of the original, and what the trailer of a stream tells that others made.
//!
//! Both sides are joined under the name in S3: a folder sorted by `name.gz` has the order of S3, while a listing of S3
//! without its `.gz` would have none that bounded memory could restore.

use crate::domain::key::Key;

/// What the name of a stream has behind the name of its original.
pub const SUFFIX: &[u8] = b".gz";

/// Bytes of a stream's trailer: CRC-32 and size of the original.
pub const TRAILER: u64 = 8;

/// Bytes of the shortest stream: header, an empty block, trailer.
const SHORTEST: u64 = 20;

const SIZE: &str = "wharf-size";
const CRC: &str = "wharf-crc64nvme";

/// The name of the original of this stream; `None` where this is no stream's name.
pub fn plain(key: &Key) -> Option<Key> {
    let stem = key.as_bytes().strip_suffix(SUFFIX)?;
    let named = stem.last().is_some_and(|last| *last != b'/');
    named.then(|| Key::new(stem))
}

/// The name of the stream of this original.
pub fn stream(key: &Key) -> Key {
    Key::new([key.as_bytes(), SUFFIX].concat())
}

/// What metadata keeps of an original.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Original {
    /// Bytes.
    pub size: u64,
    /// CRC-64/NVME.
    pub crc: u64,
}

impl Original {
    /// This user metadata, with what keeps the original in place of what kept another one.
    #[must_use]
    pub fn kept_in(&self, mut metadata: Vec<(String, String)>) -> Vec<(String, String)> {
        metadata.retain(|(name, _)| name != SIZE && name != CRC);
        metadata.extend(self.metadata());
        metadata
    }

    /// As user metadata.
    pub fn metadata(&self) -> [(String, String); 2] {
        [
            (SIZE.to_owned(), self.size.to_string()),
            (CRC.to_owned(), format!("{:016x}", self.crc)),
        ]
    }

    /// What this user metadata tells; `None` where wharf did not write it.
    pub fn of(metadata: &[(String, String)]) -> Option<Self> {
        let told = |name: &str| {
            let found = metadata.iter().find(|(key, _)| key == name)?;
            Some(found.1.as_str())
        };
        Some(Self {
            size: told(SIZE)?.parse().ok()?,
            crc: u64::from_str_radix(told(CRC)?, 16).ok()?,
        })
    }
}

/// The last bytes of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trailer {
    /// CRC-32 of the original, of its last member where there are several.
    pub crc: u32,
    /// Its size modulo 4 GiB.
    pub size: u32,
}

impl Trailer {
    /// Reads it from the last bytes of a stream of `stored` bytes; `None` where that is too short to be one.
    pub fn of(last: &[u8], stored: u64) -> Option<Self> {
        let (crc, size) = last.split_first_chunk::<4>()?;
        let size: &[u8; 4] = size.first_chunk()?;
        (stored >= SHORTEST).then_some(Self {
            crc: u32::from_le_bytes(*crc),
            size: u32::from_le_bytes(*size),
        })
    }

    /// Whether a stream of `stored` bytes with this trailer can be one member that holds `size` bytes.
    pub fn can_hold(&self, size: u64, stored: u64) -> bool {
        /// What headers and stored blocks may add to a content that does not shrink.
        const MORE: u64 = 64 << 10;
        u64::from(self.size) == size && stored <= size + size / 1000 + MORE
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::{Original, Trailer, plain};
    use crate::domain::key::Key;

    #[test]
    fn a_stream_is_named_after_its_original() {
        for (stored, original) in [
            ("a/b.txt.gz", Some("a/b.txt")),
            ("a.gz.gz", Some("a.gz")),
            ("a/.gz", None),
            (".gz", None),
            ("a.gz/", None),
            ("a.txt", None),
        ] {
            assert_eq!(
                plain(&Key::from(stored)),
                original.map(Key::from),
                "{stored}"
            );
        }
    }

    #[test]
    fn metadata_keeps_the_original() {
        let original = Original {
            size: 7,
            crc: 0x00ab,
        };
        let mut metadata = original.metadata().to_vec();
        assert_eq!(Original::of(&metadata), Some(original));
        metadata.pop();
        assert_eq!(Original::of(&metadata), None);
    }

    #[test]
    fn a_trailer_speaks_of_one_member_under_four_gib() {
        let last = [1, 0, 0, 0, 9, 0, 0, 0];
        let trailer = Trailer::of(&last, 29).unwrap();
        assert_eq!((trailer.crc, trailer.size), (1, 9));
        assert!(trailer.can_hold(9, 29));
        assert!(!trailer.can_hold(9 + (1 << 32), 29));
        assert!(
            !trailer.can_hold(9, 10 << 20),
            "there must be other members"
        );
        assert_eq!(Trailer::of(&last, 8), None);
    }

    /// Paths of files in a tree: no path is a folder of another one.
    fn tree() -> impl Strategy<Value = Vec<String>> {
        let name =
            prop::sample::select(vec!["a", "a-", "a.", "a.g", "a.gz", "a!", "b", "a z", "a+"]);
        vec(vec(name, 1..4), 0..40).prop_map(|paths| {
            let mut paths: Vec<String> = paths.iter().map(|path| path.join("/")).collect();
            paths.sort();
            paths.dedup();
            let all = paths.clone();
            paths.retain(|path| {
                let below = format!("{path}/");
                !all.iter().any(|other| other.starts_with(&below))
            });
            paths
        })
    }

    /// A walk that sorts each folder by its names as they are stored.
    fn walk(paths: &[String], folder: &str, out: &mut Vec<String>) {
        let mut names = std::collections::BTreeSet::new();
        for rest in paths.iter().filter_map(|path| path.strip_prefix(folder)) {
            names.insert(match rest.split_once('/') {
                Some((name, _)) => format!("{name}/"),
                None => format!("{rest}.gz"),
            });
        }
        for name in names {
            if name.ends_with('/') {
                walk(paths, &format!("{folder}{name}"), out);
            } else {
                out.push(format!("{folder}{name}"));
            }
        }
    }

    proptest! {
        #[test]
        fn folders_sorted_by_stored_names_give_the_order_of_s3(paths in tree()) {
            let mut walked = Vec::new();
            walk(&paths, "", &mut walked);
            let mut sorted: Vec<String> = paths.iter().map(|path| format!("{path}.gz")).collect();
            sorted.sort();
            prop_assert_eq!(walked, sorted);
        }
    }
}
