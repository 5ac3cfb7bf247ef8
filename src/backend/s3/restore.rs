//! `RestoreObject`: a copy of an archived object that can be read, for some days.

use aws_sdk_s3::types::{GlacierJobParameters, RestoreRequest, Tier};

use crate::backend::{counter::Operation, error::Error};
use crate::domain::{
    key::Key,
    plan::{Restore, RestoreTier},
};

use super::{Call, S3};

/// S3's word where the same was asked for before.
const UNDER_WAY: &str = "RestoreAlreadyInProgress";

impl S3 {
    /// Asks for a copy of an archived object that can be read; done when S3 took the question, or had taken it before.
    ///
    /// # Errors
    /// `Refused` where the object is not archived or the tier does not fit its class, `Denied`.
    pub async fn restore(&self, key: &Key, restore: Restore) -> Result<(), Error> {
        let operation = Operation::RestoreObject;
        let full = self.full_to_read(operation, key).await?;
        let tier = match restore.tier {
            RestoreTier::Expedited => Tier::Expedited,
            RestoreTier::Standard => Tier::Standard,
            RestoreTier::Bulk => Tier::Bulk,
        };
        let job = GlacierJobParameters::builder().tier(tier).build();
        let job = job.map_err(|error| self.refused(operation, key, error.to_string()))?;
        let asked = RestoreRequest::builder()
            .days(restore.days.into())
            .glacier_job_parameters(job)
            .build();
        let send = |client: aws_sdk_s3::Client| {
            client
                .restore_object()
                .bucket(self.bucket())
                .key(&full)
                .restore_request(asked.clone())
                .set_request_payer(self.payer())
                .send()
        };
        match Box::pin(self.call(Call::new(operation, &full), send)).await {
            Err(error) if !error.reason.contains(UNDER_WAY) => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}
