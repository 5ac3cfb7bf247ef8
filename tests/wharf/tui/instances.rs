//! The tab Instances: pictures at each size, and what a person's keys ask of the engine.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use std::{collections::BTreeMap, sync::Arc};

use jiff::SignedDuration;
use wharf::{
    config::{Config, Env},
    domain::{
        cloud::{
            Alarm, Attached, Check, Checks, Gauge, Instance, Observed, Point, RUN_TAG, Rates,
            Scheduled, Series, Span, Spent, State, Survey, Trouble, Turn,
        },
        health::{self, Finding, Limits},
        progress::Requests,
    },
    engine::{
        Body, Command, View,
        cloud::{CloudAsk, CloudTold, Details, Regions},
        event::{Failed, FailedClass},
    },
    tui::{msg::Effect, shell::Settings, tab::Tab, theme::ThemeName},
};

use super::{
    screens::look,
    stage::{Stage, now, settings},
};

/// Values each five minutes of the last hour, by their number; some are missing.
fn series(value: impl Fn(i32) -> Option<f64>) -> Series {
    let points = (0..12).filter_map(|number| {
        let at = now() - SignedDuration::from_mins(60 - 5 * i64::from(number));
        Some(Point {
            at,
            value: value(number)?,
        })
    });
    Series {
        period: 300,
        points: points.collect(),
    }
}

fn instance(name: &str, number: u32, kind: &str, up: SignedDuration) -> Instance {
    Instance {
        region: "us-east-2".into(),
        id: format!("i-0ab1{number:013x}").into(),
        kind: kind.into(),
        zone: "us-east-2a".into(),
        state: State::Running,
        launched: Some(now() - up),
        platform: "Linux/UNIX".into(),
        private_ip: Some("10.0.1.7".into()),
        tags: vec![("Name".into(), name.into())],
        volumes: vec![
            Attached {
                device: "/dev/xvda".into(),
                volume: "vol-1".into(),
                goes_with_instance: true,
            },
            Attached {
                device: "/dev/sdf".into(),
                volume: "vol-2".into(),
                goes_with_instance: false,
            },
        ],
        ..Instance::default()
    }
}

fn observed(instance: Instance, gauges: &[(Gauge, Series)]) -> Observed {
    let price = Rates::embedded().instance(&instance.kind, &instance.region, "Linux/UNIX");
    let checks = if instance.state == State::Running {
        Checks {
            system: Check::Ok,
            instance: Check::Ok,
            ebs: Check::Ok,
        }
    } else {
        Checks::default()
    };
    Observed {
        price,
        checks,
        gauges: gauges.iter().cloned().collect::<BTreeMap<_, _>>(),
        instance,
        ..Observed::default()
    }
}

fn trainer() -> Observed {
    let mut trainer = instance("trainer", 1, "g5.xlarge", SignedDuration::from_mins(372));
    trainer
        .tags
        .push((RUN_TAG.into(), "stage2-efficientnet".into()));
    trainer.public_ip = Some("203.0.113.9".into());
    let gap = |number: i32| !(5..8).contains(&number);
    observed(
        trainer,
        &[
            (
                Gauge::Cpu,
                series(|n| gap(n).then(|| 30.0 + f64::from(n % 4) * 6.0)),
            ),
            (Gauge::Gpu, series(|n| gap(n).then_some(97.0))),
            (Gauge::Memory, series(|_| Some(62.0))),
            (Gauge::Disk, series(|n| Some(40.0 + f64::from(n)))),
            (Gauge::NetworkIn, series(|n| Some(f64::from(n) * 200_000.0))),
            (Gauge::NetworkOut, series(|_| Some(300_000.0))),
            (Gauge::DiskRead, series(|_| Some(12_000_000.0))),
            (Gauge::DiskWrite, series(|_| Some(3_000_000.0))),
        ],
    )
}

fn labeler() -> Observed {
    let mut labeler = observed(
        instance("labeler", 2, "t3.large", SignedDuration::from_hours(51)),
        &[(Gauge::Cpu, series(|_| Some(0.4)))],
    );
    labeler.checks.instance = Check::Impaired {
        since: Some(now() - SignedDuration::from_mins(41)),
    };
    labeler.scheduled.push(Scheduled {
        code: "instance-retirement".into(),
        description: "The instance is running on degraded hardware".into(),
        not_before: Some(now() + SignedDuration::from_hours(144)),
    });
    labeler.alarms.push(Alarm {
        name: "labeler-status".into(),
        instance: None,
        reason: "Threshold Crossed".into(),
        since: None,
    });
    labeler
}

