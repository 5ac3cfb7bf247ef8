//! What a launch stands on: types and where they are offered, subnets, security groups, key pairs.

use crate::demo::cloud::{KINDS, Refusal, World};

use super::{
    Ask, Told,
    form::Facts,
    region_of,
    xml::{leaf, node, set},
};

fn fact(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

pub(super) fn describe_types(ask: &Ask<'_>, _world: &mut World) -> Told {
    let all = KINDS.iter().map(|kind| (kind.0.to_owned(), *kind));
    let unknown = |name: &str| {
        let message = format!("The following supplied instance types do not exist: [{name}]");
        Refusal::new("InvalidInstanceType", message)
    };
    let found = ask.named(all.collect(), "InstanceType", unknown)?;
    let page = ask.page(found, "InstanceType")?;
    let types = set(
        "instanceTypeSet",
        &page.things,
        |(name, (_, architecture, processors, memory, gpus))| {
            let architectures = node("supportedArchitectures", [leaf("item", architecture)]);
            let mut told = vec![
                leaf("instanceType", name),
                node("processorInfo", [architectures]),
                node("vCpuInfo", [leaf("defaultVCpus", processors)]),
                node("memoryInfo", [leaf("sizeInMiB", memory)]),
            ];
            if *gpus > 0 {
                let gpu = node(
                    "item",
                    [leaf("manufacturer", "NVIDIA"), leaf("count", gpus)],
                );
                told.push(node("gpuInfo", [node("gpus", [gpu])]));
            }
            told
        },
    );
    Ok([types].into_iter().chain(page.token()).collect())
}

pub(super) fn describe_offerings(ask: &Ask<'_>, world: &mut World) -> Told {
    let zones: Vec<String> = ('a'..='c')
        .map(|letter| format!("{}{letter}", ask.region))
        .collect();
    let pairs = KINDS
        .iter()
        .flat_map(|kind| zones.iter().map(|zone| (kind.0, zone.clone())));
    let offered: Vec<(&str, String)> = pairs
        .filter(|(kind, zone)| world.ground.offers(kind, zone))
        .collect();
    let names = ["instance-type", "location"];
    let found = ask
        .form
        .filtered(offered, &names, |(kind, zone)| -> Facts {
            vec![fact("instance-type", kind), fact("location", zone)]
        })?;
    let page = ask.page(found, "none")?;
    let offerings = set("instanceTypeOfferingSet", &page.things, |(kind, zone)| {
        vec![
            leaf("instanceType", kind),
            leaf("locationType", "availability-zone"),
            leaf("location", zone),
        ]
    });
    Ok([offerings].into_iter().chain(page.token()).collect())
}

pub(super) fn describe_subnets(ask: &Ask<'_>, world: &mut World) -> Told {
    let all = world.ground.subnets.iter();
    let here = all.filter(|(_, subnet)| region_of(&subnet.zone) == ask.region);
    let here = here.map(|(id, one)| (id.clone(), one.clone())).collect();
    let unknown = |id: &str| Refusal::not_found("InvalidSubnetID.NotFound", "subnet ID", id);
    let found = ask.named(here, "SubnetId", unknown)?;
    let page = ask.page(found, "SubnetId")?;
    let subnets = set("subnetSet", &page.things, |(id, subnet)| {
        vec![
            leaf("subnetId", id),
            leaf("vpcId", &subnet.vpc),
            leaf("availabilityZone", &subnet.zone),
            leaf("availableIpAddressCount", subnet.free),
            leaf("mapPublicIpOnLaunch", subnet.public),
            leaf("state", "available"),
        ]
    });
    Ok([subnets].into_iter().chain(page.token()).collect())
}

pub(super) fn describe_groups(ask: &Ask<'_>, world: &mut World) -> Told {
    let all = world.ground.groups.iter();
    let here = all.filter(|(_, group)| group.region == ask.region);
    let here = here.map(|(id, one)| (id.clone(), one.clone())).collect();
    let unknown = |id: &str| Refusal::not_found("InvalidGroup.NotFound", "security group", id);
    let found = ask.named(here, "GroupId", unknown)?;
    let page = ask.page(found, "GroupId")?;
    let groups = set("securityGroupInfo", &page.things, |(id, group)| {
        vec![
            leaf("groupId", id),
            leaf("groupName", &group.name),
            leaf("vpcId", &group.vpc),
        ]
    });
    Ok([groups].into_iter().chain(page.token()).collect())
}

pub(super) fn describe_keys(ask: &Ask<'_>, world: &mut World) -> Told {
    let all = world.ground.keys.iter();
    let here = all.filter(|(region, _)| region == ask.region);
    let here = here.map(|(_, name)| (name.clone(), ())).collect();
    let unknown = |name: &str| Refusal::not_found("InvalidKeyPair.NotFound", "key pair", name);
    let found = ask.named(here, "KeyName", unknown)?;
    let keys = set("keySet", &found, |(name, ())| {
        vec![
            leaf("keyName", name),
            leaf(
                "keyPairId",
                format!("key-{:017x}", name.len() as u64 * 0x00ab_cdef),
            ),
        ]
    });
    Ok(vec![keys])
}
