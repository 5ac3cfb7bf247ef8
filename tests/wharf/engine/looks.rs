//! Looks at what stands somewhere: uploads that nobody finished, below one folder.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test stops at the first surprise"
)]

use std::time::SystemTime;

use wharf::{
    domain::key::Key,
    engine::{
        Body, Command,
        look::{LookAsk, LookTold},
    },
};

use super::desk::{BUCKET, Desk, bucket};

#[tokio::test]
async fn uploads_are_counted_below_the_folder_alone() {
    let mut desk = Desk::new();
    let part = bytes::Bytes::from(vec![1; 5000]);
    for key in ["a/one.bin", "a/deep/two.bin", "b/three.bin"] {
        let parts = [part.clone(), part.clone()];
        let store = desk.demo.store();
        store
            .leave_upload(BUCKET, key, &parts, SystemTime::UNIX_EPOCH)
            .unwrap();
    }
    for (folder, expected) in [("", (3, 30_000)), ("a/", (2, 20_000)), ("c/", (0, 0))] {
        let view = desk.view();
        desk.engine.submit(Command::Look {
            view,
            ask: Box::new(LookAsk::Uploads {
                location: bucket(""),
                folder: Key::new(folder),
            }),
        });
        let told = match desk.body(view).await {
            Body::Looked(told) => *told,
            other => panic!("{other:?}"),
        };
        let LookTold::Uploads { count, bytes } = told else {
            panic!("{told:?}");
        };
        assert_eq!((count, bytes), expected, "{folder}");
    }
}
