//! What to do after a failure: decided here once, from the kind of failure and the number of tries.

use serde::{Deserialize, Serialize};

/// What kind of failure an answer (or its absence) was; `backend::error` classifies, this room decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// 503 `SlowDown`, 429: slow down and try again.
    Throttled,
    /// 500, reset, cut body, timeout: try again.
    Transient,
    /// Content and checksum disagree: try again, then name it.
    Corrupt,
    /// 412 or a file that changed: the world is not what the plan saw.
    Changed,
    /// 404: key, bucket or upload.
    NotFound,
    /// 403 for this object or operation.
    Denied,
    /// Credentials are missing, expired or wrong: the task pauses.
    Credentials,
    /// Disk full: the task pauses.
    DiskFull,
    /// Archived: must be restored first.
    Archived,
    /// The request itself is wrong, or the name cannot exist there: no try helps.
    Refused,
    /// A person stopped it.
    Cancelled,
}
