//! The listing of versions: every version and delete marker of every key, newest first under each key.

use super::list::{Spelling, count};
use super::object::{Slot, Version};
use super::page::{After, Page, Query};
use super::{S3Request, S3Response, S3Result, Store, reply, s3_error};
use s3s::dto::{self, Timestamp};

/// What has been gathered of one page.
#[derive(Default)]
struct Gathered {
    versions: Vec<dto::ObjectVersion>,
    markers: Vec<dto::DeleteMarkerEntry>,
    prefixes: Vec<String>,
    last: Option<(String, Option<String>)>,
    truncated: bool,
}

impl Gathered {
    fn len(&self) -> usize {
        self.versions.len() + self.markers.len() + self.prefixes.len()
    }

    fn add(&mut self, key: &str, version: &Version, latest: bool) {
        let (key, id) = (Some(key.to_owned()), Some(version.name().to_owned()));
        let modified = Some(Timestamp::from(version.modified));
        let Some(object) = &version.object else {
            self.markers.push(dto::DeleteMarkerEntry {
                key,
                version_id: id,
                is_latest: Some(latest),
                last_modified: modified,
                owner: Some(super::bucket::owner()),
            });
            return;
        };
        self.versions.push(dto::ObjectVersion {
            key,
            version_id: id,
            is_latest: Some(latest),
            last_modified: modified,
            e_tag: Some(object.etag()),
            size: i64::try_from(object.size()).ok(),
            storage_class: Some(dto::ObjectVersionStorageClass::from(
                object.class.name().to_owned(),
            )),
            checksum_algorithm: object
                .checksum
                .as_ref()
                .map(|sum| vec![dto::ChecksumAlgorithm::from_static(sum.algorithm.name())]),
            checksum_type: object.checksum.as_ref().map(|sum| sum.kind.dto()),
            owner: Some(super::bucket::owner()),
            restore_status: None,
        });
    }

    /// Adds the versions of a key until the page is full; those up to `after` were told before.
    fn add_all(&mut self, key: &str, slot: &Slot, after: Option<&str>, page: (Spelling, usize)) {
        let (spelling, limit) = page;
        let mut told = after.is_some();
        for (at, version) in slot.versions().enumerate() {
            if told {
                told = Some(version.name()) != after;
                continue;
            }
            if self.len() >= limit {
                self.truncated = true;
                return;
            }
            self.add(&spelling.write(key), version, at == 0);
            self.last = Some((key.to_owned(), Some(version.name().to_owned())));
        }
    }
}

pub(super) fn list_object_versions(
    store: &Store,
    request: S3Request<dto::ListObjectVersionsInput>,
) -> S3Result<S3Response<dto::ListObjectVersionsOutput>> {
    let input = request.input;
    let bucket = store.bucket(&input.bucket)?;
    let spelling = Spelling::asked(input.encoding_type.as_ref())?;
    let limit = store.page_size(input.max_keys)?;
    let marker = input.key_marker.clone().filter(|marker| !marker.is_empty());
    let id_marker = input
        .version_id_marker
        .clone()
        .filter(|marker| !marker.is_empty());
    if id_marker.is_some() && marker.is_none() {
        return Err(s3_error!(
            InvalidArgument,
            "A version-id marker cannot be specified without a key marker."
        ));
    }
    let mut gathered = Gathered::default();
    let state = bucket.read();
    if let (Some(key), Some(id)) = (&marker, &id_marker)
        && let Some(slot) = state.keys.get(key.as_str())
    {
        gathered.add_all(key, slot, Some(id), (spelling, limit));
    }
    let query = Query {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone().unwrap_or_default(),
        after: marker.map_or(After::Start, After::Key),
        limit,
    };
    let page = Page::cut(&state.keys, &query, |_| true);
    for (key, slot) in &page.entries {
        if gathered.truncated {
            break;
        }
        gathered.add_all(
            key,
            slot,
            None,
            (spelling, limit.saturating_sub(page.prefixes.len())),
        );
    }
    if gathered.truncated {
        let last = gathered.last.as_ref().map_or("", |(key, _)| key.as_str());
        gathered.prefixes = page
            .prefixes
            .into_iter()
            .filter(|prefix| prefix.as_str() < last)
            .collect();
    } else {
        gathered.prefixes = page.prefixes;
        gathered.truncated = page.next.is_some();
        gathered.last = match page.next {
            Some(After::Prefix(prefix)) => Some((prefix, None)),
            Some(After::Key(key)) => Some((key, None)),
            Some(After::Start) | None => gathered.last,
        };
    }
    reply(output(&input, gathered, spelling))
}

fn output(
    input: &dto::ListObjectVersionsInput,
    gathered: Gathered,
    spelling: Spelling,
) -> dto::ListObjectVersionsOutput {
    let (next_key, next_id) = gathered.last.filter(|_| gathered.truncated).unzip();
    dto::ListObjectVersionsOutput {
        name: Some(input.bucket.clone()),
        prefix: Some(spelling.write(input.prefix.as_deref().unwrap_or(""))),
        delimiter: input
            .delimiter
            .as_deref()
            .map(|delimiter| spelling.write(delimiter)),
        encoding_type: input.encoding_type.clone(),
        key_marker: Some(spelling.write(input.key_marker.as_deref().unwrap_or(""))),
        version_id_marker: Some(input.version_id_marker.clone().unwrap_or_default()),
        max_keys: Some(input.max_keys.unwrap_or(count(1000))),
        is_truncated: Some(gathered.truncated),
        next_key_marker: next_key.map(|key| spelling.write(&key)),
        next_version_id_marker: next_id.flatten(),
        common_prefixes: spelling.prefixes(&gathered.prefixes),
        versions: Some(gathered.versions),
        delete_markers: Some(gathered.markers),
        request_charged: None,
    }
}
