//! The tab Wrap-up: pictures at each size, and what a person's keys ask of the engine. No key makes a proof or a license: all that
//! leaves the tab is what the person said.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use std::sync::Arc;

use jiff::SignedDuration;

use wharf::{
    config::{Config, Env},
    domain::{
        cloud::{CommandState, Price, RUN_TAG, Said, Trouble},
        launch::{Phase, Status},
        location::{Location, Remote},
        plan::SyncOptions,
        training::{read::Reader, run::Stream},
        wrap_up::{
            Claim, Consent, End, Fate, Keep, Kind, Launched, Open, Origin, OutputProof, Proven,
            Resource, Spent, Stretch, Training, Wrapped,
        },
    },
    engine::{
        Body, Command, View,
        cloud::{CloudAsk, CloudTold},
        event::{Failed, FailedClass},
        training::{News, RunNews},
        wrap_up::{Made, Output, Places, WrapAsk, WrapTold},
    },
    tui::{Ending, msg::Effect, shell::Settings, tab::Tab, theme::ThemeName},
};

use super::{
    screens::look,
    stage::{Stage, now, settings},
};

const ACCOUNT: &str = "123456789012";
const RUN: &str = "stage2-efficientnet";

fn output(name: &str, made_here: bool) -> Output {
    let places = if made_here {
        let place = |text: &str| Location::parse(text).unwrap();
        Ok(Places {
            made: Made::Here(place("/home/ada/models")),
            kept: place("main:s3://your-bucket/models"),
            options: Arc::new(SyncOptions::default()),
        })
    } else {
        Err("it was made on the instance, which is not compared yet".to_owned())
    };
    Output {
        name: name.into(),
        places,
    }
}

fn ending(run: &str, outputs: &[&str]) -> Ending {
    let of = |here: bool| outputs.iter().map(|name| output(name, here)).collect();
    Ending {
        run: run.into(),
        remote: Remote::named("main"),
        outputs: of(false),
        outputs_here: of(true),
        known: true,
        ..Ending::default()
    }
}

fn resource(kind: Kind, id: &str, about: &str, (price, origin): (f64, Origin)) -> Resource {
    Resource {
        kind,
        id: id.into(),
        region: "us-east-2".into(),
        name: "".into(),
        about: about.to_owned(),
        price: Price::exact(price),
        since: None,
        selected: origin == Origin::ThisRun,
        origin,
        on: None,
        goes_with: false,
        held_by: None,
        kept: None,
    }
}

/// The trainer with a volume that goes with it and one that stays, an address on it, what others made, and what is gone.
#[allow(clippy::too_many_lines, reason = "a table of the story")]
fn estate() -> Vec<Resource> {
    let trainer = "i-0ab1500f2f9f00019";
    let own = |price| (price, Origin::ThisRun);
    let on = |one: Resource, goes_with| Resource {
        on: Some(trainer.into()),
        goes_with,
        ..one
    };
    let named = |one: Resource, name: &str| Resource {
        name: name.into(),
        ..one
    };
    let volume = |id: &str, about: &str, by| resource(Kind::Volume, id, about, by);
    vec![
        named(
            resource(Kind::Instance, trainer, "g5.xlarge running", own(1.006)),
            "trainer",
        ),
        on(
            resource(
                Kind::Address,
                "eipalloc-0a1b2c3d4e5f60718",
                "203.0.113.9 tied to i-0ab1500f2f9f00019",
                (0.005, Origin::Unknown),
            ),
            false,
        ),
        on(
            volume(
                "vol-0aa100000000000a1",
                "60 GiB gp3 on i-0ab1500f2f9f00019",
                own(0.0066),
            ),
            true,
        ),
        on(
            named(
                volume(
                    "vol-0d2200000000000b2",
                    "200 GiB gp3 on i-0ab1500f2f9f00019",
                    own(0.0219),
                ),
                "trainer\u{202e}-data",
            ),
            false,
        ),
        named(
            volume(
                "vol-0e3300000000000c3",
                "250 GiB gp3 on nothing",
                (0.0274, Origin::OtherRun("stage1-dinov3".into())),
            ),
            "stage1-data",
        ),
        Resource {
            kept: Some(Keep::Tag),
            selected: false,
            ..resource(
                Kind::Snapshot,
                "snap-0f440000000000d4",
                "of vol-0d2200000000000b2, 200 GiB",
                own(0.0137),
            )
        },
        resource(
            Kind::Volume,
            "vol-0old0000000000e5",
            "in the ledger, and gone",
            (0.0, Origin::Gone),
        ),
    ]
}

