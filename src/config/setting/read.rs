//! Texts to the values of sync options, each with what would be right where it is not.

use std::sync::Arc;

use crate::config::{invalid::Invalid, quantity};
use crate::domain::{
    batch::Role,
    diff::Level,
    location::Location,
    plan::{Deletes, Existing, Mode, Restore, RestoreTier, Symlinks},
    sse::KeySource,
};

/// Storage classes that S3 takes in a PUT.
pub const STORAGE_CLASSES: [&str; 10] = [
    "STANDARD",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
    "REDUCED_REDUNDANCY",
    "EXPRESS_ONEZONE",
    "OUTPOSTS",
];

const LEVELS: [&str; 4] = ["size", "time", "checksum", "read"];

/// Smallest and largest part that S3 takes, bytes.
const PART_SIZES: std::ops::RangeInclusive<u64> = 5 << 20..=5 << 30;

/// The word itself, where it is one of these.
pub(in crate::config) fn word<'a>(text: &str, allowed: &[&'a str]) -> Result<&'a str, Invalid> {
    let text = text.trim();
    let found = allowed.iter().find(|&&word| word == text);
    found.copied().ok_or_else(|| Invalid::word(text, allowed))
}

/// `true` or `false`.
pub(in crate::config) fn switch(text: &str) -> Result<bool, Invalid> {
    word(text, &["true", "false"]).map(|word| word == "true")
}

/// A level of proof.
pub fn level(text: &str) -> Result<Level, Invalid> {
    Ok(match word(text, &LEVELS)? {
        "size" => Level::Size,
        "time" => Level::Time,
        "checksum" => Level::Checksum,
        _ => Level::Read,
    })
}

pub(super) fn verify(text: &str) -> Result<Option<Level>, Invalid> {
    let allowed = ["size", "checksum", "read", "off"];
    match word(text, &allowed)? {
        "off" => Ok(None),
        word => level(word).map(Some),
    }
}

/// What becomes of what only the destination has; a mere yes mirrors.
pub(super) fn deletes(text: &str) -> Result<Deletes, Invalid> {
    let allowed = ["never", "mirror", "propagate", "true", "false"];
    Ok(match word(text, &allowed)? {
        "never" | "false" => Deletes::Never,
        "propagate" => Deletes::Propagate,
        _ => Deletes::Mirror,
    })
}

/// A place that can be written to.
pub(super) fn backup_dir(text: &str) -> Result<Location, Invalid> {
    if text.is_empty() {
        return Err(Invalid::form(text, "a folder or s3://bucket/prefix"));
    }
    match Location::parse(text) {
        Ok(place @ (Location::Disk(_) | Location::S3(_))) => Ok(place),
        Ok(Location::Buckets(_) | Location::Manifest(_)) => {
            Err(Invalid::form(text, "a folder or s3://bucket/prefix"))
        }
        Err(error) => Err(Invalid::because(error.to_string())),
    }
}

/// A folder of this machine.
pub(super) fn spool(text: &str) -> Result<Location, Invalid> {
    match Location::parse(text) {
        Ok(place @ Location::Disk(_)) if !text.is_empty() => Ok(place),
        Ok(_) => Err(Invalid::form(text, "a folder of this machine")),
        Err(error) => Err(Invalid::because(error.to_string())),
    }
}

/// An inventory that S3 wrote.
pub(super) fn listing(text: &str) -> Result<Location, Invalid> {
    match Location::parse(text) {
        Ok(place) if place.may_be_inventory() => Ok(place),
        Ok(_) => Err(Invalid::form(text, "inventory:s3://bucket/…/manifest.json")),
        Err(error) => Err(Invalid::because(error.to_string())),
    }
}

/// So many copies, or `never`.
pub(super) fn batch_over(text: &str) -> Result<Option<u64>, Invalid> {
    match text.trim() {
        "never" => Ok(None),
        text => count(text, 0..=u64::MAX)
            .map(Some)
            .map_err(|_bad| Invalid::form(text, "a number of objects, or never")),
    }
}

/// An IAM role, by its ARN.
pub(super) fn batch_role(text: &str) -> Result<Role, Invalid> {
    let bad = |_no| {
        Invalid::form(
            text,
            "a role such as arn:aws:iam::123456789012:role/wharf-batch",
        )
    };
    Role::parse(text.trim()).map_err(bad)
}

/// A prefix of a bucket.
pub(super) fn batch_report(text: &str) -> Result<Location, Invalid> {
    match Location::parse(text) {
        Ok(place @ Location::S3(_)) => Ok(place),
        Ok(_) | Err(_) => Err(Invalid::form(text, "a place such as s3://bucket/prefix")),
    }
}

