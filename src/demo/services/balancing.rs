//! Elastic Load Balancing: version 2, and by its own version of the wire what it calls classic.

use crate::demo::{
    cloud::{Balancer, Refusal, Service, World, arn},
    ec2::{
        time,
        xml::{Element, leaf},
    },
};

use super::{
    Act, Ask, Told,
    query::{members, tells},
};

/// The most balancers on a page.
const MOST: usize = 400;

pub(super) static OPERATIONS: [(&str, Act); 3] = [
    ("DeleteLoadBalancer", delete),
    ("DescribeLoadBalancerAttributes", attributes),
    ("DescribeLoadBalancers", describe),
];

/// The version of the wire that speaks of classic balancers.
const CLASSIC: &str = "2012-06-01";

fn is_classic(ask: &Ask<'_>) -> bool {
    ask.form.get("Version") == Some(CLASSIC)
}

/// The ARN of a balancer.
pub(super) fn arn_of(region: &str, name: &str, one: &Service<Balancer>) -> String {
    let path = format!("loadbalancer/{}", one.path(name));
    arn("elasticloadbalancing", region, &path)
}

fn describe(ask: &Ask<'_>, world: &mut World) -> Told {
    let names = ask.form.list("Names.member");
    let all = world.services.balancers.iter();
    let classic = is_classic(ask);
    let here = all.filter(|((region, name), one)| {
        let of_kind = (one.is.kind == "classic") == classic;
        region == ask.region && of_kind && (names.is_empty() || names.contains(&name.as_str()))
    });
    let here: Vec<_> = here.collect();
    if let Some(lost) = names
        .iter()
        .find(|wanted| !here.iter().any(|((_, name), _)| name == *wanted))
    {
        return Err(unknown(lost));
    }
    let most = ask.form.get("PageSize").and_then(|most| most.parse().ok());
    let most = most.unwrap_or(MOST).clamp(1, MOST);
    let (page, next) = Ask::page(here, ask.form.get("Marker"), most)?;
    let balancers = if classic {
        members("LoadBalancerDescriptions", page, |((_, name), one)| {
            vec![
                leaf("LoadBalancerName", name),
                leaf("CreatedTime", time(one.created)),
            ]
        })
    } else {
        members("LoadBalancers", page, |((region, name), one)| {
            element((region, name), one)
        })
    };
    let next = next.map(|next| leaf("NextMarker", next));
    let operation = ("DescribeLoadBalancers", "DescribeLoadBalancersResult");
    Ok(tells(operation, [balancers].into_iter().chain(next)))
}

fn element((region, name): (&str, &str), one: &Service<Balancer>) -> Vec<Element> {
    let addresses = members("LoadBalancerAddresses", &one.is.addresses, |id| {
        vec![leaf("AllocationId", id)]
    });
    let zones = members("AvailabilityZones", [addresses], |addresses| {
        vec![leaf("ZoneName", format!("{region}a")), addresses]
    });
    vec![
        leaf("LoadBalancerArn", arn_of(region, name, one)),
        leaf("LoadBalancerName", name),
        leaf("Type", &one.is.kind),
        leaf("Scheme", "internet-facing"),
        leaf("CreatedTime", time(one.created)),
        zones,
    ]
}

fn unknown(name: &str) -> Refusal {
    let message = format!("Load balancer '{name}' not found");
    Refusal::new("LoadBalancerNotFound", message)
}

/// The balancer that a request names by its ARN.
fn named<'w>(ask: &Ask<'_>, world: &'w mut World) -> Result<&'w mut Service<Balancer>, Refusal> {
    if is_classic(ask) {
        let name = ask.form.get("LoadBalancerName").unwrap_or_default();
        let found = world.services.balancers.get_mut(&ask.key(name));
        return found.ok_or_else(|| unknown(name));
    }
    let wanted = ask.form.get("LoadBalancerArn").unwrap_or_default();
    let mut all = world.services.balancers.iter_mut();
    let found = all
        .find(|((region, name), one)| region == ask.region && arn_of(region, name, one) == wanted);
    found.map(|(_, one)| one).ok_or_else(|| unknown(wanted))
}

fn attributes(ask: &Ask<'_>, world: &mut World) -> Told {
    let one = named(ask, world)?;
    let all = members("Attributes", [one.is.protected], |protected| {
        vec![
            leaf("Key", "deletion_protection.enabled"),
            leaf("Value", protected),
        ]
    });
    let operation = "DescribeLoadBalancerAttributes";
    Ok(tells(
        (operation, "DescribeLoadBalancerAttributesResult"),
        [all],
    ))
}

fn delete(ask: &Ask<'_>, world: &mut World) -> Told {
    let now = ask.now;
    let Ok(one) = named(ask, world) else {
        // What is gone may be deleted again, as on AWS.
        return Ok(tells(
            ("DeleteLoadBalancer", "DeleteLoadBalancerResult"),
            [],
        ));
    };
    if one.is.protected {
        let message = "Load balancer cannot be deleted because deletion protection is enabled";
        return Err(Refusal::new("OperationNotPermitted", message));
    }
    one.leave(now);
    Ok(tells(
        ("DeleteLoadBalancer", "DeleteLoadBalancerResult"),
        [],
    ))
}
