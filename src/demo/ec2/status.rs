//! `DescribeInstanceStatus`: the checks, and what AWS has planned.

use crate::demo::cloud::{Check, Instance, State, Verdict, World};

use super::{
    Ask, Told,
    instances::{facts, of_region, state, unknown},
    time,
    xml::{Element, leaf, node, set},
};

const FILTERS: [&str; 3] = ["availability-zone", "instance-id", "instance-state-name"];

pub(super) fn describe(ask: &Ask<'_>, world: &mut World) -> Told {
    let found = ask.named(of_region(ask, world), "InstanceId", unknown)?;
    let all = ask.form.is_on("IncludeAllInstances");
    let shows = |instance: &Instance| all || instance.state() == State::Running;
    let found = found.into_iter().filter(|(_, one)| shows(one)).collect();
    let found = ask
        .form
        .filtered(found, &FILTERS, |(id, one)| facts(id, one))?;
    let page = ask.page(found, "InstanceId")?;
    let statuses = set("instanceStatusSet", &page.things, |(id, instance)| {
        vec![
            leaf("instanceId", id),
            leaf("availabilityZone", &instance.made.zone),
            state("instanceState", instance.state()),
            planned(instance),
            check(ask, instance, Check::System),
            check(ask, instance, Check::Instance),
            check(ask, instance, Check::Ebs),
        ]
    });
    Ok([statuses].into_iter().chain(page.token()).collect())
}

fn planned(instance: &Instance) -> Element {
    set(
        "eventsSet",
        instance.planned.iter().zip(1..),
        |(event, number)| {
            vec![
                leaf("instanceEventId", format!("instance-event-{number:017x}")),
                leaf("code", &event.code),
                leaf("description", &event.description),
                leaf("notBefore", time(event.not_before)),
            ]
        },
    )
}

fn check(ask: &Ask<'_>, instance: &Instance, check: Check) -> Element {
    let (name, detail) = match check {
        Check::System => ("systemStatus", "reachability"),
        Check::Instance => ("instanceStatus", "reachability"),
        Check::Ebs => ("attachedEbsStatus", "reachability"),
    };
    let (word, passed, since) = match instance.check(check, ask.now) {
        Verdict::Ok => ("ok", "passed", None),
        Verdict::Impaired(since) => ("impaired", "failed", Some(since)),
        Verdict::Initializing => ("initializing", "initializing", None),
        Verdict::Insufficient => ("insufficient-data", "insufficient-data", None),
        Verdict::NotApplicable => return node(name, [leaf("status", "not-applicable")]),
    };
    let since = since.map(|since| leaf("impairedSince", time(since)));
    let details = [leaf("name", detail), leaf("status", passed)];
    let details = node("item", details.into_iter().chain(since));
    node(name, [leaf("status", word), node("details", [details])])
}
