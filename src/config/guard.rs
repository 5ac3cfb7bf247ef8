//! What the configuration forbids: writing below the prefix of a pull mapping, pushing from a machine without authority,
//! and writing where git would track it. Both front ends ask here before they plan or run.

use std::{
    fs,
    path::{Path, PathBuf},
};

use ignore::{Match, gitignore::Gitignore};

use crate::domain::{
    location::{Location, Remote},
    text::printable,
};

use super::{
    Config,
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
    /// Why nothing may be written at `destination`; `mapping` is the one that a person named, if any.
    pub fn refusal(&self, destination: &Location, mapping: Option<&Mapping>) -> Option<Refusal> {
        if let Location::Disk(path) = destination {
            let allowed = mapping.is_some_and(|mapping| !mapping.forbid_git);
            let path = self.env().cwd.join(path);
            return (!allowed).then(|| tracked(&path)).flatten();
        }
        let mapping = self.forbids_writing(destination)?;
        Some(self.forbidden(mapping))
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
        let elsewhere = mapping.authority.as_ref().is_some_and(|authority| {
            let here = self.machine().map(|machine| machine.name.as_str());
            here != Some(&authority.value)
        });
        mapping.direction == Direction::Pull || elsewhere
    }

    fn forbidden(&self, mapping: &Mapping) -> Refusal {
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
            help: format!("push it on {authority}, or take `authority` out of the mapping"),
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

/// Why `path` may not be written to: git would track what is written there.
fn tracked(path: &Path) -> Option<Refusal> {
    let path = real(path);
    let repository = path
        .ancestors()
        .find(|folder| folder.join(".git").exists())?;
    if is_ignored(repository, &path) {
        return None;
    }
    let shown = |path: &Path| printable(path.as_os_str().as_encoded_bytes()).into_owned();
    let inside = path
        .strip_prefix(repository)
        .map(&shown)
        .unwrap_or_default();
    let rule = if inside.is_empty() {
        "*".to_owned()
    } else {
        format!("/{inside}/")
    };
    Some(Refusal {
        message: format!(
            "{} lies in the git repository {}, which would track what is written there",
            shown(&path),
            shown(repository)
        ),
        help: format!(
            "add {rule} to {}, or choose a folder outside of the repository",
            shown(&repository.join(".gitignore"))
        ),
    })
}

/// The path with the links of the part that is there resolved.
fn real(path: &Path) -> PathBuf {
    let there = path
        .ancestors()
        .find_map(|part| Some((part, fs::canonicalize(part).ok()?)));
    match there {
        Some((part, real)) => match path.strip_prefix(part) {
            Ok(rest) if !rest.as_os_str().is_empty() => real.join(rest),
            Ok(_) | Err(_) => real,
        },
        None => path.to_owned(),
    }
}

/// Whether git leaves out whatever is written into this folder; the rules nearest to it decide.
fn is_ignored(repository: &Path, folder: &Path) -> bool {
    // A name that no rule speaks of by itself: what holds for it holds for whatever is written.
    let inside = folder.join("wharf-writes-here");
    let rules = folder
        .ancestors()
        .take_while(|part| part.starts_with(repository))
        .map(|part| part.join(".gitignore"));
    for file in rules {
        let (rules, _unreadable) = Gitignore::new(&file);
        match rules.matched_path_or_any_parents(&inside, false) {
            Match::Ignore(_) => return true,
            Match::Whitelist(_) => return false,
            Match::None => {}
        }
    }
    excludes(repository)
        .matched_path_or_any_parents(&inside, false)
        .is_ignore()
}

/// `.git/info/exclude`, whose rules count from the repository's folder.
fn excludes(repository: &Path) -> Gitignore {
    let mut builder = ignore::gitignore::GitignoreBuilder::new(repository);
    let _unreadable = builder.add(repository.join(".git/info/exclude"));
    builder
        .build()
        .unwrap_or_else(|_unreadable| Gitignore::empty())
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use crate::{
        config::{Config, Env},
        domain::location::Location,
    };

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn config(text: &str) -> Config {
        Config::of_text(None, text, &Env::default()).unwrap()
    }

    fn refused(path: &Path) -> Option<String> {
        let refusal = config("").refusal(&Location::Disk(path.to_owned()), None)?;
        Some(format!("{} / {}", refusal.message, refusal.help))
    }

    #[test]
    fn only_what_git_would_track_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        let repository = root.join("code");
        fs::create_dir_all(repository.join(".git/info")).unwrap();
        assert_eq!(refused(&root.join("data")), None);
        let told = refused(&repository.join("data/raw")).unwrap();
        assert!(told.contains(repository.to_str().unwrap()), "{told}");
        assert!(
            told.contains("add /data/raw/ to") && told.contains("outside"),
            "{told}"
        );
        write(&repository.join(".gitignore"), "/data/\n");
        assert_eq!(refused(&repository.join("data/raw")), None);
        assert!(refused(&repository.join("src")).is_some());
        assert!(refused(&repository).is_some());
        write(&repository.join("src/.gitignore"), "*\n!keep\n");
        assert_eq!(refused(&repository.join("src")), None);
        write(&repository.join(".git/info/exclude"), "scratch\n");
        assert_eq!(refused(&repository.join("a/scratch")), None);
        write(&repository.join("some/.gitignore"), "*.parquet\n");
        assert!(refused(&repository.join("some")).is_some());
    }

    #[test]
    fn a_link_does_not_hide_the_repository_and_a_mapping_may_allow_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir_all(root.join("code/.git")).unwrap();
        std::os::unix::fs::symlink(root.join("code"), root.join("link")).unwrap();
        let inside = root.join("link/new/folder");
        assert!(refused(&inside).is_some());
        let text = format!(
            "[mappings.a]\nlocal = \"{}\"\nremote = \"s3://bucket/a\"\nforbid_git = false\n",
            inside.display()
        );
        let config = config(&text);
        let destination = Location::Disk(inside);
        assert_eq!(
            config.refusal(&destination, Some(&config.mappings["a"])),
            None
        );
    }

    #[test]
    fn without_authority_a_machine_only_pulls() {
        let text = "[machines.trainer]\nwhen = { path = \"PATH\" }\n[mappings.models]\nlocal = \"/m\"\n\
            remote = \"s3://bucket/models\"\ndirection = \"both\"\nauthority = \"trainer\"\n";
        let place = Location::parse("s3://bucket/models/v1").unwrap();
        let refusal = |text: &str| config(text).refusal(&place, None);
        let elsewhere = refusal(&text.replace("PATH", "/no/such/path")).unwrap();
        assert!(
            elsewhere.message.contains("only trainer may push"),
            "{elsewhere:?}"
        );
        assert_eq!(refusal(&text.replace("PATH", "/")), None);
    }
}
