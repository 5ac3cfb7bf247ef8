//! Listings of objects, both versions of the API.

use super::bucket::{Bucket, owner};
use super::object::{Object, Slot, Version};
use super::page::{After, Page, Query};
use super::{S3Request, S3Response, S3Result, Store, reply, s3_error};
use crate::demo::uri;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use s3s::dto::{self, Timestamp};
use std::sync::Arc;

/// How keys are written in a listing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spelling {
    encoded: bool,
}

impl Spelling {
    pub(super) fn asked(encoding: Option<&dto::EncodingType>) -> S3Result<Self> {
        match encoding.map(dto::EncodingType::as_str) {
            None => Ok(Self { encoded: false }),
            Some(dto::EncodingType::URL) => Ok(Self { encoded: true }),
            Some(_) => Err(s3_error!(
                InvalidArgument,
                "Invalid Encoding Method specified in Request"
            )),
        }
    }

    pub(super) fn write(self, text: &str) -> String {
        if self.encoded {
            uri::encode(text)
        } else {
            text.to_owned()
        }
    }

    pub(super) fn prefixes(self, prefixes: &[String]) -> Option<Vec<dto::CommonPrefix>> {
        let written = prefixes.iter().map(|prefix| dto::CommonPrefix {
            prefix: Some(self.write(prefix)),
        });
        (!prefixes.is_empty()).then(|| written.collect())
    }
}

impl Store {
    /// The page size for what was asked.
    pub(super) fn page_size(&self, asked: Option<i32>) -> S3Result<usize> {
        let limit = self.limits().page;
        let asked = usize::try_from(asked.unwrap_or(i32::MAX));
        let asked = asked.ok().ok_or_else(|| {
            s3_error!(
                InvalidArgument,
                "Argument maxKeys must be an integer between 0 and 2147483647"
            )
        })?;
        Ok(asked.min(limit))
    }
}

pub(super) fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// A continuation token: opaque to the client, the place of the last thing told to us.
fn token(after: &After) -> String {
    let (kind, text) = match after {
        After::Start => ('s', ""),
        After::Key(key) => ('k', key.as_str()),
        After::Prefix(prefix) => ('p', prefix.as_str()),
    };
    BASE64.encode(format!("{kind}{text}"))
}

fn place(token: &str) -> S3Result<After> {
    let decoded = BASE64
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let text = decoded.as_deref().unwrap_or_default();
    if let Some(key) = text.strip_prefix('k') {
        return Ok(After::Key(key.to_owned()));
    }
    if let Some(prefix) = text.strip_prefix('p') {
        return Ok(After::Prefix(prefix.to_owned()));
    }
    Err(s3_error!(
        InvalidArgument,
        "The continuation token provided is incorrect"
    ))
}

pub(super) fn shown(slot: &Slot) -> bool {
    slot.current.object.is_some()
}

/// What a listing tells beyond keys and facts.
#[derive(Debug, Clone, Copy)]
struct More {
    owner: bool,
    restored: bool,
}

fn entry(key: &str, version: &Version, object: &Arc<Object>, more: More) -> dto::Object {
    dto::Object {
        key: Some(key.to_owned()),
        size: Some(i64::try_from(object.size()).unwrap_or(i64::MAX)),
        e_tag: Some(object.etag()),
        last_modified: Some(Timestamp::from(version.modified)),
        storage_class: Some(dto::ObjectStorageClass::from_static(object.class.name())),
        checksum_algorithm: object
            .checksum
            .as_ref()
            .map(|sum| vec![dto::ChecksumAlgorithm::from_static(sum.algorithm.name())]),
        checksum_type: object.checksum.as_ref().map(|sum| sum.kind.dto()),
        owner: more.owner.then(owner),
        restore_status: object
            .restored_until
            .filter(|_| more.restored)
            .map(|until| dto::RestoreStatus {
                is_restore_in_progress: Some(false),
                restore_expiry_date: Some(Timestamp::from(until)),
            }),
    }
}

/// What one listing found, as both versions tell it.
struct Listed {
    contents: Vec<dto::Object>,
    prefixes: Vec<String>,
    next: Option<After>,
}

