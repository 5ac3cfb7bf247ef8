//! Counters of requests by operation, shared by all who hold a clone. A session has one for everything it sends,
//! a task or comparison has one of its own; every attempt counts, also one that failed.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use crate::domain::progress::Requests;

/// The requests that wharf sends, by S3's own names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Gives up a multipart upload.
    AbortMultipartUpload,
    /// Makes one object of the parts.
    CompleteMultipartUpload,
    /// Copies an object inside S3.
    CopyObject,
    /// Asks for a job of S3 Batch Operations.
    CreateJob,
    /// Begins a multipart upload.
    CreateMultipartUpload,
    /// Takes away the lifecycle rules of a bucket.
    DeleteBucketLifecycle,
    /// Deletes one object.
    DeleteObject,
    /// Deletes up to 1,000 objects.
    DeleteObjects,
    /// Where a job of S3 Batch Operations stands.
    DescribeJob,
    /// How a bucket encrypts by default.
    GetBucketEncryption,
    /// The lifecycle rules of a bucket.
    GetBucketLifecycleConfiguration,
    /// Whether a bucket keeps versions.
    GetBucketVersioning,
    /// Who the credentials are, asked of STS.
    GetCallerIdentity,
    /// Reads an object or a range of it.
    GetObject,
    /// The parts of an object.
    GetObjectAttributes,
    /// The tags of an object.
    GetObjectTagging,
    /// Whether a bucket may be opened to the public.
    GetPublicAccessBlock,
    /// Asks whether a bucket is there, and in which region.
    HeadBucket,
    /// Asks for an object's facts.
    HeadObject,
    /// The archive tiers of a bucket.
    ListBucketIntelligentTieringConfigurations,
    /// The buckets of an account.
    ListBuckets,
    /// The unfinished uploads of a bucket.
    ListMultipartUploads,
    /// One page of a listing of versions.
    ListObjectVersions,
    /// One page of a listing.
    ListObjectsV2,
    /// The parts of an upload.
    ListParts,
    /// Replaces the lifecycle rules of a bucket.
    PutBucketLifecycleConfiguration,
    /// Writes an object.
    PutObject,
    /// Replaces the tags of an object.
    PutObjectTagging,
    /// Asks for a readable copy of an archived object.
    RestoreObject,
    /// Stops a job of S3 Batch Operations.
    UpdateJobStatus,
    /// Writes a part.
    UploadPart,
    /// Copies a range of an object into a part.
    UploadPartCopy,
}

impl Operation {
    /// All of them, in alphabetical order; the order of the discriminants.
    pub const ALL: [Self; 32] = [
        Self::AbortMultipartUpload,
        Self::CompleteMultipartUpload,
        Self::CopyObject,
        Self::CreateJob,
        Self::CreateMultipartUpload,
        Self::DeleteBucketLifecycle,
        Self::DeleteObject,
        Self::DeleteObjects,
        Self::DescribeJob,
        Self::GetBucketEncryption,
        Self::GetBucketLifecycleConfiguration,
        Self::GetBucketVersioning,
        Self::GetCallerIdentity,
        Self::GetObject,
        Self::GetObjectAttributes,
        Self::GetObjectTagging,
        Self::GetPublicAccessBlock,
        Self::HeadBucket,
        Self::HeadObject,
        Self::ListBucketIntelligentTieringConfigurations,
        Self::ListBuckets,
        Self::ListMultipartUploads,
        Self::ListObjectVersions,
        Self::ListObjectsV2,
        Self::ListParts,
        Self::PutBucketLifecycleConfiguration,
        Self::PutObject,
        Self::PutObjectTagging,
        Self::RestoreObject,
        Self::UpdateJobStatus,
        Self::UploadPart,
        Self::UploadPartCopy,
    ];

