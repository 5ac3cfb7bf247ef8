//! Where a bucket is asked, and what a signature for it says: found by the SDK's own rules, once for each bucket and region.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_s3::config::endpoint::{DefaultResolver, Endpoint, Params, ResolveEndpoint as _};
use aws_smithy_types::Document;

/// What is the same for all buckets of a remote.
#[derive(Debug, Clone, Default)]
pub(in crate::backend) struct Reach {
    /// Another place than AWS's own.
    pub(in crate::backend) endpoint: Option<String>,
    pub(in crate::backend) path_style: bool,
    pub(in crate::backend) fips: bool,
    pub(in crate::backend) dual_stack: bool,
}

/// Where a bucket is, and what is signed for it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// `scheme://authority`, with the bucket where it stands in the path; without a slash at its end.
    pub(super) base: String,
    /// The region of the signature.
    pub(super) region: Box<str>,
    /// The service's name in the signature.
    pub(super) service: Box<str>,
}

/// The addresses of a remote's buckets.
#[derive(Debug)]
pub(super) struct Addresses {
    reach: Reach,
    resolver: DefaultResolver,
    known: Mutex<Vec<Known>>,
}

#[derive(Debug)]
struct Known {
    bucket: Box<str>,
    region: Box<str>,
    /// `None`: the rules refuse the bucket, or want a signature that only the SDK makes.
    address: Option<Arc<Address>>,
}

impl Addresses {
    pub(super) fn new(reach: Reach) -> Self {
        Self {
            reach,
            resolver: DefaultResolver::new(),
            known: Mutex::default(),
        }
    }

    /// Where a bucket of this region is; `None` where this is for the SDK to find out, or to refuse in its own words.
    pub(super) async fn of(&self, bucket: &str, region: &str) -> Option<Arc<Address>> {
        let is_it = |known: &&Known| &*known.bucket == bucket && &*known.region == region;
        let known = self
            .lock()
            .iter()
            .find(is_it)
            .map(|known| known.address.clone());
        if let Some(address) = known {
            return address;
        }
        let address = self.resolved(bucket, region).await.map(Arc::new);
        let known = Known {
            bucket: bucket.into(),
            region: region.into(),
            address: address.clone(),
        };
        self.lock().push(known);
        address
    }

    async fn resolved(&self, bucket: &str, region: &str) -> Option<Address> {
        let params = Params::builder()
            .bucket(bucket)
            .region(region)
            .set_endpoint(self.reach.endpoint.clone())
            .force_path_style(self.reach.path_style)
            .use_fips(self.reach.fips)
            .use_dual_stack(self.reach.dual_stack)
            .disable_s3_express_session_auth(true)
            .build()
            .ok()?;
        let endpoint = self.resolver.resolve_endpoint(&params).await.ok()?;
        address(&endpoint, region)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a resolved endpoint says, where it asks for a plain `sigv4` signature and for nothing else.
fn address(endpoint: &Endpoint, region: &str) -> Option<Address> {
    if endpoint.headers().next().is_some() {
        return None;
    }
    let scheme = endpoint.auth_schemes().first()?;
    let text = |name| match scheme.get(name) {
        Some(Document::String(text)) => Some(text.as_str()),
        _ => None,
    };
    (scheme.name() == "sigv4").then(|| Address {
        base: endpoint.url().trim_end_matches('/').to_owned(),
        region: text("signingRegion").unwrap_or(region).into(),
        service: text("signingName").unwrap_or("s3").into(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Addresses, Reach};

    async fn base(reach: &Reach, bucket: &str, region: &str) -> Option<(String, String)> {
        let addresses = Addresses::new(reach.clone());
        let address = addresses.of(bucket, region).await;
        assert_eq!(address, addresses.of(bucket, region).await, "kept");
        address.map(|address| (address.base.clone(), address.region.to_string()))
    }

    async fn found(reach: &Reach, bucket: &str, region: &str, expected: &str) {
        let expected = Some((expected.to_owned(), region.to_owned()));
        assert_eq!(base(reach, bucket, region).await, expected, "{bucket}");
    }

    #[tokio::test]
    async fn buckets_of_aws_are_found_by_the_rules_of_the_sdk() {
        let aws = Reach::default();
        let base = "https://pics.s3.eu-west-1.amazonaws.com";
        found(&aws, "pics", "eu-west-1", base).await;
        let dotted = "https://s3.us-east-2.amazonaws.com/of.mine";
        found(&aws, "of.mine", "us-east-2", dotted).await;
        let door = "arn:aws:s3:us-west-2:123456789012:accesspoint:door";
        let base = "https://door-123456789012.s3-accesspoint.us-west-2.amazonaws.com";
        found(&aws, door, "us-west-2", base).await;
        let fips = Reach {
            fips: true,
            ..Reach::default()
        };
        let base = "https://pics.s3-fips.us-east-1.amazonaws.com";
        found(&fips, "pics", "us-east-1", base).await;
        let dual = Reach {
            dual_stack: true,
            ..Reach::default()
        };
        let base = "https://pics.s3.dualstack.us-east-1.amazonaws.com";
        found(&dual, "pics", "us-east-1", base).await;
    }

    #[tokio::test]
    async fn buckets_of_other_stores_stand_in_the_path_or_in_the_name() {
        let at = |endpoint: &str, path_style| Reach {
            endpoint: Some(endpoint.to_owned()),
            path_style,
            ..Reach::default()
        };
        let here = at("http://127.0.0.1:9000", true);
        found(&here, "pics", "us-east-1", "http://127.0.0.1:9000/pics").await;
        let there = at("https://store.example/s3", false);
        found(&there, "pics", "here", "https://pics.store.example/s3").await;
    }

    #[tokio::test]
    async fn what_needs_another_signature_is_left_to_the_sdk() {
        let everywhere = "arn:aws:s3::123456789012:accesspoint:door.mrap";
        assert_eq!(base(&Reach::default(), everywhere, "us-east-1").await, None);
        assert_eq!(base(&Reach::default(), "pics", "no region").await, None);
    }
}
