//! From words to places: a word is a mapping, else a path or a location; and the options that hold for it.

use std::path::PathBuf;

use crate::domain::{
    location::{Location, Remote},
    plan::{Existing, SyncOptions},
};

use super::{
    Config,
    error::Error,
    invalid::Invalid,
    layer::{Layer, Resolved, resolve},
    mapping::{Mapping, known_remote},
    origin::Origin,
    remote::RemoteConfig,
    setting::{Setting, SyncKey},
};

/// How a person narrows or widens what a mapping takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Named filters that are laid over it.
    pub filters: Vec<String>,
    /// What the configuration leaves out takes part after all.
    pub no_exclude: bool,
    /// Names of the parts that take part; all when empty.
    pub parts: Vec<String>,
}

/// What a word on the command line means.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// A mapping: a pair, not a location.
    Mapping(Box<Mapping>),
    /// A group: the mappings that it names, in their order.
    Group(Vec<Mapping>),
    /// A location.
    Location(Location),
}

impl Config {
    /// What `word` means: a mapping, a group, else a location. `./` before a word makes it a path.
    pub fn place(&self, word: &str) -> Result<Place, Error> {
        if let Some(mapping) = self.mappings.get(word) {
            return Ok(Place::Mapping(Box::new(mapping.clone())));
        }
        if let Some(members) = self.groups.get(word) {
            let members = members.iter().filter_map(|name| self.mappings.get(name));
            return Ok(Place::Group(members.cloned().collect()));
        }
        self.location(word).map(Place::Location)
    }

    /// The location that `word` means, at the remote that the flags speak of where it names none.
    pub fn location(&self, word: &str) -> Result<Location, Error> {
        let location = Location::parse(word)
            .map_err(|error| Error::Invalid(Invalid::because(error.to_string())))?;
        let Some(remote) = remote_of(&location) else {
            return Ok(self.beside(location));
        };
        known_remote(remote, &self.remotes)?;
        if remote.name().is_none() && self.remote.name().is_some() {
            return Ok(location.with_remote(self.remote.clone()));
        }
        Ok(location)
    }

    /// `~` of a path that no shell has expanded (in a flag's value, for one).
    fn beside(&self, location: Location) -> Location {
        match &location {
            Location::Disk(path) => match path.to_str() {
                Some(text) if text.starts_with("~/") || text == "~" => {
                    Location::Disk(self.env.expand(text, &self.env.cwd))
                }
                Some(_) | None => location,
            },
            Location::S3(_) | Location::Buckets(_) | Location::Manifest(_) => location,
        }
    }

    /// The folders of options, where they begin at a person's own.
    fn find_folders(&self, options: &mut SyncOptions) {
        for place in [&mut options.backup_dir, &mut options.spool] {
            *place = place.take().map(|place| self.beside(place));
        }
    }

    /// The folder of a mapping on this machine.
    pub fn local(&self, mapping: &Mapping) -> Result<PathBuf, Error> {
        let text = &mapping.local.value;
        let alone = self.env.expand(text, std::path::Path::new(""));
        if alone.is_absolute() {
            return Ok(alone);
        }
        match self.base() {
            Some(base) => Ok(base.value.join(text)),
            None => Err(Error::NoBase {
                mapping: mapping.name.clone(),
                local: text.clone(),
                tried: self.tried(),
            }),
        }
    }

    /// The machines and why each is not this one.
    pub fn tried(&self) -> String {
        let why = |machine: &super::machine::Machine| {
            let refusal = machine.refusal.as_deref().unwrap_or("it gives no base_dir");
            format!("{}: {refusal}", machine.name)
        };
        let tried: Vec<String> = self.machines.iter().map(why).collect();
        if tried.is_empty() {
            return "no [machines] are named".to_owned();
        }
        tried.join("; ")
    }

    /// The options of a sync between two locations: the reference, the file, variables, `flags`.
    pub fn options(&self, flags: &Layer) -> Resolved {
        let layers = [&self.defaults, &self.file_defaults, &self.variables, flags];
        let mut resolved = resolve(&layers);
        self.find_folders(&mut resolved.options);
        resolved
    }

    /// The options of a mapping: what exists is kept unless somebody says otherwise.
    pub fn mapping_options(&self, mapping: &Mapping, flags: &Layer) -> Resolved {
        self.laid(&mapping.options, &self.file_defaults, &[], flags)
    }

    /// The options of a mapping as far as a person narrows or widens it.
    pub fn scoped_options(
        &self,
        mapping: &Mapping,
        scope: &Scope,
        flags: &Layer,
    ) -> Result<Resolved, Error> {
        let known: Vec<&str> = self.filters.keys().map(String::as_str).collect();
        let filter = |name: &String| {
            let found = self.filters.get(name);
            found.ok_or_else(|| Error::Invalid(Invalid::unknown(name, "filter", &known)))
        };
        let filters: Vec<&Layer> = scope.filters.iter().map(filter).collect::<Result<_, _>>()?;
        let mut resolved = if scope.no_exclude {
            let (own, file) = (&mapping.options, &self.file_defaults);
            let (own, file) = (own.without_excludes(), file.without_excludes());
            self.laid(&own, &file, &filters, flags)
        } else {
            self.laid(&mapping.options, &self.file_defaults, &filters, flags)
        };
        if let Some(parts) = &mapping.parts {
            let globs = scope.parts.iter().map(|part| parts.value.glob(part));
            resolved.options.filter.only = globs.collect();
        }
        Ok(resolved)
    }

    pub(super) fn laid(
        &self,
        own: &Layer,
        file: &Layer,
        filters: &[&Layer],
        flags: &Layer,
    ) -> Resolved {
        let mut keep = Layer::default();
        keep.push(Setting::Existing(Existing::Keep), Origin::BuiltIn);
        let mut layers = vec![&self.defaults, &keep, file, own];
        layers.extend(filters);
        layers.extend([&self.variables, flags]);
        let mut resolved = resolve(&layers);
        self.find_folders(&mut resolved.options);
        resolved
    }

    /// Whether a person has said what may happen to what exists: by a flag, a variable, or the mapping's own rule.
    pub fn says_existing(&self, mapping: Option<&Mapping>, flags: &Layer) -> bool {
        let own = mapping.is_some_and(|mapping| mapping.options.names(SyncKey::Existing));
        own || [flags, &self.variables, &self.file_defaults]
            .iter()
            .any(|layer| layer.names(SyncKey::Existing))
    }

    /// Lays what the global flags say over the remote they speak of: the unnamed one, or `name`.
    pub fn lay_remote(&mut self, name: Option<&str>, flags: &RemoteConfig) -> Result<(), Error> {
        if let Some(name) = name {
            self.remote = Remote::named(name);
            known_remote(&self.remote, &self.remotes)?;
        }
        let remote = self.remotes.entry(self.remote.clone()).or_default();
        *remote = remote.under(flags);
        Ok(())
    }
}

/// The remote whose session a location needs.
pub fn remote_of(location: &Location) -> Option<&Remote> {
    match location {
        Location::S3(prefix) => Some(&prefix.remote),
        Location::Buckets(remote) => Some(remote),
        Location::Manifest(of) => remote_of(of),
        Location::Disk(_) => None,
    }
}
