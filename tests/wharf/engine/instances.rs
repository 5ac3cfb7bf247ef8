//! Looks at instances and turns of them, asked as a front end asks, against the embedded AWS.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use wharf::{
    backend::{RemoteOptions, Sessions, session::Keys},
    demo::{
        ACCESS_KEY, Demo, Fault, Options, REGION, Rule, SECRET_KEY,
        cloud::{self, Check, Load, NewInstance, NewVolume, Shape},
    },
    domain::{
        cloud::{Gauge, Span, State, Survey, Turn},
        health::{Finding, Limits},
        location::Remote,
    },
    engine::{
        Body, Command, Engine, EngineOptions, Event, Events, Failed, FailedClass, FindingTold,
        Hooks, View,
        cloud::{CloudAsk, CloudTold, Details, Place, Regions, Scope},
    },
};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const VIEW: View = View {
    id: 7,
    generation: 1,
};

/// A world whose clock stands, and an engine that looks at it.
struct Watchtower {
    demo: Demo,
    engine: Engine,
    events: Events,
}

impl Watchtower {
    fn new() -> Self {
        Self::with(EngineOptions::default())
    }

    fn with(options: EngineOptions) -> Self {
        let demo = Demo::start(Options::default()).unwrap();
        demo.clock().hold(SystemTime::UNIX_EPOCH + 491_148 * HOUR);
        Self::over(demo, options)
    }

    /// An engine that was never there before looks at this world.
    fn over(demo: Demo, options: EngineOptions) -> Self {
        let remote = RemoteOptions {
            endpoint_url: Some(demo.endpoint()),
            region: Some(REGION.to_owned()),
            keys: Some(Keys {
                access: ACCESS_KEY.to_owned(),
                secret: SECRET_KEY.to_owned(),
                token: None,
            }),
            ..RemoteOptions::default()
        };
        let sessions = Sessions::new([(Remote::default(), remote)]);
        let (engine, events) = Engine::start(sessions, options);
        Self {
            demo,
            engine,
            events,
        }
    }

    fn ask(&self, ask: CloudAsk) {
        self.engine.submit(Command::Cloud {
            view: VIEW,
            ask: Box::new(ask),
        });
    }

    async fn told(&mut self) -> Result<CloudTold, Failed> {
        let event = self.events.recv().await.unwrap();
        if let Event::View {
            body: Body::Cloud(told),
            ..
        } = event
        {
            return Ok(told);
        }
        let Event::View {
            body: Body::Failed(failed),
            ..
        } = event
        else {
            panic!("{event:?}");
        };
        Err(failed)
    }

    async fn survey_of(&mut self, regions: Regions, span: Span) -> Result<Arc<Survey>, Failed> {
        let scope = Scope {
            regions,
            ..Scope::default()
        };
        self.ask(CloudAsk::Survey { scope, span });
        let CloudTold::Survey(survey) = self.told().await? else {
            panic!("no survey");
        };
        Ok(survey)
    }

    async fn survey(&mut self) -> Arc<Survey> {
        self.survey_of(Regions::Own, Span::Hour).await.unwrap()
    }

    fn turn(&self, id: &str, turn: Turn) {
        self.ask(CloudAsk::Turn {
            place: place(id),
            turn,
            every: Duration::from_millis(5),
        });
    }

    async fn details(&mut self, id: &str) -> Result<Box<Details>, Failed> {
        self.ask(CloudAsk::Details { place: place(id) });
        let CloudTold::Details(details) = self.told().await? else {
            panic!("no details");
        };
        Ok(details)
    }

    fn requests(&self, operation: &str) -> u64 {
        self.demo.log().count(operation)
    }
}

fn place(id: &str) -> Place {
    Place {
        id: id.into(),
        ..Place::default()
    }
}

fn new(name: &str, kind: &str) -> NewInstance {
    NewInstance {
        name: name.to_owned(),
        kind: kind.to_owned(),
        age: 6 * HOUR,
        ..NewInstance::default()
    }
}

/// An instance with an agent that tells of its memory and of two GPUs.
fn trainer(demo: &Demo) -> String {
    let id = demo.cloud().add_instance(NewInstance {
        detailed: true,
        tags: vec![("wharf:run".to_owned(), "stage2".to_owned())],
        ..new("trainer", "g5.xlarge")
    });
    let load = Load {
        cpu: Shape::Flat(41.0),
        network_in: Shape::Flat(60.0 * 2048.0),
        memory: Some(Shape::Flat(62.0)),
        gpus: vec![Shape::Flat(100.0), Shape::Flat(90.0)],
        ..Load::default()
    };
    demo.cloud().set_load(&id, load);
    id
}

