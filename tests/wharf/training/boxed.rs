//! A run's machine by SSM: its agent and its process as lamps, and a log that is read there. The embedded instances have the shell of this machine here.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{path::Path, process::Command as Process, time::Duration};

use wharf::{
    demo::cloud::{NewInstance, Reply},
    domain::{
        location::{Location, Remote},
        training::{
            ask::RunAsk,
            lamp::Light,
            machine::{Machine, MachineAsk},
            origin::Origin,
            standing::Standing,
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

impl Watch {
    /// Goes on until a source's row says this.
    async fn until_trouble(&mut self, words: &str) {
        let told = |standing: &Standing| {
            standing
                .trouble
                .as_ref()
                .is_some_and(|told| told.contains(words))
        };
        self.until(told).await;
    }
}

/// A run whose log is this file on its machine.
fn on_the_box(log: &Path) -> RunAsk {
    let path = format!("box:{}", log.display());
    RunAsk {
        machine: Some(machine(None)),
        ..RunAsk::of_place("run", Origin::on_box(&path).unwrap().unwrap())
    }
}

/// Lines that shrink little: three of their pieces are more than an answer of SSM holds.
fn noisy(steps: std::ops::Range<u64>) -> String {
    let line = |step: u64| {
        let noise = (step + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let more = noise.wrapping_mul(0x2545_f491_4f6c_dd1d);
        format!("{{\"step\": {step}, \"loss\": 0.{noise}, \"run\": \"{more:x}{noise:x}\"}}\n")
    };
    steps.map(line).collect()
}

#[tokio::test]
async fn a_log_on_the_machine_is_read_in_pieces_and_tailed() {
    let desk = desk(EngineOptions::default());
    let path = desk.path("it's metrics.jsonl");
    std::fs::write(&path, noisy(0..2000)).unwrap();
    let mut watch = Watch::new(desk, on_the_box(&path));
    watch.until_step(1999).await;
    assert_eq!(watch.all_points(), 2000);
    assert!(watch.desk.demo.log().count("SendCommand") >= 4);
    watch.round().await;
    watch.desk.demo.log().clear();
    watch.round().await;
    watch.round().await;
    let log = watch.desk.demo.log();
    assert!(log.count("SendCommand") <= 3, "an idle look is one command");
    assert_eq!(log.count("GetObject"), 0);
    std::fs::write(&path, noisy(0..2010)).unwrap();
    watch.until_step(2009).await;
    assert_eq!(watch.all_points(), 2010);
    // Replaced by more is told anew; what was cut goes on.
    std::fs::write(&path, noisy(0..2500).replace("\"run\"", "\"other\"")).unwrap();
    watch.until_step(2499).await;
    assert_eq!(watch.all_points(), 2500);
    std::fs::write(&path, noisy(2500..2510)).unwrap();
    watch.until_step(2509).await;
    assert_eq!(watch.all_points(), 2510);
}

#[tokio::test]
async fn of_a_large_log_on_the_machine_only_the_tail_is_read() {
    let desk = desk(EngineOptions::default());
    let path = desk.path("large.jsonl");
    std::fs::write(&path, noisy(0..6000)).unwrap();
    let mut watch = Watch::new(desk, on_the_box(&path));
    watch.until_step(5999).await;
    watch.until(|standing| standing.skipped > 0).await;
    assert!(
        (1000..5000).contains(&watch.all_points()),
        "{}",
        watch.all_points()
    );
}

#[tokio::test]
async fn what_is_written_anew_on_the_machine_is_read_anew() {
    let desk = desk(EngineOptions::default());
    let path = desk.path("trainer_state.json");
    let state = |steps: u64| {
        let row = |step| format!("{{\"step\": {step}, \"loss\": 0.5}}");
        let rows: Vec<String> = (1..=steps).map(row).collect();
        format!("{{\n\"log_history\": [\n{}\n]\n}}\n", rows.join(",\n"))
    };
    std::fs::write(&path, state(20)).unwrap();
    let mut watch = Watch::new(desk, on_the_box(&path));
    watch.until_step(20).await;
    std::fs::write(&path, state(9000)).unwrap();
    watch.until_step(9000).await;
    assert_eq!(watch.all_points(), 9000);
}

#[tokio::test]
async fn what_is_wrong_with_the_machine_is_told_in_the_sources_row() {
    let desk = desk(EngineOptions::default());
    let path = desk.path("none.jsonl");
    let mut watch = Watch::new(desk, on_the_box(&path));
    watch.until_trouble("there is nothing at box:/").await;
    std::fs::write(&path, lines(0..20)).unwrap();
    watch.until_step(19).await;
    let cloud = watch.desk.demo.cloud().clone();
    cloud.deny("ssm:SendCommand");
    watch.until_trouble("ssm:SendCommand").await;
    cloud.allow("ssm:SendCommand");
    std::fs::write(&path, lines(0..30)).unwrap();
    watch.until_step(29).await;
    let mut ask = on_the_box(&path);
    ask.machine = None;
    let mut watch = Watch::new(self::desk(EngineOptions::default()), ask);
    watch.until_trouble("write instance =").await;
}

#[tokio::test]
async fn checkpoints_on_the_machine_are_known_and_go_with_it() {
    let desk = desk(EngineOptions::default());
    let folder = desk.path("ckpt");
    std::fs::create_dir_all(folder.join("checkpoint-40")).unwrap();
    std::fs::write(folder.join("checkpoint-40/model.bin"), b"12345").unwrap();
    std::fs::write(folder.join("checkpoint-40/state.bin"), b"123").unwrap();
    let mut ask = run(&desk, None);
    let place = format!("box:{}", folder.display());
    ask.checkpoints = vec![Origin::on_box(&place).unwrap().unwrap()];
    let mut watch = Watch::new(desk, ask);
    watch
        .until_told(|followed| followed.run.checkpoints[0].is_some())
        .await;
    let newest = watch.followed.run.checkpoints[0].clone().unwrap();
    assert_eq!(
        (newest.step, newest.size, newest.on_box),
        (Some(40), 8, true)
    );
    let now = jiff::Timestamp::now();
    let told = wharf::humanize::training::checkpoint(
        &watch.followed.run,
        (0, &watch.followed.ask.checkpoints[0], true),
        now,
    );
    assert!(
        told.starts_with("checkpoint on the instance: step 40, 8 B"),
        "{told}"
    );
    assert!(told.contains("if its process died now you lose"), "{told}");
    let mut unnamed = watch.followed.ask.clone();
    unnamed.machine = None;
    let mut watch = Watch::new(self::desk(EngineOptions::default()), unnamed);
    watch
        .until_told(|followed| followed.unlisted[0].is_some())
        .await;
    let why = watch.followed.unlisted[0].clone().unwrap();
    assert!(why.contains("write instance ="), "{why}");
}
