//! A mapping on its way: its places, options and rules, as `pull`, `push` and `both` of the command line and the picker of the
//! terminal interface both ask for it.

use std::path::PathBuf;

use crate::domain::{
    location::Location,
    plan::{Deletes, Existing, Plan, Settle, SyncOptions, TwoWayRule},
};

use super::{
    Config, Error, Scope, Way, invalid::Invalid, layer::Layer, mapping::Mapping, setting::SyncKey,
};

/// One mapping on its way.
#[derive(Debug, Clone, PartialEq)]
pub struct Errand {
    /// Which.
    pub mapping: Mapping,
    /// Which way it goes.
    pub way: Way,
    /// Source; both ways the local side.
    pub left: Location,
    /// Destination; both ways the remote side.
    pub right: Location,
    /// Every option, configuration and flags together.
    pub options: SyncOptions,
    /// Deletions and conflicts of both ways.
    pub rule: TwoWayRule,
    /// Whether somebody has said what may happen to what exists.
    pub decided: bool,
}

/// How a mapping is asked to go.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Which way.
    pub way: Way,
    /// What of it.
    pub scope: &'a Scope,
    /// Options that are laid over its own.
    pub flags: &'a Layer,
    /// Who wins conflicts; by the mapping's rule when `None`.
    pub settle: Option<Settle>,
}

impl Errand {
    /// The command that proves what a pull brought, and where it is run; `None` for what goes to S3.
    pub fn check(&self, plan: &Plan) -> Option<(&str, PathBuf)> {
        let command = self.mapping.verify_command.as_ref()?;
        Some((&command.value, plan.destination.disk()?.to_owned()))
    }

    /// Whether a plan of it has anything to do, or a command that proves what is there.
    pub fn runs(&self, plan: &Plan) -> bool {
        let proves = self.way == Way::Pull && self.check(plan).is_some();
        plan.steps().next().is_some() || proves
    }

    /// What a person calls one of its plans.
    pub fn name_of(&self, plan: &Plan) -> String {
        let name = &self.mapping.name;
        match (self.way, plan.destination.disk()) {
            (Way::Pull | Way::Push, _) => name.clone(),
            (Way::Both, Some(_)) => format!("{name} ←"),
            (Way::Both, None) => format!("{name} →"),
        }
    }
}

impl Config {
    /// The errand of a mapping; whether it may go this way is for `refuses` to say.
    pub fn errand(&self, mapping: &Mapping, ask: Ask<'_>) -> Result<Errand, Error> {
        let invalid = |why: String| Error::Invalid(Invalid::because(why));
        let (name, way) = (&mapping.name, ask.way);
        if !ask.scope.parts.is_empty() && mapping.parts.is_none() {
            return Err(invalid(format!(
                "the mapping {name} is not divided into parts: write parts = \"{{part}}/**\", or whatever fits its names, into [mappings.{name}]"
            )));
        }
        let mut options = self.scoped_options(mapping, ask.scope, ask.flags)?.options;
        let here = self.has_authority(mapping);
        if here && way == Way::Pull && !ask.flags.names(SyncKey::Existing) {
            // Here the local side wins: what is fetched never writes over it.
            options.existing = Existing::Keep;
        }
        if way == Way::Both && options.delete == Deletes::Mirror {
            return Err(invalid(format!(
                "{name}: both ways, delete = \"mirror\" would delete on each side what is new on the other; say \"propagate\" or \"never\""
            )));
        }
        let said = self.says_existing(Some(mapping), ask.flags);
        if way == Way::Both && ask.settle.is_some() && !said {
            // Who says who wins wants what differs to be written over.
            options.existing = Existing::Update;
        }
        let local = Location::Disk(self.local(mapping)?);
        let remote = mapping.remote.value.clone();
        let (left, right) = match way {
            Way::Pull => (remote, local),
            Way::Push | Way::Both => (local, remote),
        };
        Ok(Errand {
            rule: TwoWayRule {
                propagates: options.delete == Deletes::Propagate,
                settle: ask.settle.unwrap_or_else(|| settles(&options, here)),
            },
            decided: said || mapping.options.names(SyncKey::Delete) || ask.settle.is_some(),
            mapping: mapping.clone(),
            way,
            left,
            right,
            options,
        })
    }
}

/// Who wins where both sides of a mapping changed, by its own rule; `here` is whether this machine has the authority.
/// Where no rule says it, nobody: conflicts are a person's to settle.
fn settles(options: &SyncOptions, here: bool) -> Settle {
    match options.existing {
        _ if here => Settle::Left,
        Existing::Always => Settle::Left,
        Existing::Newest => Settle::Newer,
        Existing::Keep | Existing::Update => Settle::Leave,
    }
}
