//! The first rows of a Parquet file, from pieces of it: what must be read for them is told first, then they are decoded. Sizes
//! that pages claim are held against a limit before anything is decoded, and encodings are those whose cost is bounded by
//! them.

use std::{io::Cursor, sync::Arc};

use ::parquet::{
    basic::Encoding,
    errors::{ParquetError, Result as Parsed},
    file::{
        metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader},
        reader::{ChunkReader, Length, SerializedFileReader},
    },
    record::{Field, reader::RowIter},
    schema::types::Type,
};
use bytes::{Buf as _, Bytes};
use jiff::Timestamp;

use super::{
    Line,
    parquet::{self, PageSize},
    table,
};

/// Rows that are shown.
const ROWS: usize = 20;
/// Columns that are shown.
const COLUMNS: usize = 12;
/// The most that is read of one column: a dictionary and a page, as writers make them.
const OF_COLUMN: u64 = 1024 * 1024;
/// The most that is read in all.
const OF_ALL: u64 = 8 * 1024 * 1024;
/// Between pieces so near to each other there is no question of its own.
const NEAR: u64 = 64 * 1024;
/// The most bytes, and the most values, of a page that is decoded.
const OF_PAGE: i64 = 8 * 1024 * 1024;

/// What must be read for the first rows.
#[derive(Debug)]
pub struct Wanted {
    /// Ranges of the file, in order and apart: from, to.
    pub ranges: Vec<(u64, u64)>,
    /// The columns of the file that are shown, with all below them.
    shown: Type,
    /// Where each of their chunks begins in the first row group.
    chunks: Vec<u64>,
    /// Whether there are others.
    more: bool,
}

/// What must be read, as a footer tells it; `None` where there are no rows. A reason where they cannot be shown.
pub fn wanted(footer: &[u8]) -> Result<Option<Wanted>, String> {
    let told = ParquetMetaDataReader::decode_metadata(footer).map_err(|error| why(&error))?;
    if told.num_row_groups() == 0 || told.file_metadata().num_rows() == 0 {
        return Ok(None);
    }
    let (fields, leaves) = first_fields(&told);
    if fields.is_empty() {
        return Err("its first column is too wide".to_owned());
    }
    let group = told.row_group(0);
    let columns = group.columns().get(..leaves).unwrap_or_default();
    let mut ranges = Vec::with_capacity(columns.len());
    for column in columns {
        fits(column)?;
        let (from, length) = column.byte_range();
        let to = from.checked_add(length.min(OF_COLUMN));
        ranges.push((from, to.ok_or("its columns are nowhere")?));
    }
    let chunks = ranges.iter().map(|(from, _)| *from).collect();
    let schema = told.file_metadata().schema();
    let more = fields.len() < schema.get_fields().len();
    let shown = Type::group_type_builder(schema.name()).with_fields(fields);
    Ok(Some(Wanted {
        ranges: joined(ranges),
        shown: shown.build().map_err(|error| why(&error))?,
        chunks,
        more,
    }))
}

/// The first columns that are shown, and how many leaves they have.
fn first_fields(told: &ParquetMetaData) -> (Vec<Arc<Type>>, usize) {
    let (mut fields, mut leaves, mut bytes) = (Vec::new(), 0, 0);
    let group = told.row_group(0);
    for field in told.file_metadata().schema().get_fields() {
        let own = leaves_of(field);
        let chunks = group.columns().iter().skip(leaves).take(own);
        let size: u64 = chunks
            .map(|chunk| chunk.byte_range().1.min(OF_COLUMN))
            .sum();
        if leaves + own > COLUMNS || bytes + size > OF_ALL {
            break;
        }
        (leaves, bytes) = (leaves + own, bytes + size);
        fields.push(Arc::clone(field));
    }
    (fields, leaves)
}

fn leaves_of(field: &Type) -> usize {
    if field.is_primitive() {
        return 1;
    }
    field
        .get_fields()
        .iter()
        .map(|field| leaves_of(field))
        .sum()
}

