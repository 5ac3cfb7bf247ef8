//! A stage for the screen: a state without an engine, fed with keys and facts, drawn into text.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a stage that cannot be set must stop the test"
)]

use std::sync::Arc;

use jiff::{Timestamp, tz::TimeZone};
use ratatui::{buffer::Buffer, layout::Rect};
use wharf::{
    config::mapping::Direction,
    domain::{
        diff::{Level, Newer, Pair, Totals, Verdict},
        entry::{End, Entry, Facts, Identity, Kind, ObjectId, Tally},
        key::Key,
        location::{Location, Remote},
        plan::{Fingerprint, Group, Left, Op, Plan, Step, SyncOptions},
        progress::{
            EndedStep, InFlight, Outcome, Requests, TaskEvent, TaskId, TaskKind, TaskSnapshot,
            TaskState,
        },
        side::Side,
    },
    engine::{Body, Command, Event, Snapshot, View, event::Compared},
    tui::{
        keymap::{Keymap, Sequence},
        msg::{Effect, Msg},
        shell::{Mapping, Settings},
        state::State,
        theme::{Theme, ThemeName},
        update::update,
        view::draw,
    },
};

/// The three sizes that every screen is looked at.
pub(super) const SIZES: [(u16, u16); 3] = [(80, 24), (132, 36), (200, 60)];

/// A moment of the story.
pub(super) fn now() -> Timestamp {
    "2026-01-11T17:04:00Z".parse().unwrap()
}

/// A state with what it asked for.
pub(super) struct Stage {
    pub(super) state: State,
    pub(super) effects: Vec<Effect>,
    seconds: i64,
    snapshot: Snapshot,
}

impl Stage {
    /// Both places of the story, apart.
    pub(super) fn new() -> Self {
        Self::with(settings(), ThemeName::Plain)
    }

    pub(super) fn with(settings: Settings, theme: ThemeName) -> Self {
        let keymap = Keymap::new(None).unwrap();
        let mut state = State::new(settings, keymap, Theme::of(theme), now());
        let effects = state.open([Some(local()), Some(remote())]);
        Self {
            state,
            effects,
            seconds: 0,
            snapshot: Snapshot::default(),
        }
    }

    /// Presses keys, one name each: `c`, `Enter`, `g g`.
    pub(super) fn press(&mut self, keys: &str) -> &mut Self {
        for chord in Sequence::parse(keys)
            .unwrap_or_else(|| panic!("{keys} are no keys"))
            .chords()
        {
            self.send(Msg::Key(chord.event()));
        }
        self
    }