    /// The name as S3, its logs and its price list have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::AbortMultipartUpload => "AbortMultipartUpload",
            Self::CompleteMultipartUpload => "CompleteMultipartUpload",
            Self::CopyObject => "CopyObject",
            Self::CreateJob => "CreateJob",
            Self::CreateMultipartUpload => "CreateMultipartUpload",
            Self::DeleteBucketLifecycle => "DeleteBucketLifecycle",
            Self::DeleteObject => "DeleteObject",
            Self::DeleteObjects => "DeleteObjects",
            Self::DescribeJob => "DescribeJob",
            Self::GetBucketEncryption => "GetBucketEncryption",
            Self::GetBucketLifecycleConfiguration => "GetBucketLifecycleConfiguration",
            Self::GetBucketVersioning => "GetBucketVersioning",
            Self::GetCallerIdentity => "GetCallerIdentity",
            Self::GetObject => "GetObject",
            Self::GetObjectAttributes => "GetObjectAttributes",
            Self::GetObjectTagging => "GetObjectTagging",
            Self::GetPublicAccessBlock => "GetPublicAccessBlock",
            Self::HeadBucket => "HeadBucket",
            Self::HeadObject => "HeadObject",
            Self::ListBucketIntelligentTieringConfigurations => {
                "ListBucketIntelligentTieringConfigurations"
            }
            Self::ListBuckets => "ListBuckets",
            Self::ListMultipartUploads => "ListMultipartUploads",
            Self::ListObjectVersions => "ListObjectVersions",
            Self::ListObjectsV2 => "ListObjectsV2",
            Self::ListParts => "ListParts",
            Self::PutBucketLifecycleConfiguration => "PutBucketLifecycleConfiguration",
            Self::PutObject => "PutObject",
            Self::PutObjectTagging => "PutObjectTagging",
            Self::RestoreObject => "RestoreObject",
            Self::UpdateJobStatus => "UpdateJobStatus",
            Self::UploadPart => "UploadPart",
            Self::UploadPartCopy => "UploadPartCopy",
        }
    }
}

/// Who wants to know of each piece of a request's body as it leaves.
pub trait Meter: fmt::Debug + Send + Sync {
    /// That many bytes were handed to the network; a request that is sent again tells its bytes again.
    fn sent(&self, bytes: u64);
}

/// Counts requests and bytes; a clone counts into the same.
#[derive(Debug, Clone, Default)]
pub struct RequestCounter {
    cells: Arc<Cells>,
    meter: Option<Arc<dyn Meter>>,
}

#[derive(Debug, Default)]
struct Cells {
    requests: [AtomicU64; Operation::ALL.len()],
    throttled: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
}

impl RequestCounter {
    /// All at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same counter, which also tells `meter` of every byte that leaves: for the body of one request.
    #[must_use]
    pub fn metered(&self, meter: Arc<dyn Meter>) -> Self {
        Self {
            cells: Arc::clone(&self.cells),
            meter: Some(meter),
        }
    }

    /// Requests so far, those that were never sent left out.
    pub fn requests(&self) -> Requests {
        let count = |operation: &Operation| {
            let sent = self.of(*operation);
            (sent > 0).then(|| (Box::from(operation.name()), sent))
        };
        Requests {
            by_operation: Operation::ALL.iter().filter_map(count).collect(),
        }
    }

    /// Requests of one operation so far.
    pub fn of(&self, operation: Operation) -> u64 {
        self.cells
            .requests
            .get(operation as usize)
            .map_or(0, |cell| cell.load(Relaxed))
    }

    /// Requests of all operations so far.
    pub fn total(&self) -> u64 {
        self.cells
            .requests
            .iter()
            .map(|cell| cell.load(Relaxed))
            .sum()
    }

    /// Answers that asked to slow down (503, 429).
    pub fn throttled(&self) -> u64 {
        self.cells.throttled.load(Relaxed)
    }

    /// Bytes of bodies handed to the network so far, also those of tries that failed.
    pub fn sent(&self) -> u64 {
        self.cells.sent.load(Relaxed)
    }

    /// Bytes of bodies read from the network so far.
    pub fn received(&self) -> u64 {
        self.cells.received.load(Relaxed)
    }

    pub(super) fn count(&self, operation: Operation) {
        if let Some(cell) = self.cells.requests.get(operation as usize) {
            cell.fetch_add(1, Relaxed);
        }
    }

    pub(super) fn count_throttled(&self) {
        self.cells.throttled.fetch_add(1, Relaxed);
    }

    pub(super) fn count_sent(&self, bytes: u64) {
        self.cells.sent.fetch_add(bytes, Relaxed);
        if let Some(meter) = &self.meter {
            meter.sent(bytes);
        }
    }

    pub(super) fn count_received(&self, bytes: u64) {
        self.cells.received.fetch_add(bytes, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{Operation, RequestCounter};

    #[test]
    fn every_operation_counts_into_its_own_cell_in_alphabetical_order() {
        for (index, operation) in Operation::ALL.into_iter().enumerate() {
            assert_eq!(operation as usize, index);
        }
        let counter = RequestCounter::new();
        let other = counter.clone();
        other.count(Operation::PutObject);
        other.count(Operation::PutObject);
        other.count(Operation::GetObject);
        let requests = counter.requests();
        assert_eq!(
            requests.by_operation,
            [("GetObject".into(), 1), ("PutObject".into(), 2)]
        );
        assert_eq!(counter.total(), 3);
        assert!(Operation::ALL.is_sorted_by_key(|operation| operation.name()));
    }
}
