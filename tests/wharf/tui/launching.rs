//! Instances within the screen: a line run on one and what it wrote, who uses its GPUs, and a launch from what it stands on to its
//! checks; pictures at each size, and what a person's keys ask of the engine.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use std::{path::PathBuf, time::Duration};

use wharf::{
    domain::{
        cloud::{CommandState, Price, Said, State},
        launch::{AtEnd, Check, Limits, Standing, Volume, Wish},
        location::{Location, Remote},
    },
    engine::{
        Body, Command, View,
        cloud::{CloudAsk, CloudTold},
        event::{Failed, FailedClass},
        launch::{LaunchAsk, LaunchPlan, LaunchTold},
    },
    tui::{Launchable, theme::ThemeName},
};

use super::{
    instances::{asked, opened_on, world},
    screens::look,
    stage::{Stage, settings},
};

fn wish() -> Wish {
    Wish {
        image: "ami-0abc".to_owned(),
        kind: "g5.xlarge".to_owned(),
        spot: true,
        volumes: vec![Volume {
            device: "/dev/sdf".to_owned(),
            gib: 200,
            kind: "gp3".to_owned(),
            mount: Some("/data".to_owned()),
            ..Volume::default()
        }],
        init: Some("init.sh".to_owned()),
        train: "train.sh".to_owned(),
        inputs: vec!["cards".to_owned()],
        outputs: vec!["models".to_owned()],
        max_hours: Some(12.0),
        at_end: AtEnd::Terminate,
        ..Wish::default()
    }
}

fn launch_ask(run: &str) -> LaunchAsk {
    LaunchAsk {
        remote: Remote::default(),
        run: run.into(),
        wish: wish().into(),
        folder: Location::parse("s3://vault/runs/stage2/").unwrap(),
        rivals: Vec::new(),
        base: PathBuf::from("/home/ada"),
        config: String::new(),
        unfit: Vec::new(),
        inputs: Vec::new(),
        outputs: Vec::new(),
        named: None,
        apply: false,
        every: None,
    }
}

pub(super) fn check(what: &'static str, standing: Standing, words: &str) -> Check {
    Check {
        what,
        standing,
        words: words.to_owned(),
    }
}

pub(super) fn plan(checks: Vec<Check>) -> LaunchPlan {
    LaunchPlan {
        launch: "20260111-170203-0a1b".into(),
        checks,
        price: Some(Price {
            amount: 0.4123,
            estimate: true,
        }),
        whole: Some(Price {
            amount: 0.4344,
            estimate: true,
        }),
        limits: Some(Limits {
            whole: Duration::from_hours(12),
            train: Duration::from_hours(11),
        }),
        policy: "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": []\n}".to_owned(),
        folder: Location::parse("s3://vault/runs/stage2/20260111-170203-0a1b/").unwrap(),
    }
}

pub(super) fn well() -> Vec<Check> {
    vec![
        check(
            "image",
            Standing::Well,
            "ami-0abc, Deep Learning OSS, x86_64",
        ),
        check(
            "type",
            Standing::Well,
            "g5.xlarge: 4 processors, 1 GPU, in us-east-2a and us-east-2b",
        ),
        check(
            "quota",
            Standing::Note,
            "nobody tells how much of it is free",
        ),
        check("role", Standing::Well, "trainer\u{202e}"),
    ]
}

/// The tab with runs that can be launched.
pub(super) fn stage(runs: &[&str]) -> Stage {
    let mut settings = settings();
    settings.launches = runs
        .iter()
        .map(|run| Launchable {
            run: (*run).into(),
            ask: Ok(launch_ask(run)),
        })
        .collect();
    opened_on(Stage::with(settings, ThemeName::Plain), world())
}

/// The last question about a launch, with its view.
pub(super) fn launch_asked(stage: &Stage) -> (View, LaunchAsk) {
    stage.asked(|command| {
        let Command::Cloud { view, ask } = command else {
            return None;
        };
        if let CloudAsk::Launch(ask) = &**ask {
            Some((*view, (**ask).clone()))
        } else {
            None
        }
    })
}

pub(super) fn tell(stage: &mut Stage, view: View, told: LaunchTold) {
    stage.tell(view, Body::Cloud(CloudTold::Launch(told)));
}

fn said(stage: &mut Stage, said: Said) {
    let (view, ask) = asked(stage);
    assert!(matches!(ask, CloudAsk::Exec { .. }), "{ask:?}");
    let told = CloudTold::Said {
        id: "i-1".into(),
        said: Box::new(said),
    };
    stage.tell(view, Body::Cloud(told));
}

#[test]
fn a_line_is_run_and_what_it_wrote_is_read() {
    let mut stage = stage(&[]);
    stage.press("G").press("k").press("!");
    stage.type_text("df -h | tail -2");
    look(&stage, "instances-line");
    stage.press("Enter");
    let (_, ask) = asked(&stage);
    let CloudAsk::Exec { script, .. } = ask else {
        panic!("{ask:?}")
    };
    assert_eq!(&*script, "df -h | tail -2");
    said(
        &mut stage,
        Said {
            stdout_cut: true,
            ..Said::by_ssm(
                CommandState::Ended,
                1,
                "/dev/nvme1n1  200G  121G   79G  61% /data\n\u{1b}[2Jtmpfs 7.7G\n",
                "tail: odd\n",
            )
        },
    );
    look(&stage, "instances-said");
    // What was typed last is there again.
    stage.press("Esc").press("!");
    assert!(stage.text((132, 36)).contains("df -h | tail -2"));
}

