//! Remotes and their sessions: one http client, one chain of credentials and one cache of regions for each remote.
//! Nothing is read, resolved or fetched before the first request that needs it.

mod clock;
mod connect;
mod endpoint;
mod http;
mod identity;
mod tidy;

pub use identity::Identity;

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};

use crate::backend::{
    counter::{Operation, RequestCounter},
    disk::Disk,
    ec2::CloudCounter,
    error::{Asked, Error},
    manifest::Manifest,
    s3::{S3, wire},
    store::Store,
};
use crate::domain::{
    key::Key,
    location::{Location, Remote},
    progress::Requests,
    retry::FailureKind,
};

pub(super) use clock::Clock;
pub(super) use connect::{Connection, Session};

/// How a remote is reached; what is `None` comes from the environment, the profile, or a default.
#[derive(Debug, Clone)]
pub struct RemoteOptions {
    /// Profile of `~/.aws/config`; `AWS_PROFILE` or `default` when `None`. A profile named here beats keys in the environment.
    pub profile: Option<String>,
    /// Region; buckets elsewhere are found by themselves.
    pub region: Option<String>,
    /// Another place than AWS's own: `http://127.0.0.1:3900`.
    pub endpoint_url: Option<String>,
    /// `endpoint/bucket/key` instead of `bucket.endpoint/key`; when `None`: for IP addresses, localhost and dotted buckets.
    pub path_style: Option<bool>,
    /// Sign nothing: public buckets.
    pub anonymous: bool,
    /// Say that the requester pays.
    pub requester_pays: bool,
    /// Whether CRC64NVME goes with every write.
    pub checksums: ChecksumMode,
    /// Who sends the hot calls.
    pub plane: DataPlane,
    /// Keys given directly instead of the chain.
    pub keys: Option<Keys>,
    /// Idle connections that are kept open.
    pub max_connections: usize,
    /// Until a connection must stand.
    pub connect_timeout: Duration,
    /// Without a byte or an answer until a request counts as failed. Copies and completions get twenty times that.
    pub read_timeout: Duration,
}

impl Default for RemoteOptions {
    fn default() -> Self {
        Self {
            profile: None,
            region: None,
            endpoint_url: None,
            path_style: None,
            anonymous: false,
            requester_pays: false,
            checksums: ChecksumMode::default(),
            plane: DataPlane::default(),
            keys: None,
            max_connections: 256,
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(30),
        }
    }
}

/// Whether CRC64NVME goes with every write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChecksumMode {
    /// With every write, and asked for with every read.
    #[default]
    WhenSupported,
    /// Never, for stores that choke on it.
    WhenRequired,
}

/// Who sends the hot calls: listings, reads, writes, parts, copies and deletes. All else is the SDK's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DataPlane {
    /// wharf itself. Behind a proxy, and where a bucket's address asks for a signature of another kind, the SDK does it.
    #[default]
    Thin,
    /// The AWS SDK.
    Sdk,
}

/// An access key with its secret; shown nowhere.
#[derive(Clone)]
pub struct Keys {
    /// Access key id.
    pub access: String,
    /// Secret access key.
    pub secret: String,
    /// Session token, where the keys are temporary.
    pub token: Option<String>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

/// A bucket as an account shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketInfo {
    /// Its name.
    pub name: Arc<str>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Where it lives, when told.
    pub region: Option<Arc<str>>,
}

/// All remotes of this process; clones share everything.
#[derive(Debug, Clone, Default)]
pub struct Sessions {
    by_remote: Arc<HashMap<Remote, Arc<Session>>>,
    counter: RequestCounter,
    cloud: CloudCounter,
}

impl Sessions {
    /// The remotes of a configuration. The unnamed one is there in any case, with what the environment says.
    pub fn new(remotes: impl IntoIterator<Item = (Remote, RemoteOptions)>) -> Self {
        let counter = RequestCounter::new();
        let mut all = HashMap::from([(Remote::default(), RemoteOptions::default())]);
        all.extend(remotes);
        let session =
            |(remote, options)| (remote, Arc::new(Session::new(options, counter.clone())));
        Self {
            by_remote: Arc::new(all.into_iter().map(session).collect()),
            counter,
            cloud: CloudCounter::default(),
        }
    }

