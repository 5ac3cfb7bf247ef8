//! Who may do what: access keys, public buckets, denials for tests, requester pays, and the region a bucket lives in.
//! Asked by `s3s` before an operation runs, and by copies for their source.

use super::bucket::Bucket;
use super::{S3Error, S3Result, Store, s3_error};
use http::{HeaderMap, HeaderValue, StatusCode};
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{PoisonError, RwLock};
use std::time::SystemTime;

/// Keys and denials.
#[derive(Debug, Default)]
pub(super) struct Access {
    keys: RwLock<HashMap<String, String>>,
    denials: RwLock<Vec<Denial>>,
}

/// Something that is refused with `AccessDenied`; what is left open matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Denial {
    /// Only this operation, named as in the SDK; `GetObject` also keeps a copy from reading its source.
    pub operation: Option<String>,
    /// Only this bucket.
    pub bucket: Option<String>,
    /// Only keys that begin with this.
    pub prefix: String,
    /// Only requests signed with this access key.
    pub access_key: Option<String>,
}

/// One thing somebody wants to do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish<'a> {
    pub operation: &'a str,
    pub bucket: &'a str,
    pub key: &'a str,
    pub access_key: Option<&'a str>,
}

/// What the front read in the signature; it travels with the request through `s3s`.
#[derive(Debug, Clone)]
pub(in crate::demo) struct Signed {
    /// The region in the scope.
    pub region: Option<String>,
    /// The prefix that a listing asks for.
    pub key: String,
    /// When it was signed.
    pub date: Option<SystemTime>,
}

impl Denial {
    fn covers(&self, wish: &Wish<'_>) -> bool {
        let open_or =
            |own: &Option<String>, other: &str| own.as_ref().is_none_or(|own| own == other);
        open_or(&self.operation, wish.operation)
            && open_or(&self.bucket, wish.bucket)
            && wish.key.starts_with(&self.prefix)
            && (self.access_key.is_none() || self.access_key.as_deref() == wish.access_key)
    }
}

/// What anybody may do in a public bucket.
const PUBLIC: [&str; 7] = [
    "GetObject",
    "HeadObject",
    "ListObjects",
    "ListObjectsV2",
    "HeadBucket",
    "GetBucketLocation",
    "GetObjectAttributes",
];

impl Access {
    pub(super) fn add_key(&self, access_key: &str, secret_key: &str) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.insert(access_key.to_owned(), secret_key.to_owned());
    }

    pub(super) fn knows(&self, access_key: &str) -> bool {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.contains_key(access_key)
    }

    pub(super) fn deny(&self, denial: Denial) {
        self.denials
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(denial);
    }

    pub(super) fn allow_all(&self) {
        self.denials
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    fn secret(&self, access_key: &str) -> Option<String> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(access_key).cloned()
    }

    fn denies(&self, wish: &Wish<'_>) -> bool {
        let denials = self.denials.read().unwrap_or_else(PoisonError::into_inner);
        denials.iter().any(|denial| denial.covers(wish))
    }
}

fn access_denied() -> S3Error {
    s3_error!(AccessDenied, "Access Denied")
}

impl Store {
    /// Refuses what may not be done.
    pub(super) fn permit(&self, wish: &Wish<'_>) -> S3Result<()> {
        if self.access().denies(wish) {
            return Err(access_denied());
        }
        if wish.access_key.is_some() {
            return Ok(());
        }
        let public = self
            .bucket(wish.bucket)
            .is_ok_and(|bucket| bucket.read().settings.public);
        if public && PUBLIC.contains(&wish.operation) {
            Ok(())
        } else {
            Err(access_denied())
        }
    }

    /// Whether something was signed near enough to the clock's time.
    pub(in crate::demo) fn is_timely(&self, signed: Option<SystemTime>) -> bool {
        let (Some(limit), Some(signed)) = (self.limits().skew, signed) else {
            return true;
        };
        let now = self.clock().now();
        let apart = now
            .duration_since(signed)
            .unwrap_or_else(|earlier| earlier.duration());
        apart <= limit
    }