fn proven(name: &str) -> OutputProof {
    OutputProof {
        name: name.into(),
        claim: Claim::Proven(Proven {
            objects: 214,
            bytes: 1_900_000_000,
            at: now(),
            record: None,
        }),
    }
}

fn gap(name: &str) -> OutputProof {
    OutputProof {
        name: name.into(),
        claim: Claim::Gaps {
            objects: 3,
            words: "3 missing in S3".to_owned(),
        },
    }
}

fn wrapped(proofs: Vec<OutputProof>, open: Vec<Open>) -> Wrapped {
    Wrapped {
        account: ACCOUNT.into(),
        resources: estate(),
        proofs,
        open,
        ..Wrapped::default()
    }
}

/// The last question about the end of a run, with its view.
fn asked(stage: &Stage) -> (View, WrapAsk) {
    stage.asked(|command| {
        if let Command::WrapUp { view, ask } = command {
            Some((*view, (**ask).clone()))
        } else {
            None
        }
    })
}

fn count_asked(stage: &Stage) -> usize {
    stage
        .all_asked(|command| matches!(command, Command::WrapUp { .. }).then_some(()))
        .len()
}

/// What the last question lets be deleted; `None` where it only looks.
fn consent(stage: &Stage) -> Option<Consent> {
    asked(stage).1.apply
}

fn told(stage: &mut Stage, told: WrapTold) {
    let (view, _) = asked(stage);
    stage.tell(view, Body::WrapUp(told));
}

fn over(stage: &mut Stage, wrapped: Wrapped) {
    told(stage, WrapTold::Estate(estate()));
    for proof in wrapped.proofs.clone() {
        told(stage, WrapTold::Proof(proof));
    }
    told(stage, WrapTold::Over(Box::new(wrapped)));
}

fn stage() -> Stage {
    let settings = Settings {
        endings: vec![ending(RUN, &["models", "logs"]), ending("labeler-v3", &[])],
        ..settings()
    };
    let mut stage = Stage::with(settings, ThemeName::Plain);
    stage.press("5").tick();
    stage
}

/// A launch that told its end an hour ago, after eleven hours of its instance.
fn all_proven() -> Wrapped {
    let status = Status {
        state: Phase::Ended,
        outcome: Some("done".to_owned()),
        exit: Some(0),
        pushed: Some(true),
        at: Some(now() - SignedDuration::from_hours(1)),
        ..Status::default()
    };
    let launch = Launched {
        name: "20260111-050405-0a1b".into(),
        status: Some(status),
        ..Launched::default()
    };
    let instance = Spent {
        kind: "instance".into(),
        id: "i-0ab1500f2f9f00019".into(),
        stretches: vec![Stretch {
            since: now() - SignedDuration::from_hours(11),
            until: None,
            price: Price::exact(1.006),
        }],
        ..Spent::default()
    };
    Wrapped {
        launch: Some(launch),
        training: Training::Ended,
        spent: vec![instance],
        ..wrapped(
            vec![proven("models"), proven("logs")],
            vec![Open::NoAccount],
        )
    }
}

fn with_a_gap() -> Wrapped {
    let open = vec![
        Open::Running(1),
        Open::Unproven("logs".into()),
        Open::NoAccount,
    ];
    wrapped(vec![proven("models"), gap("logs")], open)
}

/// Types the account and Enter.
fn confirm(stage: &mut Stage) {
    stage.type_text(ACCOUNT).press("Enter");
}

#[test]
fn five_steps_with_a_gap_and_with_all_proven() {
    let mut stage = stage();
    look(&stage, "wrap-up-asking");
    over(&mut stage, with_a_gap());
    stage.text((132, 36));
    look(&stage, "wrap-up-gap");
    stage.press("r");
    over(&mut stage, all_proven());
    look(&stage, "wrap-up-proven");
}

