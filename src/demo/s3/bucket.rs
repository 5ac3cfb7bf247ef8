//! Buckets: their state under one lock each, and the operations on buckets as a whole.

use super::multipart::{Finished, Upload};
use super::object::{Object, Slot, Version};
use super::sse::Encryption;
use super::{S3Request, S3Response, S3Result, Store, reply, s3_error};
use s3s::dto::{self, Timestamp};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::SystemTime;

/// One bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    pub name: String,
    pub region: String,
    pub created: SystemTime,
    state: RwLock<State>,
}

/// What is in a bucket: keys in byte order, unfinished uploads by key and id, and its settings.
#[derive(Debug, Default)]
pub(super) struct State {
    pub keys: BTreeMap<Arc<str>, Slot>,
    pub uploads: BTreeMap<(String, String), Upload>,
    pub finished: HashMap<String, Finished>,
    pub settings: Settings,
}

/// A bucket's configuration.
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub versioning: Versioning,
    pub encryption: Option<dto::ServerSideEncryptionConfiguration>,
    pub default_encryption: Encryption,
    pub lifecycle: Option<(
        dto::LifecycleRules,
        Option<dto::TransitionDefaultMinimumObjectSize>,
    )>,
    pub public_access: Option<dto::PublicAccessBlockConfiguration>,
    pub tiering: Vec<dto::IntelligentTieringConfiguration>,
    pub tags: Option<Vec<(String, String)>>,
    pub public: bool,
    pub requester_pays: bool,
}

/// Whether old versions of objects are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Versioning {
    /// Never was on: a write replaces, a delete removes.
    #[default]
    Off,
    /// Every write and delete makes a version.
    Enabled,
    /// Was on: old versions stay, new writes replace the version `null`.
    Suspended,
}

