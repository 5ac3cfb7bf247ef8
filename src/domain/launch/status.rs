//! The status object: what an instance tells of its run, in `status.json` beside the launch. Its last one says how all ended.

use jiff::Timestamp;
use serde::Deserialize;

/// Where a run on its instance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It boots, mounts, fetches.
    Booting,
    /// Its init script runs.
    Init,
    /// Its code is checked out.
    Code,
    /// Its inputs are pulled and proven.
    Inputs,
    /// It trains.
    Training,
    /// Its outputs are pushed.
    Pushing,
    /// They are recorded and proven.
    Proving,
    /// All is over.
    Ended,
    /// A word that is not known here.
    #[default]
    #[serde(other)]
    Unknown,
}

impl Phase {
    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Booting => "booting",
            Self::Init => "init",
            Self::Code => "code",
            Self::Inputs => "inputs",
            Self::Training => "training",
            Self::Pushing => "pushing",
            Self::Proving => "proving",
            Self::Ended => "ended",
            Self::Unknown => "unknown",
        }
    }
}

/// What the instance told; texts are as it wrote them: hostile until `printable`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct Status {
    /// The launch.
    #[serde(default)]
    pub launch: String,
    /// The instance.
    #[serde(default)]
    pub instance: Option<String>,
    /// Where it is.
    #[serde(default)]
    pub state: Phase,
    /// How it ended: `done`, `failed`, `time`, `spot`, `killed`, `interrupted`, `setup`, `init`, `code`, `inputs`.
    #[serde(default)]
    pub outcome: Option<String>,
    /// The exit code of the script that ended it.
    #[serde(default)]
    pub exit: Option<i64>,
    /// Why, in its words.
    #[serde(default)]
    pub why: Option<String>,
    /// Whether the outputs were pushed.
    #[serde(default)]
    pub pushed: Option<bool>,
    /// Whether what stood there at the end was recorded; `None` before the end, and where nothing was to be recorded.
    #[serde(default)]
    pub recorded: Option<bool>,
    /// Whether the instance proved that they are in S3.
    #[serde(default)]
    pub proven: Option<bool>,
    /// The commit of the code.
    #[serde(default)]
    pub commit: Option<String>,
    /// When it began.
    #[serde(default)]
    pub began: Option<Timestamp>,
    /// When this was told.
    #[serde(default)]
    pub at: Option<Timestamp>,
}

impl Status {
    /// From the text of the object; `None` where it is none.
    pub fn read(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    /// Whether all is over on the instance.
    pub fn is_over(&self) -> bool {
        self.state == Phase::Ended
    }
}

#[cfg(test)]
mod tests {
    use super::{Phase, Status};

    #[test]
    fn a_status_is_read_as_the_instance_writes_it_and_later_words_are_no_fault() {
        let text = br#"{"type":"status","run":"stage2","launch":"20260111-170203-0a1b","instance":"i-0a","state":"ended","outcome":"failed","exit":3,"why":"the training ended with 3","pushed":true,"recorded":true,"proven":true,"commit":null,"began":"2026-01-11T17:02:03Z","at":"2026-01-11T18:02:03Z","more":[1]}"#;
        let status = Status::read(text).unwrap();
        assert!(status.is_over());
        assert_eq!(status.exit, Some(3));
        assert_eq!(status.recorded, Some(true));
        assert_eq!(status.outcome.as_deref(), Some("failed"));
        let later = Status::read(br#"{"state":"resting"}"#).unwrap();
        assert_eq!((later.state, later.is_over()), (Phase::Unknown, false));
        assert_eq!(Status::read(b"<html>"), None);
    }
}
