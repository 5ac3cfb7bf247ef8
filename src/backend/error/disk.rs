//! io errors of local files → `Error`, with what a person can do.

use std::{io, path::Path};

use rustix::io::Errno;

use crate::domain::{retry::FailureKind, text::printable};

use super::{Error, ErrorKind};

impl Error {
    /// An error of the file system at `path`.
    pub(in crate::backend) fn io(op: &'static str, path: &Path, error: &io::Error) -> Self {
        let (kind, reason) = told(op, error);
        Self {
            op,
            target: printable(path.as_os_str().as_encoded_bytes()).into_owned(),
            kind,
            reason,
            request_id: None,
        }
    }
}

fn told(op: &'static str, error: &io::Error) -> (ErrorKind, String) {
    let known =
        Errno::from_io_error(error).and_then(|errno| Some((kind(errno)?, words(op, errno)?)));
    known.map_or_else(
        || {
            (
                other(error).into(),
                printable(error.to_string().as_bytes()).into_owned(),
            )
        },
        |(kind, words)| (kind, words.to_owned()),
    )
}

fn kind(errno: Errno) -> Option<ErrorKind> {
    let kind = match errno {
        Errno::NOSPC | Errno::DQUOT => FailureKind::DiskFull,
        Errno::ACCESS | Errno::PERM | Errno::ROFS => FailureKind::Denied,
        Errno::NOENT => FailureKind::NotFound,
        Errno::EXIST => FailureKind::Changed,
        Errno::MFILE | Errno::NFILE | Errno::IO | Errno::STALE => FailureKind::Transient,
        Errno::ISDIR | Errno::LOOP | Errno::XDEV | Errno::NAMETOOLONG | Errno::FBIG => {
            FailureKind::Refused
        }
        Errno::NOTDIR => return Some(ErrorKind::NotAFolder),
        _ => return None,
    };
    Some(kind.into())
}

fn words(op: &'static str, errno: Errno) -> Option<&'static str> {
    Some(match errno {
        Errno::NOSPC => "the disk is full: free some space",
        Errno::DQUOT => "your quota on this disk is used up: free some space",
        Errno::ACCESS | Errno::PERM => denied(op),
        Errno::ROFS => {
            "the file system is mounted read-only: choose another folder, or mount it writable"
        }
        Errno::NOENT => "no such file or folder: check the path",
        Errno::NOTDIR => {
            "a file stands where a folder is needed: rename it, or choose another place"
        }
        Errno::ISDIR => {
            "a folder stands where a file is needed: rename it, or choose another place"
        }
        Errno::EXIST => {
            "what stands there is not what stood there when it was compared: compare again"
        }
        Errno::LOOP | Errno::XDEV => linked(op),
        Errno::NAMETOOLONG => {
            "the name is longer than this file system takes: copy it to a shorter key first"
        }
        Errno::MFILE | Errno::NFILE => {
            "too many files are open: fewer workers help (--workers), or a higher limit (ulimit -n)"
        }
        Errno::IO => "the disk or its network failed while reading or writing",
        Errno::STALE => "the network file system lost the file for a moment",
        Errno::FBIG => "the file is larger than this file system takes",
        _ => return None,
    })
}

fn linked(op: &'static str) -> &'static str {
    match op {
        "open" | "list" | "stat" => {
            "the path leads through a symbolic link: --symlinks follow takes what it points to"
        }
        _ => {
            "the path leads through a symbolic link, and nothing is written or deleted through links: choose the real folder"
        }
    }
}

fn denied(op: &'static str) -> &'static str {
    match op {
        "open" | "list" | "stat" => {
            "no permission to read it: chmod or chown it, or leave it out with --exclude"
        }
        _ => "no permission to write there: chmod or chown the folder, or choose another one",
    }
}

fn other(error: &io::Error) -> FailureKind {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return FailureKind::Changed;
    }
    let again = [io::ErrorKind::Interrupted, io::ErrorKind::TimedOut];
    if again.contains(&error.kind()) {
        return FailureKind::Transient;
    }
    FailureKind::Refused
}

#[cfg(test)]
mod tests {
    use std::{io, path::Path};

    use rustix::io::Errno;

    use super::{Error, ErrorKind, FailureKind};

    #[test]
    fn what_the_disk_says_is_classified_and_has_a_remedy() {
        for (errno, kind, word) in [
            (Errno::NOSPC, FailureKind::DiskFull, "free some space"),
            (Errno::DQUOT, FailureKind::DiskFull, "quota"),
            (Errno::ACCESS, FailureKind::Denied, "chmod"),
            (Errno::ROFS, FailureKind::Denied, "read-only"),
            (Errno::NOENT, FailureKind::NotFound, "no such file"),
            (Errno::EXIST, FailureKind::Changed, "compare again"),
            (Errno::LOOP, FailureKind::Refused, "symbolic link"),
            (Errno::NAMETOOLONG, FailureKind::Refused, "longer"),
            (Errno::MFILE, FailureKind::Transient, "--workers"),
        ] {
            let error = Error::io("rename", Path::new("/a\x1b"), &io::Error::from(errno));
            assert_eq!(error.kind, ErrorKind::Failure(kind), "{errno}");
            assert!(error.reason.contains(word), "{}", error.reason);
            assert!(!error.to_string().contains('\x1b'));
        }
        let read = Error::io("open", Path::new("/a"), &io::Error::from(Errno::ACCESS));
        assert!(read.reason.contains("--exclude"), "{}", read.reason);
        let folder = Error::io("list", Path::new("/a"), &io::Error::from(Errno::NOTDIR));
        assert_eq!(folder.kind, ErrorKind::NotAFolder);
        let short = io::Error::from(io::ErrorKind::UnexpectedEof);
        assert_eq!(
            Error::io("read", Path::new("/a"), &short).failure_kind(),
            FailureKind::Changed
        );
    }
}