#[tokio::test]
async fn one_look_tells_state_checks_price_and_loads() {
    let mut tower = Watchtower::new();
    let id = trainer(&tower.demo);
    let survey = tower.survey().await;
    let seen = &survey.seen[0];
    assert_eq!(
        (&*seen.instance.id, seen.instance.name()),
        (&*id, "trainer")
    );
    assert_eq!(seen.instance.state, State::Running);
    assert_eq!(seen.checks.passed(), (3, 3));
    assert_eq!(
        survey.at.as_second(),
        491_148 * 3600,
        "AWS's clock, not ours"
    );
    assert!((seen.price.unwrap().amount - 1.006).abs() < 1e-9);
    assert!((seen.so_far(survey.at).unwrap().amount - 6.036).abs() < 1e-3);
    let now = |gauge| seen.now(gauge, survey.at).unwrap();
    assert!((now(Gauge::Cpu) - 41.0).abs() < 1e-9);
    assert!((now(Gauge::Gpu) - 95.0).abs() < 1e-9, "the mean of both");
    assert!((now(Gauge::Memory) - 62.0).abs() < 1e-9);
    assert!(
        (now(Gauge::NetworkIn) - 2048.0).abs() < 1e-9,
        "bytes a second"
    );
    assert_eq!(seen.now(Gauge::Disk, survey.at), None);
    assert!(survey.troubles.is_empty() && seen.findings.is_empty());
    let asked = [
        "DescribeInstances",
        "DescribeInstanceStatus",
        "DescribeAlarms",
        "GetMetricData",
    ];
    assert_eq!(asked.map(|operation| tower.requests(operation)), [1; 4]);
    assert_eq!(survey.spent.metrics, 8);
}

#[tokio::test]
async fn five_hundred_instances_are_one_describe_and_as_many_batches_as_their_metrics_need() {
    let mut tower = Watchtower::new();
    for number in 0..500 {
        let id = tower
            .demo
            .cloud()
            .add_instance(new(&format!("w{number:03}"), "c5.large"));
        tower.demo.cloud().set_load(&id, Load::default());
    }
    let survey = tower.survey().await;
    assert_eq!(survey.seen.len(), 500);
    assert_eq!(tower.requests("DescribeInstances"), 1);
    assert_eq!(tower.requests("GetMetricData"), 2500_u64.div_ceil(500));
    assert!(survey.seen.iter().all(|seen| seen.gauges.len() == 5));
    assert!((survey.hourly().amount - 500.0 * 0.085).abs() < 1e-6);
}

#[tokio::test]
async fn gaps_stay_gaps_over_each_span() {
    let mut tower = Watchtower::new();
    let id = trainer(&tower.demo);
    tower.demo.cloud().silence(&id, 80 * MINUTE, 20 * MINUTE);
    for span in Span::ALL {
        let survey = tower.survey_of(Regions::Own, span).await.unwrap();
        let cpu = &survey.seen[0].gauges[&Gauge::Cpu];
        let ago = |minutes| survey.at - jiff::SignedDuration::from_mins(minutes);
        let around = cpu.parts(ago(58), ago(46), 1);
        assert_eq!(around, [None], "{span:?}");
        let after = cpu.parts(ago(15), ago(5), 1);
        assert_eq!(after, [Some(41.0)], "{span:?}");
    }
}

fn silent_since(finding: &Finding) -> Option<jiff::Timestamp> {
    if let Finding::NoAgent { since } = finding {
        Some(*since)
    } else {
        None
    }
}

#[tokio::test]
async fn an_agent_that_fell_silent_before_what_is_shown_is_missed_over_each_span() {
    let mut tower = Watchtower::new();
    let id = trainer(&tower.demo);
    tower
        .demo
        .cloud()
        .silence(&id, 150 * MINUTE, Duration::ZERO);
    for span in Span::ALL {
        let survey = tower.survey_of(Regions::Own, span).await.unwrap();
        let since = survey.seen[0].findings.iter().find_map(silent_since);
        let long = survey.at.duration_since(since.unwrap()).as_mins();
        assert!((140..=165).contains(&long), "{span:?}: {long}");
    }
}

