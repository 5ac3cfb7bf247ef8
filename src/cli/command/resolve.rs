//! From words and flags to locations and options, by the configuration.

use std::sync::Arc;

use crate::{
    cli::args::Given,
    config::{
        Config, Error, Origin, Place,
        invalid::Invalid,
        layer::Layer,
        mapping::{Direction, Mapping},
        setting::SyncKey,
    },
    domain::{location::Location, plan::SyncOptions},
};

use super::{Both, Consent};

/// The layer that these flags make.
pub fn layer(config: &Config, given: &Given) -> Result<Layer, Error> {
    let mut layer = Layer::default();
    for (flag, text) in &given.0 {
        let known = SyncKey::ALL.into_iter().find(|key| key.name().replace('_', "-") == *flag);
        let Some(key) = known else {
            return Err(Invalid::because(format!("--{flag} is no sync option")).into());
        };
        let read = key.read(text, config.env().now);
        let setting = read.map_err(|invalid| Invalid { message: format!("--{flag}: {}", invalid.message), ..invalid })?;
        layer.push(setting, Origin::Flag(format!("--{flag}").into()));
    }
    Ok(layer)
}

/// One location and the options that hold for it.
pub fn one(config: &Config, word: &str, given: &Given) -> Result<(Location, Arc<SyncOptions>), Error> {
    let flags = layer(config, given)?;
    match config.place(word)? {
        Place::Location(location) => Ok((location, Arc::new(config.options(&flags).options))),
        Place::Mapping(mapping) => {
            let options = config.mapping_options(&mapping, &flags).options;
            Ok((mapping.remote.value.clone(), Arc::new(options)))
        }
    }
}

/// Two locations, or a mapping's two, with the options that hold, and whether overwriting was approved by a rule.
pub fn both(config: &Config, first: &str, second: Option<&str>, given: &Given) -> Result<(Both, Consent), Error> {
    let flags = layer(config, given)?;
    match (config.place(first)?, second) {
        (Place::Mapping(mapping), None) => of_mapping(config, &mapping, &flags),
        (Place::Mapping(mapping), Some(_)) => Err(Invalid::because(format!(
            "{} is a mapping, which names both sides: leave the second out, or write ./{} for the folder",
            mapping.name, mapping.name
        ))
        .into()),
        (Place::Location(_), None) => Err(Invalid::because(format!(
            "{first} is one location, and two are needed (or the name of a mapping)"
        ))
        .into()),
        (Place::Location(left), Some(second)) => {
            let right = config.location(second)?;
            let options = Arc::new(config.options(&flags).options);
            Ok((Both { left, right, options }, consent(config.says_existing(None, &flags))))
        }
    }
}

/// A pull mapping's source is in S3; any other's is the local folder.
fn of_mapping(config: &Config, mapping: &Mapping, flags: &Layer) -> Result<(Both, Consent), Error> {
    let local = Location::Disk(config.local(mapping)?);
    let remote = mapping.remote.value.clone();
    let options = Arc::new(config.mapping_options(mapping, flags).options);
    let (left, right) = match mapping.direction {
        Direction::Pull => (remote, local),
        Direction::Push | Direction::Both => (local, remote),
    };
    Ok((Both { left, right, options }, consent(config.says_existing(Some(mapping), flags))))
}

fn consent(said: bool) -> Consent {
    if said { Consent::Given } else { Consent::Missing }
}