/// Two outputs that prove nothing, each with a long reason, and a question that was not answered.
fn with_reasons() -> Wrapped {
    let output = |name: &str, why: &str| OutputProof {
        name: name.into(),
        claim: Claim::Nothing {
            why: why.to_owned(),
        },
    };
    let refused = "AccessDenied: the credentials lack elasticfilesystem:DescribeFileSystems";
    let trouble = Trouble {
        operation: "DescribeFileSystems",
        region: "us-east-2".into(),
        words: refused.into(),
        throttled: false,
    };
    let none = "the instance left no record of it; the instance told last that it is training; i-0ab1500f2f9f00019 does not run";
    let stale = "the instance went on after it recorded it, and made no new record: the agent of SSM does not answer any more";
    Wrapped {
        troubles: vec![trouble],
        ..wrapped(
            vec![output("models", none), output("logs", stale)],
            with_a_gap().open,
        )
    }
}

#[test]
fn what_is_too_wide_for_a_line_goes_on_below_it() {
    let mut stage = stage();
    over(&mut stage, with_reasons());
    stage.text((132, 36));
    look(&stage, "wrap-up-reasons");
    let Wrapped { proofs, .. } = with_reasons();
    for size in [(132, 36), (200, 60)] {
        let text = stage.text(size);
        let told: String = text.split(['│', '\n']).collect();
        let told: Vec<&str> = told.split_whitespace().collect();
        let told = told.join(" ");
        for proof in &proofs {
            let Claim::Nothing { why } = &proof.claim else {
                panic!("{proof:?} proves something");
            };
            for word in why.split(' ') {
                assert!(told.contains(word), "{word} at {size:?}: {text}");
            }
        }
    }
}

#[test]
fn the_steps_of_its_log_stand_beside_the_end_that_its_launch_told() {
    let text = format!(
        "[runs.{RUN}]\nmetrics = [{{ from = \"s3://your-bucket/train.jsonl\" }}]\ntotal_steps = 77760\n"
    );
    let config = Config::of_text(None, &text, &Env::default()).unwrap();
    let settings = Settings {
        config: Arc::new(config),
        endings: vec![ending(RUN, &["models", "logs"])],
        ..settings()
    };
    let mut stage = Stage::with(settings, ThemeName::Plain);
    stage.press("4").tick();
    let view = stage.asked(|command| {
        if let Command::Watch { view, .. } = command {
            Some(*view)
        } else {
            None
        }
    });
    let stream = Stream {
        number: 0,
        source: 0,
        label: "".into(),
    };
    let lines = b"{\"step\": 77759}\n{\"step\": 77760}\n";
    let news = News::Told {
        stream,
        batch: Reader::new(None).feed(lines, true),
        written: now(),
    };
    stage.tell(view, Body::Run(Box::new(RunNews { run: 0, news })));
    stage.press("5").tick();
    over(&mut stage, all_proven());
    let text = stage.tick().text((132, 36));
    assert!(text.contains("exit 0, 77,760/77,760 steps"), "{text}");
}

#[test]
fn nothing_goes_before_the_training_is_over_the_reason_is_typed_and_the_account_named() {
    let mut stage = stage();
    stage.press("D");
    assert_eq!(count_asked(&stage), 1, "it is not looked at whole");
    over(&mut stage, with_a_gap());
    stage.press("D").press("Enter");
    assert_eq!(count_asked(&stage), 1, "the safe answer is first");
    stage.press("D").press("j").press("Enter");
    look(&stage, "wrap-up-reason");
    stage.press("Enter");
    stage.type_text("the box is lost").press("Enter");
    look(&stage, "wrap-up-account");
    stage.type_text("210987654321").press("Enter");
    assert_eq!(consent(&stage), None, "that is not the account");
    stage.press("Esc").press("D");
    confirm(&mut stage);
    let expected = Consent {
        account: Some(ACCOUNT.into()),
        override_proof: Some("the box is lost".into()),
        ended: true,
    };
    assert_eq!(consent(&stage), Some(expected));
}

