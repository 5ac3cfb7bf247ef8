//! S3 Inventory as a location: what S3 wrote of a bucket stands in for its listing, and what is missing or damaged is told.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test stops where its stage cannot be set"
)]

use std::{io::Write as _, sync::Arc};

use flate2::write::GzEncoder;
use md5::{Digest as _, Md5};
use parquet::{
    basic::Compression,
    column::writer::ColumnWriter,
    data_type::ByteArray,
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};
use serde_json::json;
use wharf::demo::s3::ObjectView;

use crate::support::wharf::{Run, Stage};

const SCHEMA: &str =
    "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, StorageClass";
const MANIFEST: &str = "lists/cards/daily/2026-01-11T00-00Z/manifest.json";
const INVENTORY: &str = "inventory:s3://lists/lists/cards/daily/2026-01-11T00-00Z/manifest.json";

/// A bucket of 1,500 objects, an equal one, and the inventory of the first in two data files that are in no order.
fn stage() -> Stage {
    let stage = Stage::new();
    let store = stage.demo.store();
    for bucket in ["cards", "copy", "lists"] {
        store.create_bucket(bucket, "us-east-1");
    }
    for number in 0..1500 {
        let key = format!("raw/card {number:04}+.png");
        for bucket in ["cards", "copy"] {
            store.put(bucket, &key, format!("body {number}")).unwrap();
        }
    }
    write_inventory(&stage);
    stage
}

fn write_inventory(stage: &Stage) {
    let store = stage.demo.store();
    let mut rows: Vec<String> = store
        .objects("cards")
        .iter()
        .map(|object| {
            let key = object.key.replace('+', "%2B").replace(' ', "+");
            format!(
                "\"cards\",\"{key}\",\"\",\"true\",\"false\",\"{}\",\"2026-01-10T00:00:00.000Z\",\"{}\",\"STANDARD\"",
                object.size, object.etag
            )
        })
        .collect();
    rows.reverse();
    rows.push(
        "\"cards\",\"gone\",\"v1\",\"true\",\"true\",\"\",\"2026-01-10T00:00:00.000Z\",\"\",\"\""
            .to_owned(),
    );
    let mut files = Vec::new();
    for (number, part) in rows.chunks(800).enumerate() {
        let mut packed = GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed
            .write_all((part.join("\n") + "\n").as_bytes())
            .unwrap();
        let packed = packed.finish().unwrap();
        let key = format!("lists/cards/daily/data/{number}.csv.gz");
        let md5 = hex::encode(Md5::digest(&packed));
        files.push(json!({"key": key, "size": packed.len(), "MD5checksum": md5}));
        store.put("lists", &key, packed).unwrap();
    }
    manifest(stage, "CSV", &json!(files));
}

fn manifest(stage: &Stage, format: &str, files: &serde_json::Value) {
    let text = json!({
        "sourceBucket": "cards",
        "destinationBucket": "arn:aws:s3:::lists",
        "version": "2016-11-30",
        "creationTimestamp": "1768089600000",
        "fileFormat": format,
        "fileSchema": SCHEMA,
        "files": files,
    });
    let text = serde_json::to_string_pretty(&text).unwrap();
    stage.demo.store().put("lists", MANIFEST, text).unwrap();
}

fn diff(stage: &Stage, exit: i32) -> Run {
    stage.demo.log().clear();
    stage
        .run(&[
            "diff",
            INVENTORY,
            "s3://copy/",
            "--check",
            "checksum",
            "--json",
        ])
        .ended_with(exit)
}

#[test]
fn an_inventory_stands_in_for_a_listing() {
    let stage = stage();
    let run = diff(&stage, 0);
    assert_eq!(run.summary()["same"], 1500);
    let log = stage.demo.log();
    let listed = log.of("ListObjectsV2");
    assert!(
        listed.iter().all(|line| line.bucket == "copy"),
        "the bucket itself is not listed"
    );
    let told = stage.run(&["diff", INVENTORY, "s3://copy/"]).ended_with(0);
    assert!(
        told.stderr.contains("the inventory of cards was begun"),
        "{}",
        told.stderr
    );
    let store = stage.demo.store();
    store.put("copy", "raw/card 0007+.png", "body X").unwrap();
    store.delete("copy", "raw/card 0008+.png");
    let run = diff(&stage, 1);
    let found = ["same", "only_left", "only_right"].map(|name| run.summary()[name].clone());
    assert_eq!(found, [1498, 1, 0]);
    let verified = stage
        .run(&["verify", INVENTORY, "s3://copy/", "--json"])
        .ended_with(1);
    assert_eq!(verified.summary()["verified"], 1498);
    let level = stage.run(&["ls", INVENTORY, "--json"]).ended_with(0);
    assert_eq!(level.of_type("entry").len(), 1);
}