/// Whether the values of a chunk are encoded as its bytes bound them.
fn fits(column: &ColumnChunkMetaData) -> Result<(), String> {
    #[allow(deprecated, reason = "writers of old files use them")]
    let bounded = |encoding: &Encoding| {
        matches!(
            encoding,
            Encoding::PLAIN
                | Encoding::PLAIN_DICTIONARY
                | Encoding::RLE
                | Encoding::RLE_DICTIONARY
                | Encoding::BIT_PACKED
        )
    };
    match column.encodings().find(|encoding| !bounded(encoding)) {
        Some(other) => Err(format!(
            "they are encoded as {other}, which is not read here"
        )),
        None => Ok(()),
    }
}

/// Ranges that are near to each other as one.
fn joined(mut ranges: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    ranges.sort_unstable();
    let mut joined: Vec<(u64, u64)> = Vec::new();
    for (from, to) in ranges {
        match joined.last_mut() {
            Some((_, end)) if from <= end.saturating_add(NEAR) => *end = to.max(*end),
            Some(_) | None => joined.push((from, to)),
        }
    }
    joined
}

/// The first rows as a table, from these pieces of a file: each where it begins; the end of the file is one of them.
pub fn lines(wanted: Wanted, size: u64, pieces: Vec<(u64, Bytes)>) -> Result<Vec<Line>, String> {
    let pieces = Pieces { size, pieces };
    for chunk in &wanted.chunks {
        pieces.check(*chunk)?;
    }
    let reader = SerializedFileReader::new(pieces).map_err(|error| why(&error))?;
    let rows = RowIter::from_file_into(Box::new(reader)).project(Some(wanted.shown));
    let rows = rows.map_err(|error| why(&error))?.with_batch_size(ROWS);
    let mut out = csv::Writer::from_writer(Vec::new());
    let (mut count, mut broken) = (0, None);
    for row in rows.take(ROWS) {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                broken = Some(why(&error));
                break;
            }
        };
        let columns: Vec<(String, String)> = row
            .get_column_iter()
            .map(|(name, field)| (name.clone(), text(field)))
            .collect();
        if count == 0 {
            let names = columns.iter().map(|(name, _)| name);
            out.write_record(names).map_err(|error| error.to_string())?;
        }
        let values = columns.iter().map(|(_, value)| value);
        out.write_record(values)
            .map_err(|error| error.to_string())?;
        count += 1;
    }
    if count == 0 {
        return broken.map_or(Ok(Vec::new()), Err);
    }
    let table = out.into_inner().map_err(|error| error.to_string())?;
    let table = String::from_utf8_lossy(&table);
    let columns = if wanted.more {
        " of the first columns"
    } else {
        ""
    };
    let rows = if count == 1 { "row" } else { "rows" };
    let title = Line::new(&format!("the first {count} {rows}{columns}"));
    Ok(std::iter::once(Line::new(""))
        .chain([title])
        .chain(table::glance(&table, b',', true).lines)
        .collect())
}

/// Pieces of a file, as the library reads it; nothing else of it is there.
struct Pieces {
    size: u64,
    pieces: Vec<(u64, Bytes)>,
}

impl Pieces {
    /// What is there from this byte on.
    fn from(&self, start: u64) -> Option<Bytes> {
        self.pieces.iter().find_map(|(from, bytes)| {
            let at = usize::try_from(start.checked_sub(*from)?).ok()?;
            (at < bytes.len()).then(|| bytes.slice(at..))
        })
    }

    /// Whether the pages of a chunk claim no more than may be decoded, as far as they are there.
    fn check(&self, chunk: u64) -> Result<(), String> {
        let missing = || "its first page is larger than what is read for a look".to_owned();
        let mut rest = self.from(chunk).ok_or_else(missing)?;
        let mut whole = 0;
        while let Some((header, page)) = parquet::page_size(&rest) {
            let PageSize {
                expanded,
                stored,
                values,
            } = page;
            if expanded.max(values) > OF_PAGE || expanded.min(stored).min(values) < 0 {
                return Err("its pages are larger than what is decoded for a look".to_owned());
            }
            let length = header + usize::try_from(stored).unwrap_or(usize::MAX);
            if length > rest.len() {
                break;
            }
            rest.advance(length);
            whole += 1;
        }
        if whole == 0 { Err(missing()) } else { Ok(()) }
    }
}

