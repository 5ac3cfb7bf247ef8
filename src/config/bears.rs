//! What a person says that objects shall bear, read as the options of a sync are read: class, encryption, metadata, tags; and
//! how archived ones are restored.

use jiff::Timestamp;

use crate::domain::plan::{Bears, Restore, SyncOptions};

use super::{invalid::Invalid, setting::SyncKey};

/// What objects shall bear, by the texts of these options.
///
/// # Errors
/// The first one that cannot be read.
pub fn bears<'t>(
    words: impl IntoIterator<Item = (SyncKey, &'t str)>,
) -> Result<Bears, (SyncKey, Invalid)> {
    let mut options = SyncOptions::default();
    for (key, text) in words {
        let setting = key
            .read(text, Timestamp::UNIX_EPOCH)
            .map_err(|invalid| (key, invalid))?;
        setting.apply(&mut options);
    }
    Ok(Bears {
        class: options.storage_class,
        sse: options.sse,
        metadata: options.metadata,
        tags: options.tags,
    })
}

/// How archived objects are restored: `bulk:3`.
///
/// # Errors
/// Where it cannot be read.
pub fn restore(text: &str) -> Result<Restore, Invalid> {
    let setting = SyncKey::Restore.read(text, Timestamp::UNIX_EPOCH)?;
    let mut options = SyncOptions::default();
    setting.apply(&mut options);
    options
        .restore
        .ok_or_else(|| Invalid::because("it is no way to restore"))
}