#[test]
fn what_is_missing_or_damaged_breaks_the_listing() {
    let stage = stage();
    let store = stage.demo.store();
    let data = "lists/cards/daily/data/1.csv.gz";
    let whole = store.body("lists", data).unwrap();
    store.delete("lists", data);
    let told = diff(&stage, 3).stderr;
    assert!(
        told.contains("data file lists/cards/daily/data/1.csv.gz is not in"),
        "{told}"
    );
    let mut damaged = whole.to_vec();
    damaged[20] ^= 1;
    store.put("lists", data, damaged).unwrap();
    let told = diff(&stage, 3).stderr;
    assert!(told.contains("and the manifest says"), "{told}");
    manifest(&stage, "ORC", &json!([]));
    let told = diff(&stage, 2).stderr;
    assert!(told.contains("this inventory is in ORC"), "{told}");
    let told = stage
        .run(&["diff", "inventory:s3://lists/other.json", "s3://copy/"])
        .ended_with(2)
        .stderr;
    assert!(told.contains("is no inventory"), "{told}");
}

#[test]
fn an_inventory_licenses_no_delete() {
    let stage = stage();
    stage.demo.store().put("copy", "extra", "x").unwrap();
    for args in [
        &["sync", INVENTORY, "s3://copy/", "--delete", "--yes"][..],
        &["move", INVENTORY, "s3://copy/", "--yes"],
        &[
            "sync",
            "s3://cards/",
            "s3://copy/",
            "--listing",
            INVENTORY,
            "--delete",
        ],
    ] {
        let refused = stage.run(args).ended_with(2);
        assert!(
            refused.stderr.contains("licenses no delete"),
            "{}",
            refused.stderr
        );
    }
    assert_eq!(stage.demo.store().keys("copy", "").len(), 1501);
    assert_eq!(stage.demo.store().keys("cards", "").len(), 1500);
}

/// The same inventory in one data file of Parquet, as S3 names its columns.
fn write_parquet(stage: &Stage) {
    let schema = "message s3.inventory {
        required binary bucket (STRING);
        required binary key (STRING);
        optional int64 size;
        optional int64 last_modified_date (TIMESTAMP(MILLIS, true));
        optional binary e_tag (STRING);
        optional boolean is_latest;
    }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let objects = stage.demo.store().objects("cards");
    let text = |of: fn(&ObjectView) -> &str| -> Vec<ByteArray> {
        objects
            .iter()
            .rev()
            .map(|object| of(object).into())
            .collect()
    };
    let mut file = Vec::new();
    let snappy = WriterProperties::builder().set_compression(Compression::SNAPPY);
    let mut writer =
        SerializedFileWriter::new(&mut file, schema, Arc::new(snappy.build())).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let present = vec![1_i16; objects.len()];
    let mut number = 0;
    while let Some(mut column) = group.next_column().unwrap() {
        let levels = Some(&*present);
        match column.untyped() {
            ColumnWriter::ByteArrayColumnWriter(column) => {
                let (values, levels) = match number {
                    0 => (text(|_| "cards"), None),
                    1 => (text(|object| &object.key), None),
                    _ => (text(|object| &object.etag), levels),
                };
                column.write_batch(&values, levels, None).unwrap();
            }
            ColumnWriter::Int64ColumnWriter(column) => {
                let of = |object: &ObjectView| match number {
                    2 => object.size.cast_signed(),
                    _ => 1_768_003_200_000,
                };
                let values: Vec<i64> = objects.iter().rev().map(of).collect();
                column.write_batch(&values, levels, None).unwrap();
            }
            ColumnWriter::BoolColumnWriter(column) => {
                let values = vec![true; objects.len()];
                column.write_batch(&values, levels, None).unwrap();
            }
            _ => panic!("the schema has no other columns"),
        }
        column.close().unwrap();
        number += 1;
    }
    group.close().unwrap();
    writer.close().unwrap();
    let key = "lists/cards/daily/data/0.parquet";
    let md5 = hex::encode(Md5::digest(&file));
    let files = json!([{"key": key, "size": file.len(), "MD5checksum": md5}]);
    stage.demo.store().put("lists", key, file).unwrap();
    manifest(stage, "Parquet", &files);
}