#[tokio::test]
async fn what_may_not_be_asked_is_told_and_the_rest_works() {
    let mut tower = Watchtower::new();
    trainer(&tower.demo);
    tower.demo.cloud().deny("ec2:DescribeInstanceStatus");
    tower.demo.cloud().deny("cloudwatch:ListMetrics");
    let survey = tower.survey().await;
    let seen = &survey.seen[0];
    assert_eq!(seen.checks.passed(), (0, 0));
    assert!(seen.now(Gauge::Cpu, survey.at).is_some());
    assert_eq!(seen.now(Gauge::Gpu, survey.at), None);
    let mut told: Vec<&str> = survey.troubles.iter().map(|one| one.operation).collect();
    told.sort_unstable();
    assert_eq!(told, ["DescribeInstanceStatus", "ListMetrics"]);
    assert!(
        survey.troubles[0]
            .words
            .contains("ec2:DescribeInstanceStatus")
    );
    tower.demo.cloud().deny("ec2:DescribeInstances");
    let failed = tower.survey_of(Regions::Own, Span::Hour).await.unwrap_err();
    assert_eq!(failed.class, FailedClass::Broken);
    assert!(
        failed.message.contains("ec2:DescribeInstances"),
        "{}",
        failed.message
    );
}

#[tokio::test]
async fn throttling_and_lost_answers_are_borne() {
    let mut tower = Watchtower::new();
    trainer(&tower.demo);
    let faults = tower.demo.faults();
    faults.add(Rule::new(Fault::SlowDown).on("DescribeInstances").times(1));
    faults.add(Rule::new(Fault::Reset).on("GetMetricData").times(1));
    let survey = tower.survey().await;
    assert!(survey.troubles.is_empty());
    assert_eq!(tower.requests("DescribeInstances"), 2);
    assert_eq!(survey.spent.requests.total(), tower.demo.log().total());
}

#[tokio::test]
async fn a_watch_that_is_asked_to_slow_down_waits_twice_as_long_and_comes_back() {
    let mut tower = Watchtower::new();
    trainer(&tower.demo);
    let slow = Rule::new(Fault::SlowDown).on("DescribeInstances");
    tower.demo.faults().add(slow.times(4));
    tower.ask(CloudAsk::Watch {
        scope: Scope::default(),
        span: Span::Hour,
        after: Duration::ZERO,
        every: Duration::from_secs(1),
    });
    // One look tries four times; then the next one is further off.
    let CloudTold::Unanswered { next, .. } = tower.told().await.unwrap() else {
        panic!("it was answered");
    };
    assert_eq!(next, 2);
    let CloudTold::Survey(survey) = tower.told().await.unwrap() else {
        panic!("no survey");
    };
    assert_eq!((survey.next, survey.seen.len()), (Some(1), 1));
    assert_eq!(tower.requests("DescribeInstances"), 5);
}

#[tokio::test]
async fn regions_are_asked_together_and_one_that_is_off_is_a_trouble() {
    let mut tower = Watchtower::new();
    trainer(&tower.demo);
    tower.demo.cloud().add_instance(NewInstance {
        zone: "eu-central-1b".to_owned(),
        ..new("far", "m5.large")
    });
    tower.demo.cloud().switch_off("ap-northeast-1");
    let all = tower.survey_of(Regions::All, Span::Hour).await.unwrap();
    assert_eq!(all.regions.len(), 3);
    let names: Vec<&str> = all.seen.iter().map(|seen| seen.instance.name()).collect();
    assert_eq!(names, ["far", "trainer"]);
    assert!(all.seen[0].price.unwrap().estimate, "by a factor");
    let some = Regions::These(vec!["ap-northeast-1".into(), REGION.into()]);
    let some = tower.survey_of(some, Span::Hour).await.unwrap();
    assert_eq!((some.seen.len(), some.troubles.len()), (1, 1));
    assert!(some.troubles[0].words.contains("switched off"));
}

#[tokio::test]
async fn a_watch_looks_again_asks_seldom_what_changes_seldom_and_stops() {
    let mut tower = Watchtower::new();
    let id = trainer(&tower.demo);
    let scope = Scope::default();
    tower.ask(CloudAsk::Watch {
        scope,
        span: Span::Hour,
        after: Duration::ZERO,
        every: Duration::from_millis(10),
    });
    for _ in 0..3 {
        let CloudTold::Survey(survey) = tower.told().await.unwrap() else {
            panic!("no survey");
        };
        assert_eq!(survey.seen.len(), 1);
    }
    assert!(tower.requests("DescribeInstances") >= 3);
    assert_eq!(tower.requests("ListMetrics"), 3, "three names, once");
    tower.demo.cloud().forget_instance(&id);
    let gone = loop {
        let CloudTold::Survey(survey) = tower.told().await.unwrap() else {
            panic!("no survey");
        };
        if survey.seen.is_empty() {
            break survey;
        }
    };
    assert!(gone.troubles.is_empty());
    tower.engine.submit(Command::Stop(VIEW));
    let stopped = loop {
        if let Err(failed) = tower.told().await {
            break failed;
        }
    };
    assert_eq!(stopped.class, FailedClass::Cancelled);
}