impl Length for Pieces {
    fn len(&self) -> u64 {
        self.size
    }
}

impl ChunkReader for Pieces {
    type T = Cursor<Bytes>;

    fn get_read(&self, start: u64) -> Parsed<Self::T> {
        self.from(start).map(Cursor::new).ok_or_else(not_there)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Parsed<Bytes> {
        let bytes = self.from(start).filter(|bytes| bytes.len() >= length);
        bytes
            .map(|bytes| bytes.slice(..length))
            .ok_or_else(not_there)
    }
}

fn not_there() -> ParquetError {
    ParquetError::General("its first pages are larger than what is read for a look".to_owned())
}

#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "what the library says besides is told as it says it"
)]
fn why(error: &ParquetError) -> String {
    match error {
        ParquetError::General(text) | ParquetError::NYI(text) | ParquetError::EOF(text) => {
            text.clone()
        }
        other => other.to_string(),
    }
}

#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "what the library reads besides is told as it tells it"
)]
fn text(field: &Field) -> String {
    let moment = match field {
        Field::Null => return String::new(),
        Field::Str(text) => return text.clone(),
        Field::Bytes(bytes) => return String::from_utf8_lossy(bytes.data()).into_owned(),
        Field::TimestampMillis(millis) => Timestamp::from_millisecond(*millis),
        Field::TimestampMicros(micros) => Timestamp::from_microsecond(*micros),
        _ => return field.to_string(),
    };
    moment.map_or_else(|_| field.to_string(), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use std::{
        panic::{AssertUnwindSafe, catch_unwind},
        sync::Arc,
    };

    use bytes::Bytes;
    use parquet::{
        column::writer::ColumnWriter, file::properties::WriterProperties,
        file::writer::SerializedFileWriter, schema::parser::parse_message_type,
    };
    use proptest::prelude::*;

    use super::{lines, wanted};
    use crate::domain::preview::parquet::{TAIL, footer_length, glance};

    fn file() -> Vec<u8> {
        let schema = parse_message_type("message all { required int32 a; required int32 b; }");
        let properties = Arc::new(WriterProperties::builder().build());
        let mut file = Vec::new();
        let schema = Arc::new(schema.unwrap());
        let mut writer = SerializedFileWriter::new(&mut file, schema, properties).unwrap();
        let mut group = writer.next_row_group().unwrap();
        while let Some(mut column) = group.next_column().unwrap() {
            if let ColumnWriter::Int32ColumnWriter(column) = column.untyped() {
                column.write_batch(&[1, 2, 3], None, None).unwrap();
            }
            column.close().unwrap();
        }
        group.close().unwrap();
        writer.close().unwrap();
        file
    }

    /// As the engine does it, with the whole file as its end.
    fn look(file: Vec<u8>) -> Option<usize> {
        let length = usize::try_from(footer_length(&file)?).ok()?;
        let end = file.len() - TAIL;
        let footer = file.get(end.checked_sub(length)?..end)?.to_vec();
        glance(&footer)?;
        let wanted = wanted(&footer).ok()??;
        let size = file.len() as u64;
        let lines = lines(wanted, size, vec![(0, Bytes::from(file))]).ok()?;
        Some(lines.len())
    }

    #[test]
    fn rows_are_a_table() {
        assert_eq!(look(file()), Some(2 + 1 + 3));
    }

    proptest! {
        #[test]
        fn what_is_broken_ends_and_takes_no_memory(at in 0_usize..10_000, byte: u8) {
            let mut file = file();
            let at = at % file.len();
            file[at] = byte;
            // The library may panic, which the engine tells as a reason; it must not go on for ever.
            let ended = catch_unwind(AssertUnwindSafe(|| look(file)));
            prop_assert!(ended.is_err() || ended.is_ok_and(|lines| lines.is_none_or(|lines| lines <= 30)));
        }
    }
}
