//! What S3 answered → kind of failure and words for a person: the one table of S3's error codes.

use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::RequestId,
};

use crate::backend::counter::Operation;
use crate::domain::{retry::FailureKind, text::printable};

use super::{Asked, Error, ErrorKind};

/// An error answer of S3, freed from the SDK's types.
#[derive(Debug, Clone, Default)]
pub(in crate::backend) struct Answer {
    pub(in crate::backend) status: u16,
    /// S3's code; empty where the answer has no body (HEAD).
    pub(in crate::backend) code: String,
    pub(in crate::backend) message: String,
    /// The bucket's region, where the answer tells it.
    pub(in crate::backend) region: Option<String>,
    pub(in crate::backend) request_id: Option<Box<str>>,
}

impl Answer {
    pub(super) fn of<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Self {
        let raw = error.raw_response();
        let header = raw.and_then(|raw| raw.headers().get("x-amz-bucket-region"));
        let body = raw.and_then(|raw| raw.body().bytes()).unwrap_or_default();
        Self {
            status: raw.map_or(0, |raw| raw.status().as_u16()),
            code: error.code().unwrap_or_default().to_owned(),
            message: error.message().unwrap_or_default().to_owned(),
            region: header.map(str::to_owned).or_else(|| region_of(body)),
            request_id: error.request_id().map(Box::from),
        }
    }

    /// The error that this answer is.
    pub(in crate::backend) fn judge(self, asked: &Asked<'_>) -> Error {
        let (kind, reason) = self.kind_and_words(asked);
        Error {
            op: asked.operation.name(),
            target: asked.target(),
            kind,
            reason,
            request_id: self.request_id,
        }
    }

    fn kind_and_words(&self, asked: &Asked<'_>) -> (ErrorKind, String) {
        if self.is_elsewhere(asked) {
            let region = self.told_region(asked);
            let reason = match &region {
                Some(region) => format!(
                    "the bucket is in {region}, not in {}: write region = \"{region}\" for this remote, or give --region {region}",
                    asked.region
                ),
                None => format!(
                    "the bucket is not in {}: find its region in the console and give --region",
                    asked.region
                ),
            };
            return (ErrorKind::WrongRegion { region }, reason);
        }
        if self.is_no_bucket(asked) {
            let reason = format!(
                "there is no bucket \"{}\" at {}: check the name, and the remote it is asked of",
                asked.bucket,
                asked.place()
            );
            return (ErrorKind::NoBucket, reason);
        }
        match self.status {
            304 => return (ErrorKind::Unmodified, "it has not changed".to_owned()),
            416 => {
                let reason = "it ends before the bytes that were asked for".to_owned();
                return (ErrorKind::OutOfRange, reason);
            }
            _ => {}
        }
        let kind = self.failure_kind();
        (ErrorKind::Failure(kind), self.words(kind, asked))
    }

    /// The bucket's region, where it was told and is another one than asked.
    fn told_region(&self, asked: &Asked<'_>) -> Option<String> {
        self.region.clone().filter(|region| region != asked.region)
    }

    fn is_elsewhere(&self, asked: &Asked<'_>) -> bool {
        let redirected = matches!(self.status, 301 | 307)
            || matches!(
                &*self.code,
                "PermanentRedirect" | "TemporaryRedirect" | "IllegalLocationConstraintException"
            );
        let malformed = self.code == "AuthorizationHeaderMalformed"
            || (self.status == 400 && self.code.is_empty());
        redirected || (malformed && self.told_region(asked).is_some())
    }

    fn is_no_bucket(&self, asked: &Asked<'_>) -> bool {
        let asks_bucket = matches!(asked.operation, Operation::HeadBucket);
        self.code == "NoSuchBucket" || (asks_bucket && self.status == 404)
    }

