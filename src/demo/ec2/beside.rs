//! NAT gateways, spot requests, launch templates and images of one's own: what there is, and its end.

use crate::demo::cloud::{Nat, OwnImage, Refusal, SpotRequest, Template, World};
use crate::demo::sts::ACCOUNT;

use super::{
    Ask, Told,
    form::tag_facts,
    launch, time,
    xml::{Element, leaf, node, set, tags},
};

/// Things by their ids.
type Things<T> = Vec<(String, T)>;

/// Those of a region.
fn here<'a, T: Clone + 'a>(
    all: impl IntoIterator<Item = (&'a String, &'a T)>,
    is_here: impl Fn(&T) -> bool,
) -> Things<T> {
    let all = all.into_iter().filter(|(_, one)| is_here(one));
    all.map(|(id, one)| (id.clone(), one.clone())).collect()
}

/// A page of things that ids and tags choose, as one set.
fn page<T>(
    ask: &Ask<'_>,
    (all, list): (Things<T>, &'static str),
    unknown: fn(&str) -> Refusal,
    (name, item): (&'static str, impl Fn(&str, &T) -> Vec<Element>),
    own_tags: impl Fn(&T) -> &[(String, String)],
) -> Told {
    let found = ask.named(all, list, unknown)?;
    let found = ask
        .form
        .filtered(found, &[], |(_, one)| tag_facts(own_tags(one)))?;
    let page = ask.page(found, list)?;
    let items = set(name, &page.things, |(id, one)| item(id, one));
    Ok([items].into_iter().chain(page.token()).collect())
}

pub(super) fn describe_nats(ask: &Ask<'_>, world: &mut World) -> Told {
    let all = here(&world.beside.nats, |one: &Nat| one.region == ask.region);
    let item = |id: &str, one: &Nat| {
        let address = set("natGatewayAddressSet", [&one.address], |address| {
            vec![leaf("allocationId", address)]
        });
        vec![
            leaf("natGatewayId", id),
            leaf("vpcId", &one.vpc),
            leaf("state", one.state()),
            leaf("createTime", time(one.created)),
            address,
            tags(&one.tags),
        ]
    };
    let all = (all, "NatGatewayId");
    page(ask, all, no_nat, ("natGatewaySet", item), |one| &one.tags)
}

fn no_nat(id: &str) -> Refusal {
    Refusal::new(
        "NatGatewayNotFound",
        format!("NatGateway {id} was not found"),
    )
}

pub(super) fn delete_nat(ask: &Ask<'_>, world: &mut World) -> Told {
    let id = ask.needs("NatGatewayId")?;
    let nat = world.beside.nats.get_mut(id);
    let nat = nat.filter(|one| one.region == ask.region);
    nat.ok_or_else(|| no_nat(id))?.leave(ask.now);
    Ok(vec![leaf("natGatewayId", id)])
}

pub(super) fn describe_requests(ask: &Ask<'_>, world: &mut World) -> Told {
    let is_here = |one: &SpotRequest| one.region == ask.region;
    let all = here(&world.beside.requests, is_here);
    let item = |id: &str, one: &SpotRequest| {
        let kind = if one.persistent {
            "persistent"
        } else {
            "one-time"
        };
        let mut item = vec![
            leaf("spotInstanceRequestId", id),
            leaf("type", kind),
            leaf("state", one.state()),
            tags(&one.tags),
        ];
        item.extend(one.instance.as_ref().map(|id| leaf("instanceId", id)));
        item
    };
    let all = (all, "SpotInstanceRequestId");
    let set = ("spotInstanceRequestSet", item);
    page(ask, all, no_request, set, |one| &one.tags)
}

fn no_request(id: &str) -> Refusal {
    let message = format!("The spot instance request ID '{id}' does not exist");
    Refusal::new("InvalidSpotInstanceRequestID.NotFound", message)
}

pub(super) fn cancel_requests(ask: &Ask<'_>, world: &mut World) -> Told {
    ask.needs("SpotInstanceRequestId.1")?;
    let ids = ask.form.list("SpotInstanceRequestId");
    let is_there = |id: &&str| {
        let found = world.beside.requests.get(*id);
        found.is_some_and(|one| one.region == ask.region)
    };
    if let Some(stranger) = ids.iter().find(|id| !is_there(id)) {
        return Err(no_request(stranger));
    }
    for id in &ids {
        world.beside.requests.shift_remove(*id);
    }
    let cancelled = set("spotInstanceRequestSet", ids, |id| {
        vec![
            leaf("spotInstanceRequestId", id),
            leaf("state", "cancelled"),
        ]
    });
    Ok(vec![cancelled])
}

pub(super) fn describe_templates(ask: &Ask<'_>, world: &mut World) -> Told {
    let is_here = |one: &Template| one.region == ask.region;
    let all = here(&world.beside.templates, is_here);
    let all = (all, "LaunchTemplateId");
    let set = ("launchTemplates", template);
    page(ask, all, no_template, set, |one| &one.tags)
}

fn template(id: &str, one: &Template) -> Vec<Element> {
    vec![
        leaf("launchTemplateId", id),
        leaf("launchTemplateName", &one.name),
        tags(&one.tags),
    ]
}

fn no_template(id: &str) -> Refusal {
    let message = format!("The specified launch template, with template ID {id}, does not exist.");
    Refusal::new("InvalidLaunchTemplateId.NotFound", message)
}

pub(super) fn delete_template(ask: &Ask<'_>, world: &mut World) -> Told {
    let id = ask.needs("LaunchTemplateId")?;
    let found = world.beside.templates.get(id);
    let found = found.filter(|one| one.region == ask.region);
    let shown = template(id, found.ok_or_else(|| no_template(id))?);
    world.beside.templates.shift_remove(id);
    Ok(vec![node("launchTemplate", shown)])
}

/// Images of one's own where `Owner` asks for them, else those that a launch chooses from.
pub(super) fn describe_images(ask: &Ask<'_>, world: &mut World) -> Told {
    if !ask.form.list("Owner").contains(&"self") {
        return launch::describe_images(ask, world);
    }
    let is_here = |one: &OwnImage| one.region == ask.region;
    let all = here(&world.beside.images, is_here);
    let snapshots = &world.snapshots;
    let item = |id: &str, one: &OwnImage| {
        let own = snapshots
            .iter()
            .filter(|(_, of)| of.image.as_deref() == Some(id));
        let devices = set("blockDeviceMapping", own, |(snapshot, _)| {
            vec![
                leaf("deviceName", "/dev/xvda"),
                node("ebs", [leaf("snapshotId", snapshot)]),
            ]
        });
        vec![
            leaf("imageId", id),
            leaf("imageState", "available"),
            leaf("imageOwnerId", ACCOUNT),
            leaf("name", &one.name),
            leaf("creationDate", time(one.created)),
            devices,
            tags(&one.tags),
        ]
    };
    let all = (all, "ImageId");
    page(ask, all, no_image, ("imagesSet", item), |one| &one.tags)
}

fn no_image(id: &str) -> Refusal {
    Refusal::not_found("InvalidAMIID.NotFound", "image id", id)
}

pub(super) fn deregister_image(ask: &Ask<'_>, world: &mut World) -> Told {
    let id = ask.needs("ImageId")?;
    let found = world.beside.images.get(id);
    let found = found.filter(|one| one.region == ask.region);
    found.ok_or_else(|| no_image(id))?;
    world.beside.images.shift_remove(id);
    let own = |image: &mut Option<String>| image.take_if(|image| image == id);
    for snapshot in world.snapshots.values_mut() {
        own(&mut snapshot.image);
    }
    Ok(vec![leaf("return", true)])
}