#[tokio::test]
async fn stopping_is_followed_until_it_holds() {
    let mut tower = Watchtower::new();
    let id = trainer(&tower.demo);
    tower.turn("trainer", Turn::Stop);
    let CloudTold::Turning(State::Stopping) = tower.told().await.unwrap() else {
        panic!("not stopping");
    };
    tower.demo.clock().advance(MINUTE);
    let CloudTold::Turned(State::Stopped) = tower.told().await.unwrap() else {
        panic!("not stopped");
    };
    assert_eq!(tower.demo.cloud().state(&id), Some(cloud::State::Stopped));
    tower.turn(&id, Turn::Reboot);
    let failed = tower.told().await.unwrap_err();
    assert!(
        failed.message.contains("it is stopped"),
        "{}",
        failed.message
    );
    let survey = tower.survey().await;
    assert!(survey.hourly().amount.abs() < 1e-12);
}

#[tokio::test]
async fn a_lost_answer_and_an_instance_that_vanishes_are_no_trouble() {
    let mut tower = Watchtower::with(EngineOptions {
        confirmed: vec![Remote::named("trainer")],
        ..EngineOptions::default()
    });
    let id = trainer(&tower.demo);
    let lost = Rule::new(Fault::Lost).on("TerminateInstances").times(1);
    tower.demo.faults().add(lost);
    tower.turn(&id, Turn::Terminate);
    let CloudTold::Turning(State::ShuttingDown) = tower.told().await.unwrap() else {
        panic!("not ending");
    };
    tower.demo.cloud().forget_instance(&id);
    let CloudTold::Turned(State::Terminated) = tower.told().await.unwrap() else {
        panic!("not over");
    };
}

#[tokio::test]
async fn an_end_wants_the_name_and_read_only_wants_nothing_done() {
    let mut tower = Watchtower::new();
    let id = trainer(&tower.demo);
    tower.turn(&id, Turn::Terminate);
    let failed = tower.told().await.unwrap_err();
    assert_eq!(failed.class, FailedClass::Guard);
    assert_eq!(failed.help.as_deref(), Some("--confirm trainer"));
    assert!(
        failed.message.contains("1 of its 1 volumes"),
        "{}",
        failed.message
    );
    let mut reader = Watchtower::with(EngineOptions {
        read_only: true,
        ..EngineOptions::default()
    });
    let id = trainer(&reader.demo);
    reader.turn(&id, Turn::Stop);
    assert_eq!(reader.told().await.unwrap_err().class, FailedClass::Guard);
    for demo in [&tower.demo, &reader.demo] {
        let written = ["StopInstances", "TerminateInstances"];
        assert_eq!(written.map(|operation| demo.log().count(operation)), [0, 0]);
    }
}

#[tokio::test]
async fn protection_is_told_with_the_way_out() {
    let mut tower = Watchtower::with(EngineOptions {
        confirmed: vec![Remote::named("kept")],
        ..EngineOptions::default()
    });
    let id = tower.demo.cloud().add_instance(NewInstance {
        protected: true,
        ..new("kept", "t3.large")
    });
    tower.turn(&id, Turn::Terminate);
    let failed = tower.told().await.unwrap_err();
    assert!(
        failed.message.contains("termination protection"),
        "{}",
        failed.message
    );
}

#[tokio::test]
async fn details_hold_what_hangs_on_it_with_secrets_struck_out() {
    let mut tower = Watchtower::new();
    let stays = NewVolume {
        device: "/dev/sdf".to_owned(),
        delete_on_termination: false,
        ..NewVolume::default()
    };
    let id = tower.demo.cloud().add_instance(NewInstance {
        volumes: vec![NewVolume::default(), stays],
        user_data: "export HF_TOKEN=hf_0123456789abcdef\n".to_owned(),
        console: "boot\u{1b}[31m".to_owned(),
        ..new("box", "t3.large")
    });
    tower
        .demo
        .cloud()
        .add_address(REGION, "203.0.113.4", Some(&id));
    tower.demo.cloud().add_instance(new("box-2", "t3.large"));
    tower.demo.cloud().deny("ec2:DescribeAddresses");
    let details = tower.details("box").await.unwrap();
    let volumes = details.volumes.unwrap();
    assert_eq!(volumes.len(), 2);
    assert!(volumes.iter().any(|volume| !volume.goes_with_instance));
    assert_eq!(details.addresses, None);
    assert_eq!(details.troubles.len(), 1);
    assert_eq!(details.protected, Some(false));
    assert_eq!(
        details.user_data.unwrap(),
        ("export HF_TOKEN=•••\n".to_owned(), 1)
    );
    assert_eq!(details.console.unwrap(), b"boot\x1b[31m");
    let failed = tower.details("nobody").await.unwrap_err();
    assert_eq!(failed.class, FailedClass::Usage);
    tower.demo.cloud().add_instance(new("box", "t3.large"));
    let failed = tower.details("box").await.unwrap_err();
    assert!(
        failed.message.contains("2 have this name"),
        "{}",
        failed.message
    );
}