    fn failure_kind(&self) -> FailureKind {
        match &*self.code {
            "SlowDown"
            | "ServiceUnavailable"
            | "Throttling"
            | "ThrottlingException"
            | "RequestLimitExceeded"
            | "TooManyRequests"
            | "TooManyRequestsException"
            | "BandwidthLimitExceeded" => FailureKind::Throttled,
            "InternalError"
            | "InternalServiceException"
            | "RequestTimeout"
            | "OperationAborted"
            | "ConditionalRequestConflict"
            | "IncompleteBody" => FailureKind::Transient,
            "BadDigest"
            | "InvalidDigest"
            | "XAmzContentSHA256Mismatch"
            | "XAmzContentChecksumMismatch" => FailureKind::Corrupt,
            "PreconditionFailed" => FailureKind::Changed,
            "NoSuchKey" | "NoSuchVersion" | "NoSuchUpload" | "NoSuchJob" | "NotFound" => {
                FailureKind::NotFound
            }
            "AccessDenied" | "AllAccessDisabled" | "AccountProblem" | "InvalidPayer"
            | "NotSignedUp" => FailureKind::Denied,
            "ExpiredToken"
            | "InvalidClientTokenId"
            | "UnrecognizedClientException"
            | "TokenRefreshRequired"
            | "InvalidToken"
            | "InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "RequestTimeTooSkewed"
            | "RequestExpired"
            | "AuthorizationHeaderMalformed"
            | "InvalidSecurity" => FailureKind::Credentials,
            "InvalidObjectState" | "ObjectNotInActiveTierError" => FailureKind::Archived,
            _ => self.kind_of_status(),
        }
    }

    fn kind_of_status(&self) -> FailureKind {
        match self.status {
            429 | 503 => FailureKind::Throttled,
            // Below 300: an error inside a 200 that has no code of the table above.
            408 | 409 | 500 | 502 | 504 | 200..=299 => FailureKind::Transient,
            404 => FailureKind::NotFound,
            412 => FailureKind::Changed,
            401 | 403 => FailureKind::Denied,
            _ => FailureKind::Refused,
        }
    }

    fn words(&self, kind: FailureKind, asked: &Asked<'_>) -> String {
        match kind {
            FailureKind::Throttled => format!("S3 asks to slow down{}", self.quoted()),
            FailureKind::Transient => format!("S3 failed for a moment{}", self.quoted()),
            FailureKind::Corrupt => format!(
                "the bytes that arrived are not those that were sent{}",
                self.quoted()
            ),
            FailureKind::Changed => {
                "it is no longer what it was when it was compared: compare again".to_owned()
            }
            FailureKind::NotFound => not_found(&self.code),
            FailureKind::Denied => self.denied(asked),
            FailureKind::Credentials => self.credentials(asked),
            FailureKind::Archived => {
                "it is archived: restore it first (`aws s3api restore-object`), then compare again"
                    .to_owned()
            }
            FailureKind::DiskFull | FailureKind::Refused | FailureKind::Cancelled => {
                format!("S3 refuses the request{}", self.quoted())
            }
        }
    }

    fn denied(&self, asked: &Asked<'_>) -> String {
        let right = permission(asked.operation);
        let of_bucket = asked.key.is_none()
            || matches!(
                asked.operation,
                Operation::ListObjectsV2
                    | Operation::ListObjectVersions
                    | Operation::ListMultipartUploads
                    | Operation::HeadBucket
            );
        let key = printable(asked.key.unwrap_or_default().as_bytes());
        let of_jobs = matches!(
            asked.operation,
            Operation::CreateJob | Operation::DescribeJob | Operation::UpdateJobStatus
        );
        let on = if asked.operation == Operation::ListBuckets {
            "all buckets (name a bucket to do without)".to_owned()
        } else if of_jobs {
            format!("jobs in {}", asked.region)
        } else if of_bucket {
            format!("arn:aws:s3:::{}", asked.bucket)
        } else {
            format!("arn:aws:s3:::{}/{key}", asked.bucket)
        };
        let reads = matches!(
            asked.operation,
            Operation::HeadObject | Operation::GetObject
        );
        let also = if reads {
            "; without s3:ListBucket a missing key is told so, too"
        } else {
            ""
        };
        format!(
            "access denied: these credentials need {right} on {on}{also}{}",
            self.quoted()
        )
    }

