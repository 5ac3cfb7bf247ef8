//! A file beside an object whose checksum is one of its parts' checksums, which tells nothing by itself: the parts are asked
//! for, and each is compared with its bytes of the file.

use crate::backend::{
    Error, Store,
    s3::PartSum,
    store::{Checksum, Pin},
};
use crate::domain::{entry::Facts, key::Key, retry::FailureKind};
use crate::engine::transfer::hash::Hasher;

use super::digest::digest_range;

/// Whether the file holds what the object's parts held; `None` where the parts are not known.
pub(in crate::engine) async fn by_parts(
    key: &Key,
    file: (&Store, &Facts),
    object: (&Store, &Facts),
) -> Result<Option<bool>, Error> {
    let parts = part_sums(key, object).await?;
    let whole: u64 = parts.iter().map(|part| part.size).sum();
    if parts.is_empty() || whole != file.1.size {
        return Ok(None);
    }
    let mut at = 0;
    for part in parts {
        let Some(hasher) = Hasher::matching(&part.checksum) else {
            return Ok(None);
        };
        let range = at..at + part.size;
        at = range.end;
        let found: Checksum = digest_range(file, key, range, hasher).await?;
        if found != part.checksum {
            return Ok(Some(false));
        }
    }
    Ok(Some(true))
}

/// The checksums of an object's parts; none where they are not known.
pub(in crate::engine) async fn part_sums(
    key: &Key,
    object: (&Store, &Facts),
) -> Result<Vec<PartSum>, Error> {
    let (Store::S3(s3), Some(pin)) = (object.0, Pin::of(object.1)) else {
        return Ok(Vec::new());
    };
    match s3.part_sums(key, &pin).await {
        Err(error) if is_no_answer(&error) => Ok(Vec::new()),
        told => told,
    }
}

/// Whether the store does not know the question, or does not answer it to these credentials.
fn is_no_answer(error: &Error) -> bool {
    matches!(
        error.failure_kind(),
        FailureKind::Denied | FailureKind::Refused | FailureKind::NotFound
    )
}