    /// The store at a location. No request is sent: what is wrong there is told by the first question.
    ///
    /// # Errors
    /// `Refused` when the configuration has no such remote, or the location is no place for entries.
    #[allow(
        clippy::unused_async,
        reason = "the door stays async: a store may have to ask before it opens"
    )]
    pub async fn store(&self, location: &Location) -> Result<Store, Error> {
        match location {
            Location::Disk(path) => Ok(Store::Disk(Disk::new(path.clone()))),
            Location::S3(prefix) => Ok(Store::S3(S3::new(self.session(&prefix.remote)?, prefix))),
            Location::Manifest(of) => {
                let file = self.exact(of, &Key::from("manifest"))?;
                let manifest = Manifest::new(file, location.to_string());
                Ok(Store::Manifest(match of.s3() {
                    Some(prefix) if location.may_be_inventory() => {
                        let whole = crate::domain::location::Prefix {
                            path: "".into(),
                            ..prefix.clone()
                        };
                        let bucket = S3::new(self.session(&prefix.remote)?, &whole);
                        manifest.in_bucket(Store::S3(bucket))
                    }
                    Some(_) | None => manifest,
                }))
            }
            Location::Buckets(_) => {
                let reason = "this is a list of buckets, not a place for entries: name a bucket, s3://bucket/prefix";
                Err(Error::new(
                    "open",
                    location.to_string(),
                    FailureKind::Refused,
                    reason,
                ))
            }
        }
    }

    /// The one file or object that stands exactly at this location, as a store that knows it as `name`.
    ///
    /// It is how `sync a.txt s3://b/dir/b.txt` gives the copy its exact name; nothing else exists in that store.
    ///
    /// # Errors
    /// As `store`; a location that ends with a slash is `Refused`.
    pub fn exact(&self, location: &Location, name: &Key) -> Result<Store, Error> {
        let refused =
            |reason: &str| Error::new("open", location.to_string(), FailureKind::Refused, reason);
        match location {
            Location::Disk(path) => Disk::exact(path, name.clone())
                .map(Store::Disk)
                .ok_or_else(|| refused("this path names a folder, not a file")),
            Location::S3(prefix) => S3::exact(self.session(&prefix.remote)?, prefix, name.clone())
                .map(Store::S3)
                .ok_or_else(|| {
                    refused("this location names a folder, not an object: leave out the last slash")
                }),
            Location::Buckets(_) | Location::Manifest(_) => {
                Err(refused("this is no place for one entry"))
            }
        }
    }

    /// The buckets that the remote's credentials may list, by name.
    ///
    /// # Errors
    /// `Denied` where they may list none; a bucket may be opened by its name all the same.
    pub async fn buckets(&self, remote: &Remote) -> Result<Vec<BucketInfo>, Error> {
        let session = self.session(remote)?;
        let mut token = None;
        let mut buckets = Vec::new();
        loop {
            let page = session.list_buckets(token.take()).await?;
            buckets.extend(page.buckets().iter().filter_map(bucket_info));
            token = page
                .continuation_token()
                .filter(|token| !token.is_empty())
                .map(str::to_owned);
            if token.is_none() {
                break;
            }
        }
        buckets.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(buckets)
    }

    /// Where a bucket lives; follows S3's redirect when the remote is set to another region.
    ///
    /// # Errors
    /// `NoBucket`, `Denied`, no credentials, no answer: what `doctor` asks first.
    pub async fn bucket_region(&self, remote: &Remote, bucket: &str) -> Result<Arc<str>, Error> {
        let session = self.session(remote)?;
        let prefix = crate::domain::location::Prefix {
            remote: remote.clone(),
            bucket: bucket.into(),
            path: "".into(),
        };
        let store = S3::new(Arc::clone(&session), &prefix);
        store.head_bucket().await?;
        session.region_of(bucket).await
    }

    /// What is known of how a remote is reached: endpoint and region after all layers are read. Sends nothing.
    ///
    /// # Errors
    /// `Refused` when the configuration has no such remote.
    pub async fn reach(&self, remote: &Remote) -> Result<Reach, Error> {
        let session = self.session(remote)?;
        let connection = session.connection().await;
        Ok(Reach {
            endpoint: connection.endpoint().map(Arc::from),
            region: connection.region().into(),
            skew: session.skew(),
            anonymous: session.options().anonymous,
            exposed: connection.endpoint().is_some_and(endpoint::is_exposed),
        })
    }

    /// The region of a location's bucket, as far as it was learnt; else the one that requests begin with. Sends nothing.
    ///
    /// # Errors
    /// `Refused` when the configuration has no such remote.
    pub async fn region(&self, location: &Location) -> Result<Option<Arc<str>>, Error> {
        let Some(prefix) = location.s3() else {
            return Ok(None);
        };
        let session = self.session(&prefix.remote)?;
        session.region_of(&prefix.bucket).await.map(Some)
    }

    /// How far this machine's clock is ahead of the remote's, by its last answer; `None` before the first one.
    pub fn skew(&self, remote: &Remote) -> Option<SignedDuration> {
        self.by_remote.get(remote)?.skew()
    }

    /// Requests sent since the start, by operation.
    pub fn requests(&self) -> Requests {
        self.counter.requests()
    }

    /// The counter of everything that is sent, for bytes and throttling.
    pub fn counter(&self) -> &RequestCounter {
        &self.counter
    }

    /// The counter of what is sent to EC2 and CloudWatch.
    pub fn cloud_counter(&self) -> &CloudCounter {
        &self.cloud
    }

    pub(in crate::backend) fn session(&self, remote: &Remote) -> Result<Arc<Session>, Error> {
        self.by_remote.get(remote).cloned().ok_or_else(|| {
            let name = remote.name().unwrap_or_default();
            let reason = format!(
                "no remote \"{name}\" is configured: write [remotes.{name}] into wharf.toml"
            );
            Error::new(
                "open",
                format!("{name}:s3://"),
                FailureKind::Refused,
                reason,
            )
        })
    }
}

