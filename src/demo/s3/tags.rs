//! Tags of objects and of buckets.

use super::get::no_such_key;
use super::object::{Object, Version};
use super::{S3Request, S3Response, S3Result, Store, reply, s3_error};
use crate::demo::uri;
use http::StatusCode;
use s3s::dto;
use std::sync::Arc;

type Tags = Vec<(String, String)>;

/// Tags that an object may have.
const LIMIT: usize = 10;

fn check(tags: Tags) -> S3Result<Tags> {
    let mut names: Vec<&str> = tags.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let doubled = names.windows(2).any(|pair| pair[0] == pair[1]);
    let too_long = tags.iter().any(|(name, value)| {
        name.is_empty() || name.chars().count() > 128 || value.chars().count() > 256
    });
    if doubled || too_long {
        return Err(s3_error!(
            InvalidTag,
            "The TagKey or TagValue you have provided is invalid"
        ));
    }
    Ok(tags)
}

fn check_object(tags: Tags) -> S3Result<Tags> {
    if tags.len() > LIMIT {
        return Err(s3_error!(
            InvalidTag,
            "Object tags cannot be greater than {LIMIT}"
        ));
    }
    check(tags)
}

/// The tags in an `x-amz-tagging` header, which is written like a query string.
pub(super) fn parse_header(header: Option<&str>) -> S3Result<Tags> {
    let read = |text: &str| uri::decode(&text.replace('+', " "));
    let pairs = header
        .unwrap_or("")
        .split('&')
        .filter(|pair| !pair.is_empty());
    let tags = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let tag = read(name).zip(read(value));
        tag.ok_or_else(|| s3_error!(InvalidArgument, "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates."))
    });
    check_object(tags.collect::<S3Result<Tags>>()?)
}

/// Tags as they stand in an `x-amz-tagging` header.
pub(super) fn query(tags: &[(String, String)]) -> String {
    let pairs = tags
        .iter()
        .map(|(name, value)| format!("{}={}", uri::encode(name), uri::encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn read(tagging: dto::Tagging) -> Tags {
    let tags = tagging.tag_set.into_iter();
    tags.map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default()))
        .collect()
}

fn write(tags: &Tags) -> dto::TagSet {
    let tags = tags.iter().cloned();
    tags.map(|(key, value)| dto::Tag {
        key: Some(key),
        value: Some(value),
    })
    .collect()
}

impl Store {
    /// Changes an object where it stands: its version and date stay.
    pub(super) fn amend(
        &self,
        bucket: &str,
        key: &str,
        id: Option<&str>,
        change: impl FnOnce(&mut Object),
    ) -> S3Result<Option<String>> {
        let bucket = self.bucket(bucket)?;
        let mut state = bucket.write();
        let slot = state.keys.get_mut(key).ok_or_else(no_such_key)?;
        let version: &mut Version = slot
            .version_mut(id)
            .ok_or_else(|| s3_error!(NoSuchVersion, "The specified version does not exist."))?;
        let object = version.object.as_mut().ok_or_else(no_such_key)?;
        change(Arc::make_mut(object));
        Ok(version.id.as_deref().map(str::to_owned))
    }
}

pub(super) fn get_object_tagging(
    store: &Store,
    request: S3Request<dto::GetObjectTaggingInput>,
) -> S3Result<S3Response<dto::GetObjectTaggingOutput>> {
    let input = &request.input;
    let found = store.find(&input.bucket, &input.key, input.version_id.as_deref())?;
    reply(dto::GetObjectTaggingOutput {
        tag_set: write(&found.object.tags),
        version_id: found.version,
    })
}

pub(super) fn put_object_tagging(
    store: &Store,
    request: S3Request<dto::PutObjectTaggingInput>,
) -> S3Result<S3Response<dto::PutObjectTaggingOutput>> {
    let input = request.input;
    let tags = check_object(read(input.tagging))?;
    let version_id = store.amend(
        &input.bucket,
        &input.key,
        input.version_id.as_deref(),
        |object| object.tags = tags,
    )?;
    reply(dto::PutObjectTaggingOutput { version_id })
}

pub(super) fn delete_object_tagging(
    store: &Store,
    request: S3Request<dto::DeleteObjectTaggingInput>,
) -> S3Result<S3Response<dto::DeleteObjectTaggingOutput>> {
    let input = request.input;
    let version_id = store.amend(
        &input.bucket,
        &input.key,
        input.version_id.as_deref(),
        |object| object.tags.clear(),
    )?;
    Ok(S3Response::with_status(
        dto::DeleteObjectTaggingOutput { version_id },
        StatusCode::NO_CONTENT,
    ))
}

pub(super) fn get_bucket_tagging(
    store: &Store,
    request: S3Request<dto::GetBucketTaggingInput>,
) -> S3Result<S3Response<dto::GetBucketTaggingOutput>> {
    let bucket = store.bucket(&request.input.bucket)?;
    let tags = bucket.read().settings.tags.clone();
    let tags = tags.ok_or_else(|| s3_error!(NoSuchTagSet, "The TagSet does not exist"))?;
    reply(dto::GetBucketTaggingOutput {
        tag_set: write(&tags),
    })
}

pub(super) fn put_bucket_tagging(
    store: &Store,
    request: S3Request<dto::PutBucketTaggingInput>,
) -> S3Result<S3Response<dto::PutBucketTaggingOutput>> {
    let bucket = store.bucket(&request.input.bucket)?;
    let tags = check(read(request.input.tagging))?;
    bucket.write().settings.tags = Some(tags);
    Ok(S3Response::with_status(
        dto::PutBucketTaggingOutput::default(),
        StatusCode::NO_CONTENT,
    ))
}

pub(super) fn delete_bucket_tagging(
    store: &Store,
    request: S3Request<dto::DeleteBucketTaggingInput>,
) -> S3Result<S3Response<dto::DeleteBucketTaggingOutput>> {
    let bucket = store.bucket(&request.input.bucket)?;
    bucket.write().settings.tags = None;
    Ok(S3Response::with_status(
        dto::DeleteBucketTaggingOutput::default(),
        StatusCode::NO_CONTENT,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_read_like_a_query() {
        let tags = parse_header(Some("a=1&b+c=%C3%BC&d")).unwrap();
        let expected = [("a", "1"), ("b c", "ü"), ("d", "")];
        assert!(
            tags.iter()
                .map(|(k, v)| (k.as_str(), v.as_str()))
                .eq(expected)
        );
        assert!(parse_header(Some("a=1&a=2")).is_err());
        assert!(parse_header(Some("0=&1=&2=&3=&4=&5=&6=&7=&8=&9=&10=")).is_err());
        assert!(parse_header(None).unwrap().is_empty());
    }
}
