//! The files of a folder on a run's machine: what is asked of its shell, and what the answer holds.

use jiff::Timestamp;

use crate::domain::{
    cloud::Said,
    entry::{Entry, Facts, Identity, Kind},
    key::Key,
};

use super::{failure, quoted};

/// The most files that are told, the newest ones.
const FILES: usize = 500;
/// Characters of an answer that SSM is sure to tell.
const TOLD: usize = 23_000;
/// What the shell says of a folder that is not there.
const MISSING: &str = "missing";

/// Asks for the newest files below a folder.
pub fn newest_files(folder: &str) -> String {
    let folder = quoted(folder);
    format!(
        "d={folder}\n[ -d \"$d\" ] || {{ echo {MISSING}; exit 0; }}\n\
         find \"$d/\" -maxdepth 0 -printf 'files\\n' || exit 1\n\
         find \"$d/\" -type f -printf '%T@ %s %P\\n' | sort -rn | head -n {FILES} | head -c {TOLD}\n"
    )
}

/// The files that an answer tells; none where there is no such folder.
///
/// # Errors
/// Words for a person.
pub fn files(said: &Said) -> Result<Vec<Entry>, String> {
    if let Some(why) = failure(said) {
        return Err(why);
    }
    let mut lines: Vec<&str> = said.stdout.lines().collect();
    if said.stdout.len() >= TOLD {
        // The last one may be torn.
        lines.pop();
    }
    match lines.split_first() {
        Some((&"files", files)) => Ok(files.iter().filter_map(|line| entry(line)).collect()),
        Some((&MISSING, [])) => Ok(Vec::new()),
        Some(_) | None => Err("the answer of the instance makes no sense".to_owned()),
    }
}

/// `1768140000.1234567890 4096 step=400.pt`.
fn entry(line: &str) -> Option<Entry> {
    let mut parts = line.splitn(3, ' ');
    let seconds = parts.next()?.split('.').next()?.parse().ok()?;
    let size = parts.next()?.parse().ok()?;
    Some(Entry {
        key: Key::from(parts.next()?),
        facts: Facts {
            kind: Kind::Object,
            size,
            modified: Some(Timestamp::from_second(seconds).ok()?),
            identity: Identity::None,
        },
    })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{super::process::tests::said, files, newest_files};

    /// The names and sizes that a shell of this machine tells.
    fn asked(folder: &std::path::Path) -> Vec<(String, u64)> {
        let script = newest_files(folder.to_str().unwrap());
        let told = Command::new("sh").args(["-c", &script]).output().unwrap();
        let told = files(&said(&String::from_utf8(told.stdout).unwrap())).unwrap();
        let each = told.into_iter();
        each.map(|one| (one.key.printable().into_owned(), one.facts.size))
            .collect()
    }

    #[test]
    fn a_shell_tells_the_files_of_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("it's a folder");
        assert_eq!(asked(&below), []);
        std::fs::create_dir_all(below.join("checkpoint-500")).unwrap();
        std::fs::write(below.join("checkpoint-500/a b.bin"), b"12345").unwrap();
        assert_eq!(asked(&below), [("checkpoint-500/a b.bin".to_owned(), 5)]);
    }

    #[test]
    fn what_is_no_list_of_files_is_told_and_a_torn_line_left_out() {
        assert!(files(&said("")).is_err());
        assert!(files(&said("1 2 x\n")).is_err());
        let line = format!("1768140000.5 7 {}\n", "x".repeat(400));
        let long = format!("files\n{}", line.repeat(60));
        let torn: String = long.chars().take(23_000).collect();
        let told = files(&said(&torn)).unwrap();
        assert_eq!(told.len(), (23_000 - 6) / line.len());
        assert!(told.iter().all(|one| one.key.as_bytes().len() == 400));
    }
}
