//! A run's machine by SSM: its agent and its process as lamps. The embedded instances have the shell of this machine here.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{process::Command as Process, time::Duration};

use wharf::{
    demo::cloud::{NewInstance, Reply},
    domain::{
        location::{Location, Remote},
        training::{
            ask::RunAsk,
            lamp::Light,
            machine::{Machine, MachineAsk},
        },
    },
    engine::EngineOptions,
};

use super::watch::{Watch, lines};
use crate::engine::desk::Desk;

/// What a shell of this machine says to a script.
fn said(script: &str) -> Reply {
    let ran = Process::new("sh").args(["-c", script]).output().unwrap();
    Reply {
        stdout: String::from_utf8_lossy(&ran.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&ran.stderr).into_owned(),
        code: ran.status.code().unwrap_or(-1),
        takes: Duration::ZERO,
    }
}

/// A desk with an instance that is called trainer.
fn desk(options: EngineOptions) -> Desk {
    let desk = Desk::with(options);
    desk.demo.cloud().add_instance(NewInstance {
        name: "trainer".to_owned(),
        zone: "us-east-1a".to_owned(),
        age: Duration::from_hours(1),
        ..NewInstance::default()
    });
    desk.demo.cloud().set_shell(|_, script| said(script));
    desk
}

fn machine(process: Option<&str>) -> MachineAsk {
    MachineAsk {
        remote: Remote::default(),
        name: "trainer".parse().unwrap(),
        process: process.map(|process| process.parse().unwrap()),
    }
}

fn lights(machine: &Machine) -> [Light; 3] {
    machine.each().map(|(_, seen)| seen.light)
}

/// A run whose log is in S3, and whose process on its machine is known so.
fn run(desk: &Desk, process: Option<&str>) -> RunAsk {
    desk.object("logs/metrics.jsonl", lines(0..50).as_bytes());
    let from = Location::parse("s3://pics/logs/metrics.jsonl").unwrap();
    RunAsk {
        machine: Some(machine(process)),
        ..RunAsk::of_place("run", from)
    }
}

#[tokio::test]
async fn agent_and_process_are_lamps_of_their_own() {
    const ON: Light = Light::On;
    let desk = desk(EngineOptions::default());
    let pid = desk.path("train.pid");
    std::fs::write(&pid, std::process::id().to_string()).unwrap();
    let ask = run(&desk, Some(&format!("pid:{}", pid.display())));
    let mut watch = Watch::new(desk, ask);
    let machine = watch
        .until_machine(|machine| lights(machine) == [ON; 3])
        .await;
    let own = std::process::id().to_string();
    assert!(
        machine.process.words.contains(&own),
        "{}",
        machine.process.words
    );
    std::fs::remove_file(&pid).unwrap();
    let machine = watch
        .until_machine(|machine| lights(machine) == [ON, ON, Light::Off])
        .await;
    assert!(
        machine.process.words.ends_with("is not there"),
        "{}",
        machine.process.words
    );
    let id = machine.id.clone().unwrap();
    let cloud = watch.desk.demo.cloud().clone();
    cloud.change(&id, |instance| instance.unreachable = true);
    // What cannot be asked is not said to be gone.
    let machine = watch
        .until_machine(|machine| lights(machine) == [ON, Light::Off, Light::Unknown])
        .await;
    let words = machine.agent.words.clone();
    assert!(words.contains("does not answer any more"), "{words}");
    cloud.change(&id, |instance| instance.unreachable = false);
    cloud.deny("ssm:SendCommand");
    let machine = watch
        .until_machine(|machine| lights(machine) == [ON, ON, Light::Unknown])
        .await;
    let words = machine.process.words.clone();
    assert!(words.contains("ssm:SendCommand"), "{words}");
    cloud.deny("ssm:DescribeInstanceInformation");
    let machine = watch
        .until_machine(|machine| machine.agent.at.is_none())
        .await;
    let words = machine.agent.words.clone();
    assert!(words.contains("ssm:DescribeInstanceInformation"), "{words}");
    // The log does not wait for any of it.
    watch
        .desk
        .object("logs/metrics.jsonl", lines(0..60).as_bytes());
    watch.until_step(59).await;
}

#[tokio::test]
async fn a_machine_that_may_not_be_asked_is_told_so_and_how_its_process_is_named() {
    let desk = desk(EngineOptions::default());
    let ask = run(&desk, None);
    let mut watch = Watch::new(desk, ask);
    let machine = watch
        .until_machine(|machine| machine.agent.light == Light::On)
        .await;
    let words = &machine.process.words;
    assert!(words.contains("process = \"pgrep:train.py\""), "{words}");
    assert_eq!(watch.desk.demo.log().count("SendCommand"), 0);
    let desk = self::desk(EngineOptions {
        read_only: true,
        ..EngineOptions::default()
    });
    let ask = run(&desk, Some("gpu"));
    let mut watch = Watch::new(desk, ask);
    let machine = watch
        .until_machine(|machine| machine.agent.light == Light::On)
        .await;
    let words = &machine.process.words;
    assert!(words.contains("read-only"), "{words}");
    assert_eq!(watch.desk.demo.log().count("SendCommand"), 0);
}
