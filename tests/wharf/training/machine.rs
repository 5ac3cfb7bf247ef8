//! The lamps of the machine that a run is on: told with their evidence while the embedded EC2 changes under them.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::time::{Duration, SystemTime};

use wharf::{
    demo::cloud::{Check, NewInstance},
    domain::{
        location::{Location, Remote},
        training::{
            ask::RunAsk,
            lamp::Light,
            machine::{Evidence, Machine, MachineAsk},
        },
    },
};

use super::watch::{Watch, lines};
use crate::engine::desk::Desk;

fn watch(desk: Desk, instance: &str) -> Watch {
    desk.object("logs/metrics.jsonl", lines(0..50).as_bytes());
    let from = Location::parse("s3://pics/logs/metrics.jsonl").unwrap();
    let ask = RunAsk {
        machine: Some(MachineAsk {
            remote: Remote::default(),
            name: instance.parse().unwrap(),
            process: None,
        }),
        ..RunAsk::of_place("run", from)
    };
    Watch::new(desk, ask)
}

fn trainer(desk: &Desk) -> String {
    let hour = Duration::from_hours(1);
    desk.demo.cloud().add_instance(NewInstance {
        name: "trainer".to_owned(),
        zone: "us-east-1a".to_owned(),
        age: hour,
        ..NewInstance::default()
    })
}

impl Watch {
    /// Goes on until the machine looks so.
    pub(super) async fn until_machine(&mut self, wanted: impl Fn(&Machine) -> bool) -> &Machine {
        self.until_told(|followed| wanted(&followed.machine)).await;
        &self.followed.machine
    }

    async fn until_checks(&mut self, wanted: impl Fn(&Evidence) -> bool) -> Evidence {
        let machine = self.until_machine(|machine| wanted(&machine.checks)).await;
        machine.checks.clone()
    }
}

#[tokio::test]
async fn the_checks_of_a_runs_instance_shine_and_go_out() {
    let desk = Desk::new();
    let id = trainer(&desk);
    let mut watch = watch(desk, "trainer");
    let on = watch.until_checks(|seen| seen.light == Light::On).await;
    assert_eq!(&*on.words, format!("3/3 checks of {id} pass"));
    assert!(on.at.is_some());
    let cloud = watch.desk.demo.cloud().clone();
    cloud.change(&id, |instance| {
        instance
            .impaired
            .insert(Check::Instance, SystemTime::UNIX_EPOCH);
    });
    let off = watch.until_checks(|seen| seen.light == Light::Off).await;
    assert_eq!(
        &*off.words,
        format!("the instance check of {id} is impaired")
    );
    cloud.deny("ec2:DescribeInstanceStatus");
    let denied = watch.until_checks(|seen| seen.at.is_none()).await;
    assert_eq!(denied.light, Light::Unknown);
    assert!(
        denied.words.contains("ec2:DescribeInstanceStatus"),
        "{}",
        denied.words
    );
    cloud.allow("ec2:DescribeInstanceStatus");
    // What is over gives its name to the next one.
    cloud.forget_instance(&id);
    let gone = watch
        .until_checks(|seen| seen.words.contains("there is no instance"))
        .await;
    assert!(gone.words.contains("tag:Name=trainer in us-east-1"));
    let next = trainer(&watch.desk);
    let machine = watch
        .until_machine(|machine| machine.checks.light == Light::On)
        .await;
    assert_eq!(machine.id.as_deref(), Some(&*next));
}

#[tokio::test]
async fn an_instance_that_is_stopped_puts_the_lamp_out_and_the_logs_go_on() {
    let desk = Desk::new();
    let id = desk.demo.cloud().add_instance(NewInstance {
        zone: "us-east-1a".to_owned(),
        stopped: true,
        ..NewInstance::default()
    });
    let mut watch = watch(desk, &id);
    let off = watch.until_checks(|seen| seen.light == Light::Off).await;
    assert!(
        off.words.starts_with(&format!("{id} is stopped")),
        "{}",
        off.words
    );
    watch
        .desk
        .object("logs/metrics.jsonl", lines(0..60).as_bytes());
    watch.until_step(59).await;
}
