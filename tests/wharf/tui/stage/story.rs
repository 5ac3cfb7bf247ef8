//! The story as facts: places, listings, pairs, the plan that closes the gaps, and a task at work on it.

use std::sync::Arc;

use jiff::tz::TimeZone;
use wharf::{
    config::mapping::Direction,
    domain::{
        diff::{Level, Newer, Pair, Totals, Verdict},
        entry::{End, Entry, Facts, Identity, Kind, ObjectId, Tally},
        key::Key,
        location::{Location, Remote},
        plan::{Fingerprint, Group, Left, Op, Plan, Regions, Step, SyncOptions},
        preview::Glance,
        progress::{
            EndedStep, InFlight, Outcome, Requests, TaskEvent, TaskId, TaskKind, TaskSnapshot,
            TaskState,
        },
        side::Side,
    },
    engine::{event::Compared, preview::Preview},
    tui::shell::{Mapping, Settings},
};

use super::now;

pub(in crate::tui) fn local() -> Location {
    Location::parse("/home/ada/pokemon/data").unwrap()
}

pub(in crate::tui) fn remote() -> Location {
    Location::parse("demo:s3://pokemon-card-training/data").unwrap()
}

pub(in crate::tui) fn settings() -> Settings {
    let mapping = |name: &str, direction| Mapping {
        name: name.into(),
        left: Location::parse(&format!("/home/ada/{name}")).unwrap(),
        right: Location::parse(&format!("main:s3://your-bucket/{name}")).unwrap(),
        direction,
        options: Arc::new(SyncOptions::default()),
    };
    Settings {
        title: "~/wharf.toml".to_owned(),
        remotes: vec![Remote::named("demo"), Remote::named("main")],
        mappings: vec![
            mapping("datasets", Direction::Pull),
            mapping("models", Direction::Both),
        ],
        zone: Some(TimeZone::UTC),
        home: Some("/home/ada".into()),
        ..Settings::default()
    }
}

fn object(size: u64, minute: i64) -> Facts {
    let modified = now() - jiff::SignedDuration::from_mins(minute);
    let id = ObjectId {
        class: Some("STANDARD".into()),
        ..ObjectId::default()
    };
    Facts {
        kind: Kind::Object,
        size,
        modified: Some(modified),
        identity: Identity::Object(id),
    }
}

fn file(size: u64, minute: i64) -> Facts {
    Facts {
        identity: Identity::None,
        ..object(size, minute)
    }
}

/// Names of cards; those that begin with M are missing on the right.
const CARDS: [&str; 12] = [
    "Abra-en_base_base1_43.png",
    "Bulbasaur-en_base_base1_44.png",
    "Caterpie-en_base_base1_45.png",
    "Mesprit-en_dp_dp1_9.png",
    "MetalEnergy-en_ecard_ecard1_159.png",
    "Meowth-en_ecard_ecard1_121.png",
    "Mewtwo-en_base_base4_10.png",
    "Pikachu-en_base_base1_58_with_a_name_that_is_so_long_that_no_column_can_hold_all_of_it_at_once.png",
    "Squirtle-en_base_base1_63.png",
    "ピカチュウ-ja_base_base1_58.png",
    "Zapdos-en_base_base1_16.png",
    "Zubat-en_fossil_57.png",
];

