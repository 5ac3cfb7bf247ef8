//! A file beside an object whose checksum is one of its parts' checksums, which tells nothing by itself: the parts are asked
//! for, and each is compared with its bytes of the file.

use crate::backend::{
    Error, Store,
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
    let (Store::S3(s3), Some(pin)) = (object.0, Pin::of(object.1)) else {
        return Ok(None);
    };
    let parts = match s3.part_sums(key, &pin).await {
        Ok(parts) => parts,
        Err(error) if is_no_answer(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
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

/// Whether the store does not know the question, or does not answer it to these credentials.
fn is_no_answer(error: &Error) -> bool {
    matches!(
        error.failure_kind(),
        FailureKind::Denied | FailureKind::Refused | FailureKind::NotFound
    )
}
