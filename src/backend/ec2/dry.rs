//! Dry runs: EC2 is asked whether it would do something. It answers what it would do with an error of a name of its own; a success
//! means that the flag was not read, and the thing may be done.

use std::error::Error as StdError;

use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};

use crate::backend::error::Error;
use crate::domain::retry::FailureKind;

use super::{Asked, Ec2};

/// Whether something is done, or only asked for whether it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Nothing changes: EC2 tells whether it would be allowed.
    DryRun,
    /// It is done.
    Real,
}

impl Manner {
    /// The flag of a request.
    pub(super) fn flag(self) -> Option<bool> {
        (self == Self::DryRun).then_some(true)
    }
}

impl Ec2 {
    /// The way out for what changes something.
    ///
    /// # Errors
    /// `Changed` where a dry run is answered as if it had been done.
    pub(super) async fn act<T, E>(
        &self,
        asked: Asked<'_>,
        manner: Manner,
        sent: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<(), Error>
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let heard = async {
            match sent.await {
                Err(error)
                    if manner == Manner::DryRun && error.code() == Some("DryRunOperation") =>
                {
                    Ok(false)
                }
                told => told.map(|_| true),
            }
        };
        let done = Box::pin(self.call(asked, heard)).await?;
        if done && manner == Manner::DryRun {
            return Err(Error::new(
                asked.operation,
                asked.shown(),
                FailureKind::Changed,
                "only a dry run was asked for, and the endpoint answered that it was done: look what is there",
            ));
        }
        Ok(())
    }
}