/// What the comparison of the story tells.
#[allow(clippy::too_many_lines, reason = "a table of the story")]
pub(in crate::tui) fn pairs() -> Vec<Pair> {
    let mut pairs = Vec::new();
    let same = |key: String, proof, size| Pair {
        key: Key::new(key),
        left: Some(file(size, 90)),
        right: Some(object(size, 6)),
        verdict: Verdict::Same { proof },
    };
    for (at, card) in CARDS.iter().enumerate() {
        let key = Key::new(format!("raw/card_images/{card}"));
        let size = 700_000 + at as u64 * 4321;
        if card.starts_with("Mewtwo") {
            let verdict = Verdict::Differs { newer: Newer::Left };
            pairs.push(Pair {
                key,
                left: Some(file(size, 2)),
                right: Some(object(size - 999, 3000)),
                verdict,
            });
        } else if card.starts_with('M') {
            pairs.push(Pair {
                key,
                left: Some(file(size, 90)),
                right: None,
                verdict: Verdict::OnlyLeft,
            });
        } else {
            let level = if at % 2 == 0 {
                Level::Checksum
            } else {
                Level::Time
            };
            pairs.push(same(format!("raw/card_images/{card}"), level, size));
        }
    }
    for letter in "ABCDEFGHIJKLNOPRSTUVWZ".chars() {
        for number in 1..6 {
            pairs.push(same(
                format!("raw/card_images/{letter}ard-en_base_{number}.png"),
                Level::Time,
                512_000,
            ));
        }
    }
    for number in 1..9 {
        let key = Key::new(format!("raw/card_images/Mard-en_base_{number}.png"));
        pairs.push(Pair {
            key,
            left: Some(file(512_000, 90)),
            right: None,
            verdict: Verdict::OnlyLeft,
        });
    }
    for folder in ["Abra_43", "Ditto_3", "Meowth_121", "Mew_8", "Zubat_57"] {
        for image in 0..3 {
            let key = Key::new(format!(
                "processed/classification/{folder}/aug_{image:02}.png"
            ));
            if folder.starts_with('M') {
                pairs.push(Pair {
                    key,
                    left: Some(file(88_000, 60)),
                    right: None,
                    verdict: Verdict::OnlyLeft,
                });
            } else {
                pairs.push(same(key.to_string(), Level::Time, 88_000));
            }
        }
    }
    for image in 0..40 {
        pairs.push(same(
            format!("calibration/calib_{image:04}.png"),
            Level::Size,
            734_000,
        ));
    }
    let verdict = Verdict::Unproven;
    let key = Key::from("reference/embeddings.npy");
    pairs.push(Pair {
        key,
        left: Some(file(9_000_000, 9)),
        right: Some(object(9_000_000, 99)),
        verdict,
    });
    let verdict = Verdict::Clash {
        reason: "a file on the left, a folder on the right".into(),
    };
    pairs.push(Pair {
        key: Key::from("reference/notes"),
        left: Some(file(12, 9)),
        right: None,
        verdict,
    });
    let key = Key::from("reference/notes/old.md");
    pairs.push(Pair {
        key,
        left: None,
        right: Some(object(120, 9)),
        verdict: Verdict::OnlyRight,
    });
    pairs.sort_by(|one, other| one.key.cmp(&other.key));
    pairs
}

pub(super) fn listing(side: Side, folder: &Key) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for pair in pairs() {
        let facts = match side {
            Side::Left => pair.left,
            Side::Right => pair.right,
        };
        let (Some(facts), Some(rest)) =
            (facts, pair.key.as_bytes().strip_prefix(folder.as_bytes()))
        else {
            continue;
        };
        let end = rest
            .iter()
            .position(|&byte| byte == b'/')
            .map_or(rest.len(), |at| at + 1);
        let key = folder.join(&rest[..end]);
        let facts = if key.is_folder() {
            Facts::folder()
        } else {
            facts
        };
        if entries.last().is_none_or(|last| last.key != key) {
            entries.push(Entry { key, facts });
        }
    }
    entries
}

pub(in crate::tui) fn compared() -> Box<Compared> {
    let by_operation = vec![("ListObjectsV2".into(), 61)];
    let mut totals = Totals::default();
    for pair in &pairs() {
        totals.add(pair);
    }
    Box::new(Compared {
        left: End::Complete,
        right: End::Complete,
        totals,
        requests: Requests { by_operation },
        seconds: 1.9,
    })
}

