//! From the words of `pull`, `push` and `both` to errands: a mapping, which way it goes, by which options and rules.
//! What a mapping may not do is refused here, before anything is listed.

use std::sync::Arc;

use crate::cli::{
    args::{Conflicts, MappingArgs},
    target::{Target, TargetError, layer, supported},
};
use crate::config::{
    Config, Refusal, Scope, Way, invalid::Invalid, layer::Layer, mapping::Mapping, setting::SyncKey,
};
use crate::domain::{
    location::Location,
    plan::{Deletes, Existing, Settle, SyncOptions, TwoWayRule},
};

/// One mapping on its way.
#[derive(Debug, Clone)]
pub struct Errand {
    /// Which.
    pub mapping: Mapping,
    /// Which way it goes.
    pub way: Way,
    /// Its places and options; both ways the local side is left.
    pub target: Target,
    /// Deletions and conflicts of both ways.
    pub rule: TwoWayRule,
}

/// Mappings on their way together.
#[derive(Debug, Clone)]
pub struct Errands {
    /// In the order in which they were named.
    pub errands: Vec<Errand>,
    /// Those of a group, or of all, that may not go this way, and why.
    pub left: Vec<(String, Refusal)>,
    /// What a person calls the whole.
    pub name: String,
}

/// Reads the words and flags of a command.
pub fn errands(
    config: &mut Config,
    args: &MappingArgs,
    (way, conflicts): (Way, Option<Conflicts>),
) -> Result<Errands, TargetError> {
    if let Some(machine) = &args.override_authority {
        config.override_authority(machine)?;
    }
    let flags = layer(config, &args.sync.given)?;
    let mut choice = config.choose(&args.names, way)?;
    if !choice.refused.is_empty() {
        return Err(TargetError::Refused(choice.refused.swap_remove(0)));
    }
    if choice.mappings.is_empty() {
        return Err(nothing(config, way, &choice.left));
    }
    let errand = |mapping| errand(config, mapping, args, &flags, (way, conflicts));
    let errands: Vec<Errand> = choice
        .mappings
        .into_iter()
        .map(errand)
        .collect::<Result<_, _>>()?;
    let names: Vec<&str> = match args.names.as_slice() {
        [] => errands
            .iter()
            .map(|errand| errand.mapping.name.as_str())
            .collect(),
        named => named.iter().map(String::as_str).collect(),
    };
    Ok(Errands {
        name: format!("{} {}", way.word(), names.join(", ")),
        errands,
        left: choice.left,
    })
}

fn nothing(config: &Config, way: Way, left: &[(String, Refusal)]) -> TargetError {
    let help = match left.first() {
        Some((_, refusal)) => format!("{}; {}", refusal.message, refusal.help),
        None if config.file.is_none() => {
            "there is no configuration: `wharf config init` writes one to begin with".to_owned()
        }
        None => {
            "write [mappings.NAME] into the configuration; `wharf config init` shows how".to_owned()
        }
    };
    TargetError::Words {
        message: format!(
            "no mapping of the configuration may {}",
            match way {
                Way::Pull => "pull from here",
                Way::Push => "push from here",
                Way::Both => "go both ways from here",
            }
        ),
        help,
    }
}

fn errand(
    config: &Config,
    mapping: Mapping,
    args: &MappingArgs,
    flags: &Layer,
    (way, conflicts): (Way, Option<Conflicts>),
) -> Result<Errand, TargetError> {
    supported(&mapping)?;
    if !args.only.is_empty() && mapping.parts.is_none() {
        return Err(TargetError::Words {
            message: format!("the mapping {} is not divided into parts", mapping.name),
            help: format!(
                "write parts = \"{{part}}/**\", or whatever fits its names, into [mappings.{}]",
                mapping.name
            ),
        });
    }
    let scope = Scope {
        filters: args.filters.clone(),
        no_exclude: args.no_exclude,
        parts: args.only.clone(),
    };
    let mut options = config.scoped_options(&mapping, &scope, flags)?.options;
    let here = config.has_authority(&mapping);
    if here && way == Way::Pull && !flags.names(SyncKey::Existing) {
        // Here the local side wins: what is fetched never writes over it.
        options.existing = Existing::Keep;
    }
    let rule = rule(&mapping, &options, here, (way, conflicts))?;
    let local = Location::Disk(config.local(&mapping)?);
    let remote = mapping.remote.value.clone();
    let (left, right) = match way {
        Way::Pull => (remote, local),
        Way::Push | Way::Both => (local, remote),
    };
    let decided = config.says_existing(Some(&mapping), flags)
        || mapping.options.names(SyncKey::Delete)
        || conflicts.is_some();
    Ok(Errand {
        way,
        rule,
        target: Target {
            left,
            right,
            options: Arc::new(options),
            decided,
            mapping: Some(Box::new(mapping.clone())),
        },
        mapping,
    })
}

/// What a mapping says of deletions and conflicts, where no flag does.
fn rule(
    mapping: &Mapping,
    options: &SyncOptions,
    here: bool,
    (way, conflicts): (Way, Option<Conflicts>),
) -> Result<TwoWayRule, TargetError> {
    if way == Way::Both && options.delete == Deletes::Mirror {
        let invalid = Invalid::because(format!(
            "{}: both ways, delete = \"mirror\" would delete on each side what is new on the other; say \"propagate\" or \"never\"",
            mapping.name
        ));
        return Err(TargetError::Config(crate::config::Error::Invalid(invalid)));
    }
    let settle = match conflicts {
        Some(Conflicts::Left) => Settle::Left,
        Some(Conflicts::Right) => Settle::Right,
        Some(Conflicts::Newer) => Settle::Newer,
        Some(Conflicts::Leave) => Settle::Leave,
        None => Config::settles(options, here),
    };
    Ok(TwoWayRule {
        propagates: options.delete == Deletes::Propagate,
        settle,
    })
}
