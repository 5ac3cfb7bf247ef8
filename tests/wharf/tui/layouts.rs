//! What the layout says beside its tiles: contents that stand several times, and uploads that nobody finished.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use wharf::{
    domain::{
        copies::Again,
        entry::{End, Entry, Facts, Identity, Kind, ObjectId, Tally},
        key::Key,
    },
    engine::{
        Body, Command, View,
        look::{LookAsk, LookTold},
    },
};

use super::{screens::look, stage::Stage};

fn entry(key: &Key, size: u64, etag: &str) -> Entry {
    Entry {
        key: key.clone(),
        facts: Facts {
            kind: Kind::Object,
            size,
            modified: None,
            identity: Identity::Object(ObjectId {
                etag: Some(etag.into()),
                class: Some("STANDARD".into()),
                ..ObjectId::default()
            }),
        },
    }
}

fn listing(stage: &Stage) -> (View, Key) {
    stage.asked(|command| {
        let Command::List {
            view,
            folder,
            deep: true,
            ..
        } = command
        else {
            return None;
        };
        Some((*view, folder.clone()))
    })
}

fn uploads(stage: &Stage) -> View {
    stage.asked(|command| {
        let Command::Look { view, ask } = command else {
            return None;
        };
        matches!(**ask, LookAsk::Uploads { .. }).then_some(*view)
    })
}

#[test]
fn what_costs_and_is_not_seen_is_told() {
    let mut stage = Stage::new();
    stage.list().press("Tab").press("L").tick().tick();
    let (view, folder) = listing(&stage);
    let gib = 1 << 30;
    let entries = [
        ("a.bin", "1"),
        ("b.bin", "1"),
        ("c/a.bin", "1"),
        ("d.bin", "2"),
    ];
    let entries = entries.map(|(name, etag)| entry(&folder.join(name), gib, etag));
    stage.tell(
        view,
        Body::Listed {
            folder,
            entries: entries.to_vec(),
            end: Some(End::Complete),
        },
    );
    let asked = uploads(&stage);
    stage.tell(
        asked,
        Body::Looked(Box::new(LookTold::Uploads {
            count: 3,
            bytes: 11 * gib,
        })),
    );
    look(&stage, "layout-hidden");
    let screen = stage.text((132, 36));
    assert!(screen.contains("1 content under several keys"), "{screen}");
    assert!(screen.contains("2 objects too many"), "{screen}");
    assert!(screen.contains("3 unfinished uploads"), "{screen}");
    // The cursor goes on: nothing of it is left.
    stage.press("j");
    assert!(!stage.text((132, 36)).contains("unfinished"));
}

#[test]
fn a_folder_on_a_disk_has_no_uploads() {
    let mut stage = Stage::new();
    stage.list().press("L").tick().tick();
    let asked = stage.all_asked(|command| {
        let Command::Look { ask, .. } = command else {
            return None;
        };
        matches!(**ask, LookAsk::Uploads { .. }).then_some(())
    });
    assert!(asked.is_empty());
}

#[test]
fn an_endpoint_that_hangs_is_told_and_freezes_nothing() {
    let mut stage = Stage::new();
    stage.press("Tab");
    for _ in 0..12 {
        stage.tick();
    }
    let screen = stage.text((80, 24));
    assert!(screen.contains("nothing has answered for 12 s"), "{screen}");
    assert!(screen.contains("o types another location"), "{screen}");
    stage.list();
    let screen = stage.text((80, 24));
    assert!(!screen.contains("nothing has answered"), "{screen}");
}

fn contents(stage: &Stage) -> Vec<(View, Key)> {
    stage.all_asked(|command| {
        let Command::Look { view, ask } = command else {
            return None;
        };
        let LookAsk::Copies { folder, .. } = &**ask else {
            return None;
        };
        Some((*view, folder.clone()))
    })
}

#[test]
fn while_comparing_s3_is_asked_which_contents_stand_under_several_keys() {
    let mut stage = Stage::new();
    stage.list().compare().press("L").tick().tick();
    assert!(
        contents(&stage).is_empty(),
        "a folder on a disk has no ETags"
    );
    stage.press("Tab").tick().tick().tick();
    let asked = contents(&stage);
    let [(view, folder)] = asked.as_slice() else {
        panic!("{asked:?}");
    };
    assert_eq!(folder, &Key::from("calibration/"));
    let told = |again, seen, whole| Body::Looked(Box::new(LookTold::Copies { again, seen, whole }));
    stage.tell(*view, told(None, 10_000, false));
    let screen = stage.text((80, 24));
    assert!(screen.contains("10,000 objects looked at"), "{screen}");
    let again = Again {
        contents: 1,
        extra: Tally {
            objects: 2,
            bytes: 2 << 30,
        },
        month: 0.046,
    };
    stage.tell(*view, told(Some(again), 300_000, false));
    look(&stage, "layout-contents");
    // The next folder is asked for anew; what the first question still tells is dropped.
    stage.press("j");
    assert!(!stage.text((132, 36)).contains("several keys"));
    stage.tick().tick();
    stage.tell(*view, told(Some(again), 7, true));
    assert!(!stage.text((132, 36)).contains("several keys"));
    let asked = contents(&stage);
    let (view, folder) = asked.last().unwrap();
    assert_eq!(folder, &Key::from("processed/"));
    stage.tell(*view, told(Some(again), 9, true));
    let screen = stage.text((132, 36));
    assert!(
        screen.contains("1 content under several keys: 2 objects too many, 2.0 GiB"),
        "{screen}"
    );
}
