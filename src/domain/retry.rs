//! What to do after a failure: decided here once, from the kind of failure and the number of tries.

use std::time::Duration;

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

impl FailureKind {
    /// Whether what failed so may have been done all the same: its answer was lost, or speaks of a moment only.
    pub fn leaves_open(self) -> bool {
        match self {
            Self::Throttled | Self::Transient | Self::Corrupt => true,
            Self::Changed
            | Self::NotFound
            | Self::Denied
            | Self::Credentials
            | Self::DiskFull
            | Self::Archived
            | Self::Refused
            | Self::Cancelled => false,
        }
    }
}

/// What to do after a try that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Try again after this time.
    Wait(Duration),
    /// No further try helps, or all are used up: the object failed.
    GiveUp,
    /// A person must mend something first: the whole task is held.
    Pause,
}

/// How often and how patiently to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Tries in all, the first one included.
    pub tries: u32,
    /// The most that is waited after the first try; it doubles with each further one.
    pub base: Duration,
    /// The most that is ever waited.
    pub cap: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            tries: 6,
            base: Duration::from_millis(200),
            cap: Duration::from_secs(20),
        }
    }
}

impl Retry {
    /// So many tries beyond the first.
    pub fn beyond_first(retries: u32) -> Self {
        Self {
            tries: retries.saturating_add(1),
            ..Self::default()
        }
    }

    /// What follows when try number `attempt` (from 1) failed so; `random` lies in 0..1 and spreads the waits of many
    /// workers, so that they do not come back all at once.
    pub fn next(&self, attempt: u32, kind: FailureKind, random: f64) -> Decision {
        let spread = random.clamp(0.0, 1.0);
        match kind {
            FailureKind::Credentials | FailureKind::DiskFull => Decision::Pause,
            FailureKind::Changed
            | FailureKind::NotFound
            | FailureKind::Denied
            | FailureKind::Archived
            | FailureKind::Refused
            | FailureKind::Cancelled => Decision::GiveUp,
            _ if attempt >= self.tries => Decision::GiveUp,
            // Who is asked to slow down waits at least half of the time.
            FailureKind::Throttled => Decision::Wait(self.wait(attempt, 0.5 + spread / 2.0)),
            FailureKind::Transient | FailureKind::Corrupt => {
                Decision::Wait(self.wait(attempt, spread))
            }
        }
    }

    /// This share (0 to 1) of the most that is waited after this try.
    pub fn wait(&self, attempt: u32, share: f64) -> Duration {
        self.most(attempt).mul_f64(share.clamp(0.0, 1.0))
    }

    /// The most that is waited after this try.
    fn most(&self, attempt: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(attempt.saturating_sub(1));
        self.base.saturating_mul(doubled).min(self.cap)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::{Decision, FailureKind, Retry};

    const RETRY: Retry = Retry {
        tries: 4,
        base: Duration::from_millis(100),
        cap: Duration::from_millis(250),
    };

    #[test]
    fn waits_double_up_to_the_cap_and_then_end() {
        let waits: Vec<Decision> = (1..=4)
            .map(|attempt| RETRY.next(attempt, FailureKind::Transient, 1.0))
            .collect();
        let wait = |millis| Decision::Wait(Duration::from_millis(millis));
        assert_eq!(waits, [wait(100), wait(200), wait(250), Decision::GiveUp]);
        assert_eq!(RETRY.next(1, FailureKind::Transient, 0.0), wait(0));
        assert_eq!(RETRY.next(1, FailureKind::Throttled, 0.0), wait(50));
        assert_eq!(RETRY.next(3, FailureKind::Corrupt, 0.5), wait(125));
    }

    #[test]
    fn what_no_try_helps_is_given_up_or_held_at_once() {
        for kind in [
            FailureKind::Changed,
            FailureKind::NotFound,
            FailureKind::Denied,
            FailureKind::Archived,
            FailureKind::Refused,
            FailureKind::Cancelled,
        ] {
            assert_eq!(RETRY.next(1, kind, 0.5), Decision::GiveUp);
        }
        for kind in [FailureKind::Credentials, FailureKind::DiskFull] {
            assert_eq!(RETRY.next(9, kind, 0.5), Decision::Pause);
        }
        assert_eq!(
            Retry::beyond_first(0).next(1, FailureKind::Transient, 0.5),
            Decision::GiveUp
        );
    }

    proptest! {
        #[test]
        fn no_wait_is_longer_than_the_cap(attempt in any::<u32>(), random in -1.0..2.0_f64) {
            let retry = Retry { tries: u32::MAX, ..RETRY };
            for kind in [FailureKind::Throttled, FailureKind::Transient] {
                if let Decision::Wait(wait) = retry.next(attempt, kind, random) {
                    prop_assert!(wait <= RETRY.cap);
                }
            }
        }
    }
}
