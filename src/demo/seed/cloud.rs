//! The instances of the story: the trainer of a run that goes on, a labeler that nobody looks after, what earlier runs left.

use std::time::Duration;

use crate::demo::Demo;
use crate::demo::REGION;
use crate::demo::cloud::{
    Alarm, Balancer, Check, Efs, Load, NewInstance, NewVolume, Planned, Shape, Snapshot,
};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// Bytes a minute of one MiB/s.
const MIB_S: f64 = 60.0 * 1_048_576.0;

/// The tag that says which run made a thing.
const RUN: &str = "wharf:run";

/// Fills the world, unless it has instances already.
pub(super) fn fill(demo: &Demo) {
    if demo.cloud().living().is_empty() {
        trainer(demo);
        labeler(demo);
        left_over(demo);
        services(demo);
        prices(demo);
    }
}

fn tag(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn wave(low: f64, high: f64, period: Duration) -> Shape {
    Shape::Wave { low, high, period }
}

fn zone(letter: char) -> String {
    format!("{REGION}{letter}")
}

fn trainer(demo: &Demo) {
    let cloud = demo.cloud();
    let (now, up) = (demo.clock().second(), 6 * HOUR + 12 * MINUTE);
    let data = NewVolume {
        device: "/dev/sdf".to_owned(),
        gib: 200,
        delete_on_termination: false,
        tags: vec![tag("Name", "trainer-data"), tag(RUN, "stage2-efficientnet")],
        ..NewVolume::default()
    };
    let id = cloud.add_instance(NewInstance {
        name: "trainer".to_owned(),
        kind: "g5.xlarge".to_owned(),
        zone: zone('a'),
        age: up,
        detailed: true,
        volumes: vec![
            NewVolume {
                gib: 60,
                ..NewVolume::default()
            },
            data,
        ],
        tags: vec![tag(RUN, "stage2-efficientnet"), tag("team", "cards")],
        user_data:
            "#!/bin/bash\nexport HF_TOKEN=hf_0123456789abcdef\nbash /opt/wharf-run/init.sh\n"
                .to_owned(),
        console: console("trainer"),
        ..NewInstance::default()
    });
    cloud.add_address(REGION, "198.51.100.17", Some(&id));
    cloud.set_load(
        &id,
        Load {
            cpu: wave(28.0, 52.0, 40 * MINUTE),
            network_in: wave(0.8 * MIB_S, 3.4 * MIB_S, 25 * MINUTE),
            network_out: wave(0.1 * MIB_S, 0.5 * MIB_S, 50 * MINUTE),
            disk_read: wave(6.0 * MIB_S, 18.0 * MIB_S, 33 * MINUTE),
            disk_write: wave(1.0 * MIB_S, 5.0 * MIB_S, 45 * MINUTE),
            memory: Some(wave(58.0, 66.0, 90 * MINUTE)),
            disk: Some(Shape::Ramp {
                from: 31.0,
                hourly: 2.75,
                at: now - up,
            }),
            gpus: vec![wave(93.0, 99.0, 20 * MINUTE)],
        },
    );
    cloud.silence(&id, 3 * HOUR, 2 * HOUR + 35 * MINUTE);
}

fn labeler(demo: &Demo) {
    let cloud = demo.cloud();
    let now = demo.clock().second();
    let id = cloud.add_instance(NewInstance {
        name: "labeler".to_owned(),
        kind: "t3.large".to_owned(),
        zone: zone('b'),
        age: 2 * DAY + 3 * HOUR,
        volumes: vec![NewVolume {
            gib: 30,
            ..NewVolume::default()
        }],
        tags: vec![tag("team", "cards")],
        console: console("labeler"),
        ..NewInstance::default()
    });
    cloud.set_load(
        &id,
        Load {
            cpu: Shape::Step {
                before: 24.0,
                after: 0.4,
                at: now - 5 * HOUR,
            },
            network_in: Shape::Step {
                before: 0.2 * MIB_S,
                after: 0.0,
                at: now - 5 * HOUR,
            },
            ..Load::default()
        },
    );
    cloud.change(&id, |instance| {
        instance.impaired.insert(Check::Instance, now - 41 * MINUTE);
        instance.planned.push(Planned {
            code: "instance-retirement".to_owned(),
            description: "The instance is running on degraded hardware".to_owned(),
            not_before: now + 6 * DAY,
        });
    });
    cloud.set_alarm(Alarm {
        region: REGION.to_owned(),
        name: "labeler-status".to_owned(),
        state: "ALARM".to_owned(),
        reason: "Threshold Crossed: 3 datapoints were greater than the threshold (0.0).".to_owned(),
        metric: ("AWS/EC2".to_owned(), "StatusCheckFailed".to_owned()),
        dimensions: vec![tag("InstanceId", &id)],
        since: now - 40 * MINUTE,
    });
}

/// What earlier runs left, and still costs.
fn left_over(demo: &Demo) {
    let cloud = demo.cloud();
    let now = demo.clock().second();
    cloud.add_instance(NewInstance {
        name: "notebook".to_owned(),
        kind: "m5.large".to_owned(),
        zone: zone('a'),
        age: 12 * DAY,
        stopped: true,
        volumes: vec![NewVolume {
            gib: 100,
            kind: "gp2".to_owned(),
            ..NewVolume::default()
        }],
        tags: vec![tag("team", "cards")],
        ..NewInstance::default()
    });
    let forgotten = NewVolume {
        device: String::new(),
        gib: 250,
        tags: vec![tag("Name", "stage1-data"), tag(RUN, "stage1-dinov3")],
        ..NewVolume::default()
    };
    let volume = cloud.add_volume(&forgotten, &zone('a'), 3 * DAY);
    cloud.add_address(REGION, "203.0.113.15", None);
    cloud.add_snapshot(Snapshot {
        description: "before the split was fixed".to_owned(),
        tags: vec![tag(RUN, "stage1-dinov3")],
        ..Snapshot::new(REGION, &volume, 250, now - 4 * DAY)
    });
}

/// What served the run that ended, and was forgotten too.
fn services(demo: &Demo) {
    let cloud = demo.cloud();
    let run = [(RUN, "stage1-dinov3")];
    let served = Balancer {
        kind: "network".to_owned(),
        ..Balancer::default()
    };
    cloud.add_balancer((REGION, "stage1-serve"), served, &run);
    let cache = Efs {
        name: "stage1-cache".to_owned(),
        bytes: (38 << 30, 120 << 30),
        ..Efs::default()
    };
    cloud.add_efs(REGION, (cache, 1), &run);
}

fn prices(demo: &Demo) {
    for (kind, price) in [
        ("g5.xlarge", 0.4123),
        ("t3.large", 0.0291),
        ("m5.large", 0.0387),
    ] {
        demo.cloud().set_spot_price(kind, price);
    }
}

fn console(name: &str) -> String {
    format!(
        "[    0.000000] Linux version 6.1.0-28-cloud-amd64\n[    1.204116] EXT4-fs (nvme0n1p1): mounted filesystem\n[    4.881020] cloud-init[612]: running modules:final\n{name} login: \n"
    )
}