    /// Types a text, letter by letter.
    pub(super) fn type_text(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            let name = if letter == ' ' {
                "Space".to_owned()
            } else {
                letter.to_string()
            };
            self.press(&name);
        }
        self
    }

    pub(super) fn send(&mut self, msg: Msg) -> &mut Self {
        self.effects.extend(update(&mut self.state, msg));
        self
    }

    pub(super) fn tell(&mut self, view: View, body: Body) -> &mut Self {
        self.send(Msg::Event(Box::new(Event::View { view, body })))
    }

    pub(super) fn tell_task(&mut self, id: TaskId, event: TaskEvent) -> &mut Self {
        self.send(Msg::Event(Box::new(Event::Task { id, event })))
    }

    /// A second goes by.
    pub(super) fn tick(&mut self) -> &mut Self {
        self.seconds += 1;
        let now = now() + jiff::SignedDuration::from_secs(self.seconds);
        self.send(Msg::Tick {
            now,
            snapshot: Box::new(self.snapshot.clone()),
        })
    }

    /// What the engine counts from now on.
    pub(super) fn count(&mut self, tasks: Vec<TaskSnapshot>) -> &mut Self {
        let by_operation = vec![("GetObject".into(), 3), ("ListObjectsV2".into(), 61)];
        self.snapshot = Snapshot {
            tasks,
            requests: Requests { by_operation },
            notices: Vec::new(),
        };
        self.tick()
    }

    /// The last question that is of a kind, with its view.
    pub(super) fn asked<T>(&self, kind: impl Fn(&Command) -> Option<T>) -> T {
        let command = |effect: &Effect| {
            if let Effect::Engine(command) = effect {
                kind(command)
            } else {
                None
            }
        };
        self.effects
            .iter()
            .rev()
            .find_map(command)
            .expect("the question was asked")
    }

    /// Answers the listings that wait with the story's folders.
    pub(super) fn list(&mut self) -> &mut Self {
        let listings: Vec<(View, Location, Key)> = self
            .effects
            .iter()
            .filter_map(|effect| {
                let Effect::Engine(Command::List {
                    view,
                    location,
                    folder,
                    ..
                }) = effect
                else {
                    return None;
                };
                Some((*view, location.clone(), folder.clone()))
            })
            .collect();
        self.effects.clear();
        for (view, location, folder) in listings {
            let side = if matches!(location, Location::Disk(_)) {
                Side::Left
            } else {
                Side::Right
            };
            let entries = listing(side, &folder);
            self.tell(
                view,
                Body::Listed {
                    folder,
                    entries,
                    end: Some(End::Complete),
                },
            );
        }
        self
    }

    /// Compares, and tells the story's pairs.
    pub(super) fn compare(&mut self) -> &mut Self {
        self.press("c");
        let view = self.asked(|command| {
            if let Command::Compare { view, .. } = command {
                Some(*view)
            } else {
                None
            }
        });
        self.tell(view, Body::Pairs(pairs()));
        self.tell(view, Body::Compared(compared()))
    }

    /// The plan that was asked for arrives.
    pub(super) fn plan(&mut self) -> &mut Self {
        let (view, only) = self.asked(|command| {
            let Command::Plan { view, only, .. } = command else {
                return None;
            };
            Some((*view, only.clone()))
        });
        let plan = plan(&only);
        self.tell(view, Body::Planned(Arc::new(plan)))
    }

    /// The plan that was approved is taken as task 1.
    pub(super) fn accept(&mut self) -> Arc<Plan> {
        let (view, plan) = self.asked(|command| {
            let Command::Run { view, plan } = command else {
                return None;
            };
            Some((*view, Arc::clone(plan)))
        });
        self.tell(view, Body::Accepted(TaskId(1)));
        plan
    }

    /// The screen as text.
    pub(super) fn text(&self, (width, height): (u16, u16)) -> String {
        text_of(&self.buffer((width, height)))
    }

    pub(super) fn buffer(&self, (width, height): (u16, u16)) -> Buffer {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        draw(&self.state, area, &mut buffer);
        buffer
    }
}

/// A buffer as lines; what wide characters hide is left out.
pub(super) fn text_of(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut skip = 0_usize;
        for x in 0..buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            if skip > 0 {
                skip -= 1;
                continue;
            }
            skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
            line.push_str(symbol);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

pub(super) fn local() -> Location {
    Location::parse("/home/ada/pokemon/data").unwrap()
}

pub(super) fn remote() -> Location {
    Location::parse("demo:s3://pokemon-card-training/data").unwrap()
}

pub(super) fn settings() -> Settings {
    let mapping = |name: &str, direction| Mapping {
        name: name.into(),
        left: Location::parse(&format!("/home/ada/{name}")).unwrap(),
        right: Location::parse(&format!("main:s3://your-bucket/{name}")).unwrap(),
        direction,
        options: Arc::new(SyncOptions::default()),
    };
    Settings {
        title: "demo · us-east-2".to_owned(),
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
pub(super) fn pairs() -> Vec<Pair> {
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

fn listing(side: Side, folder: &Key) -> Vec<Entry> {
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

pub(super) fn compared() -> Box<Compared> {
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
pub(super) fn plan(only: &[Key]) -> Plan {
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
            destination: pair.right,
        });
    }
    let group = |sign, overwrites, steps: Vec<Step>| Group {
        sign,
        op: Op::Upload,
        overwrites,
        selected: true,
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
        version: 1,
        made: now(),
        source: local(),
        destination: remote(),
        options: SyncOptions {
            sse: Some("AES256".into()),
            storage_class: Some("STANDARD".into()),
            ..SyncOptions::default()
        },
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
pub(super) fn task(id: u64, state: TaskState, done: u64, plan: &Plan) -> TaskSnapshot {
    let steps: Vec<&Step> = plan.steps().collect();
    let flying = steps
        .iter()
        .skip(usize::try_from(done).unwrap())
        .take(3)
        .filter(|_| state == TaskState::Running);
    TaskSnapshot {
        id: TaskId(id),
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
        requests: done + 7,
        workers: 32,
        bandwidth: None,
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
    }
}

/// The fact that these steps arrived and are proven.
pub(super) fn arrived(steps: &[Step]) -> TaskEvent {
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
