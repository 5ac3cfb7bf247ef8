//! The tab Training: the story's runs train, stall, recover and end while the demo's clock is driven.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a stage that cannot be set must stop the test"
)]

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use jiff::{SignedDuration, Timestamp};
use wharf::{
    config::{Config, Env},
    demo::{
        Demo, Options,
        trainer::{self, Trainer},
    },
    domain::training::{
        ask::RunAsk,
        checkpoint::Checkpoint,
        lamp::Light,
        machine::{Evidence, Machine, agent},
        read::Reader,
        run::Stream,
        standing::Standing,
    },
    domain::{
        cloud::{CommandState, Said},
        entry::{Entry, Facts, Identity, Kind},
        key::Key,
        launch::{Phase, Status},
    },
    engine::{
        Body, Command, Snapshot, View,
        training::{Manner, News, RunNews},
    },
    tui::{
        msg::{Effect, Msg},
        shell::Settings,
        tab::Tab,
        theme::ThemeName,
    },
};

use super::{
    screens::look,
    stage::{Stage, now, settings},
};

/// The screen, the demo behind it, and what reads its logs in the engine's place.
struct Watch {
    stage: Stage,
    demo: Demo,
    trainer: Trainer,
    readers: Vec<(Reader, usize)>,
    view: View,
    runs: Arc<[RunAsk]>,
    seconds: i64,
}

/// Where the logs of the runs are, in the order of the configuration.
const LOGS: [&str; 3] = [
    "stage2/metrics.jsonl",
    "stage1/metrics.jsonl",
    "labeler/metrics.jsonl",
];

fn system(at: Timestamp) -> SystemTime {
    SystemTime::from(at)
}

impl Watch {
    fn new() -> Self {
        let demo = Demo::start(Options::default()).unwrap();
        demo.clock().hold(system(now()));
        let trainer = Trainer::begin(demo.store(), demo.clock().now()).unwrap();
        let config = Config::of_text(None, trainer::CONFIG, &Env::default()).unwrap();
        let settings = Settings {
            config: Arc::new(config),
            ..settings()
        };
        let mut stage = Stage::with(settings, ThemeName::Plain);
        stage
            .list()
            .send(Msg::Tick {
                now: now(),
                snapshot: Box::default(),
            })
            .press("4");
        let (view, runs, manner) = stage.asked(|command| {
            let Command::Watch { view, runs, manner } = command else {
                return None;
            };
            Some((*view, Arc::clone(runs), *manner))
        });
        assert_eq!(
            manner,
            Manner {
                every: Some(Duration::from_secs(2)),
                whole: false
            }
        );
        let readers = LOGS.iter().map(|_| (Reader::new(None), 0)).collect();
        let mut watch = Self {
            stage,
            demo,
            trainer,
            readers,
            view,
            runs,
            seconds: 0,
        };
        watch.poll();
        watch
    }

    /// Lets so many seconds go by, and looks.
    fn pass(&mut self, seconds: u64) -> &mut Self {
        self.seconds += i64::try_from(seconds).unwrap();
        self.demo.clock().advance(Duration::from_secs(seconds));
        self.trainer.go(self.demo.clock().now()).unwrap();
        self.poll();
        self
    }

    fn moment(&self) -> Timestamp {
        now() + SignedDuration::from_secs(self.seconds)
    }

    /// Tells what came to the logs.
    fn poll(&mut self) {
        let tick = Msg::Tick {
            now: self.moment(),
            snapshot: Box::<Snapshot>::default(),
        };
        self.stage.send(tick);
        for (run, log) in LOGS.iter().enumerate() {
            let object = self.demo.store().object(trainer::BUCKET, log).unwrap();
            let body = self.demo.store().body(trainer::BUCKET, log).unwrap();
            let (reader, read) = &mut self.readers[run];
            let written = Timestamp::try_from(object.modified).unwrap();
            let batch = reader.feed(&body[*read..], true);
            *read = body.len();
            let stream = Stream {
                number: 0,
                source: 0,
                label: "".into(),
            };
            self.tell(
                run,
                News::Told {
                    stream,
                    batch,
                    written,
                },
            );
            let standing = Standing {
                bytes: body.len() as u64,
                files: 1,
                written: Some(written),
                ..Standing::default()
            };
            self.tell(
                run,
                News::Source {
                    source: 0,
                    standing,
                },
            );
        }
        self.tell(0, News::Machine(Box::new(self.machine())));
        let newest = Ok(Checkpoint::newest(&self.checkpoints()));
        self.tell(0, News::Checkpoint { place: 0, newest });
        for run in 0..LOGS.len() {
            self.tell(
                run,
                News::Polled {
                    looked: Some(self.moment()),
                },
            );
        }
    }