#[test]
fn an_inventory_in_parquet_is_read_as_the_one_in_csv() {
    let stage = stage();
    write_parquet(&stage);
    let run = diff(&stage, 0);
    assert_eq!(run.summary()["same"], 1500, "{}", run.stdout);
}

/// Listings that were asked of the source's bucket.
fn listings_of_source(stage: &Stage) -> usize {
    let listings = stage.demo.log().of("ListObjectsV2").into_iter();
    listings.filter(|asked| asked.bucket == "cards").count()
}

#[test]
fn a_bucket_is_copied_by_its_inventory_without_a_listing() {
    let stage = stage();
    let store = stage.demo.store();
    store.create_bucket("new", "us-east-1");
    // Since the inventory one object was replaced, one was deleted, and one came.
    store
        .put("cards", "raw/card 0007+.png", "replaced")
        .unwrap();
    store.delete("cards", "raw/card 0008+.png");
    store.put("cards", "raw/late.png", "late").unwrap();
    stage.demo.log().clear();
    let planned = stage.run(&["plan", INVENTORY, "s3://new/"]).ended_with(0);
    let told = planned.stdout + &planned.stderr;
    assert!(told.contains("what changed since is not in it"), "{told}");
    let args = ["sync", INVENTORY, "s3://new/", "--json"];
    let run = stage.run(&args).ended_with(3);
    assert!(run.stderr.contains("the source changed"), "{}", run.stderr);
    assert_eq!(run.summary()["done"], 1498);
    assert_eq!(run.summary()["failed"], 2);
    assert_eq!(run.summary()["proof"]["checksum"], 1498);
    assert_eq!(listings_of_source(&stage), 0);
    let outcomes = run.of_type("outcome");
    let failed = outcomes.iter().filter(|row| row["outcome"] == "failed");
    let mut keys: Vec<&str> = failed.filter_map(|row| row["key"].as_str()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["raw/card 0007+.png", "raw/card 0008+.png"]);
    assert_eq!(store.keys("new", "").len(), 1498);
    // The clean-up lists the source itself.
    let task = run.summary()["task"].to_string();
    stage
        .run(&["cleanup", &task, "--confirm", "1498"])
        .ended_with(0);
    assert!(listings_of_source(&stage) > 0);
    assert_eq!(
        store.keys("cards", ""),
        ["raw/card 0007+.png", "raw/late.png"]
    );
}

#[test]
fn a_route_takes_its_part_of_an_inventory_and_a_plan_of_it_runs() {
    let stage = stage();
    let store = stage.demo.store();
    store.put("cards", "other/x", "x").unwrap();
    write_inventory(&stage);
    stage.demo.log().clear();
    let config = format!(
        "[migrations.all]\nroutes = [{{ from = \"s3://cards/raw/\", to = \"s3://copy/moved\", listing = \"{INVENTORY}\" }}]\n"
    );
    std::fs::write(stage.path("wharf.toml"), config).unwrap();
    stage.run(&["migrate", "all", "--yes"]).ended_with(0);
    assert_eq!(store.keys("copy", "moved/").len(), 1500);
    assert_eq!(listings_of_source(&stage), 0);
    let planned = [
        "plan",
        INVENTORY,
        "s3://copy/planned/",
        "--out",
        "plan.json",
    ];
    stage.run(&planned).ended_with(0);
    stage.run(&["run", "plan.json", "--yes"]).ended_with(0);
    assert_eq!(store.keys("copy", "planned/").len(), 1501);
    assert_eq!(listings_of_source(&stage), 0);
    let other = [
        "sync",
        "s3://copy/raw",
        "s3://copy/z",
        "--listing",
        INVENTORY,
    ];
    let refused = stage.run(&other);
    assert_ne!(refused.code, 0);
    assert!(
        refused.stderr.contains("lists cards, not copy"),
        "{}",
        refused.stderr
    );
}