fn list(bucket: &Bucket, query: &Query, spelling: Spelling, more: More) -> Listed {
    let state = bucket.read();
    let page = Page::cut(&state.keys, query, shown);
    let entries = page.entries.into_iter().filter_map(|(key, slot)| {
        let object = slot.current.object.as_ref()?;
        Some(entry(&spelling.write(key), &slot.current, object, more))
    });
    Listed {
        contents: entries.collect(),
        prefixes: page.prefixes,
        next: page.next,
    }
}

fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

pub(super) fn list_objects_v2(
    store: &Store,
    request: S3Request<dto::ListObjectsV2Input>,
) -> S3Result<S3Response<dto::ListObjectsV2Output>> {
    let input = request.input;
    let bucket = store.bucket(&input.bucket)?;
    let spelling = Spelling::asked(input.encoding_type.as_ref())?;
    let limit = store.page_size(input.max_keys)?;
    let after = match (&input.continuation_token, &input.start_after) {
        (Some(token), _) => place(token)?,
        (None, Some(key)) => After::Key(key.clone()),
        (None, None) => After::Start,
    };
    let query = Query {
        prefix: input.prefix.unwrap_or_default(),
        delimiter: input.delimiter.unwrap_or_default(),
        after,
        limit,
    };
    let asked = input.optional_object_attributes.iter().flatten();
    let more = More {
        owner: input.fetch_owner.unwrap_or(false),
        restored: asked
            .into_iter()
            .any(|name| name.as_str() == dto::OptionalObjectAttributes::RESTORE_STATUS),
    };
    let listed = list(&bucket, &query, spelling, more);
    reply(dto::ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: Some(spelling.write(&query.prefix)),
        delimiter: Some(spelling.write(&query.delimiter)).filter(|delimiter| !delimiter.is_empty()),
        start_after: input.start_after.map(|key| spelling.write(&key)),
        encoding_type: input.encoding_type,
        max_keys: Some(input.max_keys.unwrap_or(1000)),
        key_count: Some(count(listed.contents.len() + listed.prefixes.len())),
        continuation_token: input.continuation_token,
        is_truncated: Some(listed.next.is_some()),
        next_continuation_token: listed.next.as_ref().map(token),
        common_prefixes: spelling.prefixes(&listed.prefixes),
        contents: some(listed.contents),
        request_charged: None,
    })
}

pub(super) fn list_objects(
    store: &Store,
    request: S3Request<dto::ListObjectsInput>,
) -> S3Result<S3Response<dto::ListObjectsOutput>> {
    let input = request.input;
    let bucket = store.bucket(&input.bucket)?;
    let spelling = Spelling::asked(input.encoding_type.as_ref())?;
    let limit = store.page_size(input.max_keys)?;
    let query = Query {
        prefix: input.prefix.unwrap_or_default(),
        delimiter: input.delimiter.unwrap_or_default(),
        after: input
            .marker
            .clone()
            .filter(|marker| !marker.is_empty())
            .map_or(After::Start, After::Key),
        limit,
    };
    let more = More {
        owner: true,
        restored: false,
    };
    let listed = list(&bucket, &query, spelling, more);
    let next = listed.next.as_ref().and_then(|after| match after {
        After::Start => None,
        After::Key(text) | After::Prefix(text) => Some(spelling.write(text)),
    });
    reply(dto::ListObjectsOutput {
        name: Some(input.bucket),
        prefix: Some(spelling.write(&query.prefix)),
        marker: Some(spelling.write(input.marker.as_deref().unwrap_or(""))),
        max_keys: Some(input.max_keys.unwrap_or(1000)),
        is_truncated: Some(next.is_some()),
        next_marker: next.filter(|_| !query.delimiter.is_empty()),
        delimiter: Some(spelling.write(&query.delimiter)).filter(|delimiter| !delimiter.is_empty()),
        encoding_type: input.encoding_type,
        common_prefixes: spelling.prefixes(&listed.prefixes),
        contents: some(listed.contents),
        request_charged: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_lead_back_to_their_place() {
        for after in [
            After::Key("a/ü\n".to_owned()),
            After::Prefix("a/".to_owned()),
        ] {
            assert_eq!(place(&token(&after)).unwrap(), after);
        }
        assert!(place("!").is_err());
    }
}
