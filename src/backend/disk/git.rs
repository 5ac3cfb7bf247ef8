//! Whether git would track what is written at a path: such a place is refused as a destination.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use ignore::{
    Match,
    gitignore::{Gitignore, GitignoreBuilder},
};

use crate::domain::text::printable;

/// A destination that git would track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitRefusal {
    /// The work tree's root.
    pub repository: PathBuf,
    /// The destination below it; empty for the root itself.
    pub below: PathBuf,
}

impl std::fmt::Display for GitRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = |path: &Path| printable(path.as_os_str().as_encoded_bytes()).into_owned();
        let (repository, below) = (shown(&self.repository), shown(&self.below));
        write!(
            f,
            "git would track what is written here: the folder is in the repository {repository}. \
             Either let git ignore it (a line \"/{below}/\" in {repository}/.gitignore), \
             or allow it with forbid_git = false in the mapping"
        )
    }
}

/// Whether git would track a file written into the folder `path` (or as `path`); `None` where it would not.
///
/// Reads `.gitignore` of each folder on the way, `.git/info/exclude` and the user's own excludes, as git does. The folder
/// need not exist yet. Patterns for some files only (`*.parquet`) do not make a folder ignored.
pub fn git_tracks(path: &Path) -> Option<GitRefusal> {
    let path = settled(path);
    let repository = path
        .ancestors()
        .find(|above| above.join(".git").exists())?
        .to_owned();
    let below = path.strip_prefix(&repository).ok()?.to_owned();
    let refusal = GitRefusal { repository, below };
    (!is_ignored(&refusal.repository, &refusal.below)).then_some(refusal)
}

/// The absolute path with the links of what exists of it resolved.
fn settled(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_unknown| path.to_owned());
    let real = |above: &Path| {
        Some((
            fs::canonicalize(above).ok()?,
            absolute.strip_prefix(above).ok()?.to_owned(),
        ))
    };
    match absolute.ancestors().find_map(real) {
        Some((real, rest)) if rest.as_os_str().is_empty() => real,
        Some((real, rest)) => real.join(rest),
        None => absolute,
    }
}

fn is_ignored(repository: &Path, below: &Path) -> bool {
    let mut rules = vec![
        Gitignore::global().0,
        file(repository, &exclude_file(repository)),
    ];
    let mut folder = repository.to_owned();
    rules.push(file(repository, &folder.join(".gitignore")));
    for name in below.components() {
        folder.push(name);
        if judged(&rules, &folder, true) {
            return true;
        }
        rules.push(file(&folder, &folder.join(".gitignore")));
    }
    judged(&rules, &folder.join("any-file"), false)
}

/// The nearest file of rules that says anything decides.
fn judged(rules: &[Gitignore], path: &Path, is_folder: bool) -> bool {
    let said = rules
        .iter()
        .rev()
        .map(|rules| rules.matched(path, is_folder))
        .find(|said| !said.is_none());
    matches!(said, Some(Match::Ignore(_)))
}

fn file(root: &Path, path: &Path) -> Gitignore {
    let mut builder = GitignoreBuilder::new(root);
    // A file that is missing or cannot be read ignores nothing: the safe side.
    builder.add(path);
    builder.build().unwrap_or_else(|_broken| Gitignore::empty())
}

/// `info/exclude` of the repository, also where `.git` is a file that points elsewhere (work trees, submodules).
fn exclude_file(repository: &Path) -> PathBuf {
    let dot_git = repository.join(".git");
    let pointed = || -> io::Result<PathBuf> {
        let text = fs::read_to_string(&dot_git)?;
        let folder = repository.join(text.trim().trim_start_matches("gitdir:").trim());
        let common =
            fs::read_to_string(folder.join("commondir")).map(|common| folder.join(common.trim()));
        Ok(common.unwrap_or(folder))
    };
    let folder = if dot_git.is_dir() {
        dot_git.clone()
    } else {
        pointed().unwrap_or(dot_git.clone())
    };
    folder.join("info/exclude")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::git_tracks;

    #[test]
    fn only_what_git_would_track_is_refused() {
        let top = tempfile::tempdir().unwrap();
        let at = |below: &str| top.path().join(below);
        assert_eq!(git_tracks(&at("data/new")), None, "no repository");
        fs::create_dir_all(at(".git/info")).unwrap();
        fs::create_dir_all(at("own")).unwrap();
        fs::write(at(".gitignore"), "/data/\n*.parquet\nlogs/*\n!logs/keep/\n").unwrap();
        fs::write(at(".git/info/exclude"), "scratch/\n").unwrap();
        fs::write(at("own/.gitignore"), "*\n").unwrap();
        for ignored in [
            "data",
            "data/a/b",
            "deep/scratch/x",
            "own",
            "own/x",
            "logs/x",
        ] {
            assert_eq!(git_tracks(&at(ignored)), None, "{ignored}");
        }
        for tracked in ["", "src", "src/data2", "logs/keep", "deep/data"] {
            assert!(git_tracks(&at(tracked)).is_some(), "{tracked}");
        }
        let refusal = git_tracks(&at("src")).unwrap().to_string();
        assert!(
            refusal.contains("/src/") && refusal.contains("forbid_git = false"),
            "{refusal}"
        );
    }

    #[test]
    fn a_work_tree_of_its_own_finds_the_common_excludes() {
        let top = tempfile::tempdir().unwrap();
        let at = |below: &str| top.path().join(below);
        fs::create_dir_all(at("main/.git/info")).unwrap();
        fs::create_dir_all(at("main/.git/worktrees/w")).unwrap();
        fs::create_dir_all(at("w")).unwrap();
        fs::write(at("main/.git/info/exclude"), "data\n").unwrap();
        fs::write(at("main/.git/worktrees/w/commondir"), "../..\n").unwrap();
        let pointer = format!("gitdir: {}\n", at("main/.git/worktrees/w").display());
        fs::write(at("w/.git"), pointer).unwrap();
        assert_eq!(git_tracks(&at("w/data/x")), None);
        assert!(git_tracks(&at("w/src")).is_some());
    }
}