/// The plan that closes the gaps, or those of some keys.
#[allow(clippy::too_many_lines, reason = "a table of the story")]
pub(in crate::tui) fn plan(only: &[Key]) -> Plan {
    let taken = |key: &Key| {
        only.is_empty()
            || only
                .iter()
                .any(|only| key.as_bytes().starts_with(only.as_bytes()))
    };
    let mut uploads = Vec::new();
    let mut overwrites = Vec::new();
    for pair in pairs().into_iter().filter(|pair| taken(&pair.key)) {
        let differs = matches!(pair.verdict, Verdict::Differs { .. });
        let steps = if differs {
            &mut overwrites
        } else {
            &mut uploads
        };
        if !differs && pair.verdict != Verdict::OnlyLeft {
            continue;
        }
        let seq = u32::try_from(steps.len()).unwrap() + if differs { 1000 } else { 0 };
        steps.push(Step {
            seq,
            op: Op::Upload,
            key: pair.key,
            source: pair.left,
            destination: pair.right.map(Box::new),
        });
    }
    let group = |sign, overwrites, steps: Vec<Step>| Group {
        sign,
        op: Op::Upload,
        overwrites,
        selected: true,
        why: None,
        steps,
    };
    let groups = [
        group(wharf::domain::diff::Sign::OnlyLeft, false, uploads),
        group(wharf::domain::diff::Sign::Differs, true, overwrites),
    ];
    let print = Fingerprint {
        tally: Tally::default(),
        digest: "0".into(),
        end: End::Complete,
    };
    Plan {
        cleans: None,
        edit: None,
        forecast: None,
        lists: None,
        version: 1,
        made: now(),
        source: local(),
        destination: remote(),
        regions: Regions::default(),
        options: SyncOptions {
            sse: Some("AES256".into()),
            storage_class: Some("STANDARD".into()),
            ..SyncOptions::default()
        },
        start: None,
        aside: Vec::new(),
        only: only.to_vec(),
        source_print: print.clone(),
        destination_print: print,
        groups: groups
            .into_iter()
            .filter(|group| !group.steps.is_empty())
            .collect(),
        left: Left {
            same: [
                Tally {
                    objects: 40,
                    bytes: 29_360_000,
                },
                Tally {
                    objects: 17,
                    bytes: 1,
                },
                Tally::default(),
                Tally::default(),
            ],
            unproven: Tally {
                objects: 1,
                bytes: 9_000_000,
            },
            ..Left::default()
        },
        brakes: Vec::new(),
        notices: vec![
            "Meowth-en_ecard_ecard1_121.png changed 4 s ago: it may still be being written"
                .to_owned(),
        ],
    }
}

/// A task's quantities after `done` of its steps.
pub(in crate::tui) fn task(id: u64, state: TaskState, done: u64, plan: &Plan) -> TaskSnapshot {
    let steps: Vec<&Step> = plan.steps().collect();
    let flying = steps
        .iter()
        .skip(usize::try_from(done).unwrap())
        .take(3)
        .filter(|_| state == TaskState::Running);
    TaskSnapshot {
        id: TaskId(id),
        parent: None,
        name: None,
        kind: TaskKind::Sync,
        state,
        source: local().to_string().into(),
        destination: remote().to_string().into(),
        started: now(),
        ended: state
            .is_over()
            .then(|| now() + jiff::SignedDuration::from_secs(30)),
        planned: steps.len() as u64,
        planned_bytes: plan.moves().bytes,
        done,
        failed: 0,
        skipped: 0,
        verified: done,
        bytes: steps
            .iter()
            .take(usize::try_from(done).unwrap())
            .map(|step| step.size())
            .sum(),
        retries: 2,
        throttled: 2,
        kept: 0,
        requests: done + 7,
        workers: 32,
        bandwidth: None,
        requests_per_second: None,
        slowed_to: None,
        in_flight: flying
            .map(|step| InFlight {
                seq: step.seq,
                key: step.key.clone(),
                op: step.op,
                bytes: step.size() * 42 / 100,
                size: step.size(),
            })
            .collect(),
        reason: None,
        priority: 0,
        due: None,
    }
}

/// The fact that these steps arrived and are proven.
pub(in crate::tui) fn arrived(steps: &[Step]) -> TaskEvent {
    let ended = |step: &Step| EndedStep {
        seq: step.seq,
        key: step.key.clone(),
        op: step.op,
        outcome: Outcome::Done {
            bytes: step.size(),
            proof: Some(Level::Checksum),
        },
    };
    TaskEvent::Ended {
        steps: steps.iter().map(ended).collect(),
    }
}

/// What a look at a key tells.
pub(super) fn looked_at(key: &Key, content: Result<Glance, Box<str>>) -> Preview {
    let property = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Preview {
        facts: object(1_234_567, 90),
        properties: vec![
            property("etag", "9b2cf535f27731c974343645a3985328-3"),
            property("checksum", "crc64nvme 00112233aabbccdd"),
            property("class", "STANDARD"),
            property("encryption", "AES256"),
            property("content type", "text/csv"),
            property("meta mtime", "1768150000.000000000"),
            property("tag team", &format!("cards\u{1b}[2J of {key}")),
        ],
        versions: Vec::new(),
        content,
        request_id: Some("ABC123".into()),
    }
}