fn survey_of(mut seen: Vec<Observed>) -> Survey {
    for one in &mut seen {
        one.findings = health::findings(one, now(), &Limits::default());
    }
    let by_operation = vec![("DescribeInstances".into(), 1), ("GetMetricData".into(), 1)];
    Survey {
        at: now(),
        regions: vec!["us-east-2".into()],
        span: Span::Hour,
        seen,
        spent: Spent {
            requests: Requests { by_operation },
            metrics: 13,
        },
        next: Some(60),
        ..Survey::default()
    }
}

pub(super) fn world() -> Survey {
    let mut notebook = instance("日本-notebook\u{202e}", 3, "m5.large", SignedDuration::ZERO);
    notebook.state = State::Stopped;
    survey_of(vec![labeler(), observed(notebook, &[]), trainer()])
}

/// The last question about instances, with its view.
pub(super) fn asked(stage: &Stage) -> (View, CloudAsk) {
    stage.asked(|command| {
        if let Command::Cloud { view, ask } = command {
            Some((*view, (**ask).clone()))
        } else {
            None
        }
    })
}

fn told(stage: &mut Stage, told: CloudTold) {
    let (view, _) = asked(stage);
    stage.tell(view, Body::Cloud(told));
}

/// The tab with a look at the world.
fn opened(survey: Survey) -> Stage {
    opened_on(Stage::new(), survey)
}

/// The tab of a screen with a look at the world.
pub(super) fn opened_on(mut stage: Stage, survey: Survey) -> Stage {
    stage.press("3").tick();
    told(&mut stage, CloudTold::Survey(Arc::new(survey)));
    stage
}

/// The last turn that was asked for.
fn turned(stage: &Stage) -> Option<(Box<str>, Turn)> {
    let turns = stage.all_asked(|command| {
        let Command::Cloud { ask, .. } = command else {
            return None;
        };
        if let CloudAsk::Turn { place, turn, .. } = &**ask {
            Some((place.id.clone(), *turn))
        } else {
            None
        }
    });
    turns.last().cloned()
}

#[test]
fn instances_with_charts_and_findings() {
    let mut stage = opened(world());
    stage.press("G").press("k");
    look(&stage, "instances");
    stage.press("k");
    look(&stage, "instances-troubled");
}

#[test]
fn nothing_yet_nothing_there_and_nothing_answered() {
    let mut stage = Stage::new();
    stage.press("3").tick();
    look(&stage, "instances-asking");
    let failed = Failed {
        class: FailedClass::Usage,
        message: "DescribeInstances EC2: no credentials: looked in the environment (AWS_ACCESS_KEY_ID) and in the profile".to_owned(),
        help: None,
        request_id: None,
    };
    told(&mut stage, CloudTold::Unanswered { failed, next: 120 });
    look(&stage, "instances-unanswered");
    let stage = opened(survey_of(Vec::new()));
    look(&stage, "instances-none");
}

#[test]
fn what_could_not_be_had_stands_below_the_table() {
    let mut survey = world();
    survey.troubles.push(Trouble {
        operation: "DescribeAlarms",
        region: "us-east-2".into(),
        words: "the credentials lack cloudwatch:DescribeAlarms".into(),
        throttled: false,
    });
    look(&opened(survey), "instances-partly");
}

#[test]
fn details_are_a_text_to_read() {
    let mut stage = opened(world());
    stage.press("j").press("d");
    let (_, ask) = asked(&stage);
    assert!(matches!(ask, CloudAsk::Details { .. }), "{ask:?}");
    let details = Details {
        instance: trainer().instance,
        protected: Some(false),
        user_data: Some(("#!/bin/bash\nexport HF_TOKEN=•••\n".to_owned(), 1)),
        console: Some(b"boot\x1b[31m\nlogin:".to_vec()),
        ..Details::default()
    };
    told(&mut stage, CloudTold::Details(Box::new(details)));
    look(&stage, "instances-details");
}

