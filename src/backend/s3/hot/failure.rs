//! What a request of the thin plane failed with, and the error that this is.

use std::fmt::Display;

use aws_credential_types::provider::error::CredentialsError;
use hyper_util::client::legacy;

use crate::backend::error::{Answer, Asked, Error, Trouble, broken, innermost, undelivered};
use crate::domain::retry::FailureKind;

/// A request that failed.
#[derive(Debug)]
pub(in crate::backend::s3) enum Failure {
    /// S3 answered with an error; `again`: by a clock that is set right by now.
    Answered { answer: Box<Answer>, again: bool },
    /// There are no keys to sign with.
    Credentials(CredentialsError),
    /// No answer came; `again`: the connection had been kept, and the request may be sent twice.
    Undelivered { error: legacy::Error, again: bool },
    /// The answer broke off, or says nothing that can be read.
    Senseless(String),
    /// It cannot even be put into words.
    Unmakeable(String),
}

impl Failure {
    pub(super) fn unmakeable(why: impl Display) -> Self {
        Self::Unmakeable(why.to_string())
    }

    pub(in crate::backend::s3) fn senseless(why: impl Display) -> Self {
        Self::Senseless(why.to_string())
    }

    pub(super) fn broke_off(error: &hyper::Error) -> Self {
        Self::Senseless(innermost(error))
    }
}

impl Trouble for Failure {
    fn asks_again(&self) -> bool {
        match self {
            Self::Answered { again, .. } | Self::Undelivered { again, .. } => *again,
            Self::Credentials(_) | Self::Senseless(_) | Self::Unmakeable(_) => false,
        }
    }

    fn told(self, asked: &Asked<'_>) -> Error {
        let (kind, reason) = match self {
            Self::Answered { answer, .. } => return answer.judge(asked),
            Self::Credentials(error) => undelivered(asked, &error),
            Self::Undelivered { error, .. } => undelivered(asked, &error),
            Self::Senseless(why) => broken(asked, &why),
            Self::Unmakeable(why) => {
                let reason = format!("the request could not be made: {why}");
                (FailureKind::Refused.into(), reason)
            }
        };
        Error {
            kind,
            ..Error::new(
                asked.operation.name(),
                asked.target(),
                FailureKind::Refused,
                reason,
            )
        }
    }
}
