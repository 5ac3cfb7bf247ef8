//! The configuration as the instance of a run gets it: without what belongs to this machine and its person. Profiles give way to
//! the instance's role, hooks and guards for fingers stay here; mappings, filters and machines are the same.

use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item};

use crate::domain::{launch::BOX, plan::SyncOptions, sse};

use super::{Config, layer::Layer, machine::Machine, mapping::Direction};

/// The home of whom the run's script runs as.
const HOME: &str = "/root";
/// Keys of a remote that hold here only.
const OURS: [&str; 2] = ["profile", "production"];
/// Tables that hold here only.
const TABLES: [&str; 3] = ["hooks", "screen", "journal"];

/// The text for the instance; comments and all else are kept.
///
/// # Errors
/// Where the text is no TOML.
pub fn boxed(text: &str) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error| format!("{error}"))?;
    for table in TABLES {
        document.remove(table);
    }
    let remotes = document
        .get_mut("remotes")
        .and_then(Item::as_table_like_mut);
    for (_, remote) in remotes.into_iter().flat_map(|remotes| remotes.iter_mut()) {
        let Some(remote) = remote.as_table_like_mut() else {
            continue;
        };
        for key in OURS {
            remote.remove(key);
        }
    }
    Ok(document.to_string())
}

/// A path of the configuration as it is meant on the instance, where relative ones lie below `base`.
pub fn on_box(path: &str, base: &Path) -> PathBuf {
    match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            Path::new(HOME).join(rest.trim_start_matches('/'))
        }
        Some(_) | None => base.join(path),
    }
}

impl Config {
    /// The machine that the instance of a run will be, by this configuration: the first that asks for the run's folder and for
    /// nothing else, or for nothing at all.
    pub fn box_machine(&self) -> Option<&Machine> {
        let is_box = |machine: &&Machine| {
            let when = &machine.when;
            let others = [&when.command, &when.hostname, &when.env];
            let path = when.path.as_ref();
            others.iter().all(|other| other.is_none())
                && path.is_none_or(|path| Path::new(path).starts_with(BOX))
        };
        self.machines.iter().find(is_box)
    }

    /// The base folder on the instance, as this file's text names it; `None` where it names none there.
    pub fn box_base(&self, text: &str) -> Option<PathBuf> {
        let document: DocumentMut = text.parse().ok()?;
        let named = |base: Option<&Item>| base?.as_str().map(|base| on_box(base, Path::new(BOX)));
        let machine = self.box_machine().and_then(|machine| {
            let machines = document.get("machines")?;
            named(machines.get(&machine.name)?.get("base_dir"))
        });
        machine.or_else(|| named(document.get("base_dir")))
    }

    /// What of a run's mappings its instance could not do with, and what to write instead.
    pub fn unfit(&self, inputs: &[String], outputs: &[String]) -> Vec<String> {
        let mut unfit = Vec::new();
        let machine = self.box_machine();
        let base = machine.and_then(|machine| machine.base_dir.as_ref());
        if base.is_none() && self.base_dir.is_none() {
            unfit.push(format!(
                "no machine is the instance: [machines.trainer] when = {{ path = \"{BOX}\" }} base_dir = \"/data\""
            ));
        }
        let mappings = |names: &[String]| -> Vec<_> {
            let found = names.iter().filter_map(|name| self.mappings.get(name));
            found.cloned().collect()
        };
        for mapping in mappings(inputs) {
            if mapping.direction == Direction::Push {
                unfit.push(format!(
                    "the input {} is a push mapping: nothing is pulled by it",
                    mapping.name
                ));
            }
        }
        for mapping in mappings(outputs) {
            if mapping.direction == Direction::Pull {
                unfit.push(format!(
                    "the output {} is a pull mapping: nothing is pushed by it",
                    mapping.name
                ));
            }
            let named = mapping.authority.as_ref().map(|named| &named.value);
            let own = machine.map(|machine| &machine.name);
            if let Some(named) = named.filter(|named| Some(*named) != own) {
                unfit.push(format!(
                    "the output {} is pushed by the machine {named} alone, and the instance is {}",
                    mapping.name,
                    own.map_or("none", String::as_str)
                ));
            }
        }
        let all = inputs.iter().chain(outputs);
        for mapping in mappings(&all.cloned().collect::<Vec<_>>()) {
            let options: SyncOptions = self.mapping_options(&mapping, &Layer::default()).options;
            if options.sse.as_deref().is_some_and(sse::is_customer) {
                unfit.push(format!(
                    "the mapping {} is under a customer's key, which does not reach the instance",
                    mapping.name
                ));
            }
        }
        unfit
    }
}

#[cfg(test)]
mod tests {
    use super::{BOX, Config, Path, boxed, on_box};
    use crate::config::Env;

    #[test]
    fn paths_are_meant_on_the_instance_whatever_lies_here() {
        let base = |text: &str| {
            let file = Path::new("/data/wharf.toml");
            let env = Env {
                home: Some("/home/ada".into()),
                ..Env::default()
            };
            let config = Config::of_text(Some(file), text, &env).unwrap();
            config.box_base(text)
        };
        let machine = |base: &str| {
            format!(
                "base_dir = \"top\"\n[machines.trainer]\nwhen = {{ path = \"{BOX}\" }}\nbase_dir = \"{base}\"\n"
            )
        };
        assert_eq!(base(&machine("/data/sets")), Some("/data/sets".into()));
        assert_eq!(base(&machine("~/sets")), Some("/root/sets".into()));
        assert_eq!(
            base("base_dir = \"top\"\n"),
            Some(Path::new(BOX).join("top"))
        );
        assert_eq!(base(""), None);
        let there = |path: &str| on_box(path, Path::new("/data"));
        assert_eq!(there("sets"), Path::new("/data/sets"));
        assert_eq!(there("/srv/a"), Path::new("/srv/a"));
        assert_eq!(there("~cards"), Path::new("/data/~cards"));
    }

    #[test]
    fn what_belongs_to_a_person_stays_here_and_all_else_is_kept() {
        let text = "# ours\n[remotes.main]\nprofile = \"research\"\nregion = \"us-east-2\" # here\nproduction = true\n[hooks]\ntask_ended = \"notify\"\n[mappings.a]\nlocal = \"a\"\n";
        let told = boxed(text).unwrap();
        assert_eq!(
            told,
            "# ours\n[remotes.main]\nregion = \"us-east-2\" # here\n[mappings.a]\nlocal = \"a\"\n"
        );
        let inline = boxed("remotes = { main = { profile = \"x\", region = \"y\" } }\n").unwrap();
        assert!(!inline.contains("profile") && inline.contains("region"));
        boxed("[").unwrap_err();
    }
}
