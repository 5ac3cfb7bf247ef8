//! HEAD: an object's facts, its checksum and what it bears beside its content.

use aws_sdk_s3::types::ChecksumMode;
use http::Method;

use crate::backend::{counter::Operation, error::Error, store::Stat};
use crate::domain::{key::Key, retry::FailureKind};

use super::{
    Call, S3,
    hot::{self, Question},
    wire, with_customer_key,
};

impl S3 {
    /// HEAD with the checksum that the store keeps.
    ///
    /// # Errors
    /// `NotFound` where there is no such object, `Denied` where the credentials may not read it.
    pub async fn stat(&self, key: &Key) -> Result<Stat, Error> {
        let full = self.full_to_read(Operation::HeadObject, key).await?;
        let call = Call::new(Operation::HeadObject, &full);
        if self.is_thin().await {
            let question = Question::new(Method::HEAD, Some(&full))
                .asking_checksum(self.has_checksums())
                .customer(self.customer.as_ref())
                .payer(self.pays());
            let read = async |reply: hot::Reply| Ok(hot::head::stat(key, reply.headers()));
            return Box::pin(self.ask(call, &question, read)).await;
        }
        let send = |client: aws_sdk_s3::Client| {
            let request = client
                .head_object()
                .bucket(self.bucket())
                .key(&full)
                .set_checksum_mode(self.has_checksums().then_some(ChecksumMode::Enabled))
                .set_request_payer(self.payer());
            with_customer_key!(request, self).send()
        };
        let told = Box::pin(self.call(call, send)).await?;
        let entry = wire::Told {
            key: key.clone(),
            size: told
                .content_length()
                .and_then(|size| u64::try_from(size).ok())
                .unwrap_or_default(),
            modified: told.last_modified().and_then(wire::timestamp),
            etag: told.e_tag(),
            version: told.version_id(),
            class: told
                .storage_class()
                .map(aws_sdk_s3::types::StorageClass::as_str),
            restore: told.restore(),
        };
        Ok(Stat {
            entry: entry.entry(),
            checksum: wire::sums!(told).best(),
            headers: wire::headers!(told),
            tag_count: told.tag_count().and_then(|count| u32::try_from(count).ok()),
            request_id: wire::request_id(&told),
        })
    }

    /// Asks whether the bucket is there; learns its region on the way.
    ///
    /// # Errors
    /// `NoBucket`, `Denied`, or no answer.
    pub(in crate::backend) async fn head_bucket(&self) -> Result<(), Error> {
        let send = |client: aws_sdk_s3::Client| client.head_bucket().bucket(self.bucket()).send();
        Box::pin(self.call(Call::of_bucket(Operation::HeadBucket), send))
            .await
            .map(drop)
    }

    /// The whole key to read: that of the single object where the location is one and bears this name.
    pub(super) async fn full_to_read(
        &self,
        operation: Operation,
        key: &Key,
    ) -> Result<String, Error> {
        let alike = !self.place.is_exact() && self.place.single_name().as_ref() == Some(key);
        if alike
            && Box::pin(self.single())
                .await
                .map_err(|error| self.unsure(operation, key, error))?
                .is_some()
        {
            return Ok(self.place.single_path().to_owned());
        }
        self.full(operation, key)
    }

    fn unsure(&self, operation: Operation, key: &Key, error: Error) -> Error {
        if error.failure_kind() != FailureKind::Denied {
            return error;
        }
        let reason = format!(
            "cannot tell whether the location is a folder or this one object: write its folder with a slash ({})",
            error.reason
        );
        Error {
            request_id: error.request_id,
            ..self.refused(operation, key, reason)
        }
    }
}
