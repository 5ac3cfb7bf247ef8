//! T5 and T6: the source changes in the middle of its transfer, between two requests that the embedded S3 picks.
//! What arrives is the old content or the new one, whole, or nothing.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use wharf::domain::{
    plan::SyncOptions,
    progress::{Outcome, TaskState},
    retry::FailureKind,
};

use crate::engine::transfer::{BUCKET, Ended, PART, Rig, noise};

use super::{Luck, seed, size};

/// Races in one task.
const AT_ONCE: usize = 50;

/// One object whose source changes.
#[derive(Debug, Clone, Copy)]
struct Race {
    size: usize,
    seed: u64,
    /// Which request for it brings the change, from 0.
    at: usize,
    /// How it changes.
    how: usize,
}

impl Race {
    fn new(luck: &mut Luck) -> Self {
        let parts = luck.below(5);
        let size = parts * PART + 1 + luck.below(PART);
        Self {
            size,
            seed: luck.next(),
            at: luck.below(parts + 2),
            how: luck.below(4),
        }
    }

    fn old(&self) -> Vec<u8> {
        noise(self.size, self.seed)
    }

    /// The same size, longer, shorter, or with only its last byte changed.
    fn new_content(&self) -> Vec<u8> {
        let mut new = match self.how {
            0 => noise(self.size, self.seed ^ 1),
            1 => noise(self.size + 7, self.seed ^ 1),
            2 => noise(self.size / 2, self.seed ^ 1),
            _ => self.old(),
        };
        if self.how == 3
            && let Some(last) = new.last_mut()
        {
            *last ^= 1;
        }
        new
    }
}

/// The races of one round by key, and how many requests each has seen.
type Races = BTreeMap<String, (Race, usize)>;

fn races(luck: &mut Luck) -> Races {
    let race = |number: usize| format!("r{number:02}");
    (0..AT_ONCE)
        .map(|number| (race(number), (Race::new(luck), 0)))
        .collect()
}

/// Calls `change` for a key when its request has come. The lock is held, so that each change is made once.
fn at_its_request(
    rig: &Rig,
    races: Races,
    operations: &'static [&'static str],
    change: impl Fn(&str, &Race) + Send + Sync + 'static,
) -> Arc<Mutex<usize>> {
    let changed = Arc::new(Mutex::new(0));
    let (races, count) = (Mutex::new(races), Arc::clone(&changed));
    rig.demo.faults().before_each(move |asked| {
        if !operations.contains(&asked.operation) {
            return;
        }
        let mut races = races.lock().unwrap();
        let Some((race, seen)) = races.get_mut(asked.key) else {
            return;
        };
        if *seen == race.at {
            change(asked.key, race);
            *count.lock().unwrap() += 1;
        }
        *seen += 1;
    });
    changed
}

#[derive(Default)]
struct Tally {
    races: usize,
    changed: usize,
    old: usize,
    new: usize,
    none: usize,
}

impl Tally {
    fn judge(&mut self, ended: &Ended, races: &Races, found: impl Fn(&str) -> Option<Vec<u8>>) {
        for (key, (race, _)) in races {
            self.races += 1;
            let found = found(key);
            let (old, new) = (race.old(), race.new_content());
            match (&ended.told.outcomes[key], found) {
                (Outcome::Done { .. }, Some(content)) if content == old => self.old += 1,
                (Outcome::Done { .. }, Some(content)) if content == new => self.new += 1,
                (Outcome::Failed(failure), None) => {
                    let known = [FailureKind::Changed, FailureKind::Refused];
                    assert!(known.contains(&failure.kind), "{failure:?}");
                    self.none += 1;
                }
                (outcome, found) => panic!(
                    "{key} {race:?}: {outcome:?} with {:?} bytes",
                    found.map(|found| found.len())
                ),
            }
        }
    }

    fn print(&self, test: &str, seed: u64) {
        let Self {
            races,
            changed,
            old,
            new,
            none,
        } = self;
        println!(
            "{test} seed={seed} races={races} changed={changed} old={old} new={new} none={none} mixed=0"
        );
        assert!(*changed > races / 2 && *none > 0, "the races were run");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t5_a_file_that_changes_while_it_is_sent_is_never_mixed() {
    let seed = seed(5);
    let mut luck = Luck::new(seed);
    let mut tally = Tally::default();
    for _ in 0..size(100, 300) / AT_ONCE {
        let rig = Rig::new();
        let races = races(&mut luck);
        for (key, (race, _)) in &races {
            rig.file(key, &race.old());
        }
        let plan = rig
            .plan(&rig.local(), &Rig::bucket(""), SyncOptions::default())
            .await;
        let folder = rig.folder.path().to_owned();
        let requests = &["PutObject", "CreateMultipartUpload", "UploadPart"];
        let changed = at_its_request(&rig, races.clone(), requests, move |key, race| {
            std::fs::write(folder.join(key), race.new_content()).unwrap();
        });
        let ended = rig.run(plan).await;
        tally.judge(&ended, &races, |key| rig.body(key));
        tally.changed += *changed.lock().unwrap();
        assert!(rig.demo.store().uploads(BUCKET).is_empty());
    }
    tally.print("T5", seed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t6_an_object_that_is_replaced_while_it_is_read_is_never_mixed() {
    let seed = seed(6);
    let mut luck = Luck::new(seed);
    let mut tally = Tally::default();
    for _ in 0..size(100, 300) / AT_ONCE {
        let rig = Rig::new();
        let races = races(&mut luck);
        for (key, (race, _)) in &races {
            rig.object(key, &race.old());
        }
        let plan = rig
            .plan(&Rig::bucket(""), &rig.local(), SyncOptions::default())
            .await;
        let store = rig.demo.store().clone();
        let requests = &["HeadObject", "GetObject"];
        let changed = at_its_request(&rig, races.clone(), requests, move |key, race| {
            store.put(BUCKET, key, race.new_content()).unwrap();
        });
        let ended = rig.run(plan).await;
        assert_ne!(ended.state, TaskState::Done);
        tally.judge(&ended, &races, |key| std::fs::read(rig.path(key)).ok());
        tally.changed += *changed.lock().unwrap();
        let files = rig.files();
        let mine = |name: &String| races.contains_key(name);
        assert!(
            files.iter().all(mine),
            "a temporary file is left: {files:?}"
        );
    }
    tally.print("T6", seed);
}
