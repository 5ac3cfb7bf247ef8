//! Addresses, regions, and what spot costs.

use crate::demo::cloud::{Address, Refusal, World};

use super::{
    Ask, Told,
    form::tag_facts,
    time,
    xml::{Element, leaf, set, tags},
};

const ADDRESS_FILTERS: [&str; 3] = ["allocation-id", "instance-id", "public-ip"];

pub(super) fn describe_addresses(ask: &Ask<'_>, world: &mut World) -> Told {
    let all = world.addresses.iter();
    let here = all.filter(|(_, address)| address.region == ask.region);
    let here = here
        .map(|(id, address)| (id.clone(), address.clone()))
        .collect();
    let found = ask.named(here, "AllocationId", no_address)?;
    let found = ask
        .form
        .filtered(found, &ADDRESS_FILTERS, |(id, address)| {
            let mut facts = tag_facts(&address.tags);
            facts.push(("allocation-id".to_owned(), id.clone()));
            facts.push(("public-ip".to_owned(), address.public_ip.clone()));
            let instance = address.instance.clone();
            facts.extend(instance.map(|id| ("instance-id".to_owned(), id)));
            facts
        })?;
    let addresses = set("addressesSet", &found, |(id, address)| shown(id, address));
    Ok(vec![addresses])
}

fn no_address(id: &str) -> Refusal {
    Refusal::not_found("InvalidAllocationID.NotFound", "allocation ID", id)
}

fn shown(id: &str, address: &Address) -> Vec<Element> {
    let mut elements = vec![
        leaf("allocationId", id),
        leaf("publicIp", &address.public_ip),
        leaf("domain", "vpc"),
        tags(&address.tags),
    ];
    let tie = [
        ("instanceId", &address.instance),
        ("associationId", &address.association),
    ];
    let tie = tie.into_iter();
    elements.extend(tie.filter_map(|(name, value)| Some(leaf(name, value.as_ref()?))));
    elements
}

pub(super) fn release_address(ask: &Ask<'_>, world: &mut World) -> Told {
    let id = ask.needs("AllocationId")?;
    let address = world.addresses.get(id);
    let here = address.filter(|address| address.region == ask.region);
    let address = here.ok_or_else(|| no_address(id))?;
    if address.association.is_some() {
        let message = format!("Address with allocation id {id} is associated with an instance");
        return Err(Refusal::new("InvalidIPAddress.InUse", message));
    }
    world.addresses.shift_remove(id);
    Ok(vec![leaf("return", true)])
}

pub(super) fn disassociate_address(ask: &Ask<'_>, world: &mut World) -> Told {
    let id = ask.needs("AssociationId")?;
    let mut all = world.addresses.values_mut();
    let tied = all.find(|address| address.association.as_deref() == Some(id));
    let address = tied
        .ok_or_else(|| Refusal::not_found("InvalidAssociationID.NotFound", "association ID", id))?;
    address.association = None;
    address.instance = None;
    Ok(vec![leaf("return", true)])
}

#[allow(
    clippy::unnecessary_wraps,
    reason = "all operations have one form; this one refuses nothing"
)]
pub(super) fn describe_regions(ask: &Ask<'_>, world: &mut World) -> Told {
    let all = ask.form.is_on("AllRegions");
    let shown = world.regions().filter(|(_, on)| all || *on);
    let regions = set("regionInfo", shown, |(region, on)| {
        let status = if on {
            "opt-in-not-required"
        } else {
            "not-opted-in"
        };
        vec![
            leaf("regionName", region),
            leaf("regionEndpoint", format!("ec2.{region}.amazonaws.com")),
            leaf("optInStatus", status),
        ]
    });
    Ok(vec![regions])
}

pub(super) fn describe_spot_prices(ask: &Ask<'_>, world: &mut World) -> Told {
    let kinds = ask.form.list("InstanceType");
    let wanted = |kind: &str| kinds.is_empty() || kinds.contains(&kind);
    let prices = world.spot.iter().filter(|(kind, _)| wanted(kind));
    let prices: Vec<(String, f64)> = prices.map(|(kind, price)| (kind.clone(), *price)).collect();
    let page = ask.page(prices, "none")?;
    let history = set("spotPriceHistorySet", &page.things, |(kind, price)| {
        vec![
            leaf("instanceType", kind),
            leaf("productDescription", "Linux/UNIX"),
            leaf("spotPrice", format!("{price:.6}")),
            leaf("timestamp", time(ask.now)),
            leaf("availabilityZone", format!("{}a", ask.region)),
        ]
    });
    Ok([history].into_iter().chain(page.token()).collect())
}