pub(super) fn existing(text: &str) -> Result<Existing, Invalid> {
    Ok(match word(text, &["keep", "update", "newest", "always"])? {
        "keep" => Existing::Keep,
        "update" => Existing::Update,
        "newest" => Existing::Newest,
        _ => Existing::Always,
    })
}

pub(super) fn symlinks(text: &str) -> Result<Symlinks, Invalid> {
    Ok(match word(text, &["skip", "follow", "store"])? {
        "skip" => Symlinks::Skip,
        "follow" => Symlinks::Follow,
        _ => Symlinks::Store,
    })
}

/// `traditional` is what others call `relay`.
pub(super) fn mode(text: &str) -> Result<Mode, Invalid> {
    if text.trim() == "traditional" {
        return Ok(Mode::Relay);
    }
    let all = [Mode::Auto, Mode::Direct, Mode::Relay, Mode::Hybrid];
    let found = word(text, &all.map(Mode::word))?;
    Ok(all
        .into_iter()
        .find(|mode| mode.word() == found)
        .unwrap_or_default())
}

/// `standard`, or with the days for which a restored copy stays: `bulk:3`.
pub(super) fn restore(text: &str) -> Result<Restore, Invalid> {
    const WEEK: u16 = 7;
    let (tier, days) = match text.split_once(':') {
        Some((tier, days)) => (tier, count(days, 1..=365)?),
        None => (text, WEEK),
    };
    let found = word(tier, &RestoreTier::ALL.map(RestoreTier::word))?;
    let mut all = RestoreTier::ALL.into_iter();
    let tier = all.find(|tier| tier.word() == found);
    Ok(Restore {
        tier: tier.unwrap_or(RestoreTier::Standard),
        days,
    })
}

pub(super) fn glob(text: &str) -> Result<String, Invalid> {
    match globset::Glob::new(text) {
        Ok(_) if !text.is_empty() => Ok(text.to_owned()),
        Ok(_) => Err(Invalid::because("an empty glob matches nothing")),
        Err(error) => Err(Invalid::because(error.to_string())),
    }
}

/// A value, or `auto` for what the program finds by itself.
pub(super) fn found_or<T>(
    text: &str,
    read: impl FnOnce(&str) -> Result<T, Invalid>,
) -> Result<Option<T>, Invalid> {
    if text.trim() == "auto" {
        return Ok(None);
    }
    read(text).map(Some)
}

/// A whole number within bounds.
pub(in crate::config) fn count<T>(
    text: &str,
    bounds: std::ops::RangeInclusive<T>,
) -> Result<T, Invalid>
where
    T: std::str::FromStr + PartialOrd + std::fmt::Display,
{
    let (least, most) = (bounds.start(), bounds.end());
    let bad = || Invalid::form(text, &format!("a whole number from {least} to {most}"));
    let value = text.trim().parse().map_err(|_why| bad())?;
    if bounds.contains(&value) {
        Ok(value)
    } else {
        Err(bad())
    }
}

pub(super) fn part_size(text: &str) -> Result<u64, Invalid> {
    let bytes = quantity::size(text)?;
    if PART_SIZES.contains(&bytes) {
        return Ok(bytes);
    }
    Err(Invalid::form(text, "a part's size: S3 takes 5MiB to 5GiB"))
}

pub(super) fn requests(text: &str) -> Result<Option<u32>, Invalid> {
    match text.trim() {
        "unlimited" | "0" => Ok(None),
        text => count(text, 1..=1_000_000).map(Some),
    }
}

pub(super) fn seconds(text: &str) -> Result<u32, Invalid> {
    let span = quantity::span(text)?.as_secs();
    u32::try_from(span)
        .ok()
        .filter(|seconds| (1..=86_400).contains(seconds))
        .ok_or_else(|| Invalid::form(text, "a time from 1 second to a day"))
}

pub(super) fn sse(text: &str) -> Result<Arc<str>, Invalid> {
    let text = text.trim();
    let key = text.strip_prefix("aws:kms:");
    let managed = matches!(text, "AES256" | "aws:kms") || key.is_some_and(|key| !key.is_empty());
    if managed || KeySource::of(text).is_some() {
        return Ok(text.into());
    }
    let allowed = [
        "AES256",
        "aws:kms",
        "aws:kms:KEY",
        "customer:FILE",
        "customer:env:NAME",
    ];
    Err(Invalid::word(text, &allowed))
}

/// A customer's key, by its source.
pub(super) fn customer(text: &str) -> Result<Arc<str>, Invalid> {
    let text = text.trim();
    match KeySource::of(text) {
        Some(_) => Ok(text.into()),
        None => Err(Invalid::word(text, &["customer:FILE", "customer:env:NAME"])),
    }
}

pub(super) fn pair(text: &str, form: &str) -> Result<(String, String), Invalid> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key.trim().to_owned(), value.to_owned()))
        }
        Some(_) | None => Err(Invalid::form(text, form)),
    }
}
