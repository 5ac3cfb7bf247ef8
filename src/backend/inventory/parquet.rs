//! Data files of an inventory in Parquet: each row becomes one as the CSV files have it, so that all else is the same.

use bytes::Bytes;
use jiff::Timestamp;
use parquet::{
    errors::ParquetError,
    file::reader::{FileReader as _, SerializedFileReader},
    record::{Field, Row},
};

use super::Columns;

/// Where the columns of a row stand that is made of one in Parquet; its keys are not encoded.
pub(super) const COLUMNS: Columns = Columns {
    key: 0,
    size: 1,
    modified: Some(2),
    etag: Some(3),
    class: Some(4),
    algorithm: Some(5),
    latest: Some(6),
    marker: Some(7),
    encoded: false,
};

/// The names of these columns in the files, in their order.
const NAMES: [&str; 8] = [
    "key",
    "size",
    "last_modified_date",
    "e_tag",
    "storage_class",
    "checksum_algorithm",
    "is_latest",
    "is_delete_marker",
];

/// Gives every row of a data file to `take`.
pub(super) fn each_row(
    content: &Bytes,
    mut take: impl FnMut(csv::ByteRecord) -> Result<(), String>,
) -> Result<(), String> {
    let reader = SerializedFileReader::new(content.clone()).map_err(|error| broken(&error))?;
    let schema = reader.metadata().file_metadata().schema_descr();
    let names: Vec<&str> = schema
        .columns()
        .iter()
        .map(|column| column.name())
        .collect();
    for needed in ["key", "size"] {
        if !names.contains(&needed) {
            return Err(format!(
                "it has no column {needed}: add it to the inventory's configuration in S3"
            ));
        }
    }
    for row in reader.get_row_iter(None).map_err(|error| broken(&error))? {
        take(record(&row.map_err(|error| broken(&error))?))?;
    }
    Ok(())
}

fn broken(error: &ParquetError) -> String {
    format!("it is no Parquet: {error}")
}

/// A row in the order of `COLUMNS`; what it does not have is empty.
fn record(row: &Row) -> csv::ByteRecord {
    let mut fields: [Vec<u8>; NAMES.len()] = Default::default();
    for (name, field) in row.get_column_iter() {
        let at = NAMES.iter().position(|known| known == name);
        if let Some(place) = at.and_then(|at| fields.get_mut(at)) {
            *place = text(field);
        }
    }
    fields.iter().collect()
}

#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "what the library reads besides is told as it tells it"
)]
fn text(field: &Field) -> Vec<u8> {
    let moment = match field {
        Field::Null => return Vec::new(),
        Field::Str(text) => return text.clone().into_bytes(),
        Field::Bytes(bytes) => return bytes.data().to_vec(),
        Field::TimestampMillis(millis) => Timestamp::from_millisecond(*millis),
        Field::TimestampMicros(micros) => Timestamp::from_microsecond(*micros),
        _ => return field.to_string().into_bytes(),
    };
    // A moment that no calendar has is none.
    moment.map_or_else(|_| Vec::new(), |at| at.to_string().into_bytes())
}
