//! Deleting many: each under its own condition, none that was not asked for.

use bytes::Bytes;
use wharf::{
    backend::store::{Condition, Pin},
    demo::{Fault, Rule, s3::Denial},
    domain::{key::Key, retry::FailureKind},
};

use super::{BUCKET, demo, s3_at};

#[tokio::test]
async fn many_keys_go_in_one_request_and_those_xml_cannot_carry_go_alone() {
    let demo = demo();
    let s3 = s3_at(&demo, "p/").await;
    let names = ["plain", "sp ace", "ü&<>", "line\nfeed", "esc\u{1b}", "cr\r"];
    for name in names {
        demo.store()
            .put(BUCKET, &format!("p/{name}"), Bytes::from_static(b"1"))
            .unwrap();
    }
    let keys: Vec<_> = names
        .iter()
        .map(|name| (Key::from(*name), Condition::None))
        .collect();
    let answers = s3.delete_many(&keys).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert!(demo.store().keys(BUCKET, "").is_empty());
    assert_eq!(
        (
            demo.log().count("DeleteObjects"),
            demo.log().count("DeleteObject")
        ),
        (1, 3)
    );
}

#[tokio::test]
async fn each_key_of_a_batch_is_judged_by_its_own_condition() {
    let demo = demo();
    for key in ["a", "b", "locked/c"] {
        demo.store()
            .put(BUCKET, key, Bytes::from_static(b"1"))
            .unwrap();
    }
    demo.store().deny(Denial {
        prefix: "locked/".into(),
        ..Denial::default()
    });
    let s3 = s3_at(&demo, "").await;
    let pin = |etag: &str| {
        Condition::Unchanged(Pin::Object {
            etag: etag.into(),
            version: None,
        })
    };
    let right = "c4ca4238a0b923820dcc509a6f75849b";
    let keys = [
        (Key::from("a"), pin(right)),
        (Key::from("b"), pin("0000")),
        (Key::from("locked/c"), pin(right)),
        (Key::new(b"not-utf8-\xff"), Condition::None),
        (Key::from("gone"), Condition::None),
    ];
    let answers = s3.delete_many(&keys).await;
    let kinds: Vec<_> = answers
        .iter()
        .map(|answer| {
            answer
                .as_ref()
                .err()
                .map(wharf::backend::Error::failure_kind)
        })
        .collect();
    let expected = [
        None,
        Some(FailureKind::Changed),
        Some(FailureKind::Denied),
        Some(FailureKind::Refused),
        None,
    ];
    assert_eq!(kinds, expected, "{answers:?}");
    assert_eq!(demo.store().keys(BUCKET, ""), ["b", "locked/c"]);
}

#[tokio::test]
async fn a_batch_that_fails_as_a_whole_fails_for_each_key() {
    let demo = demo();
    let s3 = s3_at(&demo, "").await;
    demo.faults()
        .add(Rule::new(Fault::InternalError).on("DeleteObjects"));
    let keys: Vec<_> = (0..3)
        .map(|n| (Key::from(&*n.to_string()), Condition::None))
        .collect();
    let answers = s3.delete_many(&keys).await;
    assert_eq!(answers.len(), 3);
    assert!(answers.iter().all(|answer| {
        answer
            .as_ref()
            .is_err_and(|error| error.failure_kind() == FailureKind::Transient)
    }));
}