    /// What the lamps of the first run's machine show.
    fn machine(&self) -> Machine {
        let id = "i-0ab15f002f9f00001";
        let at = self.moment();
        Machine {
            id: Some(id.into()),
            checks: Evidence::seen(Light::On, format!("3/3 checks of {id} pass"), at),
            agent: agent(id, Some(true), at),
            process: self.process(id),
        }
    }

    /// What the shell of the demo says of the process.
    fn process(&self, id: &str) -> Evidence {
        let ask = self.runs[0].machine.clone().unwrap();
        let process = ask.process.unwrap();
        let told = (self.trainer.shell(self.demo.clock()))(id, &process.script()).unwrap();
        let said = Said::by_ssm(CommandState::Ended, told.code, &told.stdout, &told.stderr);
        process.told(&said, self.moment())
    }

    fn checkpoints(&self) -> Vec<Entry> {
        let prefix = "stage2/checkpoints/";
        let keys = self.demo.store().keys(trainer::BUCKET, prefix).into_iter();
        let entry = |key: String| {
            let object = self.demo.store().object(trainer::BUCKET, &key).unwrap();
            Entry {
                key: Key::from(key.strip_prefix(prefix).unwrap()),
                facts: Facts {
                    kind: Kind::Object,
                    size: 21 << 20,
                    modified: Timestamp::try_from(object.modified).ok(),
                    identity: Identity::None,
                },
            }
        };
        keys.map(entry).collect()
    }

    fn tell(&mut self, run: usize, news: News) {
        let news = RunNews { run, news };
        self.stage.tell(self.view, Body::Run(Box::new(news)));
    }

    fn text(&self) -> String {
        self.stage.text((132, 36))
    }

    #[track_caller]
    fn shows(&self, text: &str) -> &Self {
        assert!(
            self.text().contains(text),
            "{text} is not in\n{}",
            self.text()
        );
        self
    }

    /// What the terminal was asked to say wherever the person looks.
    fn said(&mut self) -> Vec<String> {
        let effects = std::mem::take(&mut self.stage.effects);
        let said = |effect| {
            if let Effect::Notify(text) = effect {
                Some(text)
            } else {
                None
            }
        };
        effects.into_iter().filter_map(said).collect()
    }
}

#[test]
fn a_run_trains_stalls_recovers_and_ends() {
    let mut watch = Watch::new();
    watch
        .shows("▶ stage2-efficientnet    35 %")
        .shows("step 420/1,200")
        .shows("● step on");
    watch.shows("checkpoint in S3: step 400");
    assert_eq!(
        watch.said(),
        ["wharf: labeler-v3 stalled for 41m, usual step 400 ms"],
        "what is bad at first is told"
    );
    watch.pass(60);
    watch.shows("ETA").shows("4 Training 1!");
    assert_eq!(watch.said(), [""; 0]);
    watch.pass(120);
    watch
        .shows("! stage2-efficientnet    51 %")
        .shows("stalled for")
        .shows("○ step off")
        .shows("● process on")
        .shows("4 Training 2!");
    look(&watch.stage, "training-journey-stalled");
    let said = watch.said();
    assert!(
        said.len() == 1 && said[0].contains("stage2-efficientnet stalled for"),
        "{said:?}"
    );
    watch.pass(60);
    watch.shows("▶ stage2-efficientnet").shows("● step on");
    look(&watch.stage, "training-journey-recovered");
    assert_eq!(
        watch.said(),
        ["wharf: stage2-efficientnet goes on: its steps advance again"]
    );
    watch.pass(600);
    watch
        .shows("✓ stage2-efficientnet   100 %")
        .shows("ended · ")
        .shows("○ process off");
    look(&watch.stage, "training-journey-ended");
    assert_eq!(
        watch.said(),
        ["wharf: stage2-efficientnet ended: completed"]
    );
    watch.stage.press("6");
    watch.shows("stage2-efficientnet ended: completed");
}

