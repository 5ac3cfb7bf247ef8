//! Each rule finds what it is for, and nothing where its data is missing.

use jiff::{SignedDuration, Timestamp};

use super::{Finding, Gravity, Limits, findings};
use crate::domain::cloud::{
    Alarm, Check, Checks, Gauge, Instance, Observed, Point, Price, RUN_TAG, Scheduled, Series,
    State,
};

const NOW: i64 = 1_768_132_800;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

/// Values each five minutes, the last of which ends now.
fn series(values: &[f64]) -> Series {
    let first = NOW - 300 * i64::try_from(values.len()).unwrap();
    let points = values.iter().zip(0_i64..).map(|(value, number)| Point {
        at: Timestamp::from_second(first + 300 * number).unwrap(),
        value: *value,
    });
    Series {
        period: 300,
        points: points.collect(),
    }
}

fn running(tags: &[(&str, &str)], gauges: &[(Gauge, &[f64])]) -> Observed {
    let tags = tags
        .iter()
        .map(|(key, value)| ((*key).into(), (*value).into()));
    Observed {
        instance: Instance {
            state: State::Running,
            launched: Some(now() - SignedDuration::from_hours(10)),
            tags: tags.collect(),
            ..Instance::default()
        },
        gauges: gauges
            .iter()
            .map(|(gauge, values)| (*gauge, series(values)))
            .collect(),
        ..Observed::default()
    }
}

fn found(observed: &Observed) -> Vec<&'static str> {
    let found = findings(observed, now(), &Limits::default());
    found.iter().map(Finding::rule).collect()
}

#[test]
fn a_quiet_healthy_instance_has_no_findings() {
    let busy = running(
        &[(RUN_TAG, "stage2")],
        &[
            (Gauge::Cpu, &[40.0; 12]),
            (Gauge::Gpu, &[97.0; 12]),
            (Gauge::Memory, &[60.0; 12]),
            (Gauge::NetworkIn, &[1000.0; 12]),
        ],
    );
    assert_eq!(found(&busy), [""; 0]);
    assert_eq!(found(&Observed::default()), [""; 0]);
}

#[test]
fn idle_is_a_finding_only_for_what_a_run_made_and_by_its_gpu() {
    let gauges: &[(Gauge, &[f64])] = &[(Gauge::Cpu, &[50.0; 6]), (Gauge::Gpu, &[0.0; 6])];
    assert_eq!(found(&running(&[(RUN_TAG, "stage2")], gauges)), ["idle"]);
    assert_eq!(found(&running(&[], gauges)), [""; 0]);
    let short: &[(Gauge, &[f64])] = &[(Gauge::Gpu, &[90.0, 90.0, 0.0, 0.0])];
    assert_eq!(found(&running(&[(RUN_TAG, "stage2")], short)), [""; 0]);
}

#[test]
fn a_disk_that_fills_tells_when_it_will_be_full() {
    let values: Vec<f64> = (0..24).map(|step| 80.0 + f64::from(step) * 0.5).collect();
    let filling = running(&[], &[(Gauge::Disk, &values)]);
    let found = findings(&filling, now(), &Limits::default());
    let [
        Finding::Full {
            percent,
            full_at,
            brimful,
            ..
        },
    ] = &found[..]
    else {
        unreachable!("{found:?}");
    };
    assert!((percent - 91.5).abs() < 1e-9 && !brimful);
    let left = full_at.unwrap().duration_since(now()).as_secs_f64() / 3600.0;
    assert!((1.3..1.5).contains(&left), "{left} h at 6 % an hour");
    assert_eq!(found[0].gravity(), Gravity::Warning);
}

#[test]
fn a_silent_network_needs_both_ways_to_be_silent() {
    let both: &[(Gauge, &[f64])] = &[
        (Gauge::NetworkIn, &[0.0; 8]),
        (Gauge::NetworkOut, &[0.0; 8]),
    ];
    assert_eq!(found(&running(&[], both)), ["silent"]);
    let one: &[(Gauge, &[f64])] = &[
        (Gauge::NetworkIn, &[0.0; 8]),
        (Gauge::NetworkOut, &[9.0; 8]),
    ];
    assert_eq!(found(&running(&[], one)), [""; 0]);
}

#[test]
fn an_agent_that_fell_silent_is_told_and_one_that_never_was_is_not() {
    let mut lost = running(&[], &[(Gauge::Memory, &[50.0; 12])]);
    let old = lost.gauges.get_mut(&Gauge::Memory).unwrap();
    old.points.truncate(8);
    assert_eq!(found(&lost), ["no-agent"]);
    assert_eq!(found(&running(&[], &[])), [""; 0]);
    lost.instance.state = State::Stopped;
    assert_eq!(found(&lost), [""; 0]);
}

#[test]
fn checks_plans_alarms_and_cost_are_told_gravest_first() {
    let mut bad = running(&[], &[]);
    bad.checks = Checks {
        instance: Check::Impaired { since: Some(now()) },
        ..Checks::default()
    };
    let planned = |description: &str| Scheduled {
        code: "instance-retirement".into(),
        description: description.into(),
        not_before: Some(now()),
    };
    bad.scheduled = vec![planned("degraded"), planned("[Completed] degraded")];
    bad.alarms.push(Alarm {
        name: "a".into(),
        instance: None,
        reason: "b".into(),
        since: None,
    });
    bad.price = Some(Price::exact(1.0));
    let limits = Limits {
        cost: Some(5.0),
        ..Limits::default()
    };
    let found = findings(&bad, now(), &limits);
    let rules: Vec<&str> = found.iter().map(Finding::rule).collect();
    assert_eq!(rules, ["impaired", "cost", "scheduled", "alarm"]);
    assert_eq!(found[0].gravity(), Gravity::Grave);
}
