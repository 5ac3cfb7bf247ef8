//! `wharf instances launch` as a script sees it: what it stands on, what is put beside the run, and that a launch killed at any
//! of its requests leaves nothing that `wharf wrap-up` does not list.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::{process::Stdio, time::Duration};

use serde_json::{Value, json};
use wharf::demo::{
    Fault, REGION, Rule,
    cloud::{NewInstance, State},
};

use crate::support::wharf::{Run, Stage};

const MINUTE: Duration = Duration::from_mins(1);

pub(super) fn configuration(more: &str) -> String {
    format!(
        "base_dir = \"data\"\n\
         [mappings.models]\nlocal = \"models\"\nremote = \"s3://vault/models\"\ndirection = \"both\"\n\
         [mappings.datasets]\nlocal = \"sets\"\nremote = \"s3://vault/sets\"\ndirection = \"pull\"\n\
         [runs.stage2]\ninputs = [\"datasets\"]\noutputs = [\"models\"]\nat_end = \"terminate\"\n\
         [runs.twin]\noutputs = [\"models\"]\n\
         [runs.stage2.launch]\nbinary = \"program\"\nimage = \"ami-0123456789abcdef0\"\ntype = \"g5.xlarge\"\n\
         subnet = \"subnet-0a1b2c3d\"\nsecurity_groups = [\"sg-0a1b2c3d\"]\ninstance_profile = \"wharf-run\"\n\
         volumes = [{{ device = \"/dev/sdf\", size = \"200 GiB\", keep = true }}]\n\
         upload = [\"scripts/\"]\ntrain = \"scripts/train.sh\"\nmax_hours = 12\nmax_cost = 5\n{more}"
    )
}

pub(super) fn stage(more: &str) -> Stage {
    let stage = Stage::new();
    stage.file("wharf.toml", configuration(more).as_bytes());
    stage.file("scripts/train.sh", b"echo training\n");
    // The head of a program for x86_64: nothing here runs it.
    let mut program = b"\x7fELF\x02\x01\x01".to_vec();
    program.resize(16, 0);
    program.extend([3, 0, 62, 0, 0, 0]);
    stage.file("program", &program);
    stage.demo.store().create_bucket("vault", REGION);
    let set = vec![1; 1000];
    stage.demo.store().put("vault", "sets/a", set).unwrap();
    stage
}

pub(super) fn launch(stage: &Stage, more: &[&str]) -> Run {
    let args = ["instances", "launch", "stage2", "--json"];
    let args: Vec<&str> = args.iter().chain(more).copied().collect();
    stage.run(&args)
}

