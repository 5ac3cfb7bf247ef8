//! An object against a recorded listing that holds checksums: the ETag where that is the recorded MD5, else what HEAD tells.

use crate::backend::{Error, Store, manifest::Manifest, store::Checksum};
use crate::domain::{entry::Facts, key::Key};

/// Whether the object holds what was recorded, with the checksum that says so; `None` where too little is known of either.
pub(in crate::engine) async fn by_record(
    key: &Key,
    manifest: &Manifest,
    (store, object): (&Store, &Facts),
) -> Result<Option<(bool, Checksum)>, Error> {
    let Some(sums) = manifest.sums(key) else {
        return Ok(None);
    };
    let recorded = Checksum::Crc64Nvme(sums.crc);
    let md5 = sums.md5.map(hex::encode);
    if md5.is_some() && md5.as_deref() == object.etag() {
        return Ok(Some((true, recorded)));
    }
    let stat = store.stat(key).await?;
    let unchanged = stat.entry.facts.etag() == object.etag();
    let told = match stat.checksum {
        Some(Checksum::Crc64Nvme(crc)) if unchanged => crc,
        Some(_) | None => return Ok(None),
    };
    Ok(Some((told == sums.crc, recorded)))
}