#[test]
fn exactly_what_was_shown_ticked_is_asked_for() {
    let mut stage = stage();
    over(&mut stage, all_proven());
    stage.text((132, 36));
    // The volume that goes with its instance is unticked: that holds the instance.
    stage.press("j").press("Space");
    let text = stage.text((200, 60));
    assert!(text.contains("which stays"), "{text}");
    stage.press("Space").press("D");
    confirm(&mut stage);
    let ask = asked(&stage).1;
    let mut only: Vec<String> = ask
        .ticks
        .only
        .unwrap()
        .iter()
        .map(|target| target.id.to_string())
        .collect();
    only.sort();
    let expected = [
        "i-0ab1500f2f9f00019",
        "vol-0aa100000000000a1",
        "vol-0d2200000000000b2",
    ];
    assert_eq!(only, expected);
    assert_eq!(ask.apply.unwrap().override_proof, None);
}

#[test]
fn deletions_are_followed_live_and_told_at_the_end() {
    let mut stage = stage();
    over(&mut stage, all_proven());
    stage.press("D");
    confirm(&mut stage);
    let all = estate();
    told(&mut stage, WrapTold::Estate(estate()));
    told(&mut stage, WrapTold::Deleting(all[0].target()));
    told(&mut stage, WrapTold::Deleting(all[3].target()));
    let end = |at: usize, fate| End {
        target: all[at].target(),
        fate,
    };
    let stays = Fate::Stays {
        why: "the credentials lack ec2:DeleteVolume".to_owned(),
    };
    let ends = vec![end(2, Fate::Gone), end(3, stays), end(0, Fate::Gone)];
    told(&mut stage, WrapTold::Ended(ends[0].clone()));
    told(&mut stage, WrapTold::Ended(ends[1].clone()));
    look(&stage, "wrap-up-deleting");
    stage.press("q");
    assert!(stage.text((132, 36)).contains("a wrap-up deletes"));
    stage.press("Esc");
    told(&mut stage, WrapTold::Ended(ends[2].clone()));
    let done = Wrapped {
        applied: true,
        open: Vec::new(),
        ends,
        ..all_proven()
    };
    told(&mut stage, WrapTold::Over(Box::new(done)));
    look(&stage, "wrap-up-deleted");
    let rung = stage.effects.iter();
    let rung = rung.filter(
        |effect| matches!(effect, Effect::Notify(text) if text.contains("2 things gone, 1 stay")),
    );
    assert_eq!(rung.count(), 1);
    stage.press("o").press("e");
    let saved = stage.effects.iter().filter_map(|effect| {
        if let Effect::Save { name, content } = effect {
            Some((name.as_str(), content.as_str()))
        } else {
            None
        }
    });
    let saved: Vec<(&str, &str)> = saved.collect();
    assert_eq!(saved[0].0, "wrap-up-stage2-efficientnet-2026-01-11.md");
    assert!(saved[0].1.contains("| deleted |"), "{}", saved[0].1);
    assert!(saved[1].1.contains("\"ended\""), "{}", saved[1].1);
}

#[test]
fn what_is_kept_or_gone_is_not_ticked_and_a_heading_ticks_all_below_it() {
    let mut stage = stage();
    over(&mut stage, all_proven());
    stage.text((132, 36));
    stage.press("j").press("j").press("j").press("Space");
    let text = stage.text((132, 36));
    assert!(text.contains("is kept by its tag"), "{text}");
    stage.press("j").press("Space");
    stage.press("D");
    let text = stage.text((132, 36));
    assert!(text.contains("eipalloc-0a1b2c3d4e5f60718"), "{text}");
}

#[test]
fn what_is_not_in_the_ledger_is_shown_alone_and_what_is_ticked_stays_so() {
    let mut stage = stage();
    over(&mut stage, all_proven());
    stage.text((132, 36));
    stage.press("f");
    let text = stage.text((132, 36));
    assert!(text.contains("made by this run"), "{text}");
    assert!(!text.contains("on AWS, not in the ledger"), "{text}");
    stage.press("f");
    look(&stage, "wrap-up-unknown");
    let text = stage.text((132, 36));
    assert!(!text.contains("i-0ab10000000000001"), "{text}");
    // What goes is what is ticked, and the box names all of it.
    stage.press("D");
    let text = stage.text((132, 36));
    assert!(text.contains("i-0ab"), "{text}");
    stage.press("Esc");
    for _ in 0..8 {
        stage.press("f");
        if stage.text((132, 36)).contains("All of it is shown.") {
            return;
        }
    }
    panic!("all is shown again: {}", stage.text((132, 36)));
}