impl Bucket {
    pub(super) fn new(name: &str, region: &str, created: SystemTime) -> Self {
        Self {
            name: name.to_owned(),
            region: region.to_owned(),
            created,
            state: RwLock::default(),
        }
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The object that stands under `key` now; not a delete marker.
    pub(super) fn current(&self, key: &str) -> Option<(&Version, &Arc<Object>)> {
        let version = &self.keys.get(key)?.current;
        Some((version, version.object.as_ref()?))
    }

    /// Puts a version under `key`; `id` is used when the bucket keeps versions. Returns the id to tell, if any.
    pub(super) fn insert(&mut self, key: &str, mut version: Version, id: String) -> Option<String> {
        let told = match self.settings.versioning {
            Versioning::Off => None,
            Versioning::Enabled => {
                version.id = Some(id.as_str().into());
                Some(id)
            }
            Versioning::Suspended => Some("null".to_owned()),
        };
        if let Some(slot) = self.keys.get_mut(key) {
            slot.put(version);
        } else {
            let slot = Slot {
                current: version,
                older: Vec::new(),
            };
            self.keys.insert(key.into(), slot);
        }
        told
    }

    /// Takes one version away for good; the next older one becomes the current one.
    pub(super) fn remove_version(&mut self, key: &str, id: &str) -> Option<Version> {
        let slot = self.keys.get_mut(key)?;
        if slot.current.name() != id {
            let at = slot.older.iter().position(|version| version.name() == id)?;
            return Some(slot.older.remove(at));
        }
        if slot.older.is_empty() {
            return Some(self.keys.remove(key)?.current);
        }
        let next = slot.older.remove(0);
        Some(std::mem::replace(&mut slot.current, next))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

impl Slot {
    /// Makes `version` the current one; an unnamed version replaces the one called `null`.
    fn put(&mut self, version: Version) {
        if version.id.is_none() {
            self.older.retain(|older| older.id.is_some());
        }
        let before = std::mem::replace(&mut self.current, version);
        if before.id.is_some() || self.current.id.is_some() {
            self.older.insert(0, before);
        }
    }
}

impl Store {
    /// Makes a bucket in `region`; one that exists already stays as it is.
    pub fn create_bucket(&self, name: &str, region: &str) {
        let created = self.clock().second();
        let mut buckets = self
            .0
            .buckets
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        buckets
            .entry(name.to_owned())
            .or_insert_with(|| Arc::new(Bucket::new(name, region, created)));
    }

    fn all_buckets(&self) -> Vec<Arc<Bucket>> {
        let buckets = self
            .0
            .buckets
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        buckets.values().cloned().collect()
    }

    /// The names of all buckets, in order.
    pub fn bucket_names(&self) -> Vec<String> {
        self.all_buckets()
            .iter()
            .map(|bucket| bucket.name.clone())
            .collect()
    }
}

pub(super) fn list_buckets(
    store: &Store,
    request: S3Request<dto::ListBucketsInput>,
) -> S3Result<S3Response<dto::ListBucketsOutput>> {
    let prefix = request.input.prefix.as_deref().unwrap_or("");
    let limit = request
        .input
        .max_buckets
        .map_or(usize::MAX, |max| usize::try_from(max).unwrap_or(0));
    let after = request.input.continuation_token.as_deref().unwrap_or("");
    let mut wanted = store.all_buckets();
    wanted.retain(|bucket| bucket.name.starts_with(prefix) && bucket.name.as_str() > after);
    let more = wanted.len() > limit;
    wanted.truncate(limit);
    let token = wanted
        .last()
        .filter(|_| more)
        .map(|bucket| bucket.name.clone());
    let buckets = wanted.iter().map(|bucket| dto::Bucket {
        name: Some(bucket.name.clone()),
        creation_date: Some(Timestamp::from(bucket.created)),
        bucket_region: Some(bucket.region.clone()),
    });
    reply(dto::ListBucketsOutput {
        buckets: Some(buckets.collect()),
        owner: Some(owner()),
        continuation_token: token,
        prefix: request.input.prefix.clone(),
    })
}

/// The one account of this world.
pub(super) fn owner() -> dto::Owner {
    dto::Owner {
        display_name: Some("demo".to_owned()),
        id: Some("123456789012".to_owned()),
    }
}

pub(super) fn create_bucket(
    store: &Store,
    request: S3Request<dto::CreateBucketInput>,
) -> S3Result<S3Response<dto::CreateBucketOutput>> {
    let name = &request.input.bucket;
    if store.bucket(name).is_ok() {
        return Err(s3_error!(
            BucketAlreadyOwnedByYou,
            "Your previous request to create the named bucket succeeded and you already own it."
        ));
    }
    let signed = request
        .region
        .as_ref()
        .map(|region| region.as_str().to_owned());
    let constraint = request.input.create_bucket_configuration.as_ref();
    let asked = constraint.and_then(|wanted| wanted.location_constraint.as_ref());
    let region = match (asked, signed) {
        (Some(asked), Some(signed)) if asked.as_str() != signed && signed != "us-east-1" => {
            return Err(s3_error!(
                IllegalLocationConstraintException,
                "The {} location constraint is incompatible for the region specific endpoint this request was sent to.",
                asked.as_str()
            ));
        }
        (Some(asked), _) => asked.as_str().to_owned(),
        (None, Some(signed)) => signed,
        (None, None) => "us-east-1".to_owned(),
    };
    store.create_bucket(name, &region);
    reply(dto::CreateBucketOutput {
        location: Some(format!("/{name}")),
    })
}

pub(super) fn head_bucket(
    store: &Store,
    request: S3Request<dto::HeadBucketInput>,
) -> S3Result<S3Response<dto::HeadBucketOutput>> {
    let bucket = store.bucket(&request.input.bucket)?;
    reply(dto::HeadBucketOutput {
        bucket_region: Some(bucket.region.clone()),
        ..dto::HeadBucketOutput::default()
    })
}

pub(super) fn delete_bucket(
    store: &Store,
    request: S3Request<dto::DeleteBucketInput>,
) -> S3Result<S3Response<dto::DeleteBucketOutput>> {
    let bucket = store.bucket(&request.input.bucket)?;
    let mut buckets = store
        .0
        .buckets
        .write()
        .unwrap_or_else(PoisonError::into_inner);
    if !bucket.read().is_empty() {
        return Err(s3_error!(
            BucketNotEmpty,
            "The bucket you tried to delete is not empty"
        ));
    }
    buckets.remove(&bucket.name);
    let mut done = S3Response::new(dto::DeleteBucketOutput::default());
    done.status = Some(http::StatusCode::NO_CONTENT);
    Ok(done)
}

pub(super) fn get_bucket_location(
    store: &Store,
    request: S3Request<dto::GetBucketLocationInput>,
) -> S3Result<S3Response<dto::GetBucketLocationOutput>> {
    let bucket = store.bucket(&request.input.bucket)?;
    let constraint = (bucket.region != "us-east-1")
        .then(|| dto::BucketLocationConstraint::from(bucket.region.clone()));
    reply(dto::GetBucketLocationOutput {
        location_constraint: constraint,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version() -> Version {
        Version {
            id: None,
            modified: SystemTime::UNIX_EPOCH,
            object: None,
        }
    }

    fn names(state: &State) -> Vec<String> {
        state.keys["k"]
            .versions()
            .map(|version| version.name().to_owned())
            .collect()
    }

    #[test]
    fn versions_pile_up_only_when_they_are_kept() {
        let mut state = State::default();
        assert_eq!(state.insert("k", version(), "1".to_owned()), None);
        state.insert("k", version(), "2".to_owned());
        assert_eq!(names(&state), ["null"]);
        state.settings.versioning = Versioning::Enabled;
        assert_eq!(
            state.insert("k", version(), "3".to_owned()).as_deref(),
            Some("3")
        );
        state.insert("k", version(), "4".to_owned());
        assert_eq!(names(&state), ["4", "3", "null"]);
        state.settings.versioning = Versioning::Suspended;
        assert_eq!(
            state.insert("k", version(), "5".to_owned()).as_deref(),
            Some("null")
        );
        assert_eq!(names(&state), ["null", "4", "3"]);
    }

    #[test]
    fn removing_the_current_version_brings_the_older_one_back() {
        let mut state = State::default();
        state.settings.versioning = Versioning::Enabled;
        for id in ["1", "2", "3"] {
            state.insert("k", version(), id.to_owned());
        }
        state.remove_version("k", "3");
        assert_eq!(names(&state), ["2", "1"]);
        state.remove_version("k", "1");
        assert!(state.remove_version("k", "9").is_none());
        state.remove_version("k", "2");
        assert!(state.is_empty());
    }
}
