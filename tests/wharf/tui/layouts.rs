//! What the layout says beside its tiles: contents that stand several times, and uploads that nobody finished.

use wharf::{
    domain::{
        entry::{End, Entry, Facts, Identity, Kind, ObjectId},
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
