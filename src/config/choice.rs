//! From the words of `pull`, `push` and `both` to mappings: names, groups, or all that may go this way.

use super::{
    Config, Error, Refusal,
    invalid::Invalid,
    mapping::{Direction, Mapping},
};

/// Which way mappings are asked to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// S3 to disk.
    Pull,
    /// Disk to S3.
    Push,
    /// What changed on either side goes to the other.
    Both,
}

impl Way {
    /// The word for a person.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
            Self::Both => "both",
        }
    }
}

/// Mappings that were asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Choice {
    /// Those that go, in the order in which they were named; each once.
    pub mappings: Vec<Mapping>,
    /// Those of a group, or of all, that may not go this way, and why.
    pub left: Vec<(String, Refusal)>,
    /// Those that were named themselves and may not go this way.
    pub refused: Vec<Refusal>,
}

impl Config {
    /// The mappings that these words mean; without words all of the configuration.
    pub fn choose(&self, words: &[String], way: Way) -> Result<Choice, Error> {
        let mut choice = Choice::default();
        if words.is_empty() {
            for mapping in self.mappings.values() {
                self.add(mapping, way, false, &mut choice);
            }
        }
        for word in words {
            if let Some(mapping) = self.mappings.get(word) {
                self.add(mapping, way, true, &mut choice);
            } else if let Some(members) = self.groups.get(word) {
                let members = members.iter().filter_map(|name| self.mappings.get(name));
                members.for_each(|mapping| self.add(mapping, way, false, &mut choice));
            } else {
                let known = self.mappings.keys().chain(self.groups.keys());
                let known: Vec<&str> = known.map(String::as_str).collect();
                let unknown = Invalid::unknown(word, "mapping or group", &known);
                return Err(Error::Invalid(unknown));
            }
        }
        Ok(choice)
    }

    fn add(&self, mapping: &Mapping, way: Way, named: bool, choice: &mut Choice) {
        let known = choice
            .mappings
            .iter()
            .any(|other| other.name == mapping.name);
        match self.refuses(mapping, way) {
            _ if known => {}
            None => choice.mappings.push(mapping.clone()),
            Some(refusal) if named => choice.refused.push(refusal),
            Some(refusal) => choice.left.push((mapping.name.clone(), refusal)),
        }
    }

    /// The way that a mapping goes by its own direction, from here.
    pub fn own_way(&self, mapping: &Mapping) -> Way {
        match mapping.direction {
            Direction::Push => Way::Push,
            Direction::Pull => Way::Pull,
            Direction::Both if self.only_pulls(mapping) => Way::Pull,
            Direction::Both => Way::Both,
        }
    }

    /// Why a mapping may not go this way from here; `None` where it may.
    pub fn refuses(&self, mapping: &Mapping, way: Way) -> Option<Refusal> {
        let name = &mapping.name;
        match (way, mapping.direction) {
            (Way::Pull, Direction::Push) => Some(Refusal {
                message: format!(
                    "the mapping {name} only pushes ({}): nothing is fetched from {}",
                    mapping.origin, mapping.remote.value
                ),
                help: "if it is to be fetched, change the mapping's direction".to_owned(),
            }),
            (Way::Both, Direction::Push) => Some(Refusal {
                message: format!("the mapping {name} only pushes ({})", mapping.origin),
                help: format!("wharf push {name}"),
            }),
            (Way::Push | Way::Both, _) if self.only_pulls(mapping) => Some(self.forbidden(mapping)),
            (Way::Pull | Way::Push | Way::Both, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Env, Way};

    const TEXT: &str = "
[machines.trainer]
when = { env = \"TRAINER\" }
[machines.laptop]
[mappings.scenes]
local = \"/scenes\"
remote = \"s3://bucket/scenes\"
[mappings.models]
local = \"/models\"
remote = \"s3://bucket/models\"
direction = \"both\"
authority = \"trainer\"
[mappings.logs]
local = \"/logs\"
remote = \"s3://bucket/logs\"
direction = \"push\"
[groups.results]
mappings = [\"models\", \"logs\"]
";

    fn config(variables: &[&str]) -> Config {
        let variables = variables
            .iter()
            .map(|name| ((*name).to_owned(), "1".to_owned()));
        let env = Env {
            variables: variables.collect(),
            ..Env::default()
        };
        Config::of_text(None, TEXT, &env).unwrap()
    }

    fn chosen(config: &Config, words: &[&str], way: Way) -> (String, usize, usize) {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let choice = config.choose(&words, way).unwrap();
        let names: Vec<&str> = choice.mappings.iter().map(|m| m.name.as_str()).collect();
        (names.join(" "), choice.left.len(), choice.refused.len())
    }

    #[test]
    fn without_a_name_all_go_that_may() {
        let (here, trainer) = (config(&[]), config(&["TRAINER"]));
        for (config, way, expected) in [
            (&here, Way::Pull, ("scenes models", 1, 0)),
            (&here, Way::Push, ("logs", 2, 0)),
            (&here, Way::Both, ("", 3, 0)),
            (&trainer, Way::Push, ("models logs", 1, 0)),
            (&trainer, Way::Both, ("models", 2, 0)),
        ] {
            let (names, left, refused) = chosen(config, &[], way);
            assert_eq!((names.as_str(), left, refused), expected, "{way:?}");
        }
    }

    #[test]
    fn what_is_named_and_may_not_go_is_refused_and_what_a_group_holds_is_left() {
        let here = config(&[]);
        assert_eq!(chosen(&here, &["scenes"], Way::Push), (String::new(), 0, 1));
        assert_eq!(
            chosen(&here, &["results", "logs"], Way::Push),
            ("logs".to_owned(), 1, 0)
        );
        let slip = here.choose(&["result".to_owned()], Way::Pull).unwrap_err();
        assert!(
            slip.to_string().contains("did you mean \"results\"?"),
            "{slip}"
        );
    }

    #[test]
    fn authority_is_overridden_by_its_name_only() {
        let mut here = config(&[]);
        let wrong = here.override_authority("trainr").unwrap_err().to_string();
        assert!(wrong.contains("did you mean \"trainer\"?"), "{wrong}");
        let help = here
            .refuses(&here.mappings["models"], Way::Push)
            .unwrap()
            .help;
        assert!(help.contains("--override-authority trainer"), "{help}");
        here.override_authority("trainer").unwrap();
        assert_eq!(chosen(&here, &["models"], Way::Push).0, "models");
        assert!(
            here.protected()
                .iter()
                .all(|(place, _)| place.to_string().contains("scenes"))
        );
    }
}
