//! What the configuration forbids: writing below the prefix of a pull mapping, and pushing from a machine without authority.
//! Commands ask here before they list anything; `protected` is what the engine holds every plan to.

use crate::domain::location::{Location, Remote};

use super::{
    Config, Error,
    invalid::Invalid,
    mapping::{Direction, Mapping},
};

/// Why a place may not be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is forbidden and by what.
    pub message: String,
    /// What a person can do instead.
    pub help: String,
}

impl Config {
    /// Why nothing may be written at `destination`.
    pub fn refusal(&self, destination: &Location) -> Option<Refusal> {
        let mapping = self.forbids_writing(destination)?;
        Some(self.forbidden(mapping))
    }

    /// Every prefix that may not be written to from here, at each remote that leads there, and why.
    pub fn protected(&self) -> Vec<(Location, Refusal)> {
        let mappings = self
            .mappings
            .values()
            .filter(|mapping| self.only_pulls(mapping));
        let places = mappings.flat_map(|mapping| {
            let prefix = &mapping.remote.value;
            let names = self
                .remotes
                .keys()
                .map(|remote| prefix.clone().with_remote(remote.clone()));
            let same = names.filter(|place| self.overlaps(prefix, place));
            same.map(|place| (place, self.forbidden(mapping)))
        });
        places.collect()
    }

    /// The mapping whose prefix may not be written to from here, however the prefix is addressed.
    pub fn forbids_writing(&self, location: &Location) -> Option<&Mapping> {
        self.mappings
            .values()
            .filter(|mapping| self.only_pulls(mapping))
            .find(|mapping| self.overlaps(&mapping.remote.value, location))
    }

    /// Whether this mapping may only pull on this machine.
    pub fn only_pulls(&self, mapping: &Mapping) -> bool {
        mapping.direction == Direction::Pull || self.lacks_authority(mapping)
    }

    /// Whether this is the machine whose side wins.
    pub fn has_authority(&self, mapping: &Mapping) -> bool {
        let here = self.machine().map(|machine| machine.name.as_str());
        let authority = mapping.authority.as_ref();
        authority.is_some_and(|authority| here == Some(&authority.value))
    }

    fn lacks_authority(&self, mapping: &Mapping) -> bool {
        let authority = mapping.authority.as_ref();
        authority.is_some_and(|authority| !self.overridden.contains(&authority.value))
            && !self.has_authority(mapping)
    }

    /// Lets this machine push in the place of the one that is named, as a person asked by its name.
    pub fn override_authority(&mut self, machine: &str) -> Result<(), Error> {
        let named = self.mappings.values().filter_map(|m| m.authority.as_ref());
        let named: Vec<&str> = named.map(|authority| authority.value.as_str()).collect();
        if !named.contains(&machine) {
            let what = "mapping with the authority";
            return Err(Error::Invalid(Invalid::unknown(machine, what, &named)));
        }
        self.overridden.push(machine.to_owned());
        Ok(())
    }

    pub(super) fn forbidden(&self, mapping: &Mapping) -> Refusal {
        let prefix = &mapping.remote.value;
        let place = &mapping.origin;
        if mapping.direction == Direction::Pull {
            return Refusal {
                message: format!(
                    "{prefix} belongs to the mapping {}, which only pulls ({place})",
                    mapping.name
                ),
                help: "if this prefix is to be written to, change the mapping's direction"
                    .to_owned(),
            };
        }
        let authority = mapping
            .authority
            .as_ref()
            .map_or("", |authority| &authority.value);
        let here = self
            .machine()
            .map_or("none of [machines]", |machine| &machine.name);
        Refusal {
            message: format!(
                "{prefix} belongs to the mapping {}, which only {authority} may push; this machine is {here} ({place})",
                mapping.name
            ),
            help: format!(
                "push it on {authority}; to push from here all the same, say --override-authority {authority}"
            ),
        }
    }

    /// Whether two prefixes overlap; a bucket's name is unique at an endpoint, so the remote's name does not matter.
    fn overlaps(&self, one: &Location, other: &Location) -> bool {
        let (Some(a), Some(b)) = (one.s3(), other.s3()) else {
            return false;
        };
        let endpoint = |remote: &Remote| {
            let remote = self.remotes.get(remote)?;
            remote.endpoint_url.as_ref().map(|url| url.value.clone())
        };
        let same_endpoint = endpoint(&a.remote) == endpoint(&b.remote);
        same_endpoint && one.overlaps(&other.clone().with_remote(a.remote.clone()))
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Env};
    use crate::domain::location::Location;

    fn config(text: &str) -> Config {
        Config::of_text(None, text, &Env::default()).unwrap()
    }

    #[test]
    fn what_is_protected_is_protected_at_every_remote_of_its_endpoint() {
        let text = "[remotes.a]\n[remotes.b]\n[remotes.c]\nendpoint_url = \"http://127.0.0.1:1\"\n\
            [mappings.m]\nlocal = \"/m\"\nremote = \"a:s3://bucket/m\"\n";
        let places: Vec<String> = config(text)
            .protected()
            .iter()
            .map(|(place, _)| place.to_string())
            .collect();
        assert_eq!(
            places,
            ["a:s3://bucket/m", "b:s3://bucket/m", "s3://bucket/m"]
        );
    }

    #[test]
    fn without_authority_a_machine_only_pulls() {
        let text = "[machines.trainer]\nwhen = { path = \"PATH\" }\n[mappings.models]\nlocal = \"/m\"\n\
            remote = \"s3://bucket/models\"\ndirection = \"both\"\nauthority = \"trainer\"\n";
        let place = Location::parse("s3://bucket/models/v1").unwrap();
        let refusal = |text: &str| config(text).refusal(&place);
        let elsewhere = refusal(&text.replace("PATH", "/no/such/path")).unwrap();
        assert!(
            elsewhere.message.contains("only trainer may push"),
            "{elsewhere:?}"
        );
        assert_eq!(refusal(&text.replace("PATH", "/")), None);
    }
}
