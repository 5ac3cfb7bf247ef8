//! Remotes that stand in no file, made by the flags of one side (`--source-region` and the like). They are kept as text beside
//! the tasks that need them, so that whoever goes on with one finds the remote that its plan names.

use std::path::Path;

use indexmap::IndexMap;

use crate::domain::location::{Location, Remote};

use super::{
    Config, Error,
    document::{Document, Table},
    place::remote_of,
    remote,
    remote::RemoteConfig,
};

impl Config {
    /// The location at a remote of its own that differs by `flags`.
    pub fn lay_side(&mut self, side: &str, location: Location, flags: &RemoteConfig) -> Location {
        let Some(remote) = remote_of(&location).filter(|_| *flags != RemoteConfig::default())
        else {
            return location;
        };
        let weaker = self.remotes.get(remote).cloned().unwrap_or_default();
        let differing = weaker.under(flags);
        let is_it = |name: &&Remote| self.remotes.get(*name) == Some(&differing);
        if let Some(known) = self.laid.iter().find(is_it) {
            return location.with_remote(known.clone());
        }
        let mut own = Remote::named(side);
        while self.remotes.contains_key(&own) {
            own = Remote::named(&format!("{}-flags", own.name().unwrap_or(side)));
        }
        self.lay(own.clone(), differing);
        location.with_remote(own)
    }

    fn lay(&mut self, name: Remote, remote: RemoteConfig) {
        self.remotes.insert(name.clone(), remote);
        self.laid.push(name);
    }

    /// Each remote that flags made, as a configuration of its own. No secret is in it: credentials come from the AWS chain.
    pub fn laid_remotes(&self) -> Vec<String> {
        let text = |name: &Remote| {
            let rows = self.remotes.get(name)?.rows().into_iter();
            let keys = rows.map(|(key, value, _)| (key.to_owned(), value.into()));
            let named = table(name.name()?, keys.collect());
            Some(table("remotes", named).to_string())
        };
        self.laid.iter().filter_map(text).collect()
    }

    /// Takes in a remote that [`Self::laid_remotes`] gave; one of the file that has its name today gives way to it.
    pub fn lay_again(&mut self, text: &str) -> Result<(), Error> {
        for (name, remote) in remotes(text)? {
            self.lay(name, remote);
        }
        Ok(())
    }
}

fn table(key: &str, value: toml::Table) -> toml::Table {
    toml::Table::from_iter([(key.to_owned(), value.into())])
}

fn remotes(text: &str) -> Result<IndexMap<Remote, RemoteConfig>, Error> {
    let document = Document::new(Path::new("a task's record").into(), text);
    let tables = document.parse();
    let remotes = remote::remotes(&Table::root(&document, &tables));
    let problems = document.into_problems();
    if problems.is_empty() {
        return Ok(remotes);
    }
    Err(Error::Problems(super::error::Problems(problems)))
}

#[cfg(test)]
mod tests {
    use super::{Config, RemoteConfig};
    use crate::config::{Env, Origin, Sourced};
    use crate::domain::location::Remote;

    #[test]
    fn a_remote_of_flags_is_found_again() {
        let text = "[remotes.store]\nendpoint_url = \"http://127.0.0.1:9000\"\npath_style = true\nchecksums = \"when_required\"";
        let mut config = Config::of_text(None, text, &Env::default()).unwrap();
        let flag = |value: &str| {
            let origin = Origin::Flag("--source-profile".into());
            Some(Sourced::new(value.to_owned(), origin))
        };
        let flags = RemoteConfig {
            profile: flag("o\"dd = 1"),
            ..RemoteConfig::default()
        };
        let place = config.location("store:s3://bucket/p/").unwrap();
        assert_eq!(
            config.lay_side("source", place, &flags).to_string(),
            "source:s3://bucket/p/"
        );
        let laid = config.laid_remotes();
        let mut later = Config::of_text(None, "", &Env::default()).unwrap();
        for text in &laid {
            later.lay_again(text).unwrap();
        }
        let values = |config: &Config| -> Vec<(&'static str, String)> {
            let rows = config.remotes[&Remote::named("source")].rows();
            rows.into_iter()
                .map(|(key, value, _)| (key, value))
                .collect()
        };
        assert_eq!(values(&later), values(&config));
        assert_eq!(values(&later).len(), 4);
        assert_eq!(
            later.laid_remotes(),
            laid,
            "whoever goes on with it keeps it too"
        );
        assert!(later.lay_again("[remotes.x]\nprofil = 1").is_err());
    }
}