    /// Refuses what was signed too far from the clock's time.
    fn timely(&self, signed: Option<SystemTime>) -> S3Result<()> {
        if self.is_timely(signed) {
            return Ok(());
        }
        Err(s3_error!(
            RequestTimeTooSkewed,
            "The difference between the request time and the server's time is too large."
        ))
    }

    fn admit(&self, wish: &Wish<'_>, signed: Option<&Signed>, headers: &HeaderMap) -> S3Result<()> {
        self.timely(signed.and_then(|signed| signed.date))?;
        self.permit(wish)?;
        let Ok(bucket) = self.bucket(wish.bucket) else {
            return Ok(());
        };
        if bucket.read().settings.requester_pays && !headers.contains_key("x-amz-request-payer") {
            return Err(access_denied());
        }
        match signed.and_then(|signed| signed.region.as_deref()) {
            Some(region) if self.limits().regions => same_region(&bucket, region, wish.operation),
            _ => Ok(()),
        }
    }
}

/// Sends a request away that was signed for another region than the bucket's.
fn same_region(bucket: &Bucket, region: &str, operation: &str) -> S3Result<()> {
    if bucket.region == region || ["GetBucketLocation", "CreateBucket"].contains(&operation) {
        return Ok(());
    }
    let mut error = s3_error!(
        PermanentRedirect,
        "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint."
    );
    error.set_status_code(StatusCode::MOVED_PERMANENTLY);
    error.set_headers(bucket.region_header());
    Err(error)
}

impl Bucket {
    pub(super) fn region_header(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Ok(region) = HeaderValue::from_str(&self.region) {
            headers.insert("x-amz-bucket-region", region);
        }
        headers
    }
}

/// The keys of the store, for the signature check.
pub(in crate::demo) struct Keys(pub Store);

impl S3Auth for Keys {
    fn get_secret_key<'life0, 'life1, 'async_trait>(
        &'life0 self,
        access_key: &'life1 str,
    ) -> Pin<Box<dyn Future<Output = S3Result<SecretKey>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        Self: 'async_trait,
    {
        let secret = self.0.access().secret(access_key);
        let found = secret.map(SecretKey::from).ok_or_else(|| {
            s3_error!(
                InvalidAccessKeyId,
                "The AWS Access Key Id you provided does not exist in our records."
            )
        });
        Box::pin(std::future::ready(found))
    }
}

/// The store's permissions, for the access check.
pub(in crate::demo) struct Gate(pub Store);

impl S3Access for Gate {
    fn check<'life0, 'life1, 'life2, 'async_trait>(
        &'life0 self,
        context: &'life1 mut S3AccessContext<'life2>,
    ) -> Pin<Box<dyn Future<Output = S3Result<()>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        'life2: 'async_trait,
        Self: 'async_trait,
    {
        let signed = context.extensions_mut().get::<Signed>().cloned();
        let listed = signed.as_ref().map_or("", |signed| signed.key.as_str());
        let path = context.s3_path();
        let wish = Wish {
            operation: context.s3_op().name(),
            bucket: path.get_bucket_name().unwrap_or(""),
            key: path.get_object_key().unwrap_or(listed),
            access_key: context
                .credentials()
                .map(|credentials| credentials.access_key.as_str()),
        };
        let admitted = self.0.admit(&wish, signed.as_ref(), context.headers());
        Box::pin(std::future::ready(admitted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_covers_what_it_names() {
        let denial = Denial {
            operation: Some("PutObject".to_owned()),
            prefix: "raw/".to_owned(),
            ..Denial::default()
        };
        let wish = Wish {
            operation: "PutObject",
            bucket: "b",
            key: "raw/a",
            access_key: Some("K"),
        };
        assert!(denial.covers(&wish));
        assert!(!denial.covers(&Wish {
            key: "other",
            ..wish
        }));
        assert!(!denial.covers(&Wish {
            operation: "GetObject",
            ..wish
        }));
        assert!(Denial::default().covers(&wish));
    }
}