#[test]
fn nothing_is_asked_before_the_tab_is_opened_and_it_is_watched_seldom_from_afar() {
    let mut stage = Stage::new();
    stage.tick().tick();
    let all = |stage: &Stage| {
        stage.all_asked(|command| matches!(command, Command::Cloud { .. }).then_some(()))
    };
    assert!(all(&stage).is_empty());
    stage.press("3").tick().tick();
    assert_eq!(all(&stage).len(), 1);
    let (_, CloudAsk::Watch { after, every, .. }) = asked(&stage) else {
        panic!("no watch");
    };
    assert!(after.is_zero());
    assert_eq!(every.as_secs(), 60);
    told(&mut stage, CloudTold::Survey(Arc::new(world())));
    stage.press("1").tick();
    let (_, CloudAsk::Watch { after, every, .. }) = asked(&stage) else {
        panic!("no watch");
    };
    assert_eq!(every.as_secs(), 300);
    assert!(
        after.as_secs() > 250,
        "what is fresh is not asked for again"
    );
    stage.press("r").press("3").press("R");
    let (_, CloudAsk::Watch { scope, after, .. }) = asked(&stage) else {
        panic!("no watch");
    };
    assert_eq!(scope.regions, Regions::All);
    assert!(after.is_zero());
    // Nor is a look at once forgotten because somebody went elsewhere before it was answered.
    stage.press("1").tick();
    let (_, CloudAsk::Watch { after, every, .. }) = asked(&stage) else {
        panic!("no watch");
    };
    assert_eq!((after.as_secs(), every.as_secs()), (0, 300));
}

/// The first tab of a configuration.
fn configured(text: &str) -> Stage {
    let config = Config::of_text(None, text, &Env::default()).unwrap();
    let settings = Settings {
        config: Arc::new(config),
        ..settings()
    };
    Stage::with(settings, ThemeName::Plain)
}

fn watches(stage: &Stage) -> Vec<(u64, bool)> {
    stage.all_asked(|command| {
        let Command::Cloud { ask, .. } = command else {
            return None;
        };
        let CloudAsk::Watch { after, every, .. } = &**ask else {
            return None;
        };
        Some((every.as_secs(), after.is_zero()))
    })
}

#[test]
fn who_looks_at_runs_with_an_instance_hears_of_findings_without_the_tab() {
    let with_instance =
        "[runs.stage2]\nmetrics = [{ from = \"s3://logs/stage2\" }]\ninstance = \"labeler\"\n";
    let launched = "[runs.stage2]\nmetrics = [{ from = \"vault:s3://logs/stage2\" }]\n\
        [runs.stage2.launch]\nimage = \"ami-0abc\"\ntype = \"g5.xlarge\"\ntrain = \"train.sh\"\n[remotes.vault]\n";
    for (text, tab) in [with_instance, launched]
        .iter()
        .flat_map(|text| [(text, "4"), (text, "5")])
    {
        let mut stage = configured(text);
        for other in ["1", "2", "6"] {
            stage.press(other).tick().tick();
        }
        assert_eq!(watches(&stage), [], "who only browses asks nothing");
        stage.press(tab).tick().tick();
        assert_eq!(watches(&stage), [(300, true)], "{text}");
        assert!(!stage.text((132, 36)).contains("Instances 1!"));
        told(&mut stage, CloudTold::Survey(Arc::new(world())));
        let text = stage.tick().text((132, 36));
        assert!(text.contains("Instances 1!"), "{text}");
        let rung =
            |effect: &&Effect| matches!(effect, Effect::Notify(text) if text.contains("labeler"));
        assert_eq!(stage.effects.iter().filter(rung).count(), 1);
        stage.press("1").tick().tick();
        assert_eq!(watches(&stage).len(), 1, "it goes on, wherever one looks");
    }
}

#[test]
fn runs_without_an_instance_where_it_is_watched_ask_nothing() {
    let nowhere = "[runs.stage2]\nmetrics = [{ from = \"s3://logs/stage2\" }]\n";
    let elsewhere = "[runs.stage2]\nmetrics = [{ from = \"s3://logs/stage2\" }]\ninstance = \"labeler\"\nremote = \"vault\"\n[remotes.vault]\n";
    for text in ["", nowhere, elsewhere] {
        let mut stage = configured(text);
        for tab in ["4", "5", "1"] {
            stage.press(tab).tick().tick();
        }
        assert_eq!(watches(&stage), [], "{text}");
    }
}

#[test]
fn findings_are_said_once_ring_when_grave_and_are_told_when_over() {
    let mut stage = opened(world());
    let rings = |stage: &Stage| {
        let rung = stage.effects.iter();
        rung.filter(|effect| matches!(effect, Effect::Notify(text) if text.contains("labeler")))
            .count()
    };
    assert_eq!(rings(&stage), 1);
    told(&mut stage, CloudTold::Survey(Arc::new(world())));
    assert_eq!(rings(&stage), 1, "once");
    let log = |stage: &mut Stage| {
        stage.state.tab = Tab::Log;
        stage.text((132, 36))
    };
    let before = log(&mut stage);
    assert!(
        before.contains("labeler: the instance check has been impaired for 41m."),
        "{before}"
    );
    told(
        &mut stage,
        CloudTold::Survey(Arc::new(survey_of(vec![trainer()]))),
    );
    let after = log(&mut stage);
    assert!(
        after.contains("the failed instance check is over."),
        "{after}"
    );
}

