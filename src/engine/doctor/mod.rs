//! Examines places before anything is moved: each question that a place must answer is a `Finding` with its remedy.
//! Reads only, unless `writes` is asked for: then one small object is written below `.wharf-doctor/` and removed again.

mod folder;
mod prefix;
mod remote;

use crate::backend::Error;
use crate::domain::location::Location;

use super::{Engine, event::FailedClass, failed};

/// What is to be examined.
#[derive(Debug, Clone)]
pub struct Checkup {
    /// A folder, a prefix, or a remote (`REMOTE:s3://`).
    pub location: Location,
    /// Whether it will be written to: asks what writing needs.
    pub writes: bool,
}

/// A question that a place must answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Check {
    /// Is the folder there?
    Folder,
    /// May it be written?
    Writable,
    /// How much room is left?
    Space,
    /// Does the file system keep names apart?
    Names,
    /// Where do requests go?
    Endpoint,
    /// Who are we?
    Credentials,
    /// Is the bucket there, and where does it live?
    Bucket,
    /// May the prefix be listed?
    List,
    /// May its objects be read?
    Read,
    /// May objects be written?
    Write,
    /// May objects be deleted?
    Delete,
    /// Does the store keep checksums?
    Checksums,
    /// Does the store hold to conditions?
    Conditions,
    /// Does this machine's clock agree with the store's?
    Clock,
}

impl Check {
    /// The question in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::Writable => "writable",
            Self::Space => "space",
            Self::Names => "names",
            Self::Endpoint => "endpoint",
            Self::Credentials => "credentials",
            Self::Bucket => "bucket",
            Self::List => "list",
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::Checksums => "checksums",
            Self::Conditions => "conditions",
            Self::Clock => "clock",
        }
    }
}

/// How a question was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// As it should be.
    Ok,
    /// It works, with something to know.
    Warn,
    /// It does not work; what that means for a script.
    Fail(FailedClass),
}

/// A question and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The question.
    pub check: Check,
    /// How it was answered.
    pub health: Health,
    /// What was found, safe for a terminal.
    pub detail: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Finding {
    fn ok(check: Check, detail: impl Into<String>) -> Self {
        Self {
            check,
            health: Health::Ok,
            detail: detail.into(),
            help: None,
        }
    }

    fn warn(check: Check, detail: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            health: Health::Warn,
            help: Some(help.into()),
            ..Self::ok(check, detail)
        }
    }

    fn fail(check: Check, detail: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            health: Health::Fail(FailedClass::Usage),
            ..Self::warn(check, detail, help)
        }
    }

    /// The answer that an error is; its reason names the remedy.
    fn error(check: Check, error: &Error) -> Self {
        let id = error.request_id.as_ref();
        let id = id
            .map(|id| format!(" (request id {id})"))
            .unwrap_or_default();
        Self {
            health: Health::Fail(failed::class(error)),
            ..Self::ok(check, format!("{}{id}", error.reason))
        }
    }
}

impl Engine {
    /// Asks all that concerns this place, in the order in which one thing needs the other; stops where nothing more can be known.
    pub async fn examine(&self, checkup: &Checkup) -> Vec<Finding> {
        let sessions = &self.room.sessions;
        match &checkup.location {
            Location::Disk(path) => folder::examine(path, checkup.writes).await,
            Location::Buckets(remote) => Box::pin(remote::examine(sessions, remote)).await,
            Location::S3(of) => Box::pin(prefix::examine(sessions, of, checkup.writes)).await,
            Location::Manifest(of) => {
                let of = Checkup {
                    location: Location::clone(of),
                    writes: false,
                };
                Box::pin(self.examine(&of)).await
            }
        }
    }
}
