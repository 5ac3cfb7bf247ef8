//! Values as they stand in the journal.

use rusqlite::{Row, RowIndex};
use serde::{Serialize, de::DeserializeOwned};

/// A value's word in the journal: the same as in JSON.
pub(super) fn word(value: &impl Serialize) -> Option<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Some(word),
        Ok(_) | Err(_) => None,
    }
}

/// The value of a word; `None` where a later wharf wrote one that this one does not know.
pub(super) fn read_word<T: DeserializeOwned>(
    row: &Row<'_>,
    column: impl RowIndex,
) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(column)?;
    Ok(text.and_then(|text| serde_json::from_value(text.into()).ok()))
}

/// A value that stands as JSON; `None` where there is none, or it cannot be read.
pub(super) fn read_json<T: DeserializeOwned>(
    row: &Row<'_>,
    column: impl RowIndex,
) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(column)?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// `SQLite`'s numbers are signed.
pub(super) fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
