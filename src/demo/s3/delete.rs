//! Deleting: one object or up to 1,000, with conditions, delete markers and versions.

use super::bucket::State;
use super::condition::precondition_failed;
use super::object::{Slot, Version};
use super::{S3Error, S3Request, S3Response, S3Result, Store, Versioning, reply, s3_error};
use crate::demo::clock::whole_second;
use http::StatusCode;
use s3s::dto::{self, ETagCondition, Timestamp};
use std::sync::atomic::Ordering;
use std::time::SystemTime;

/// What is to be deleted, and what must hold of it.
#[derive(Debug, Default)]
struct Target<'a> {
    key: &'a str,
    version: Option<&'a str>,
    etag: Option<ETagCondition>,
    size: Option<i64>,
    modified: Option<&'a Timestamp>,
}

/// What a delete did.
#[derive(Debug, Default, PartialEq, Eq)]
struct Deleted {
    /// The version made (a delete marker) or removed.
    version: Option<String>,
    /// Whether that version is a delete marker.
    marker: bool,
}

impl Target<'_> {
    fn is_guarded(&self) -> bool {
        self.etag.is_some() || self.size.is_some() || self.modified.is_some()
    }

    fn check(&self, slot: Option<&Slot>) -> S3Result<()> {
        if !self.is_guarded() {
            return Ok(());
        }
        let standing = slot.and_then(|slot| match self.version {
            None => Some(&slot.current),
            Some(id) => slot.versions().find(|version| version.name() == id),
        });
        let Some((version, object)) =
            standing.and_then(|version| Some((version, version.object.as_ref()?)))
        else {
            return Err(s3_error!(NoSuchKey, "The specified key does not exist."));
        };
        let same_etag = self
            .etag
            .as_ref()
            .and_then(ETagCondition::as_etag)
            .is_none_or(|etag| etag.value() == object.etag);
        let same_size = self
            .size
            .is_none_or(|size| u64::try_from(size) == Ok(object.size()));
        let same_time = self
            .modified
            .is_none_or(|modified| *modified == Timestamp::from(whole_second(version.modified)));
        if same_etag && same_size && same_time {
            Ok(())
        } else {
            Err(precondition_failed())
        }
    }

    fn apply(&self, state: &mut State, now: SystemTime, id: String) -> Deleted {
        if let Some(version) = self.version {
            let removed = state.remove_version(self.key, version);
            return Deleted {
                version: Some(version.to_owned()),
                marker: removed.is_some_and(|removed| removed.object.is_none()),
            };
        }
        if state.settings.versioning == Versioning::Off {
            state.keys.remove(self.key);
            return Deleted::default();
        }
        let marker = Version {
            id: None,
            modified: now,
            object: None,
        };
        Deleted {
            version: state.insert(self.key, marker, id),
            marker: true,
        }
    }
}

impl Store {
    fn count(&self, target: &Target<'_>) {
        let unguarded = u64::from(!target.is_guarded());
        self.0.unguarded.fetch_add(unguarded, Ordering::Relaxed);
    }

    fn delete_target(&self, bucket: &str, target: &Target<'_>) -> S3Result<Deleted> {
        let bucket = self.bucket(bucket)?;
        let id = self.new_id();
        let mut state = bucket.write();
        if self.limits().conditions {
            target.check(state.keys.get(target.key))?;
        }
        Ok(target.apply(&mut state, self.clock().second(), id))
    }

    /// Deletes an object beside the wire, as a DELETE would.
    pub fn delete(&self, bucket: &str, key: &str) {
        let target = Target {
            key,
            ..Target::default()
        };
        drop(self.delete_target(bucket, &target));
    }
}

pub(super) fn delete_object(
    store: &Store,
    request: S3Request<dto::DeleteObjectInput>,
) -> S3Result<S3Response<dto::DeleteObjectOutput>> {
    let input = &request.input;
    let target = Target {
        key: &input.key,
        version: input.version_id.as_deref(),
        etag: input.if_match.clone(),
        size: input.if_match_size,
        modified: input.if_match_last_modified_time.as_ref(),
    };
    store.count(&target);
    let done = store.delete_target(&input.bucket, &target)?;
    let output = dto::DeleteObjectOutput {
        version_id: done.version,
        delete_marker: done.marker.then_some(true),
        request_charged: None,
    };
    Ok(S3Response::with_status(output, StatusCode::NO_CONTENT))
}

/// Objects that one request may name.
const BATCH: usize = 1000;

pub(super) fn delete_objects(
    store: &Store,
    request: S3Request<dto::DeleteObjectsInput>,
) -> S3Result<S3Response<dto::DeleteObjectsOutput>> {
    let input = &request.input;
    store.bucket(&input.bucket)?;
    let objects = &input.delete.objects;
    if objects.is_empty() || objects.len() > BATCH {
        return Err(s3_error!(
            MalformedXML,
            "The XML you provided was not well-formed or did not validate against our published schema"
        ));
    }
    let quiet = input.delete.quiet.unwrap_or(false);
    let access_key = request
        .credentials
        .as_ref()
        .map(|credentials| credentials.access_key.as_str());
    let (mut deleted, mut errors) = (Vec::new(), Vec::new());
    for object in objects {
        match delete_one(store, &input.bucket, object, access_key) {
            Ok(done) if !quiet => deleted.push(told(object, done)),
            Ok(_) => {}
            Err(error) => errors.push(dto::Error {
                code: Some(error.code().as_str().to_owned()),
                key: Some(object.key.clone()),
                message: error.message().map(str::to_owned),
                version_id: object.version_id.clone(),
            }),
        }
    }
    reply(dto::DeleteObjectsOutput {
        deleted: Some(deleted),
        errors: Some(errors),
        request_charged: None,
    })
}

fn delete_one(
    store: &Store,
    bucket: &str,
    object: &dto::ObjectIdentifier,
    access_key: Option<&str>,
) -> Result<Deleted, S3Error> {
    store.permit(&super::access::Wish {
        operation: "DeleteObject",
        bucket,
        key: &object.key,
        access_key,
    })?;
    let target = Target {
        key: &object.key,
        version: object.version_id.as_deref(),
        etag: object.e_tag.clone().map(ETagCondition::ETag),
        size: object.size,
        modified: object.last_modified_time.as_ref(),
    };
    store.count(&target);
    store.delete_target(bucket, &target)
}

fn told(object: &dto::ObjectIdentifier, done: Deleted) -> dto::DeletedObject {
    let made = done.marker && object.version_id.is_none();
    dto::DeletedObject {
        key: Some(object.key.clone()),
        version_id: object.version_id.clone(),
        delete_marker: done.marker.then_some(true),
        delete_marker_version_id: done
            .version
            .filter(|_| done.marker && (made || object.version_id.is_some())),
    }
}