/// How a remote is reached.
#[derive(Debug, Clone)]
pub struct Reach {
    /// The endpoint, where it is not AWS's own.
    pub endpoint: Option<Arc<str>>,
    /// The region that requests begin with.
    pub region: Arc<str>,
    /// How far this machine's clock is ahead of the remote's.
    pub skew: Option<SignedDuration>,
    /// Whether requests cross a network in the clear.
    pub exposed: bool,
    /// Whether nothing is signed.
    pub anonymous: bool,
}

impl Reach {
    /// Whether both are known to be one place, in whatever spelling.
    pub fn is_same_place(&self, other: &Self) -> bool {
        endpoint::place(self.endpoint.as_deref()) == endpoint::place(other.endpoint.as_deref())
    }
}

impl Session {
    async fn list_buckets(
        &self,
        token: Option<String>,
    ) -> Result<aws_sdk_s3::operation::list_buckets::ListBucketsOutput, Error> {
        let connection = self.connection().await;
        let region = connection.region().to_owned();
        self.counter().count(Operation::ListBuckets);
        let request = connection
            .client(&region)
            .list_buckets()
            .max_buckets(1000)
            .set_continuation_token(token);
        let answer =
            tokio::time::timeout(self.options().read_timeout, Box::pin(request.send())).await;
        let asked = Asked {
            operation: Operation::ListBuckets,
            bucket: "",
            key: None,
            region: &region,
            endpoint: connection.endpoint(),
            profile: self.options().profile.as_deref(),
        };
        match answer {
            Ok(Ok(page)) => Ok(page),
            Ok(Err(error)) => Err(self.noted(&connection, Error::sdk(&asked, &error))),
            Err(_) => Err(Error::timeout(
                &asked,
                self.options().read_timeout.as_secs(),
            )),
        }
    }
}

fn bucket_info(bucket: &aws_sdk_s3::types::Bucket) -> Option<BucketInfo> {
    Some(BucketInfo {
        name: bucket.name()?.into(),
        created: bucket.creation_date().and_then(wire::timestamp),
        region: bucket.bucket_region().map(Arc::from),
    })
}

#[cfg(test)]
mod tests {
    use super::{Keys, Location, Remote, RemoteOptions, Sessions};

    #[test]
    fn keys_are_never_shown() {
        let keys = Keys {
            access: "AKIACANARY".into(),
            secret: "canary-secret".into(),
            token: None,
        };
        let options = RemoteOptions {
            keys: Some(keys),
            ..RemoteOptions::default()
        };
        let sessions = Sessions::new([(Remote::named("main"), options.clone())]);
        let shown = format!("{options:?} {sessions:?}");
        assert!(!shown.to_lowercase().contains("canary"), "{shown}");
    }

    #[tokio::test]
    async fn a_location_that_is_no_place_is_refused_with_a_remedy() {
        let sessions = Sessions::new([]);
        for (text, remedy) in [
            ("s3://", "name a bucket"),
            ("lost:s3://bucket/x", "[remotes.lost]"),
        ] {
            let error = sessions
                .store(&Location::parse(text).unwrap())
                .await
                .unwrap_err();
            assert!(error.reason.contains(remedy), "{}", error.reason);
        }
    }
}
