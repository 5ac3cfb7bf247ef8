//! What instances are: `DescribeInstances`, their attributes, their consoles.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::demo::cloud::{Instance, Refusal, State, Volume, World};
use crate::demo::sts::ACCOUNT;

use super::{
    Ask, Told,
    form::{Facts, tag_facts},
    time,
    xml::{Element, leaf, node, set, tags},
};

const FILTERS: [&str; 5] = [
    "availability-zone",
    "instance-id",
    "instance-lifecycle",
    "instance-state-name",
    "instance-type",
];

pub(super) fn describe(ask: &Ask<'_>, world: &mut World) -> Told {
    let found = ask.named(of_region(ask, world), "InstanceId", unknown)?;
    let found = ask
        .form
        .filtered(found, &FILTERS, |(id, one)| facts(id, one))?;
    let page = ask.page(found, "InstanceId")?;
    let reservations = set("reservationSet", &page.things, |(id, instance)| {
        vec![
            leaf("reservationId", id.replacen("i-", "r-", 1)),
            leaf("ownerId", ACCOUNT),
            node("instancesSet", [node("item", shown(id, instance, world))]),
        ]
    });
    Ok([reservations].into_iter().chain(page.token()).collect())
}

/// The instances of the region that is asked.
pub(super) fn of_region(ask: &Ask<'_>, world: &World) -> Vec<(String, Instance)> {
    let all = world.instances.iter();
    all.filter(|(_, one)| one.region() == ask.region)
        .map(|(id, one)| (id.clone(), one.clone()))
        .collect()
}

/// No instance has this id, or nothing could have it.
pub(super) fn unknown(id: &str) -> Refusal {
    let digits = id.strip_prefix("i-").unwrap_or_default();
    if matches!(digits.len(), 8 | 17) && digits.chars().all(|c| c.is_ascii_hexdigit()) {
        let message = format!("The instance ID '{id}' does not exist");
        return Refusal::new("InvalidInstanceID.NotFound", message);
    }
    Refusal::new(
        "InvalidInstanceID.Malformed",
        format!("Invalid id: \"{id}\""),
    )
}

pub(super) fn facts(id: &str, instance: &Instance) -> Facts {
    let own = [
        ("availability-zone", instance.made.zone.as_str()),
        ("instance-id", id),
        ("instance-state-name", instance.state().told().1),
        ("instance-type", &instance.made.kind),
    ];
    let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let spot = ("instance-lifecycle".to_owned(), "spot".to_owned());
    let spot = instance.made.spot.then_some(spot);
    own.into_iter()
        .chain(spot)
        .chain(tag_facts(&instance.tags()))
        .collect()
}

/// An instance's state as EC2 writes it.
pub(super) fn state(name: &'static str, state: State) -> Element {
    let (code, word) = state.told();
    node(name, [leaf("code", code), leaf("name", word)])
}

pub(super) fn shown(id: &str, instance: &Instance, world: &World) -> Vec<Element> {
    let made = &instance.made;
    let monitoring = if made.detailed { "enabled" } else { "disabled" };
    let mut elements = vec![
        leaf("instanceId", id),
        leaf("imageId", &made.image),
        state("instanceState", instance.state()),
        leaf("instanceType", &made.kind),
        leaf("launchTime", time(instance.launched)),
        leaf("architecture", architecture(&made.kind)),
        leaf("platformDetails", "Linux/UNIX"),
        leaf("rootDeviceName", "/dev/xvda"),
        node("monitoring", [leaf("state", monitoring)]),
        node(
            "placement",
            [
                leaf("availabilityZone", &made.zone),
                leaf("tenancy", "default"),
            ],
        ),
        set("groupSet", &made.groups, |id| {
            let group = world.ground.groups.get(id);
            let name = group.map_or("", |group| group.name.as_str());
            vec![leaf("groupId", id), leaf("groupName", name)]
        }),
        volumes(id, world),
        tags(&instance.tags()),
    ];
    if instance.state() != State::Terminated {
        elements.extend([
            leaf("vpcId", "vpc-0a1b2c3d"),
            leaf("subnetId", &made.subnet),
            leaf("privateIpAddress", private_ip(id)),
        ]);
    }
    elements.extend(made.key.as_ref().map(|key| leaf("keyName", key)));
    elements.extend(made.profile.as_ref().map(|name| {
        let arn = format!("arn:aws:iam::{ACCOUNT}:instance-profile/{name}");
        node("iamInstanceProfile", [leaf("arn", arn)])
    }));
    elements.extend(instance.public_ip.as_ref().map(|ip| leaf("ipAddress", ip)));
    elements.extend(made.spot.then(|| leaf("instanceLifecycle", "spot")));
    let ended = [
        State::Stopping,
        State::Stopped,
        State::ShuttingDown,
        State::Terminated,
    ];
    if ended.contains(&instance.state()) {
        let since = time(instance.since())
            .replace('T', " ")
            .replace(".000Z", " GMT");
        elements.push(leaf("reason", format!("User initiated ({since})")));
    }
    elements
}

/// The volumes on an instance.
fn volumes(id: &str, world: &World) -> Element {
    let on = world.volumes.iter().filter(|(_, volume)| volume.is_on(id));
    set(
        "blockDeviceMapping",
        on,
        |(volume_id, volume): (&String, &Volume)| {
            let attached = volume.attachment.as_ref();
            let since = attached.map(|tie| leaf("attachTime", time(tie.since)));
            let ebs = [
                leaf("volumeId", volume_id),
                leaf("status", "attached"),
                leaf("deleteOnTermination", volume.made.delete_on_termination),
            ];
            vec![
                leaf("deviceName", &volume.made.device),
                node("ebs", ebs.into_iter().chain(since)),
            ]
        },
    )
}

fn architecture(kind: &str) -> &'static str {
    let family = kind.split('.').next().unwrap_or_default();
    let generation = family.trim_start_matches(|c: char| c.is_ascii_lowercase());
    if generation.contains('g') {
        "arm64"
    } else {
        "x86_64"
    }
}

/// An address that is the instance's own, from the last digits of its id.
fn private_ip(id: &str) -> String {
    let sum = id.bytes().fold(0_u16, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u16::from(byte))
    });
    let [high, low] = sum.to_be_bytes();
    format!("10.0.{high}.{low}")
}

pub(super) fn describe_attribute(ask: &Ask<'_>, world: &mut World) -> Told {
    let id = ask.needs("InstanceId")?;
    let instance = world.instances.get(id).ok_or_else(|| unknown(id))?;
    let attribute = match ask.needs("Attribute")? {
        "userData" if instance.made.user_data.is_empty() => node("userData", []),
        "userData" => {
            let coded = STANDARD.encode(&instance.made.user_data);
            node("userData", [leaf("value", coded)])
        }
        "disableApiTermination" => node(
            "disableApiTermination",
            [leaf("value", instance.made.protected)],
        ),
        other => {
            let message = format!("Value ({other}) for parameter attribute is invalid.");
            return Err(Refusal::new("InvalidParameterValue", message));
        }
    };
    Ok(vec![leaf("instanceId", id), attribute])
}

pub(super) fn console(ask: &Ask<'_>, world: &mut World) -> Told {
    let id = ask.needs("InstanceId")?;
    let instance = world.instances.get(id).ok_or_else(|| unknown(id))?;
    let output = STANDARD.encode(&instance.made.console);
    Ok(vec![
        leaf("instanceId", id),
        leaf("timestamp", time(ask.now)),
        leaf("output", output),
    ])
}
