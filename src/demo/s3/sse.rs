//! Encryption at rest as S3 shows it: what was asked, what is told, and who may read. Nothing is really encrypted; of a
//! customer's key only its MD5 is kept.

use super::{S3Result, s3_error};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::{self, ServerSideEncryption};

/// How an object is encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Encryption {
    /// By keys of S3 (`AES256`), the default.
    #[default]
    Managed,
    /// By a key of KMS.
    Kms {
        method: &'static str,
        key: String,
        bucket_key: Option<bool>,
    },
    /// By a key of the customer, known by its MD5 alone.
    Customer { md5: String },
}

/// The key named when KMS is asked for without one.
const DEFAULT_KEY: &str = "arn:aws:kms:us-east-1:123456789012:alias/aws/s3";

/// The three headers of a customer's key: algorithm, key, MD5 of the key.
pub(super) type CustomerHeaders<'a> = [Option<&'a String>; 3];

/// The three headers of a customer's key in an input.
macro_rules! customer_headers {
    ($input:expr) => {
        [
            $input.sse_customer_algorithm.as_ref(),
            $input.sse_customer_key.as_ref(),
            $input.sse_customer_key_md5.as_ref(),
        ]
    };
}

/// Writes an object's encryption into an output.
macro_rules! tell_encryption {
    ($out:expr, $encryption:expr) => {{
        let told = $encryption.tell();
        $out.server_side_encryption = told.method;
        $out.ssekms_key_id = told.kms_key;
        $out.bucket_key_enabled = told.bucket_key;
        $out.sse_customer_algorithm = told.customer_algorithm;
        $out.sse_customer_key_md5 = told.customer_md5;
    }};
}

pub(super) use {customer_headers, tell_encryption};

/// An [`Encryption`] as headers.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub method: Option<ServerSideEncryption>,
    pub kms_key: Option<String>,
    pub bucket_key: Option<bool>,
    pub customer_algorithm: Option<String>,
    pub customer_md5: Option<String>,
}

impl Encryption {
    /// What a write asks for; the bucket's default when it asks for nothing.
    pub(super) fn asked(
        method: Option<&ServerSideEncryption>,
        kms_key: Option<&String>,
        bucket_key: Option<bool>,
        customer: CustomerHeaders<'_>,
        default: &Self,
    ) -> S3Result<Self> {
        if let Some(md5) = customer_md5(customer)? {
            if method.is_some() {
                return Err(s3_error!(
                    InvalidArgument,
                    "Server Side Encryption with Customer provided key is incompatible with the encryption method specified"
                ));
            }
            return Ok(Self::Customer { md5 });
        }
        let kms = |method| Self::Kms {
            method,
            key: kms_key.cloned().unwrap_or_else(|| DEFAULT_KEY.to_owned()),
            bucket_key,
        };
        match method.map(ServerSideEncryption::as_str) {
            None => Ok(default.clone()),
            Some(ServerSideEncryption::AES256) => Ok(Self::Managed),
            Some(ServerSideEncryption::AWS_KMS) => Ok(kms(ServerSideEncryption::AWS_KMS)),
            Some(ServerSideEncryption::AWS_KMS_DSSE) => Ok(kms(ServerSideEncryption::AWS_KMS_DSSE)),
            Some(_) => Err(s3_error!(
                InvalidArgument,
                "The encryption method specified is not supported"
            )),
        }
    }

    /// Refuses to read or continue without the right key.
    pub(super) fn unlock(&self, customer: CustomerHeaders<'_>) -> S3Result<()> {
        let given = customer_md5(customer)?;
        match (self, given) {
            (Self::Customer { md5 }, Some(given)) if *md5 == given => Ok(()),
            (Self::Customer { .. }, Some(_)) => Err(s3_error!(
                AccessDenied,
                "Access Denied because the customer key is not the one the object was stored with."
            )),
            (Self::Customer { .. }, None) => Err(s3_error!(
                InvalidRequest,
                "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object."
            )),
            (Self::Managed | Self::Kms { .. }, Some(_)) => Err(s3_error!(
                InvalidRequest,
                "The encryption parameters are not applicable to this object."
            )),
            (Self::Managed | Self::Kms { .. }, None) => Ok(()),
        }
    }