#[tokio::test]
async fn what_is_wrong_is_found() {
    let mut tower = Watchtower::new();
    let id = trainer(&tower.demo);
    let since = tower.demo.clock().now() - 41 * MINUTE;
    tower.demo.cloud().change(&id, |instance| {
        instance.impaired.insert(Check::Instance, since);
    });
    let idle = tower.demo.cloud().add_instance(NewInstance {
        tags: vec![("wharf:run".to_owned(), "stage3".to_owned())],
        ..new("idle", "c5.large")
    });
    tower.demo.cloud().set_load(&idle, Load::default());
    let survey = tower.survey().await;
    let rules: Vec<(&str, Vec<&str>)> = survey
        .seen
        .iter()
        .map(|seen| {
            let rules = seen.findings.iter().map(Finding::rule);
            (seen.instance.name(), rules.collect())
        })
        .collect();
    assert_eq!(
        rules,
        [("trainer", vec!["impaired"]), ("idle", vec!["idle"])]
    );
}

#[tokio::test]
async fn a_run_has_limits_of_its_own_and_what_sticks_is_found() {
    let limits = [(
        "stage3".into(),
        Limits {
            cost: Some(0.5),
            ..Limits::default()
        },
    )];
    let options = EngineOptions {
        limits: Arc::new(limits.into_iter().collect()),
        ..EngineOptions::default()
    };
    let mut tower = Watchtower::with(options.clone());
    let cloud = tower.demo.cloud();
    let of = |run: &str| NewInstance {
        tags: vec![("wharf:run".to_owned(), run.to_owned())],
        age: 2 * HOUR,
        ..new(run, "g5.xlarge")
    };
    let dear = cloud.add_instance(of("stage3"));
    cloud.add_instance(of("stage4"));
    let stuck = cloud.add_instance(new("stuck", "c5.large"));
    cloud.change(&stuck, |instance| instance.stuck = true);
    tower.turn(&stuck, Turn::Stop);
    while tower.demo.cloud().state(&stuck) != Some(cloud::State::Stopping) {
        tower.told().await.unwrap();
    }
    tower.demo.clock().advance(11 * MINUTE);
    let mut tower = Watchtower::over(tower.demo, options);
    let survey = tower.survey().await;
    let of = |id: &str| {
        let seen = survey.seen.iter().find(|seen| *seen.instance.id == *id);
        seen.unwrap().findings.clone()
    };
    let over = of(&dear);
    let over = over.iter().find(|finding| finding.rule() == "cost");
    assert!(
        matches!(over, Some(Finding::Cost { so_far, limit }) if *so_far > 1.0 && *limit < 0.6),
        "{over:?}"
    );
    let all = survey.seen.iter().flat_map(|seen| &seen.findings);
    assert_eq!(all.filter(|finding| finding.rule() == "cost").count(), 1);
    let found = of(&stuck);
    assert!(
        matches!(
            found[..],
            [Finding::Stuck {
                state: State::Stopping,
                ..
            }]
        ),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_hook_hears_what_a_rule_found() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("alert.json");
    let tower = Watchtower::with(EngineOptions {
        hooks: Hooks {
            alert: Some(format!("cat > '{}'", file.display()).into()),
            ..Hooks::default()
        },
        ..EngineOptions::default()
    });
    let found = FindingTold {
        instance: "i-0a".into(),
        name: "trainer".into(),
        region: REGION.into(),
        run: Some("stage2".into()),
        rule: "idle",
        gravity: "warning",
        text: "trainer: the GPU has been idle for 21m.".to_owned(),
    };
    tower.engine.submit(Command::TellFinding(Box::new(found)));
    tower.engine.close(tower.events).await;
    let told = std::fs::read_to_string(file).unwrap();
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["event"], "alert");
    assert_eq!(told["rule"], "idle");
    assert_eq!(told["run"], "stage2");
}
