//! T7 for moves: sources against a model, with either side overwritten or gone between the proof and the removal. A source
//! goes exactly where it is what the plan saw and its destination still is what was proven.

use std::{collections::BTreeMap, path::PathBuf, sync::Mutex};

use wharf::{
    demo::s3::Store,
    domain::{
        location::Location,
        plan::SyncOptions,
        progress::{Outcome, TaskState},
        retry::FailureKind,
    },
};

use crate::engine::transfer::{BUCKET, Rig};

use super::{Luck, seed, size};

/// What happens to a key before its source is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// Nothing: the source goes.
    Goes,
    /// It stood at the destination before the move: proven anew, the source goes.
    There,
    /// Another content of its size and a later time stands at the destination: it only looks the same.
    Alike,
    /// The source is overwritten.
    Overwritten,
    /// The source is gone.
    Gone,
    /// The copy is overwritten.
    CopyOverwritten,
    /// The copy is gone.
    CopyGone,
}

/// Where an entry is: an object or a file.
#[derive(Clone)]
enum Place {
    Bucket(Store, String),
    Folder(PathBuf),
}

impl Place {
    fn put(&self, key: &str, content: &[u8]) {
        match self {
            Self::Bucket(store, prefix) => {
                let key = format!("{prefix}{key}");
                store.put(BUCKET, &key, content.to_vec()).unwrap();
            }
            Self::Folder(folder) => {
                let path = folder.join(key);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, content).unwrap();
            }
        }
    }

    /// The same, as it would stand there since an hour.
    fn put_long_ago(&self, key: &str, content: &[u8]) {
        self.put(key, content);
        if let Self::Folder(folder) = self {
            let hour_ago = std::time::SystemTime::now() - std::time::Duration::from_hours(1);
            let file = std::fs::File::options().append(true).open(folder.join(key));
            file.unwrap().set_modified(hour_ago).unwrap();
        }
    }

    fn take(&self, key: &str) {
        match self {
            Self::Bucket(store, prefix) => store.delete(BUCKET, &format!("{prefix}{key}")),
            Self::Folder(folder) => drop(std::fs::remove_file(folder.join(key))),
        }
    }

    fn get(&self, key: &str) -> Option<Vec<u8>> {
        match self {
            Self::Bucket(store, prefix) => {
                Some(store.body(BUCKET, &format!("{prefix}{key}"))?.to_vec())
            }
            Self::Folder(folder) => std::fs::read(folder.join(key)).ok(),
        }
    }

    fn location(&self) -> Location {
        match self {
            Self::Bucket(_, prefix) => Rig::bucket(prefix),
            Self::Folder(folder) => Location::Disk(folder.clone()),
        }
    }
}

/// A small world of one run.
struct World {
    source: Place,
    destination: Place,
    fates: BTreeMap<String, Fate>,
}

impl World {
    fn new(rig: &Rig, luck: &mut Luck, number: usize) -> Self {
        let way = number % 3;
        let bucket =
            |name: &str| Place::Bucket(rig.demo.store().clone(), format!("w{number}/{name}/"));
        let folder = |name: &str| {
            let folder = rig.path(&format!("w{number}/{name}"));
            std::fs::create_dir_all(&folder).unwrap();
            Place::Folder(folder)
        };
        let (source, destination) = match way {
            0 => (bucket("from"), bucket("to")),
            1 => (folder("from"), bucket("to")),
            _ => (bucket("from"), folder("to")),
        };
        let mut fates = vec![
            Fate::Goes,
            Fate::Goes,
            Fate::There,
            Fate::Overwritten,
            Fate::Gone,
            Fate::CopyOverwritten,
            Fate::CopyGone,
        ];
        if way == 1 {
            fates.push(Fate::Alike);
        }
        let name =
            |luck: &mut Luck, at: usize| format!("k{at}{}", luck.pick(&["", "é", "x/y", " ", "+"]));
        let fates = (0..=luck.below(7)).map(|at| (name(luck, at), *luck.pick(&fates)));
        let fates: BTreeMap<String, Fate> = fates.collect();
        for (key, fate) in &fates {
            source.put_long_ago(key, b"mine");
            match fate {
                Fate::There => destination.put(key, b"mine"),
                Fate::Alike => destination.put(key, b"else"),
                Fate::Goes
                | Fate::Overwritten
                | Fate::Gone
                | Fate::CopyOverwritten
                | Fate::CopyGone => {}
            }
        }
        Self {
            source,
            destination,
            fates,
        }
    }

