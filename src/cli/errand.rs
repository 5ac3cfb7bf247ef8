//! From the words of `pull`, `push`, `both` and `plan` to errands: a mapping, which way it goes, by which options and rules.
//! What a mapping may not do is refused here, before anything is listed.

use crate::cli::{
    args::{Conflicts, Given, MappingArgs, SideArgs},
    target::{TargetError, Words, layer, no_sides},
};
use crate::config::{Ask, Config, Errand, Place, Refusal, Scope, Way};
use crate::domain::plan::Settle;

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
    let scope = Scope {
        filters: args.filters.clone(),
        no_exclude: args.no_exclude,
        parts: args.only.clone(),
    };
    let ask = Ask {
        way,
        scope: &scope,
        flags: &flags,
        settle: conflicts.map(Settle::from),
    };
    let mut errands = Vec::new();
    for mapping in &choice.mappings {
        errands.push(config.errand(mapping, ask)?);
    }
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

/// The mappings of a group, or a mapping that goes both ways, each the way that it goes from here; `None` where the words
/// mean two places, as a mapping that goes one way does.
pub fn own_ways(
    config: &Config,
    words: Words<'_>,
    (given, sides): (&Given, &SideArgs),
) -> Result<Option<Errands>, TargetError> {
    let mappings = match (config.place(words.first)?, words.second) {
        (Place::Group(mappings), None) => mappings,
        (Place::Mapping(mapping), None) if config.own_way(&mapping) == Way::Both => vec![*mapping],
        (Place::Group(_) | Place::Mapping(_) | Place::Location(_), _) => return Ok(None),
    };
    no_sides(words.first, sides)?;
    let flags = layer(config, given)?;
    let errand = |mapping| {
        let ask = Ask {
            way: config.own_way(mapping),
            scope: &Scope::default(),
            flags: &flags,
            settle: None,
        };
        config.errand(mapping, ask)
    };
    let errands = mappings.iter().map(errand).collect::<Result<_, _>>()?;
    Ok(Some(Errands {
        name: format!("plan {}", words.first),
        errands,
        left: Vec::new(),
    }))
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

impl From<Conflicts> for Settle {
    fn from(conflicts: Conflicts) -> Self {
        match conflicts {
            Conflicts::Left => Self::Left,
            Conflicts::Right => Self::Right,
            Conflicts::Newer => Self::Newer,
            Conflicts::Leave => Self::Leave,
        }
    }
}