#[test]
fn charts_are_looked_at_closely() {
    let mut watch = Watch::new();
    watch
        .stage
        .press("s")
        .press("m")
        .press("+")
        .press("h")
        .press("h");
    watch
        .shows("log scale · smoothed 0.6 · steps")
        .shows("at step");
    watch.stage.press("Enter").press("Tab");
    watch.shows("top1").shows("┄ val");
    assert!(!watch.text().contains("samples_per_s"), "one chart alone");
    for _ in 0..4 {
        watch.stage.press("Esc");
    }
    watch.stage.press("s");
    watch.shows("samples_per_s");
    assert!(
        !watch.text().contains("steps 2") && !watch.text().contains("at step"),
        "{}",
        watch.text()
    );
    watch.stage.press("t").press("+").press("h");
    watch.shows("· 1m–3m · at 3m").shows("samples_per_s");
    watch.stage.press("t");
    assert!(!watch.text().contains(" at 3m"), "{}", watch.text());
    watch.stage.press("j").press("Space").press("k");
    watch
        .shows("1 stage2-efficientnet · 2 stage1-dinov3")
        .shows("─ 2 0.");
    assert_eq!(watch.stage.state.tab, Tab::Training);
}

#[test]
fn the_log_is_searched() {
    let mut watch = Watch::new();
    watch.stage.press("o");
    watch.shows("\"step\": 420");
    watch.stage.press("/").type_text("LOSS/VAL").press("Enter");
    watch.shows("\"loss/val\"");
    assert!(!watch.text().contains("\"loss/train\""), "{}", watch.text());
    watch.stage.press("Esc").press("Esc");
    watch.shows("samples_per_s");
}

#[test]
fn all_is_read_again_when_asked_and_old_answers_are_dropped() {
    let mut watch = Watch::new();
    let (old, runs) = (watch.view, watch.runs.len());
    watch.stage.press("r");
    let asked = watch.stage.all_asked(|command| {
        let Command::Watch { view, .. } = command else {
            return None;
        };
        Some(*view)
    });
    assert!(asked.len() == 2 && asked[1] != old && runs == 3);
    watch
        .shows("Reading its sources…")
        .shows("whether a checkpoint is in S3 is not known yet");
    watch.poll();
    watch.shows("Reading its sources…");
}

#[test]
fn without_a_run_the_tab_says_what_to_do() {
    let mut stage = Stage::new();
    stage.list().press("4");
    let text = stage.text((80, 24));
    assert!(
        text.contains("[runs.stage2]") && text.contains("wharf training show LOG"),
        "{text}"
    );
    look(&stage, "training-empty");
}

#[test]
fn training_at_every_size() {
    let mut watch = Watch::new();
    watch.pass(60);
    look(&watch.stage, "training");
    watch.stage.press("h").press("Enter").press("s");
    look(&watch.stage, "training-large");
    let launch = Status {
        launch: "20260111-165203-0a1b".to_owned(),
        state: Phase::Training,
        at: Some(watch.moment() - SignedDuration::from_secs(40)),
        ..Status::default()
    };
    watch.tell(
        0,
        News::Launch {
            status: Some(Box::new(launch)),
            failed: None,
        },
    );
    watch.stage.press("Esc").press("Esc").press("i");
    look(&watch.stage, "training-evidence");
    watch.stage.press("Esc").press("o");
    look(&watch.stage, "training-log");
    watch.stage.press("Esc").press("G");
    look(&watch.stage, "training-stalled");
}

#[test]
fn all_runs_are_seen_or_told_of_where_lines_are_few() {
    let runs =
        (1..=7).map(|at| format!("[runs.run-{at}]\nmetrics = [{{ from = \"s3://logs/{at}\" }}]\n"));
    let text: String = runs.collect();
    let settings = Settings {
        config: Arc::new(Config::of_text(None, &text, &Env::default()).unwrap()),
        ..settings()
    };
    let mut stage = Stage::with(settings, ThemeName::Plain);
    stage.press("4");
    let shown = |stage: &Stage| {
        let text = stage.text((80, 24));
        let name = |at: &u32| text.contains(&format!(" run-{at} "));
        let names: Vec<u32> = (1..=7).filter(name).collect();
        (names, text)
    };
    let (names, text) = shown(&stage);
    assert_eq!(names, [1, 2, 3, 4, 5], "{text}");
    assert!(text.contains("1–5 of 7"), "{text}");
    stage.press("G");
    let (names, text) = shown(&stage);
    assert_eq!(names, [3, 4, 5, 6, 7], "{text}");
    assert!(text.contains("3–7 of 7"), "{text}");
}
