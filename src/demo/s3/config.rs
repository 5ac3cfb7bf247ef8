//! A bucket's configuration: versioning, default encryption, lifecycle rules, public access and archive tiers.

use super::sse::Encryption;
use super::{S3Request, S3Response, S3Result, Store, Versioning, reply, s3_error};
use http::StatusCode;
use s3s::dto;

impl Store {
    /// Turns versions on or off beside the wire; does nothing when there is no such bucket.
    pub fn set_versioning(&self, bucket: &str, versioning: Versioning) {
        if let Ok(bucket) = self.bucket(bucket) {
            bucket.write().settings.versioning = versioning;
        }
    }

    /// Lets anybody read a bucket without a signature, or no longer.
    pub fn set_public(&self, bucket: &str, public: bool) {
        if let Ok(bucket) = self.bucket(bucket) {
            bucket.write().settings.public = public;
        }
    }

    /// Makes requesters pay: requests without `x-amz-request-payer` are refused.
    pub fn set_requester_pays(&self, bucket: &str, pays: bool) {
        if let Ok(bucket) = self.bucket(bucket) {
            bucket.write().settings.requester_pays = pays;
        }
    }
}

pub(super) fn get_versioning(
    store: &Store,
    request: S3Request<dto::GetBucketVersioningInput>,
) -> S3Result<S3Response<dto::GetBucketVersioningOutput>> {
    let bucket = store.bucket(&request.input.bucket)?;
    let status = match bucket.read().settings.versioning {
        Versioning::Off => None,
        Versioning::Enabled => Some(dto::BucketVersioningStatus::ENABLED),
        Versioning::Suspended => Some(dto::BucketVersioningStatus::SUSPENDED),
    };
    reply(dto::GetBucketVersioningOutput {
        status: status.map(dto::BucketVersioningStatus::from_static),
        ..dto::GetBucketVersioningOutput::default()
    })
}

pub(super) fn put_versioning(
    store: &Store,
    request: S3Request<dto::PutBucketVersioningInput>,
) -> S3Result<S3Response<dto::PutBucketVersioningOutput>> {
    let bucket = store.bucket(&request.input.bucket)?;
    let status = request.input.versioning_configuration.status.as_ref();
    let versioning = match status.map(dto::BucketVersioningStatus::as_str) {
        Some(dto::BucketVersioningStatus::ENABLED) => Versioning::Enabled,
        Some(dto::BucketVersioningStatus::SUSPENDED) => Versioning::Suspended,
        _ => {
            return Err(s3_error!(
                IllegalVersioningConfigurationException,
                "The Versioning element must be specified"
            ));
        }
    };
    bucket.write().settings.versioning = versioning;
    reply(dto::PutBucketVersioningOutput::default())
}

pub(super) fn get_encryption(
    store: &Store,
    request: S3Request<dto::GetBucketEncryptionInput>,
) -> S3Result<S3Response<dto::GetBucketEncryptionOutput>> {
    let bucket = store.bucket(&request.input.bucket)?;
    let configured = bucket.read().settings.encryption.clone();
    reply(dto::GetBucketEncryptionOutput {
        server_side_encryption_configuration: Some(configured.unwrap_or_else(by_s3)),
    })
}

/// What every bucket has when nobody configured it.
fn by_s3() -> dto::ServerSideEncryptionConfiguration {
    let by_default = dto::ServerSideEncryptionByDefault {
        kms_master_key_id: None,
        sse_algorithm: dto::ServerSideEncryption::from_static(dto::ServerSideEncryption::AES256),
    };
    dto::ServerSideEncryptionConfiguration {
        rules: vec![dto::ServerSideEncryptionRule {
            apply_server_side_encryption_by_default: Some(by_default),
            bucket_key_enabled: Some(false),
        }],
    }
}

pub(super) fn put_encryption(
    store: &Store,
    request: S3Request<dto::PutBucketEncryptionInput>,
) -> S3Result<S3Response<dto::PutBucketEncryptionOutput>> {
    let bucket = store.bucket(&request.input.bucket)?;
    let configured = request.input.server_side_encryption_configuration;
    let default = Encryption::of_bucket(&configured)?;
    let settings = &mut bucket.write().settings;
    settings.default_encryption = default;
    settings.encryption = Some(configured);
    reply(dto::PutBucketEncryptionOutput::default())
}

pub(super) fn delete_encryption(
    store: &Store,
    request: S3Request<dto::DeleteBucketEncryptionInput>,
) -> S3Result<S3Response<dto::DeleteBucketEncryptionOutput>> {
    let bucket = store.bucket(&request.input.bucket)?;
    let settings = &mut bucket.write().settings;
    settings.default_encryption = Encryption::Managed;
    settings.encryption = None;
    Ok(S3Response::with_status(
        dto::DeleteBucketEncryptionOutput::default(),
        StatusCode::NO_CONTENT,
    ))
}