#[test]
fn what_does_not_run_takes_no_line() {
    let mut stage = stage(&[]);
    stage.press("g g").press("!");
    assert!(stage.text((132, 36)).contains("run on the instance"));
    // Nothing is no line, and what is stopped takes none.
    stage.press("Enter").press("Esc").press("G").press("!");
    assert!(stage.text((132, 36)).contains("nothing can be run on it"));
    stage.press("p");
    let lines = stage.all_asked(|command| {
        let Command::Cloud { ask, .. } = command else {
            return None;
        };
        matches!(&**ask, CloudAsk::Exec { .. }).then_some(())
    });
    assert!(lines.is_empty());
}

#[test]
fn the_processes_on_the_gpus_are_a_table() {
    let mut stage = stage(&[]);
    stage.press("G").press("k").press("p");
    let told =
        "GPU-a, 0, NVIDIA A10G\n--\nGPU-a, 4242, 18734, python3 train.py\nGPU-a, 17, [N/A], Xorg\n";
    said(&mut stage, Said::by_ssm(CommandState::Ended, 0, told, ""));
    look(&stage, "instances-gpus");
    stage.press("Esc").press("p");
    said(
        &mut stage,
        Said::by_ssm(CommandState::Ended, 127, "", "nvidia-smi: not found"),
    );
    assert!(stage.text((132, 36)).contains("no nvidia-smi"));
}

#[test]
fn a_launch_is_shown_before_it_is_one_and_followed_until_its_checks_pass() {
    let mut stage = stage(&["stage2"]);
    stage.press("n");
    let (view, ask) = launch_asked(&stage);
    assert!(!ask.apply);
    tell(
        &mut stage,
        view,
        LaunchTold::Planned(Box::new(plan(well()))),
    );
    let over = LaunchTold::Over {
        id: None,
        state: State::Unknown,
    };
    tell(&mut stage, view, over);
    look(&stage, "launch-plan");
    stage.press("Enter");
    let (view, ask) = launch_asked(&stage);
    assert!(ask.apply && ask.every.is_some());
    tell(
        &mut stage,
        view,
        LaunchTold::Planned(Box::new(plan(well()))),
    );
    let name = "wharf".into();
    tell(
        &mut stage,
        view,
        LaunchTold::Putting {
            name,
            bytes: 12 << 20,
        },
    );
    look(&stage, "launch-putting");
    tell(
        &mut stage,
        view,
        LaunchTold::Launched { id: "i-0ff".into() },
    );
    tell(&mut stage, view, LaunchTold::State(State::Pending));
    assert!(
        stage
            .text((132, 36))
            .contains("the launch of stage2 is pending")
    );
    let over = LaunchTold::Over {
        id: Some("i-0ff".into()),
        state: State::Running,
    };
    tell(&mut stage, view, over);
    let text = stage.text((132, 36));
    assert!(text.contains("stage2 runs on i-0ff"), "{text}");
    assert!(!text.contains("the launch of"), "{text}");
}

#[test]
fn what_a_check_forbids_is_not_launched() {
    let mut stage = stage(&["stage1", "stage2"]);
    stage.press("n");
    look(&stage, "launch-which");
    stage.press("j").press("Enter");
    let (view, ask) = launch_asked(&stage);
    assert_eq!(&*ask.run, "stage2");
    let mut checks = well();
    checks.push(check(
        "rivals",
        Standing::Guarded,
        "i-0ab1 of this run is running: wharf wrap-up stage2 tells what is there",
    ));
    tell(
        &mut stage,
        view,
        LaunchTold::Planned(Box::new(plan(checks))),
    );
    look(&stage, "launch-forbidden");
    stage.press("Enter");
    assert!(!launch_asked(&stage).1.apply);
    stage.press("Esc");
    assert!(!stage.text((132, 36)).contains("launch stage2?"));
}

#[test]
fn a_launch_that_comes_to_nothing_says_why() {
    let mut stage = stage(&["stage2"]);
    stage.press("n");
    let (view, _) = launch_asked(&stage);
    tell(
        &mut stage,
        view,
        LaunchTold::Planned(Box::new(plan(well()))),
    );
    stage.press("Enter");
    let (view, _) = launch_asked(&stage);
    let failed = Failed {
        class: FailedClass::Broken,
        message: "RunInstances EC2: no room in this zone".to_owned(),
        help: None,
        request_id: None,
    };
    stage.tell(view, Body::Failed(failed));
    let text = stage.text((132, 36));
    assert!(text.contains("no room in this zone"), "{text}");
    assert!(!text.contains("the launch of"), "{text}");
    let mut none = self::stage(&[]);
    none.press("n");
    assert!(none.text((132, 36)).contains("[runs.NAME.launch]"));
}