    fn credentials(&self, asked: &Asked<'_>) -> String {
        let login = match asked.profile {
            Some(profile) => {
                format!("`aws sso login --profile {profile}` or new keys for that profile")
            }
            None => "`aws sso login`, or new keys in the environment or the profile".to_owned(),
        };
        match &*self.code {
            "ExpiredToken" | "TokenRefreshRequired" | "RequestExpired" => format!("the credentials have expired: log in anew ({login})"),
            "RequestTimeTooSkewed" => "this machine's clock is off by more than 15 minutes: set it (e.g. `timedatectl set-ntp true`)".to_owned(),
            "InvalidAccessKeyId" => format!("S3 does not know this access key: it was deleted, or belongs to another place than {}; {login}", asked.place()),
            "SignatureDoesNotMatch" => "the secret key does not belong to the access key (or a proxy changes the requests): check both for missing or extra characters".to_owned(),
            _ => format!("the credentials are not accepted: {login}{}", self.quoted()),
        }
    }

    /// S3's own words, safe for a terminal, in brackets behind ours.
    fn quoted(&self) -> String {
        let code = if self.code.is_empty() {
            self.status.to_string()
        } else {
            self.code.clone()
        };
        let words: String = self.message.chars().take(300).collect();
        let all = if words.is_empty() {
            code
        } else {
            format!("{code}: {words}")
        };
        format!(" ({})", printable(all.as_bytes()))
    }
}

fn not_found(code: &str) -> String {
    match code {
        "NoSuchUpload" => {
            "the multipart upload is gone: it was completed or aborted elsewhere".to_owned()
        }
        "NoSuchJob" => "there is no job of this id (any more)".to_owned(),
        "NoSuchVersion" => "this version is gone: compare again".to_owned(),
        _ => "there is no such object: it may have been deleted since the listing".to_owned(),
    }
}

/// The permission that an operation needs.
fn permission(operation: Operation) -> &'static str {
    match operation {
        Operation::ListBuckets => "s3:ListAllMyBuckets",
        Operation::ListObjectsV2 | Operation::HeadBucket => "s3:ListBucket",
        Operation::ListMultipartUploads => "s3:ListBucketMultipartUploads",
        Operation::ListParts => "s3:ListMultipartUploadParts",
        Operation::AbortMultipartUpload => "s3:AbortMultipartUpload",
        Operation::HeadObject | Operation::GetObject => "s3:GetObject",
        Operation::GetObjectAttributes => "s3:GetObjectAttributes",
        Operation::GetObjectTagging => "s3:GetObjectTagging",
        Operation::RestoreObject => "s3:RestoreObject",
        Operation::PutObjectTagging => "s3:PutObjectTagging",
        Operation::ListObjectVersions => "s3:ListBucketVersions",
        Operation::GetBucketVersioning => "s3:GetBucketVersioning",
        Operation::GetBucketEncryption => "s3:GetEncryptionConfiguration",
        Operation::GetPublicAccessBlock => "s3:GetBucketPublicAccessBlock",
        Operation::GetBucketLifecycleConfiguration => "s3:GetLifecycleConfiguration",
        Operation::PutBucketLifecycleConfiguration | Operation::DeleteBucketLifecycle => {
            "s3:PutLifecycleConfiguration"
        }
        Operation::ListBucketIntelligentTieringConfigurations => {
            "s3:GetIntelligentTieringConfiguration"
        }
        Operation::GetCallerIdentity => "sts:GetCallerIdentity",
        Operation::CreateJob => "s3:CreateJob, and iam:PassRole for the job's role,",
        Operation::DescribeJob => "s3:DescribeJob",
        Operation::UpdateJobStatus => "s3:UpdateJobStatus",
        Operation::DeleteObject | Operation::DeleteObjects => {
            "s3:DeleteObject (with s3:GetObject, as the delete is conditional)"
        }
        Operation::CopyObject | Operation::UploadPartCopy => {
            "s3:GetObject on the source and s3:PutObject"
        }
        Operation::PutObject
        | Operation::UploadPart
        | Operation::CreateMultipartUpload
        | Operation::CompleteMultipartUpload => {
            "s3:PutObject (and kms:GenerateDataKey where a KMS key encrypts)"
        }
    }
}