#[test]
fn what_becomes_grave_is_said_again_and_the_hook_hears_of_all() {
    let full = |percent: f64| {
        let mut survey = survey_of(vec![trainer()]);
        survey.seen[0].findings = [Gauge::Memory, Gauge::Disk]
            .map(|gauge| Finding::Full {
                gauge,
                percent,
                full_at: None,
                brimful: percent >= 97.0,
            })
            .into();
        CloudTold::Survey(Arc::new(survey))
    };
    let heard = |stage: &Stage| {
        stage.all_asked(|command| {
            let Command::TellFinding(found) = command else {
                return None;
            };
            Some((found.rule, found.gravity))
        })
    };
    let mut stage = opened(survey_of(vec![trainer()]));
    let before = heard(&stage).len();
    told(&mut stage, full(91.0));
    told(&mut stage, full(92.0));
    assert_eq!(heard(&stage)[before..], [("full", "warning"); 2]);
    let rung = |stage: &Stage| {
        let all = stage.effects.iter();
        all.filter(|effect| matches!(effect, Effect::Notify(_)))
            .count()
    };
    let quiet = rung(&stage);
    told(&mut stage, full(98.0));
    assert_eq!(rung(&stage), quiet + 2, "memory and disk, each by itself");
    assert_eq!(heard(&stage)[before + 2..], [("full", "grave"); 2]);
}

#[test]
fn an_end_wants_the_name_typed_and_stopping_a_yes() {
    let mut stage = opened(world());
    stage.press("j").press("t");
    look(&stage, "instances-terminate");
    stage.type_text("train").press("Enter");
    assert_eq!(turned(&stage), None);
    stage.type_text("er").press("Enter");
    let id = trainer().instance.id;
    assert_eq!(turned(&stage), Some((id.clone(), Turn::Terminate)));
    let consents = stage.effects.iter();
    let consents = consents.filter(|effect| matches!(effect, Effect::Consent(_)));
    assert_eq!(consents.count(), 1);
    told(&mut stage, CloudTold::Turning(State::ShuttingDown));
    let text = stage.text((132, 36));
    assert!(text.contains("terminate: shutting-down"), "{text}");
    stage.press("S").press("Enter");
    assert_eq!(
        turned(&stage),
        Some((id.clone(), Turn::Terminate)),
        "the safe answer is first"
    );
    stage.press("S").press("j").press("Enter");
    assert_eq!(turned(&stage), Some((id, Turn::Stop)));
}

#[test]
fn what_a_state_forbids_is_not_asked() {
    let mut stage = opened(world());
    stage.press("g g").press("s");
    assert_eq!(
        turned(&stage),
        Some((labeler().instance.id, Turn::Start)),
        "it runs: EC2 says so"
    );
    let mut stage = opened(world());
    stage
        .press("/")
        .type_text("notebook")
        .press("Enter")
        .press("b");
    assert_eq!(turned(&stage), None);
    let text = stage.text((132, 36));
    assert!(
        text.contains("it is stopped, and cannot reboot so."),
        "{text}"
    );
    assert!(!text.contains('\u{202e}'));
}

#[test]
fn five_hundred_instances_are_drawn_in_time() {
    let seen = (0..500).map(|number| {
        let mut one = trainer();
        one.instance.id = format!("i-{number:017x}").into();
        one.instance.tags[0].1 = format!("worker-{number:03}").into();
        one
    });
    let mut stage = opened(survey_of(seen.collect()));
    stage.press("G");
    let began = std::time::Instant::now();
    for _ in 0..20 {
        stage.text((200, 60));
    }
    let frame = began.elapsed() / 20;
    // Unoptimised code on a busy machine; the bench measures the real figure.
    assert!(frame.as_millis() < 400, "{frame:?}");
    let text = stage.text((200, 60));
    assert!(text.contains("worker-499"));
}

#[test]
fn the_cursor_stays_on_its_instance() {
    let mut stage = opened(world());
    stage.press("G");
    let mut later = world();
    later.seen.insert(
        0,
        observed(instance("aaa", 9, "t3.nano", SignedDuration::ZERO), &[]),
    );
    told(&mut stage, CloudTold::Survey(Arc::new(later)));
    let current = stage
        .state
        .instances
        .current()
        .map(|seen| seen.instance.name().to_owned());
    assert_eq!(current.as_deref(), Some("日本-notebook\u{202e}"));
}
