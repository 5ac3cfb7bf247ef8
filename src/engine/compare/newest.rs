//! Which side of a differing pair its owner changed last. A listing of S3 tells when something was uploaded; when it was
//! changed stands in its metadata, which costs a HEAD.

use jiff::Timestamp;

use crate::backend::{Store, store::Headers};
use crate::domain::{diff::Newer, entry::Facts, key::Key};

/// The metadata in which an upload keeps the source's time.
const MTIME: &str = "mtime";

/// Which side is newer by the times of change; unknown where one is not known, or both are equal.
pub(super) async fn newer(key: &Key, stores: (&Store, &Store), facts: (&Facts, &Facts)) -> Newer {
    let (left, right) = tokio::join!(
        changed(key, stores.0, facts.0),
        changed(key, stores.1, facts.1)
    );
    match left.zip(right).map(|(left, right)| left.cmp(&right)) {
        Some(std::cmp::Ordering::Greater) => Newer::Left,
        Some(std::cmp::Ordering::Less) => Newer::Right,
        Some(std::cmp::Ordering::Equal) | None => Newer::Unknown,
    }
}

/// When the content of an entry was changed, as far as that is known.
async fn changed(key: &Key, store: &Store, facts: &Facts) -> Option<Timestamp> {
    match store {
        Store::Disk(_) | Store::Manifest(_) => facts.modified.filter(|_| facts.object().is_none()),
        Store::S3(_) => {
            let stat = store.stat(key).await.ok()?;
            mtime(&stat.headers)
        }
    }
}

/// When the file was changed that an object was made of, where its metadata tells that.
pub(in crate::engine) fn mtime(headers: &Headers) -> Option<Timestamp> {
    let mtime = |(name, value): &(String, String)| (name == MTIME).then(|| seconds(value))?;
    headers.metadata.iter().find_map(mtime)
}

/// Seconds since 1970, with or without decimals, as rclone and wharf write them.
fn seconds(text: &str) -> Option<Timestamp> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let nanoseconds = format!("{part:0<9}");
    let nanoseconds = nanoseconds.get(..9)?.parse().ok()?;
    Timestamp::new(whole.parse().ok()?, nanoseconds).ok()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::seconds;

    #[test]
    fn times_are_read_as_other_clients_write_them() {
        let at = |text| Timestamp::from_nanosecond(text).ok();
        assert_eq!(
            seconds("1700000000.123456789"),
            at(1_700_000_000_123_456_789)
        );
        assert_eq!(seconds("1700000000.5"), at(1_700_000_000_500_000_000));
        assert_eq!(seconds("1700000000"), at(1_700_000_000_000_000_000));
        assert_eq!(seconds("yesterday"), None);
        assert_eq!(seconds("1.x"), None);
    }
}