/// `<Region>` of an error's body: `AuthorizationHeaderMalformed` tells it there only.
pub(in crate::backend) fn region_of(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once("<Region>")?;
    let (region, _) = rest.split_once("</Region>")?;
    let plain = region
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '-');
    (plain && !region.is_empty()).then(|| region.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Answer, Asked, Error, ErrorKind, FailureKind, Operation, region_of};

    fn asked(operation: Operation) -> Asked<'static> {
        Asked {
            operation,
            bucket: "photos",
            key: Some("raw/M\u{1b}.png"),
            region: "us-east-1",
            endpoint: None,
            profile: None,
        }
    }

    fn judged(status: u16, code: &str, operation: Operation) -> Error {
        Answer {
            status,
            code: code.into(),
            ..Answer::default()
        }
        .judge(&asked(operation))
    }

    #[test]
    fn codes_and_bare_statuses_have_one_kind_each() {
        for (status, code, kind) in [
            (503, "SlowDown", FailureKind::Throttled),
            (503, "", FailureKind::Throttled),
            (429, "", FailureKind::Throttled),
            (500, "InternalError", FailureKind::Transient),
            (200, "InternalError", FailureKind::Transient),
            (400, "RequestTimeout", FailureKind::Transient),
            (409, "ConditionalRequestConflict", FailureKind::Transient),
            (400, "BadDigest", FailureKind::Corrupt),
            (412, "PreconditionFailed", FailureKind::Changed),
            (412, "", FailureKind::Changed),
            (404, "NoSuchKey", FailureKind::NotFound),
            (404, "", FailureKind::NotFound),
            (403, "AccessDenied", FailureKind::Denied),
            (403, "", FailureKind::Denied),
            (400, "ExpiredToken", FailureKind::Credentials),
            (403, "InvalidClientTokenId", FailureKind::Credentials),
            (403, "RequestTimeTooSkewed", FailureKind::Credentials),
            (403, "SignatureDoesNotMatch", FailureKind::Credentials),
            (403, "InvalidObjectState", FailureKind::Archived),
            (400, "EntityTooLarge", FailureKind::Refused),
            (501, "NotImplemented", FailureKind::Refused),
        ] {
            let error = judged(status, code, Operation::GetObject);
            assert_eq!(error.failure_kind(), kind, "{status} {code}");
            assert!(!error.to_string().contains('\u{1b}'));
        }
    }

    #[test]
    fn a_missing_bucket_is_no_missing_key() {
        assert_eq!(
            judged(404, "NoSuchBucket", Operation::ListObjectsV2).kind,
            ErrorKind::NoBucket
        );
        assert_eq!(
            judged(404, "", Operation::HeadBucket).kind,
            ErrorKind::NoBucket
        );
    }

    #[test]
    fn denied_names_the_permission_and_on_what() {
        let list = judged(403, "AccessDenied", Operation::ListObjectsV2);
        assert!(
            list.reason.contains("s3:ListBucket on arn:aws:s3:::photos"),
            "{}",
            list.reason
        );
        let put = judged(403, "AccessDenied", Operation::PutObject);
        assert!(
            put.reason.contains("s3:PutObject") && put.reason.contains("photos/raw/M"),
            "{}",
            put.reason
        );
    }

    #[test]
    fn the_region_is_followed_where_it_is_told_and_asked_for_where_not() {
        let moved = |status, code: &str, region: Option<&str>| {
            let answer = Answer {
                status,
                code: code.into(),
                region: region.map(str::to_owned),
                ..Answer::default()
            };
            answer.judge(&asked(Operation::ListObjectsV2)).kind
        };
        let there = ErrorKind::WrongRegion {
            region: Some("eu-west-1".into()),
        };
        assert_eq!(moved(301, "PermanentRedirect", Some("eu-west-1")), there);
        assert_eq!(
            moved(400, "AuthorizationHeaderMalformed", Some("eu-west-1")),
            there
        );
        assert_eq!(moved(400, "", Some("eu-west-1")), there);
        assert_eq!(
            moved(301, "PermanentRedirect", None),
            ErrorKind::WrongRegion { region: None }
        );
        assert_eq!(
            moved(403, "AccessDenied", Some("eu-west-1")),
            ErrorKind::Failure(FailureKind::Denied)
        );
        let body =
            b"<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>";
        assert_eq!(region_of(body).as_deref(), Some("eu-west-1"));
        assert_eq!(region_of(b"<Region>\x1b[2J</Region>"), None);
    }
}