    /// Changes each key once, when it is looked at before its source is removed, or when the removal itself arrives.
    fn change(&self, rig: &Rig, late: bool) {
        let due = Mutex::new(self.fates.clone());
        let (source, destination) = (self.source.clone(), self.destination.clone());
        let to_source = match &source {
            Place::Bucket(..) if late => "DeleteObject",
            Place::Bucket(..) | Place::Folder(_) => "HeadObject",
        };
        rig.demo.faults().before_each(move |asked| {
            let mut due = due.lock().unwrap();
            let met = due
                .iter()
                .find(|(key, _)| asked.key.ends_with(key.as_str()));
            let Some((key, fate)) = met.map(|(key, fate)| (key.clone(), *fate)) else {
                return;
            };
            let is_ours = match fate {
                Fate::Overwritten | Fate::Gone => asked.operation == to_source,
                Fate::CopyOverwritten | Fate::CopyGone => asked.operation == "HeadObject",
                Fate::Goes | Fate::There | Fate::Alike => false,
            };
            if !is_ours {
                return;
            }
            due.remove(&key);
            match fate {
                Fate::Overwritten => source.put(&key, b"new!"),
                Fate::Gone => source.take(&key),
                Fate::CopyOverwritten => destination.put(&key, b"new!"),
                Fate::CopyGone => destination.take(&key),
                Fate::Goes | Fate::There | Fate::Alike => {}
            }
        });
    }

    /// Whether what stands on both sides, and what was told, is what the model says.
    fn judge(&self, key: &str, fate: Fate, told: &Outcome) {
        let (here, there) = (self.source.get(key), self.destination.get(key));
        let content = |text: &str| Some(text.as_bytes().to_vec());
        let expected = match fate {
            Fate::Goes | Fate::There | Fate::Gone => (None, content("mine")),
            Fate::Alike => (content("mine"), content("else")),
            Fate::Overwritten => (content("new!"), content("mine")),
            Fate::CopyOverwritten => (content("mine"), content("new!")),
            Fate::CopyGone => (content("mine"), None),
        };
        assert_eq!((here, there), expected, "{key}: {fate:?}, {told:?}");
        let right = match (fate, told) {
            (Fate::Goes | Fate::There, Outcome::Done { .. })
            | (Fate::Gone, Outcome::Skipped { .. }) => true,
            (_, Outcome::Failed(failure)) => {
                failure.kind == FailureKind::Changed && failure.reason.contains("stays")
            }
            (_, Outcome::Done { .. } | Outcome::Skipped { .. }) => false,
        };
        assert!(right, "{key}: {fate:?}, {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t7_only_proven_and_unchanged_sources_are_removed() {
    let (seed, runs) = (seed(777), size(150, 10_000));
    let mut luck = Luck::new(seed);
    let rig = Rig::new();
    let mut counts: BTreeMap<Fate, usize> = BTreeMap::new();
    let mut deletes = 0;
    for number in 0..runs {
        let world = World::new(&rig, &mut luck, number);
        let options = SyncOptions {
            remove_source: true,
            ..SyncOptions::default()
        };
        let (from, to) = (world.source.location(), world.destination.location());
        let plan = rig.plan(&from, &to, options).await;
        world.change(&rig, luck.once_in(2));
        let ended = rig.run(plan).await;
        rig.demo.faults().before_each(|_| {});
        for (key, fate) in &world.fates {
            world.judge(key, *fate, &ended.told.removed[key]);
            *counts.entry(*fate).or_default() += 1;
        }
        let stays = |fate: &Fate| !matches!(fate, Fate::Goes | Fate::There | Fate::Gone);
        let whole = !world.fates.values().any(stays);
        assert_eq!(ended.state == TaskState::Done, whole, "{:?}", ended.told);
        let log = rig.demo.log();
        let asked = log.lines();
        let asked = asked
            .iter()
            .filter(|line| line.operation.starts_with("Delete"));
        for line in asked {
            assert!(line.condition("if-match").is_some(), "{line:?}");
            deletes += 1;
        }
    }
    let of = |fate| counts.get(&fate).copied().unwrap_or_default();
    println!(
        "T7 seed={seed} moves={runs} removed={} overwritten={} copies_changed={} only_alike={} wrong=0 deletes={deletes} without_if_match={}",
        of(Fate::Goes) + of(Fate::There),
        of(Fate::Overwritten),
        of(Fate::CopyOverwritten) + of(Fate::CopyGone),
        of(Fate::Alike),
        rig.demo.store().unguarded_deletes(),
    );
    assert_eq!(rig.demo.store().unguarded_deletes(), 0);
}