#[test]
fn a_gap_plans_the_push_of_what_was_made_here() {
    let mut stage = stage();
    over(&mut stage, with_a_gap());
    stage.press("m");
    let ask = asked(&stage).1;
    assert!(ask.outputs.iter().all(|output| output.places.is_ok()));
    assert!(ask.apply.is_none());
}

#[test]
fn a_gap_of_what_stands_on_the_instance_is_pushed_there_and_compared_anew() {
    let mut stage = stage();
    over(&mut stage, with_a_gap());
    stage.press("s");
    let (view, script) = stage.asked(|command| {
        let Command::Cloud { view, ask } = command else {
            return None;
        };
        if let CloudAsk::Exec { script, place, .. } = &**ask {
            assert_eq!(&*place.id, "i-0ab1500f2f9f00019");
            return Some((*view, script.to_string()));
        }
        None
    });
    assert!(script.contains("box.sh push"), "{script}");
    let looks = count_asked(&stage);
    let said = CloudTold::Said {
        id: "i-0ab1500f2f9f00019".into(),
        said: Box::new(Said::by_ssm(CommandState::Ended, 0, "", "")),
    };
    stage.tell(view, Body::Cloud(said));
    assert_eq!(count_asked(&stage), looks + 1);
    assert!(stage.text((132, 36)).contains("are pushed and recorded"));
}

#[test]
fn it_is_looked_at_once_and_each_run_by_itself() {
    let mut stage = stage();
    stage.tick().tick();
    assert_eq!(count_asked(&stage), 1);
    over(&mut stage, all_proven());
    stage.press("Tab").tick().tick();
    assert_eq!(count_asked(&stage), 2);
    assert_eq!(&*asked(&stage).1.run, "labeler-v3");
    // What only tags name is a run too.
    stage.press("Tab").tick();
    assert_eq!(&*asked(&stage).1.run, "stage1-dinov3");
    let text = stage.text((132, 36));
    assert!(text.contains("does not name this run"), "{text}");
}

#[test]
fn read_only_deletes_nothing_and_a_failure_says_what_to_do() {
    let mut stage = stage();
    over(&mut stage, all_proven());
    stage.state.shell.settings.read_only = true;
    stage.press("D");
    assert!(stage.text((132, 36)).contains("Read-only"));
    stage.press("r");
    let (view, _) = asked(&stage);
    let failed = Failed {
        class: FailedClass::Usage,
        message: "DescribeInstances EC2: no credentials".to_owned(),
        help: Some("aws configure, or set AWS_PROFILE".to_owned()),
        request_id: None,
    };
    stage.tell(view, Body::Failed(failed));
    look(&stage, "wrap-up-failed");
}

#[test]
fn an_instance_leads_to_the_end_of_its_run() {
    use wharf::{
        domain::cloud::{Instance, Observed, State, Survey},
        engine::cloud::CloudTold,
    };
    let mut stage = stage();
    stage.press("3").tick();
    let view = stage.asked(|command| {
        if let Command::Cloud { view, .. } = command {
            Some(*view)
        } else {
            None
        }
    });
    let instance = Instance {
        id: "i-1".into(),
        state: State::Running,
        tags: vec![(RUN_TAG.into(), "stage9".into())],
        ..Instance::default()
    };
    let survey = Survey {
        seen: vec![Observed {
            instance,
            ..Observed::default()
        }],
        ..Survey::default()
    };
    stage.tell(view, Body::Cloud(CloudTold::Survey(Arc::new(survey))));
    stage.press("W").tick();
    assert_eq!(stage.state.tab, Tab::WrapUp);
    assert_eq!(&*asked(&stage).1.run, "stage9");
}
