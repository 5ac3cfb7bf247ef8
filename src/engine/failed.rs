//! Errors of other rooms as a front end is told them: what they mean for a script, and what to do next.

use crate::backend::{Error, ErrorKind};
use crate::domain::{filter::FilterError, plan::PlanError, progress::TaskId, retry::FailureKind};

use super::{
    event::{Failed, FailedClass},
    journal::JournalError,
};

impl Failed {
    /// A guard refuses; `help` names the way past it.
    pub(super) fn guard(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            class: FailedClass::Guard,
            message: message.into(),
            help: Some(help.into()),
            request_id: None,
        }
    }

    /// There is no task of this number.
    pub(super) fn no_task(task: TaskId) -> Self {
        Self {
            help: Some("wharf tasks list tells those that are known".to_owned()),
            ..Self::usage(format!("there is no task {}", task.0))
        }
    }

    /// Wrong use.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self {
            class: FailedClass::Usage,
            message: message.into(),
            help: None,
            request_id: None,
        }
    }
}

impl From<&Error> for Failed {
    fn from(error: &Error) -> Self {
        Self {
            class: class(error),
            message: error.to_string(),
            help: None,
            request_id: error.request_id.clone(),
        }
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

impl From<JournalError> for Failed {
    fn from(error: JournalError) -> Self {
        Self {
            class: FailedClass::Broken,
            ..Self::usage(error.to_string())
        }
    }
}

impl From<PlanError> for Failed {
    fn from(error: PlanError) -> Self {
        let class = match error {
            PlanError::Guard(_) | PlanError::Route(_) => FailedClass::Guard,
            PlanError::NoWay { .. } | PlanError::Version(_) => FailedClass::Usage,
        };
        Self {
            class,
            message: error.to_string(),
            help: None,
            request_id: None,
        }
    }
}

impl From<FilterError> for Failed {
    fn from(error: FilterError) -> Self {
        Self::usage(error.to_string())
    }
}

/// What a failure means for a script: what a person can set right in the command or the configuration is wrong use.
pub(super) fn class(error: &Error) -> FailedClass {
    match &error.kind {
        ErrorKind::NoBucket | ErrorKind::WrongRegion { .. } | ErrorKind::NotAFolder => {
            FailedClass::Usage
        }
        ErrorKind::Unreachable | ErrorKind::Unmodified | ErrorKind::OutOfRange => {
            FailedClass::Broken
        }
        ErrorKind::Failure(kind) => match kind {
            FailureKind::Credentials | FailureKind::Refused | FailureKind::NotFound => {
                FailedClass::Usage
            }
            FailureKind::Cancelled => FailedClass::Cancelled,
            FailureKind::Throttled
            | FailureKind::Transient
            | FailureKind::Corrupt
            | FailureKind::Changed
            | FailureKind::Denied
            | FailureKind::DiskFull
            | FailureKind::Archived => FailedClass::Broken,
        },
    }
}