pub(super) fn get_lifecycle(
    store: &Store,
    request: S3Request<dto::GetBucketLifecycleConfigurationInput>,
) -> S3Result<S3Response<dto::GetBucketLifecycleConfigurationOutput>> {
    let bucket = store.bucket(&request.input.bucket)?;
    let held = bucket.read().settings.lifecycle.clone();
    let (rules, least) = held.ok_or_else(|| {
        s3_error!(
            NoSuchLifecycleConfiguration,
            "The lifecycle configuration does not exist"
        )
    })?;
    reply(dto::GetBucketLifecycleConfigurationOutput {
        rules: Some(rules),
        transition_default_minimum_object_size: least,
    })
}

pub(super) fn put_lifecycle(
    store: &Store,
    request: S3Request<dto::PutBucketLifecycleConfigurationInput>,
) -> S3Result<S3Response<dto::PutBucketLifecycleConfigurationOutput>> {
    let bucket = store.bucket(&request.input.bucket)?;
    let rules = request
        .input
        .lifecycle_configuration
        .map(|configured| configured.rules);
    let rules = rules.filter(|rules| !rules.is_empty()).ok_or_else(|| {
        s3_error!(MalformedXML, "The XML you provided was not well-formed or did not validate against our published schema")
    })?;
    let least = request.input.transition_default_minimum_object_size;
    bucket.write().settings.lifecycle = Some((rules, least));
    reply(dto::PutBucketLifecycleConfigurationOutput::default())
}

pub(super) fn delete_lifecycle(
    store: &Store,
    request: S3Request<dto::DeleteBucketLifecycleInput>,
) -> S3Result<S3Response<dto::DeleteBucketLifecycleOutput>> {
    let bucket = store.bucket(&request.input.bucket)?;
    bucket.write().settings.lifecycle = None;
    Ok(S3Response::with_status(
        dto::DeleteBucketLifecycleOutput::default(),
        StatusCode::NO_CONTENT,
    ))
}

pub(super) fn get_public_access(
    store: &Store,
    request: S3Request<dto::GetPublicAccessBlockInput>,
) -> S3Result<S3Response<dto::GetPublicAccessBlockOutput>> {
    let bucket = store.bucket(&request.input.bucket)?;
    let state = bucket.read();
    // What every bucket has that nobody opened, as S3 makes them since 2023.
    let closed = || dto::PublicAccessBlockConfiguration {
        block_public_acls: Some(true),
        block_public_policy: Some(true),
        ignore_public_acls: Some(true),
        restrict_public_buckets: Some(true),
    };
    if state.settings.public && state.settings.public_access.is_none() {
        let mut error = s3_error!(
            NoSuchKey,
            "The public access block configuration was not found"
        );
        error.set_code(s3s::S3ErrorCode::Custom(
            "NoSuchPublicAccessBlockConfiguration".into(),
        ));
        return Err(error);
    }
    let set = state.settings.public_access.clone();
    reply(dto::GetPublicAccessBlockOutput {
        public_access_block_configuration: Some(set.unwrap_or_else(closed)),
    })
}

pub(super) fn put_public_access(
    store: &Store,
    request: S3Request<dto::PutPublicAccessBlockInput>,
) -> S3Result<S3Response<dto::PutPublicAccessBlockOutput>> {
    let bucket = store.bucket(&request.input.bucket)?;
    let set = request.input.public_access_block_configuration;
    bucket.write().settings.public_access = Some(set);
    reply(dto::PutPublicAccessBlockOutput::default())
}

pub(super) fn list_tiering(
    store: &Store,
    request: S3Request<dto::ListBucketIntelligentTieringConfigurationsInput>,
) -> S3Result<S3Response<dto::ListBucketIntelligentTieringConfigurationsOutput>> {
    let bucket = store.bucket(&request.input.bucket)?;
    let tiers = bucket.read().settings.tiering.clone();
    reply(dto::ListBucketIntelligentTieringConfigurationsOutput {
        intelligent_tiering_configuration_list: Some(tiers),
        is_truncated: Some(false),
        ..dto::ListBucketIntelligentTieringConfigurationsOutput::default()
    })
}

pub(super) fn put_tiering(
    store: &Store,
    request: S3Request<dto::PutBucketIntelligentTieringConfigurationInput>,
) -> S3Result<S3Response<dto::PutBucketIntelligentTieringConfigurationOutput>> {
    let bucket = store.bucket(&request.input.bucket)?;
    let set = request.input.intelligent_tiering_configuration;
    let tiers = &mut bucket.write().settings.tiering;
    tiers.retain(|known| known.id != set.id);
    tiers.push(set);
    reply(dto::PutBucketIntelligentTieringConfigurationOutput::default())
}