/// The checks that were not well, by what was looked at.
pub(super) fn bad(run: &Run) -> Vec<String> {
    let checks = run.of_type("check").into_iter();
    checks
        .filter(|check| check["ok"] == false)
        .map(|check| check["what"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_dry_run_tells_what_it_stands_on_and_makes_nothing() {
    let stage = stage("");
    let run = launch(&stage, &["--dry-run"]).ended_with(0);
    assert_eq!(bad(&run), [""; 0]);
    let summary = run.summary();
    assert_eq!(
        (&summary["id"], &summary["price_per_hour"]),
        (&Value::Null, &json!(1.006))
    );
    // Its dollars buy the instance with its volumes.
    assert_eq!(summary["max_seconds"], 291 * 60);
    let writes = stage.demo.log().count("PutObject");
    assert_eq!((writes, stage.demo.cloud().living().len()), (0, 0));
    // Without a word nobody is launched either.
    let refused = launch(&stage, &[]).ended_with(5);
    assert!(refused.stderr.contains("--yes"), "{}", refused.stderr);
    assert_eq!(stage.demo.cloud().living().len(), 0);
    let policy = launch(&stage, &["--policy"]).ended_with(0);
    assert!(
        policy
            .stdout
            .contains("\"arn:aws:s3:::vault/wharf-runs/stage2/*\"")
    );
    assert!(!policy.stdout.contains("DeleteObject"));
}

#[test]
fn a_dry_run_tells_what_the_launch_would_do() {
    let stage = stage("init = \"scripts/train.sh\"\n");
    let run = launch(&stage, &["--dry-run"]).ended_with(0);
    let does = run.of_type("does");
    let told = |what: &str| {
        let mut all = does.iter().filter(|one| one["what"] == what);
        all.next().unwrap()["words"].as_str().unwrap().to_owned()
    };
    assert!(told("puts").contains("scripts/, into s3://vault/wharf-runs/stage2/"));
    assert_eq!(
        told("volume"),
        "/dev/sdf 200 GiB gp3; stays when the instance ends, and costs on"
    );
    assert!(told("tags").contains("wharf:run=stage2, wharf:launch="));
    assert!(told("pulls").starts_with("datasets: each is proven"));
    assert!(told("at its end").starts_with("terminate: itself, once"));
    assert_eq!(
        told("limits"),
        "max_hours 12, max_cost $5.00, held on the instance"
    );
    let shown = stage.run(&["instances", "launch", "stage2", "--dry-run"]);
    for line in [
        "    init          scripts/train.sh\n",
        "    pushes        models: whatever",
    ] {
        assert!(shown.stdout.contains(line), "{}", shown.stdout);
    }
}

#[test]
fn a_launch_is_named_by_the_time_of_aws_and_waits_for_nothing_that_it_was_not_asked_for() {
    let stage = stage("");
    stage.demo.clock().advance(Duration::from_hours(24 * 400));
    let there = jiff::Timestamp::try_from(stage.demo.clock().now()).unwrap();
    let day = there.strftime("%Y%m%d-").to_string();
    let args = ["instances", "launch", "stage2", "--yes", "--no-wait"];
    let run = stage.run(&args).ended_with(0);
    assert!(
        run.stdout.contains(&format!("/stage2/{day}")),
        "{}",
        run.stdout
    );
    assert!(run.stderr.contains("is launched\n"), "{}", run.stderr);
    assert!(!run.stderr.contains("waiting"), "{}", run.stderr);
}

#[test]
fn what_will_not_do_is_told_line_by_line() {
    let stage = stage("");
    let cloud = stage.demo.cloud();
    cloud.withhold("g5.xlarge", "us-east-1a");
    cloud.deny("ec2:DescribeSecurityGroups");
    let run = launch(&stage, &["--yes"]).ended_with(2);
    assert_eq!(bad(&run), ["zone", "groups", "dry run"], "{}", run.stdout);
    assert_eq!(stage.demo.cloud().living().len(), 0);
    cloud.allow("ec2:DescribeSecurityGroups");
    let wrong = [
        (
            "image = \"ami-0123456789abcdef0\"",
            "image = \"ami-0fedcba9876543210\"",
        ),
        ("instance_profile = \"wharf-run\"\n", ""),
        (
            "train = \"scripts/train.sh\"",
            "train = \"scripts/none.sh\"",
        ),
        ("base_dir = \"data\"\n", ""),
    ];
    let wanted: [&[&str]; 4] = [
        &["type", "zone", "dry run", "program"],
        &["zone", "role", "dry run"],
        &["zone", "dry run", "program", "files"],
        &["zone", "dry run", "configuration"],
    ];
    for ((from, to), wanted) in wrong.into_iter().zip(wanted) {
        let text = configuration("").replace(from, to);
        stage.file("wharf.toml", text.as_bytes());
        let run = launch(&stage, &["--dry-run"]).ended_with(2);
        assert_eq!(bad(&run), wanted, "{to}: {}", run.stdout);
    }
    stage.file("wharf.toml", configuration("volumes = 1\n").as_bytes());
    launch(&stage, &[]).ended_with(2);
    stage.file("wharf.toml", b"[runs.stage2]\n");
    let none = launch(&stage, &[]).ended_with(2);
    assert!(
        none.stderr.contains("[runs.stage2.launch]"),
        "{}",
        none.stderr
    );
}

#[test]
fn a_launch_over_the_quota_is_told_before_and_what_is_not_told_keeps_nothing() {
    let stage = stage("");
    let cloud = stage.demo.cloud();
    let quota = |run: &Run| {
        let checks = run.of_type("check").into_iter();
        let mut quotas = checks.filter(|check| check["what"] == "quota");
        quotas.next().unwrap().clone()
    };
    let running = NewInstance {
        kind: "g4dn.xlarge".to_owned(),
        ..NewInstance::default()
    };
    cloud.add_instance(running.clone());
    // Of another family, and of spot: neither counts.
    cloud.add_instance(NewInstance::default());
    cloud.add_instance(NewInstance {
        spot: true,
        ..running
    });
    let told = quota(&launch(&stage, &["--dry-run"]).ended_with(0));
    let words = told["words"].as_str().unwrap();
    assert!(
        words.contains("4 of 256 processors of G and VT on demand (L-DB2E81BA) run, it needs 4"),
        "{words}"
    );
    cloud.set_quota(7);
    let run = launch(&stage, &["--yes"]).ended_with(2);
    let told = quota(&run);
    assert_eq!(told["ok"], false, "{told}");
    assert_eq!(stage.demo.log().count("PutObject"), 0);
    cloud.set_quota(64);
    cloud.deny("servicequotas:GetServiceQuota");
    let told = quota(&launch(&stage, &["--dry-run"]).ended_with(0));
    let words = told["words"].as_str().unwrap();
    assert!(words.contains("servicequotas:GetServiceQuota"), "{words}");
    assert_eq!(told["ok"], true);
}

#[test]
fn a_launch_is_tagged_known_to_the_ledger_and_waited_for() {
    let stage = stage("");
    let args = ["instances", "launch", "stage2", "--yes", "--json"];
    // Each look at the instance lets a minute go by, until its checks pass.
    let run = stage.run_while(&args, "DescribeInstances", MINUTE);
    let run = run.ended_with(0);
    let summary = run.summary();
    let id = summary["id"].as_str().unwrap().to_owned();
    assert_eq!(stage.demo.cloud().state(&id), Some(State::Running));
    let launch = summary["launch"].as_str().unwrap();
    let mut made = None;
    stage
        .demo
        .cloud()
        .change(&id, |one| made = Some(one.made.clone()));
    let made = made.unwrap();
    let tag = |key: &str| made.tags.iter().find(|(name, _)| name == key).cloned();
    assert_eq!(tag("wharf:run").unwrap().1, "stage2");
    assert_eq!(tag("wharf:launch").unwrap().1, launch);
    assert!(made.user_data.starts_with("#!/bin/bash\n") && !made.user_data.contains("demo/secret"));
    assert!(!made.ends_itself);
    let put = stage.demo.log().of("PutObject");
    let mut names: Vec<String> = put
        .iter()
        .map(|line| {
            line.key
                .replace(&format!("wharf-runs/stage2/{launch}/"), "")
        })
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "box.sh",
            "run.env",
            "upload/scripts/train.sh",
            "wharf",
            "wharf.toml"
        ]
    );
    let told = stage.run(&["wrap-up", "stage2", "--json"]);
    let mut own = told.of_type("resource");
    own.retain(|one| one["kind"] != "storage");
    assert_eq!(own.len(), 3, "{}", told.stdout);
    assert!(own.iter().all(|one| one["origin"] == "this run"));
    // The twin pushes where this one pushes, and another of this run would too.
    let again = launch_of(&stage, "stage2").ended_with(5);
    assert_eq!(bad(&again), ["others"]);
    stage.demo.cloud().change(&id, |one| {
        one.made.tags = vec![("wharf:run".to_owned(), "twin".to_owned())];
    });
    assert_eq!(bad(&launch_of(&stage, "stage2").ended_with(5)), ["others"]);
}

fn launch_of(stage: &Stage, run: &str) -> Run {
    stage.run(&["instances", "launch", run, "--yes", "--json"])
}

#[test]
fn a_refused_launch_takes_back_what_it_put_and_a_lost_answer_makes_one_instance() {
    let stage = stage("");
    stage.demo.cloud().exhaust("g5.xlarge");
    let run = launch(&stage, &["--yes", "--no-wait"]).ended_with(3);
    assert!(run.stderr.contains("capacity"), "{}", run.stderr);
    let left = stage.run(&["ls", "s3://vault/wharf-runs/", "-r", "--json"]);
    assert_eq!(left.of_type("entry").len(), 0, "{}", left.stdout);
    let stage = self::stage("");
    stage
        .demo
        .faults()
        .add(Rule::new(Fault::Lost).on("RunInstances").nth(2));
    launch(&stage, &["--yes", "--no-wait"]).ended_with(0);
    assert_eq!(stage.demo.log().count("RunInstances"), 3);
    let living = stage.demo.cloud().living();
    assert_eq!(living.iter().filter(|id| id.starts_with("i-")).count(), 1);
    let refused = stage.run(&["--read-only", "instances", "launch", "stage2", "--yes"]);
    assert!(refused.ended_with(5).stderr.contains("read-only"));
}

/// Everything that is alive and is not listed as the run's.
fn unlisted(stage: &Stage) -> Vec<String> {
    let run = stage.run(&["wrap-up", "stage2", "--json"]);
    let listed = run.of_type("resource").into_iter();
    let listed: Vec<Value> = listed
        .filter(|one| one["origin"] == "this run")
        .map(|one| one["id"].clone())
        .collect();
    let mut living = stage.demo.cloud().living();
    living.retain(|id| !listed.contains(&json!(id)));
    living
}

/// Whether a fault came about; what was done and lost its answer is tried again, and then it was done.
fn was_hit(stage: &Stage, fault: Fault, step: u64) -> bool {
    if fault == Fault::Lost {
        return stage.demo.log().total() > step;
    }
    stage.demo.faults().hits(fault) > 0
}

#[test]
fn a_launch_killed_at_any_request_leaves_nothing_unlisted() {
    let whole = stage("");
    launch(&whole, &["--yes", "--no-wait"]).ended_with(0);
    let steps = whole.demo.log().total();
    assert!(steps > 12, "{steps} requests");
    assert_eq!(unlisted(&whole), [""; 0]);
    let mut made = 0;
    for step in 1..=steps {
        for fault in [Fault::Stall, Fault::Lost] {
            let stage = stage("");
            stage.demo.faults().add(Rule::new(fault).nth(step));
            let args = ["instances", "launch", "stage2", "--yes", "--no-wait"];
            let mut child = stage.process(&args).stderr(Stdio::null()).spawn().unwrap();
            let hit = || was_hit(&stage, fault, step);
            while !hit() && child.try_wait().unwrap().is_none() {
                std::thread::yield_now();
            }
            child.kill().unwrap();
            child.wait().unwrap();
            stage.demo.faults().clear();
            stage.demo.faults().release();
            stage.demo.clock().advance(MINUTE);
            made += usize::from(!stage.demo.cloud().living().is_empty());
            assert_eq!(
                unlisted(&stage),
                [""; 0],
                "killed at request {step} ({fault:?})"
            );
        }
    }
    assert!(made > 0, "no kill came after the launch");
}

#[test]
fn a_launch_killed_while_its_checks_are_waited_for_leaves_nothing_unlisted() {
    let whole = stage("");
    launch(&whole, &["--yes", "--no-wait"]).ended_with(0);
    let looks = whole.demo.log().count("DescribeInstances");
    for (operation, nth) in [
        ("DescribeInstances", looks + 1),
        ("DescribeInstanceStatus", 1),
    ] {
        let stage = stage("");
        let log = stage.demo.log();
        let rule = Rule::new(Fault::Stall).on(operation).nth(nth);
        stage.demo.faults().add(rule);
        let args = ["instances", "launch", "stage2", "--yes"];
        let mut child = stage.process(&args).stderr(Stdio::null()).spawn().unwrap();
        let mut later = false;
        while stage.demo.faults().hits(Fault::Stall) == 0 && child.try_wait().unwrap().is_none() {
            // The first is the rehearsal; what the second makes runs after a while.
            if !later && log.count("RunInstances") == 2 {
                stage.demo.clock().advance(MINUTE);
                later = true;
            }
            std::thread::yield_now();
        }
        assert_eq!(stage.demo.faults().hits(Fault::Stall), 1, "{operation}");
        child.kill().unwrap();
        child.wait().unwrap();
        stage.demo.faults().clear();
        stage.demo.faults().release();
        assert_eq!(stage.demo.cloud().living().len(), 3);
        assert_eq!(unlisted(&stage), [""; 0], "killed at {operation}");
    }
}

#[test]
fn volumes_of_others_are_not_counted_in() {
    let stage = stage("");
    let foreign = stage.demo.cloud().add_instance(NewInstance::default());
    launch(&stage, &["--yes", "--no-wait"]).ended_with(0);
    let left = unlisted(&stage);
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(left.contains(&foreign));
}