    /// Whether a single write's ETag is the MD5 of its content.
    pub(super) fn etag_is_md5(&self) -> bool {
        *self == Self::Managed
    }

    pub(super) fn tell(&self) -> Told {
        match self {
            Self::Managed => Told {
                method: Some(ServerSideEncryption::from_static(
                    ServerSideEncryption::AES256,
                )),
                ..Told::default()
            },
            Self::Kms {
                method,
                key,
                bucket_key,
            } => Told {
                method: Some(ServerSideEncryption::from_static(method)),
                kms_key: Some(key.clone()),
                bucket_key: *bucket_key,
                ..Told::default()
            },
            Self::Customer { md5 } => Told {
                customer_algorithm: Some("AES256".to_owned()),
                customer_md5: Some(md5.clone()),
                ..Told::default()
            },
        }
    }

    /// What a bucket's encryption configuration makes the default.
    pub(super) fn of_bucket(
        configuration: &dto::ServerSideEncryptionConfiguration,
    ) -> S3Result<Self> {
        let Some(rule) = configuration.rules.first() else {
            return Ok(Self::Managed);
        };
        let Some(default) = &rule.apply_server_side_encryption_by_default else {
            return Ok(Self::Managed);
        };
        Self::asked(
            Some(&default.sse_algorithm),
            default.kms_master_key_id.as_ref(),
            rule.bucket_key_enabled,
            [None; 3],
            &Self::Managed,
        )
    }
}

/// The MD5 of a well-formed customer key, base64; `None` when none is given.
fn customer_md5([algorithm, key, md5]: CustomerHeaders<'_>) -> S3Result<Option<String>> {
    let Some(algorithm) = algorithm else {
        return match (key, md5) {
            (None, None) => Ok(None),
            _ => Err(s3_error!(
                InvalidArgument,
                "Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption algorithm."
            )),
        };
    };
    if algorithm != "AES256" {
        return Err(s3_error!(
            InvalidEncryptionAlgorithmError,
            "The encryption request you specified is not valid. The valid value is AES256."
        ));
    }
    let Some(key) = key
        .and_then(|key| BASE64.decode(key).ok())
        .filter(|key| key.len() == 32)
    else {
        return Err(s3_error!(
            InvalidArgument,
            "The secret key was invalid for the specified algorithm."
        ));
    };
    let digest = BASE64.encode(Md5::checksum(&key));
    if md5.is_some_and(|claimed| *claimed != digest) {
        return Err(s3_error!(
            InvalidArgument,
            "The calculated MD5 hash of the key did not match the hash that was provided."
        ));
    }
    Ok(Some(digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(fill: u8) -> (String, String) {
        let key = [fill; 32];
        (BASE64.encode(key), BASE64.encode(Md5::checksum(&key)))
    }

    #[test]
    fn only_the_same_key_opens() {
        let (algorithm, (one, md5), (two, _)) = ("AES256".to_owned(), key(1), key(2));
        let headers = [Some(&algorithm), Some(&one), Some(&md5)];
        let locked = Encryption::asked(None, None, None, headers, &Encryption::Managed).unwrap();
        assert_eq!(locked, Encryption::Customer { md5: md5.clone() });
        assert!(locked.unlock(headers).is_ok());
        assert!(locked.unlock([Some(&algorithm), Some(&two), None]).is_err());
        assert!(locked.unlock([None; 3]).is_err());
        assert!(Encryption::Managed.unlock(headers).is_err());
        assert!(!locked.etag_is_md5());
    }

    #[test]
    fn malformed_keys_are_refused() {
        let (algorithm, (one, _), short) = ("AES256".to_owned(), key(1), BASE64.encode([0; 16]));
        assert!(customer_md5([Some(&algorithm), Some(&short), None]).is_err());
        assert!(customer_md5([Some(&algorithm), None, None]).is_err());
        assert!(customer_md5([None, Some(&one), None]).is_err());
        assert!(customer_md5([Some(&short), Some(&one), None]).is_err());
        assert!(customer_md5([Some(&algorithm), Some(&one), Some(&one)]).is_err());
    }
}
