//! A look at a Parquet file: its columns by its end, its first rows by ranges, and a reason where they cannot be shown.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test stops where its stage cannot be set"
)]

use std::sync::Arc;

use parquet::{
    basic::{Compression, Encoding},
    column::writer::ColumnWriter,
    data_type::ByteArray,
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::{parser::parse_message_type, types::ColumnPath},
};
use serde_json::Value;

use crate::support::wharf::Stage;

/// A file of so many cards, with a name that repeats nowhere.
fn cards(count: i64, encoding: Encoding) -> Vec<u8> {
    let schema = "message cards {
        required int64 id;
        optional binary name (STRING);
        optional int64 seen (TIMESTAMP(MILLIS, true));
    }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_dictionary_enabled(false)
        .set_column_encoding(ColumnPath::from("name"), encoding);
    let mut file = Vec::new();
    let mut writer =
        SerializedFileWriter::new(&mut file, schema, Arc::new(properties.build())).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let ids: Vec<i64> = (0..count).collect();
    // The second card has no name.
    let levels: Vec<i16> = ids.iter().map(|id| i16::from(*id != 1)).collect();
    let all = vec![1_i16; ids.len()];
    let mut number = 0;
    while let Some(mut column) = group.next_column().unwrap() {
        match column.untyped() {
            ColumnWriter::ByteArrayColumnWriter(column) => {
                let names = ids.iter().filter(|id| **id != 1).map(|id| {
                    let noise = id.wrapping_mul(0x9E37_79B9_7F4A_7C15_u64.cast_signed());
                    ByteArray::from(format!("card {id} \u{1b}[31m {noise:x}").as_str())
                });
                let names: Vec<ByteArray> = names.collect();
                column.write_batch(&names, Some(&levels), None).unwrap();
            }
            ColumnWriter::Int64ColumnWriter(column) if number == 0 => {
                column.write_batch(&ids, None, None).unwrap();
            }
            ColumnWriter::Int64ColumnWriter(column) => {
                let times: Vec<i64> = ids.iter().map(|id| 1_768_003_200_000 + id).collect();
                column.write_batch(&times, Some(&all), None).unwrap();
            }
            _ => panic!("the schema has no other columns"),
        }
        column.close().unwrap();
        number += 1;
    }
    group.close().unwrap();
    writer.close().unwrap();
    file
}

/// What a look at this content shows, line by line, and how many bytes were read for it.
fn look(stage: &Stage, content: Vec<u8>) -> (Vec<String>, u64) {
    let store = stage.demo.store();
    store.put("vault", "cards.parquet", content).unwrap();
    stage.demo.log().clear();
    let run = stage.run(&["preview", "s3://vault/cards.parquet", "--json"]);
    let seen = run.ended_with(0).records()[0].clone();
    let lines = seen["lines"].as_array().unwrap().iter();
    let lines = lines.map(|line: &Value| line.as_str().unwrap().to_owned());
    let reads = stage.demo.log().of("GetObject");
    (lines.collect(), reads.iter().map(|get| get.bytes_out).sum())
}

#[test]
fn its_first_rows_are_shown_by_ranges_of_it() {
    let stage = Stage::vault(&[]);
    let small = look(&stage, cards(3, Encoding::PLAIN)).0;
    assert_eq!(small[5], "the first 3 rows", "{small:#?}");
    let head: Vec<&str> = small[6].split_whitespace().collect();
    assert_eq!(head, ["id", "name", "seen"]);
    assert!(small[7].contains("card 0") && small[7].contains("2026-01-10T00:00:00Z"));
    assert!(!small[8].contains("card"), "{small:#?}");
    assert!(!small.iter().any(|line| line.contains('\u{1b}')));

    let large = cards(400_000, Encoding::PLAIN);
    let size = large.len() as u64;
    let (lines, read) = look(&stage, large);
    assert_eq!(lines[5], "the first 20 rows", "{lines:#?}");
    assert!(lines[19].contains("card 12"), "{lines:#?}");
    assert!(read < size / 2, "{read} of {size}");
}

#[test]
fn why_its_rows_are_not_shown_is_told_below_its_columns() {
    let stage = Stage::vault(&[]);
    let (lines, _) = look(&stage, cards(3, Encoding::DELTA_BYTE_ARRAY));
    let last = lines.last().unwrap();
    assert!(
        last.contains("not shown") && last.contains("DELTA"),
        "{lines:#?}"
    );
    assert!(lines[1].starts_with("id"));
    // Pages that make no sense.
    let mut broken = cards(3, Encoding::PLAIN);
    broken[4..40].fill(0xff);
    let (lines, _) = look(&stage, broken);
    assert!(lines.last().unwrap().contains("not shown"), "{lines:#?}");
}
