//! Sources that anybody may read: a migration lists and reads one without a signature, by the way that works, and proves it.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use wharf::demo::{ACCESS_KEY, s3::Denial};

use crate::support::wharf::Stage;

const COUNT: u64 = 12;

fn stage() -> Stage {
    let stage = Stage::new();
    let store = stage.demo.store();
    store.create_bucket("open-data", "us-east-1");
    store.create_bucket("mine", "us-east-1");
    store.set_public("open-data", true);
    for number in 0..COUNT {
        let key = format!("d/{number:02}");
        store.put("open-data", &key, key.repeat(99)).unwrap();
    }
    stage
}

const MIGRATE: [&str; 6] = [
    "migrate",
    "--route",
    "s3://open-data/d=s3://mine/d",
    "--source-no-sign-request",
    "--json",
    "--yes",
];

/// All bodies stand at the destination, and nothing that speaks for the source itself bore a signature.
fn assert_there(stage: &Stage, signed: &[&str]) {
    let (store, log) = (stage.demo.store(), stage.demo.log());
    for number in 0..COUNT {
        let key = format!("d/{number:02}");
        let body = store.body("mine", &key).unwrap();
        assert_eq!(body, key.repeat(99).as_bytes(), "{key}");
    }
    let lines = log.lines();
    let of = |bucket: &'static str| lines.iter().filter(move |line| line.bucket == bucket);
    assert!(of("mine").count() > 0 && of("mine").all(|line| line.access_key.is_some()));
    let of_source = of("open-data").filter(|line| !signed.contains(&line.operation));
    assert!(of_source.clone().count() > 0);
    for line in of_source {
        assert!(line.access_key.is_none(), "{line:?}");
    }
}

#[test]
fn what_everybody_may_read_is_copied_by_the_server() {
    let stage = stage();
    let run = stage.run(&MIGRATE).ended_with(0);
    assert_eq!(run.summary()["proof"]["checksum"], COUNT, "{}", run.stderr);
    assert_eq!(stage.demo.log().count("CopyObject"), COUNT);
    // The look before asks as the copy will: with the destination's credentials.
    assert_there(&stage, &["HeadObject", "GetObjectTagging"]);
}

#[test]
fn where_the_own_credentials_may_not_read_it_comes_through_here_without_a_signature() {
    let stage = stage();
    stage.demo.store().deny(Denial {
        bucket: Some("open-data".to_owned()),
        access_key: Some(ACCESS_KEY.to_owned()),
        ..Denial::default()
    });
    let run = stage
        .run(&[&MIGRATE[..4], &["--dry-run"]].concat())
        .ended_with(0);
    let told = format!("{}{}", run.stdout, run.stderr);
    assert!(told.contains("may not read the source"), "{told}");
    let run = stage.run(&MIGRATE).ended_with(0);
    assert_eq!(run.summary()["proof"]["checksum"], COUNT, "{}", run.stderr);
    assert_eq!(stage.demo.log().count("CopyObject"), 0);
    assert_there(&stage, &["HeadObject"]);
    // The second time nothing is left to do.
    stage.run(&MIGRATE).ended_with(0);
    assert_eq!(stage.demo.log().count("PutObject"), COUNT);
}

#[test]
fn a_bucket_that_is_not_public_says_what_to_do_and_nothing_is_written() {
    let stage = stage();
    stage.demo.store().set_public("open-data", false);
    let run = stage.run(&MIGRATE);
    assert_ne!(run.code, 0);
    assert!(run.stderr.contains("AccessDenied"), "{}", run.stderr);
    assert_eq!(stage.demo.log().count("PutObject"), 0);
}
