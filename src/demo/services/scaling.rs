//! Auto Scaling.

use crate::demo::{
    cloud::{Refusal, ScalingGroup, Service, World},
    ec2::{
        time,
        xml::{Element, leaf},
    },
};

use super::{
    Act, Ask, Told,
    query::{members, tells},
};

/// The most groups on a page.
const MOST: usize = 100;

pub(super) static OPERATIONS: [(&str, Act); 2] = [
    ("DeleteAutoScalingGroup", delete),
    ("DescribeAutoScalingGroups", describe),
];

fn describe(ask: &Ask<'_>, world: &mut World) -> Told {
    let all = world.services.groups.iter();
    let here: Vec<_> = all
        .filter(|((region, _), _)| region == ask.region)
        .collect();
    let most = ask
        .form
        .get("MaxRecords")
        .and_then(|most| most.parse().ok());
    let most = most.unwrap_or(50).clamp(1, MOST);
    let (page, next) = Ask::page(here, ask.form.get("NextToken"), most)?;
    let groups = members("AutoScalingGroups", page, |((region, name), one)| {
        element((region, name), one)
    });
    let next = next.map(|next| leaf("NextToken", next));
    let operation = (
        "DescribeAutoScalingGroups",
        "DescribeAutoScalingGroupsResult",
    );
    Ok(tells(operation, [groups].into_iter().chain(next)))
}

fn element((region, name): (&str, &str), one: &Service<ScalingGroup>) -> Vec<Element> {
    let count = one.is.instances.len();
    let instances = members("Instances", &one.is.instances, |id| {
        vec![
            leaf("InstanceId", id),
            leaf("AvailabilityZone", format!("{region}a")),
            leaf("LifecycleState", "InService"),
        ]
    });
    let tags = members("Tags", &one.tags, |(key, value)| {
        vec![
            leaf("ResourceId", name),
            leaf("Key", key),
            leaf("Value", value),
        ]
    });
    let mut told = vec![
        leaf("AutoScalingGroupName", name),
        leaf("MinSize", 0),
        leaf("MaxSize", count),
        leaf("DesiredCapacity", count),
        leaf("CreatedTime", time(one.created)),
        instances,
        tags,
    ];
    if one.is_going() {
        told.push(leaf("Status", "Delete in progress"));
    }
    told
}

/// With its instances where that is forced; a group that has some is refused else.
fn delete(ask: &Ask<'_>, world: &mut World) -> Told {
    let name = ask.form.get("AutoScalingGroupName").unwrap_or_default();
    let found = world.services.groups.get_mut(&ask.key(name));
    let Some(group) = found else {
        let message =
            format!("AutoScalingGroup name not found - AutoScalingGroup '{name}' not found");
        return Err(Refusal::new("ValidationError", message));
    };
    let forced = ask.form.get("ForceDelete") == Some("true");
    if !forced && !group.is.instances.is_empty() {
        let message = "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.";
        return Err(Refusal::new("ResourceInUse", message));
    }
    group.leave(ask.now);
    for id in group.is.instances.clone() {
        if let Some(instance) = world.instances.get_mut(&id) {
            instance.terminate(ask.now);
        }
    }
    Ok(tells(
        ("DeleteAutoScalingGroup", "DeleteAutoScalingGroupResult"),
        [],
    ))
}
