//! `GetObjectAttributes`: the parts that an object was uploaded in, each with its checksum, where S3 keeps them.

use aws_sdk_s3::{
    operation::get_object_attributes::GetObjectAttributesOutput,
    types::{ObjectAttributes, ObjectPart},
};

use crate::backend::{
    counter::Operation,
    error::Error,
    store::{Checksum, Pin},
};
use crate::domain::key::Key;

use super::{Call, S3, wire, with_customer_key};

/// A part of an object, as it was uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartSum {
    /// Bytes.
    pub size: u64,
    /// Checksum of its bytes.
    pub checksum: Checksum,
}

impl S3 {
    /// The parts of an object in their order; none where it was not uploaded in parts, is no longer what `pin` says, or where
    /// the store does not keep the checksums of all of them.
    ///
    /// # Errors
    /// `Denied` where the credentials may not ask; stores that do not know the question answer `Refused`.
    pub async fn part_sums(&self, key: &Key, pin: &Pin) -> Result<Vec<PartSum>, Error> {
        let Pin::Object { etag, version } = pin else {
            return Ok(Vec::new());
        };
        let mut sums = Vec::new();
        let mut marker = None;
        loop {
            let page = self
                .attributes(key, (version.as_deref(), marker.clone()))
                .await?;
            let same = wire::etag(page.e_tag()).as_deref() == Some(&**etag);
            let Some(parts) = page.object_parts().filter(|_| same) else {
                return Ok(Vec::new());
            };
            let found: Option<Vec<PartSum>> = parts.parts().iter().map(sum).collect();
            let Some(found) = found else {
                return Ok(Vec::new());
            };
            sums.extend(found);
            let next = parts.next_part_number_marker().map(str::to_owned);
            if parts.is_truncated() != Some(true) || next.is_none() || next == marker {
                return Ok(sums);
            }
            marker = next;
        }
    }

    async fn attributes(
        &self,
        key: &Key,
        (version, marker): (Option<&str>, Option<String>),
    ) -> Result<GetObjectAttributesOutput, Error> {
        let operation = Operation::GetObjectAttributes;
        let full = self.full_to_read(operation, key).await?;
        let send = |client: aws_sdk_s3::Client| {
            let request = client
                .get_object_attributes()
                .bucket(self.bucket())
                .key(&full)
                .object_attributes(ObjectAttributes::Etag)
                .object_attributes(ObjectAttributes::ObjectParts)
                .set_version_id(version.map(str::to_owned))
                .set_part_number_marker(marker.clone())
                .set_request_payer(self.payer());
            with_customer_key!(request, self).send()
        };
        Box::pin(self.call(Call::new(operation, &full), send)).await
    }
}

fn sum(part: &ObjectPart) -> Option<PartSum> {
    let size = part.size().and_then(|size| u64::try_from(size).ok())?;
    let sums = wire::Sums {
        crc64: part.checksum_crc64_nvme(),
        crc32: part.checksum_crc32(),
        crc32c: part.checksum_crc32_c(),
        sha1: part.checksum_sha1(),
        sha256: part.checksum_sha256(),
        kind: None,
    };
    let checksum = sums.best()?;
    Some(PartSum { size, checksum })
}
