//! Where the configuration is looked for, in order; the first that is there is used.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use super::{env::Env, error::Error};

/// The file's name in folders that people work in.
pub const FILE_NAME: &str = "wharf.toml";

/// Why a place is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// `--config FILE`.
    Flag,
    /// `$WHARF_CONFIG`.
    Variable,
    /// The working folder.
    Here,
    /// A folder above the working folder, up to the repository's root.
    Above,
    /// The folder of the program as it was called.
    BesideCalled,
    /// The folder of the program's real file.
    BesideReal,
    /// The XDG configuration folder.
    Xdg,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag => "--config",
            Self::Variable => "$WHARF_CONFIG",
            Self::Here => "the working folder",
            Self::Above => "above the working folder",
            Self::BesideCalled => "beside the program as called",
            Self::BesideReal => "beside the program's real file",
            Self::Xdg => "the configuration folder",
        })
    }
}

/// A place where the configuration may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The file.
    pub path: PathBuf,
    /// Why it is looked at.
    pub why: Why,
    /// Whether it is there.
    pub exists: bool,
}

/// Every place in order, and which one is used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// In the order of looking.
    pub candidates: Vec<Candidate>,
}

impl Search {
    /// Looks; a file that is asked for by name must be there.
    pub fn run(flag: Option<&Path>, env: &Env) -> Result<Self, Error> {
        let search = Self::places(flag, env);
        let named = search.candidates.first().filter(|first| !first.exists);
        let named_by = match named.map(|first| first.why) {
            Some(Why::Flag) => "--config",
            Some(Why::Variable) => "$WHARF_CONFIG",
            Some(Why::Here | Why::Above | Why::BesideCalled | Why::BesideReal | Why::Xdg)
            | None => return Ok(search),
        };
        let path = search.candidates.into_iter().next().map(|first| first.path);
        Err(Error::Missing {
            path: path.unwrap_or_default(),
            named_by,
        })
    }

    /// The places, whether or not something is there.
    pub fn places(flag: Option<&Path>, env: &Env) -> Self {
        let mut search = Self::default();
        if let Some(path) = flag {
            search.add(env.cwd.join(path), Why::Flag);
        }
        if let Some(path) = env.variable("WHARF_CONFIG") {
            search.add(env.expand(path, &env.cwd), Why::Variable);
        }
        search.add(env.cwd.join(FILE_NAME), Why::Here);
        for folder in above(&env.cwd) {
            search.add(folder.join(FILE_NAME), Why::Above);
        }
        if let Some(folder) = env.called.as_deref().and_then(Path::parent) {
            search.add(folder.join(FILE_NAME), Why::BesideCalled);
        }
        let real = env.exe.as_deref().or(env.called.as_deref());
        let real = real.map(|exe| fs::canonicalize(exe).unwrap_or_else(|_gone| exe.to_owned()));
        if let Some(folder) = real.as_deref().and_then(Path::parent) {
            search.add(folder.join(FILE_NAME), Why::BesideReal);
        }
        if let Some(folder) = env.config_folder() {
            search.add(folder.join(FILE_NAME), Why::Xdg);
        }
        search
    }

    /// The one that is used: the first that is there.
    pub fn used(&self) -> Option<&Candidate> {
        self.candidates.iter().find(|candidate| candidate.exists)
    }

    fn add(&mut self, path: PathBuf, why: Why) {
        let known = self.candidates.iter().any(|other| other.path == path);
        if !known {
            // A pipe or /dev/null is as good as a file: an empty configuration.
            let exists = path.exists() && !path.is_dir();
            self.candidates.push(Candidate { path, why, exists });
        }
    }
}

/// The folders above, nearest first, up to the one that holds `.git`; none where there is no repository.
fn above(folder: &Path) -> Vec<&Path> {
    let mut folders = Vec::new();
    for folder in folder.ancestors() {
        folders.push(folder);
        if folder.join(".git").exists() {
            folders.remove(0);
            return folders;
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink, path::Path};

    use super::{Error, Search, Why};
    use crate::config::env::Env;

    fn env(cwd: &Path) -> Env {
        Env {
            cwd: cwd.to_owned(),
            home: Some(cwd.join("home")),
            ..Env::default()
        }
    }

    fn write(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }

    fn used(flag: Option<&Path>, env: &Env) -> Why {
        Search::run(flag, env).unwrap().used().unwrap().why
    }

    #[test]
    fn each_place_is_used_when_those_before_it_are_empty() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        let here = root.join("repo/a/b");
        fs::create_dir_all(&here).unwrap();
        fs::create_dir_all(root.join("repo/.git")).unwrap();
        let mut env = env(&here);
        assert_eq!(Search::run(None, &env).unwrap().used(), None);
        write(&env.config_folder().unwrap().join("wharf.toml"));
        assert_eq!(used(None, &env), Why::Xdg);
        write(&root.join("repo/wharf.toml"));
        assert_eq!(used(None, &env), Why::Above);
        write(&here.join("wharf.toml"));
        assert_eq!(used(None, &env), Why::Here);
        write(&root.join("v.toml"));
        let variable = root.join("v.toml").to_str().unwrap().to_owned();
        env.variables.insert("WHARF_CONFIG".into(), variable);
        assert_eq!(used(None, &env), Why::Variable);
        assert_eq!(used(Some(&root.join("v.toml")), &env), Why::Flag);
    }

    #[test]
    fn nothing_above_the_repository_is_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().join("repo");
        write(&folder.path().join("wharf.toml"));
        fs::create_dir_all(here.join(".git")).unwrap();
        assert_eq!(Search::run(None, &env(&here)).unwrap().used(), None);
    }

    #[test]
    fn a_linked_program_finds_what_lies_beside_its_real_file() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        let (tools, data) = (root.join("tools"), root.join("data"));
        write(&tools.join("wharf.toml"));
        write(&tools.join("wharf"));
        fs::create_dir_all(&data).unwrap();
        symlink(tools.join("wharf"), data.join("wharf")).unwrap();
        let mut env = env(&root.join("elsewhere"));
        env.called = Some(data.join("wharf"));
        assert_eq!(used(None, &env), Why::BesideReal);
        symlink(tools.join("wharf.toml"), data.join("wharf.toml")).unwrap();
        assert_eq!(used(None, &env), Why::BesideCalled);
    }

    #[test]
    fn a_file_that_is_named_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("wharf.toml"));
        let mut env = env(folder.path());
        let missing = Search::run(Some(Path::new("no.toml")), &env).unwrap_err();
        assert!(matches!(
            missing,
            Error::Missing {
                named_by: "--config",
                ..
            }
        ));
        env.variables
            .insert("WHARF_CONFIG".into(), "no.toml".into());
        let missing = Search::run(None, &env).unwrap_err();
        assert!(matches!(
            missing,
            Error::Missing {
                named_by: "$WHARF_CONFIG",
                ..
            }
        ));
    }
}
