//! What a job of S3 Batch Operations does in the store: it reads and writes with the permissions of its role, whose ARN
//! stands where a request's access key stands.

use super::access::Wish;
use super::copy::copy_object;
use super::{S3Error, S3Request, Store};
use bytes::Bytes;
use http::{Extensions, HeaderMap, Method, Uri};
use s3s::auth::Credentials;
use s3s::dto::{self, CopySource, Timestamp, TimestampFormat};

/// An object, or one version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::demo) struct Place {
    pub(in crate::demo) bucket: String,
    pub(in crate::demo) key: String,
    pub(in crate::demo) version: Option<String>,
}

/// How a job copies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::demo) struct CopyAs {
    pub(in crate::demo) bucket: String,
    /// The folder that copies go into; the bucket itself where it is empty.
    pub(in crate::demo) prefix: String,
    pub(in crate::demo) class: Option<String>,
    pub(in crate::demo) kms_key: Option<String>,
    pub(in crate::demo) sse: Option<String>,
    pub(in crate::demo) content_type: Option<String>,
    pub(in crate::demo) metadata: Option<Vec<(String, String)>>,
    /// Whether copies bear the metadata named here in place of their sources'.
    pub(in crate::demo) replaces: bool,
    pub(in crate::demo) tags: Option<Vec<(String, String)>>,
    /// RFC 3339.
    pub(in crate::demo) unmodified_since: Option<String>,
    /// RFC 3339.
    pub(in crate::demo) modified_since: Option<String>,
}

impl CopyAs {
    /// Where the copy of a key goes.
    pub(in crate::demo) fn target(&self, key: &str) -> String {
        if self.prefix.is_empty() {
            key.to_owned()
        } else {
            format!("{}/{key}", self.prefix)
        }
    }
}

/// What S3 answered to a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::demo) struct Refused {
    pub(in crate::demo) status: u16,
    pub(in crate::demo) code: String,
    pub(in crate::demo) message: String,
}

impl From<S3Error> for Refused {
    fn from(error: S3Error) -> Self {
        let status = error.status_code().or(error.code().status_code());
        Self {
            status: status.map_or(500, |status| status.as_u16()),
            code: error.code().as_str().to_owned(),
            message: error.message().unwrap_or_default().to_owned(),
        }
    }
}

impl Store {
    /// Copies an object as `role`.
    pub(in crate::demo) fn copy_as(
        &self,
        role: &str,
        from: &Place,
        how: &CopyAs,
    ) -> Result<(), Refused> {
        let key = how.target(&from.key);
        self.permit(&Wish {
            operation: "CopyObject",
            bucket: &how.bucket,
            key: &key,
            access_key: Some(role),
        })?;
        let input = input(from, how, key)?;
        copy_object(self, request(input, role))?;
        Ok(())
    }

    /// Reads an object as `role`: its bytes and its ETag.
    pub(in crate::demo) fn read_as(
        &self,
        role: &str,
        at: &Place,
    ) -> Result<(Bytes, String), Refused> {
        self.permit(&Wish {
            operation: "GetObject",
            bucket: &at.bucket,
            key: &at.key,
            access_key: Some(role),
        })?;
        let found = self.find(&at.bucket, &at.key, at.version.as_deref())?;
        let bytes = found.object.content.bytes();
        let bytes = bytes.map_err(S3Error::internal_error)?;
        Ok((bytes, found.object.etag.clone()))
    }

    /// Writes an object as `role`.
    pub(in crate::demo) fn write_as(
        &self,
        role: &str,
        (bucket, key): (&str, &str),
        body: Bytes,
    ) -> Result<(), Refused> {
        self.permit(&Wish {
            operation: "PutObject",
            bucket,
            key,
            access_key: Some(role),
        })?;
        self.put(bucket, key, body).map_err(|error| {
            let super::WriteError::Refused { code, message } = error;
            Refused {
                status: 404,
                code,
                message,
            }
        })
    }

    /// Where a bucket lives.
    pub(in crate::demo) fn region_of(&self, bucket: &str) -> Option<String> {
        Some(self.bucket(bucket).ok()?.region.clone())
    }

    /// Whether this may be asked with this key, apart from any bucket.
    pub(in crate::demo) fn may(&self, operation: &str, access_key: &str) -> bool {
        let wish = Wish {
            operation,
            bucket: "",
            key: "",
            access_key: Some(access_key),
        };
        self.permit(&wish).is_ok()
    }
}

fn input(from: &Place, how: &CopyAs, key: String) -> Result<dto::CopyObjectInput, S3Error> {
    let mut input = dto::CopyObjectInput::builder();
    let source = CopySource::Bucket {
        bucket: from.bucket.clone().into(),
        key: from.key.clone().into(),
        version_id: from.version.clone().map(Into::into),
    };
    input.set_bucket(how.bucket.clone());
    input.set_key(key);
    input.set_copy_source(source);
    input.set_storage_class(how.class.clone().map(dto::StorageClass::from));
    let kms = how.kms_key.as_ref().map(|_| "aws:kms".to_owned());
    let sse = kms.or_else(|| how.sse.clone());
    input.set_server_side_encryption(sse.map(dto::ServerSideEncryption::from));
    input.set_ssekms_key_id(how.kms_key.clone());
    let since = |text: &Option<String>| {
        let read = |text: &String| Timestamp::parse(TimestampFormat::DateTime, text);
        let parsed = text.as_ref().map(read).transpose();
        parsed.map_err(S3Error::internal_error)
    };
    input.set_copy_source_if_unmodified_since(since(&how.unmodified_since)?);
    input.set_copy_source_if_modified_since(since(&how.modified_since)?);
    if how.replaces {
        input.set_metadata_directive(Some(dto::MetadataDirective::from_static("REPLACE")));
        let pairs = how.metadata.iter().flatten().cloned();
        input.set_metadata(Some(pairs.collect()));
        input.set_content_type(how.content_type.clone());
    }
    if let Some(tags) = &how.tags {
        input.set_tagging_directive(Some(dto::TaggingDirective::from_static("REPLACE")));
        input.set_tagging(Some(super::tags::query(tags)));
    }
    input.build().map_err(S3Error::internal_error)
}

fn request<T>(input: T, role: &str) -> S3Request<T> {
    S3Request {
        input,
        method: Method::PUT,
        uri: Uri::default(),
        headers: HeaderMap::new(),
        extensions: Extensions::new(),
        credentials: Some(Credentials {
            access_key: role.to_owned(),
            secret_key: String::new().into(),
        }),
        region: None,
        service: None,
        trailing_headers: None,
    }
}
