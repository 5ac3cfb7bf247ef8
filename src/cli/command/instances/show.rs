//! `wharf instances show`: everything that is known of one instance.

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::cli::exit::Exit;
use crate::domain::{
    cloud::{Address, Instance, Rates, Tag, Volume},
    text::printable,
};
use crate::engine::cloud::{Details, Place};
use crate::humanize;

use super::Context;

/// Lines of a console or of user data that are shown.
const LINES: usize = 20;

/// `details`.
#[derive(Serialize)]
struct DetailsRecord<'a> {
    r#type: &'static str,
    id: &'a str,
    name: &'a str,
    instance_type: &'a str,
    region: &'a str,
    zone: &'a str,
    state: &'static str,
    facts: std::collections::BTreeMap<&'static str, String>,
    volumes: Option<Vec<VolumeRecord<'a>>>,
    addresses: Option<Vec<&'a str>>,
    tags: std::collections::BTreeMap<&'a str, &'a str>,
    user_data: Option<&'a str>,
    secrets_struck_out: usize,
}

#[derive(Serialize)]
struct VolumeRecord<'a> {
    id: &'a str,
    device: &'a str,
    gib: u64,
    kind: &'a str,
    state: &'a str,
    goes_with_instance: bool,
    price_per_hour: f64,
}

pub(super) async fn show(context: &mut Context, place: Place) -> Result<Exit, Exit> {
    let details = context.details(place).await?;
    let facts = facts(&details);
    let instance = &details.instance;
    let (user_data, struck) = match &details.user_data {
        Some((text, struck)) => (Some(text.as_str()), *struck),
        None => (None, 0),
    };
    context.output.record(&DetailsRecord {
        r#type: "details",
        id: &instance.id,
        name: instance.name(),
        instance_type: &instance.kind,
        region: &instance.region,
        zone: &instance.zone,
        state: instance.state.word(),
        facts: facts.iter().cloned().collect(),
        volumes: details
            .volumes
            .as_ref()
            .map(|all| all.iter().map(volume_record).collect()),
        addresses: details
            .addresses
            .as_ref()
            .map(|all| all.iter().map(|address| &*address.ip).collect()),
        tags: instance.tags.iter().map(|(k, v)| (&**k, &**v)).collect(),
        user_data,
        secrets_struck_out: struck,
    });
    for (name, value) in &facts {
        context.output.line(format_args!("{name:<12}{value}"));
    }
    for volume in details.volumes.iter().flatten() {
        context
            .output
            .line(format_args!("{:<12}{}", "volume", volume_words(volume)));
    }
    for address in details.addresses.iter().flatten() {
        context
            .output
            .line(format_args!("{:<12}{}", "address", address_words(address)));
    }
    for (key, value) in &instance.tags {
        let (key, value) = (printable(key.as_bytes()), printable(value.as_bytes()));
        context
            .output
            .line(format_args!("{:<12}{key} = {value}", "tag"));
    }
    tell_texts(context, &details);
    for trouble in &details.troubles {
        context
            .output
            .error(&trouble.message, trouble.help.as_deref());
    }
    Ok(if details.troubles.is_empty() {
        Exit::Ok
    } else {
        Exit::Failed
    })
}

fn volume_record(volume: &Volume) -> VolumeRecord<'_> {
    VolumeRecord {
        id: &volume.id,
        device: &volume.device,
        gib: volume.gib,
        kind: &volume.kind,
        state: &volume.state,
        goes_with_instance: volume.goes_with_instance,
        price_per_hour: Rates::embedded().volume(volume).amount,
    }
}

fn volume_words(volume: &Volume) -> String {
    let goes = if volume.goes_with_instance {
        "goes with the instance"
    } else {
        "stays when the instance ends, and costs on"
    };
    format!(
        "{} {} {} GiB {}, {} an hour, {goes}",
        printable(volume.id.as_bytes()),
        printable(volume.device.as_bytes()),
        humanize::count(volume.gib),
        printable(volume.kind.as_bytes()),
        humanize::amount(Some(Rates::embedded().volume(volume))),
    )
}

fn address_words(address: &Address) -> String {
    format!(
        "{} ({}), stays when the instance ends, and costs on",
        printable(address.ip.as_bytes()),
        printable(address.id.as_bytes())
    )
}

/// The tail of the console, and what the instance was told at its boot.
fn tell_texts(context: &mut Context, details: &Details) {
    if let Some((text, struck)) = details
        .user_data
        .as_ref()
        .filter(|(text, _)| !text.is_empty())
    {
        let note = match struck {
            0 => String::new(),
            n => format!(" ({} struck out)", humanize::counted(*n as u64, "secret")),
        };
        context.output.line(format_args!("user data{note}"));
        for line in humanize::printable_lines(text.as_bytes())
            .iter()
            .take(LINES)
        {
            context.output.line(format_args!("    {line}"));
        }
    }
    let console = details.console.as_deref().unwrap_or_default();
    let lines = humanize::printable_lines(console);
    if !lines.is_empty() {
        let id = &details.instance.id;
        context.output.line(format_args!(
            "console, its last lines (all: wharf instances console {id})"
        ));
        for line in lines.iter().skip(lines.len().saturating_sub(LINES)) {
            context.output.line(format_args!("    {line}"));
        }
    }
}

/// What is known of an instance, by name.
fn facts(details: &Details) -> Vec<(&'static str, String)> {
    let instance = &details.instance;
    let text = |text: &str| printable(text.as_bytes()).into_owned();
    let mut facts = vec![
        ("name", text(instance.name())),
        ("id", text(&instance.id)),
        ("state", state(instance)),
        ("type", text(&instance.kind)),
        ("zone", text(&instance.zone)),
    ];
    if let Some(at) = instance.launched {
        facts.push((
            "launched",
            humanize::timestamp_exact(at, &TimeZone::system()),
        ));
    }
    let price = Rates::embedded().instance(&instance.kind, &instance.region, &instance.platform);
    facts.push((
        "price",
        format!("${} an hour on demand", humanize::hourly(price)),
    ));
    facts.extend(
        instance
            .architecture
            .map(|of| ("processors", of.word().to_owned())),
    );
    let given = [
        ("system", Some(&instance.platform)),
        ("image", Some(&instance.image)),
        ("key", instance.key.as_ref()),
        ("profile", instance.profile.as_ref()),
        ("network", instance.vpc.as_ref()),
        ("subnet", instance.subnet.as_ref()),
        ("private ip", instance.private_ip.as_ref()),
        ("public ip", instance.public_ip.as_ref()),
    ];
    let given = given.into_iter();
    facts.extend(given.filter_map(|(name, value)| {
        let value = value.filter(|value| !value.is_empty())?;
        Some((name, text(value)))
    }));
    if !instance.groups.is_empty() {
        let group = |(id, name): &Tag| format!("{} ({})", text(name), text(id));
        let groups: Vec<String> = instance.groups.iter().map(group).collect();
        facts.push(("groups", groups.join(", ")));
    }
    facts.extend(details.protected.map(|on| {
        let words = if on {
            "on: AWS refuses to terminate it"
        } else {
            "off"
        };
        ("protection", words.to_owned())
    }));
    facts
}

fn state(instance: &Instance) -> String {
    let word = instance.state.word();
    if instance.reason.is_empty() {
        return word.to_owned();
    }
    format!("{word}: {}", printable(instance.reason.as_bytes()))
}
