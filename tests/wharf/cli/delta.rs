//! Delta by the journal: a store that tells no checksums of parts is sent only what changed of a large file all the same.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its program cannot be run"
)]

use std::fs;

use wharf::demo::{
    REGION,
    s3::{Denial, NewObject},
};

use crate::support::wharf::Stage;

const PART: usize = 8 << 20;
/// Above the size from which a change is worth a look, 64 MiB.
const SIZE: usize = 9 * PART + 5;

#[test]
fn what_the_journal_knows_of_an_objects_parts_is_enough() {
    let stage = Stage::new();
    stage.demo.store().create_bucket("vault", REGION);
    stage.demo.store().deny(Denial {
        operation: Some("GetObjectAttributes".to_owned()),
        ..Denial::default()
    });
    let mut content: Vec<u8> = (0..SIZE)
        .map(|at| u8::try_from(at / 4096 % 251).unwrap())
        .collect();
    let file = stage.file("here/model.bin", &content);
    let sync = ["sync", "here", "s3://vault/m", "--part-size", "8MiB"];
    stage.run(&sync).ended_with(0);
    let parts = stage.demo.log().count("UploadPart");
    content[3 * PART + 7] ^= 1;
    fs::write(&file, &content).unwrap();
    let update = [&sync[..], &["--existing", "update", "--json"]].concat();
    let run = stage.run(&update).ended_with(0);
    let log = stage.demo.log();
    assert_eq!(log.count("UploadPart") - parts, 1, "{}", run.stdout);
    assert_eq!(log.count("UploadPartCopy"), 9);
    let object = stage.demo.store().body("vault", "m/model.bin").unwrap();
    assert!(object == content, "the object is the file");
    // An object that somebody else wrote since is not what the journal speaks of.
    let other = vec![7; SIZE];
    stage
        .demo
        .store()
        .put("vault", "m/model.bin", NewObject::from(other))
        .unwrap();
    content[0] ^= 1;
    fs::write(&file, &content).unwrap();
    stage.run(&update).ended_with(0);
    assert_eq!(stage.demo.log().count("UploadPartCopy"), 9);
}
