//! Listings of S3: page after page in byte order, decoded by us, tried again where a page fails.
//! What S3 left out by an error is never told as absent: such a listing ends broken.

use std::{
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use aws_sdk_s3::{
    operation::list_objects_v2::ListObjectsV2Output,
    types::{EncodingType, Object},
};
use tokio::sync::mpsc::Sender;

use crate::backend::{
    counter::Operation,
    error::Error,
    store::{Batch, ListQuery},
};
use crate::domain::{
    entry::{Entry, Facts, Identity, Kind, ObjectId},
    key::Key,
    retry::{Decision, Retry},
};

use super::{Call, S3, wire};

/// How patiently one page is asked for again. A listing is long, and one failed page would waste all before it.
const RETRY: Retry = Retry {
    tries: 5,
    base: Duration::from_millis(200),
    cap: Duration::from_secs(5),
};

/// Lists into `out` until the end, an error, or until nobody listens.
pub(in crate::backend) async fn list(store: S3, query: ListQuery, out: Sender<Batch>) {
    let mut lister = match Lister::new(store, query) {
        Ok(lister) => lister,
        Err(error) => return drop(out.send(Batch::broken(error)).await),
    };
    loop {
        let batch = lister.next().await.unwrap_or_else(Batch::broken);
        let over = batch.end.is_some();
        if out.send(batch).await.is_err() || over {
            return;
        }
    }
}

struct Lister {
    store: S3,
    query: ListQuery,
    /// The whole prefix that is asked for.
    prefix: String,
    /// Length of what is cut off each whole key.
    root: usize,
    token: Option<String>,
    /// Nothing at all was told so far.
    blank: bool,
}

impl Lister {
    fn new(store: S3, query: ListQuery) -> Result<Self, Error> {
        let folder = store.place.folder();
        let below = match query.folder.as_str() {
            Some(text) => text.to_owned(),
            None => {
                return Err(store.refused(
                    Operation::ListObjectsV2,
                    &query.folder,
                    "the name is not UTF-8, which S3 cannot hold",
                ));
            }
        };
        Ok(Self {
            root: folder.len(),
            prefix: folder + &below,
            store,
            query,
            token: None,
            blank: true,
        })
    }

    async fn next(&mut self) -> Result<Batch, Error> {
        if self.store.place.is_exact() {
            return self.single().await;
        }
        let page = self.page().await?;
        let entries = self.entries(&page);
        self.blank &= page.contents().is_empty() && page.common_prefixes().is_empty();
        let passed = |entry: &Entry| self.query.end.as_ref().is_some_and(|end| entry.key > *end);
        let beyond = entries.last().is_some_and(passed);
        let entries: Vec<Entry> = entries.into_iter().filter(|entry| !passed(entry)).collect();
        if beyond || page.is_truncated() != Some(true) {
            return if self.may_be_single() {
                self.single().await
            } else {
                Ok(Batch::last(entries))
            };
        }
        self.follow(&page)?;
        Ok(Batch::more(entries))
    }

    /// Takes the token of the next page; a page that leads nowhere new is an error, not an end.
    fn follow(&mut self, page: &ListObjectsV2Output) -> Result<(), Error> {
        let next = page.next_continuation_token().map(str::to_owned);
        if next.is_none() || next == self.token {
            let reason = "S3 says that more follows, but not where: the listing cannot go on";
            return Err(self
                .store
                .refused(Operation::ListObjectsV2, &self.query.folder, reason));
        }
        self.token = next;
        Ok(())
    }

    /// Whether an empty folder may be a single object, because its slash was not typed.
    fn may_be_single(&self) -> bool {
        let whole = self.query.folder.is_empty()
            && self.query.start_after.is_none()
            && self.query.end.is_none();
        self.blank && whole && self.store.place.single_name().is_some()
    }

    async fn single(&self) -> Result<Batch, Error> {
        let Some(entry) = self.store.single_entry().await? else {
            return Ok(Batch::last(Vec::new()));
        };
        let after = self
            .query
            .start_after
            .as_ref()
            .is_none_or(|start| entry.key > *start);
        let before = self.query.end.as_ref().is_none_or(|end| entry.key <= *end);
        let below = self.query.folder.is_empty();
        Ok(Batch::last(if after && before && below {
            vec![entry]
        } else {
            Vec::new()
        }))
    }

    /// One page, tried again where that may help.
    async fn page(&self) -> Result<ListObjectsV2Output, Error> {
        let mut tried = 0;
        loop {
            tried += 1;
            let error = match Box::pin(self.ask()).await {
                Ok(page) => return Ok(page),
                Err(error) => error,
            };
            match RETRY.next(tried, error.failure_kind(), spread()) {
                Decision::Wait(wait) => tokio::time::sleep(wait).await,
                Decision::GiveUp | Decision::Pause => return Err(error),
            }
        }
    }

    async fn ask(&self) -> Result<ListObjectsV2Output, Error> {
        let start = match (&self.token, &self.query.start_after) {
            (None, Some(start)) => start
                .as_str()
                .map(|start| format!("{}{start}", self.store.place.folder())),
            (Some(_), _) | (None, None) => None,
        };
        let call = Call::new(Operation::ListObjectsV2, &self.prefix);
        let send = |client: aws_sdk_s3::Client| {
            client
                .list_objects_v2()
                .bucket(self.store.bucket())
                .prefix(&self.prefix)
                .encoding_type(EncodingType::Url)
                .set_delimiter(self.query.shallow.then(|| "/".to_owned()))
                .set_start_after(start.clone())
                .set_continuation_token(self.token.clone())
                .set_request_payer(self.store.payer())
                .send()
        };
        self.store.call(call, send).await
    }

    /// The entries of a page in key order, objects and folders merged.
    fn entries(&self, page: &ListObjectsV2Output) -> Vec<Entry> {
        let url = page.encoding_type() == Some(&EncodingType::Url);
        let mut objects = page
            .contents()
            .iter()
            .filter_map(|object| self.object(object, url))
            .peekable();
        let mut folders = page
            .common_prefixes()
            .iter()
            .filter_map(|common| self.folder(common.prefix()?, url))
            .peekable();
        let mut entries = Vec::with_capacity(page.contents().len() + page.common_prefixes().len());
        loop {
            let folder_first = match (objects.peek(), folders.peek()) {
                (None, None) => return entries,
                (Some(object), Some(folder)) => folder.key < object.key,
                (None, Some(_)) => true,
                (Some(_), None) => false,
            };
            entries.extend(if folder_first {
                folders.next()
            } else {
                objects.next()
            });
        }
    }

    fn object(&self, object: &Object, url: bool) -> Option<Entry> {
        let key = self.key(object.key()?, url)?;
        Some(Entry {
            facts: facts(&key, object),
            key,
        })
    }

    fn folder(&self, prefix: &str, url: bool) -> Option<Entry> {
        let key = self.key(prefix, url)?;
        Some(Entry {
            key,
            facts: Facts::folder(),
        })
    }

    /// The key below the location; `None` for the marker of the listed folder itself, and for what the query leaves out.
    fn key(&self, text: &str, url: bool) -> Option<Key> {
        let whole = if url {
            wire::decoded(text)
        } else {
            text.as_bytes().to_vec()
        };
        if whole.len() == self.prefix.len() {
            return None;
        }
        let key = Key::new(whole.get(self.root..)?);
        let wanted = self
            .query
            .start_after
            .as_ref()
            .is_none_or(|start| key > *start);
        wanted.then_some(key)
    }
}

impl S3 {
    /// The object that stands exactly at the location, by a listing: that needs no right to read it.
    pub(super) async fn single_entry(&self) -> Result<Option<Entry>, Error> {
        let Some(name) = self.place.single_name() else {
            return Ok(None);
        };
        let path = self.place.single_path();
        let call = Call::new(Operation::ListObjectsV2, path);
        let send = |client: aws_sdk_s3::Client| {
            client
                .list_objects_v2()
                .bucket(self.bucket())
                .prefix(path)
                .max_keys(1)
                .encoding_type(EncodingType::Url)
                .set_request_payer(self.payer())
                .send()
        };
        let page = Box::pin(self.call(call, send)).await?;
        let url = page.encoding_type() == Some(&EncodingType::Url);
        let told = |key: &str| {
            if url {
                wire::decoded(key)
            } else {
                key.as_bytes().to_vec()
            }
        };
        let is_it = |object: &&Object| object.key().is_some_and(|key| told(key) == path.as_bytes());
        let entry = |object: &Object| Entry {
            facts: facts(&name, object),
            key: name.clone(),
        };
        Ok(page.contents().iter().find(is_it).map(entry))
    }

    /// Whether anything is below the location's folder.
    async fn is_blank(&self) -> Result<bool, Error> {
        let folder = self.place.folder();
        let call = Call::new(Operation::ListObjectsV2, &folder);
        let send = |client: aws_sdk_s3::Client| {
            client
                .list_objects_v2()
                .bucket(self.bucket())
                .prefix(&folder)
                .max_keys(1)
                .encoding_type(EncodingType::Url)
                .set_request_payer(self.payer())
                .send()
        };
        let page = Box::pin(self.call(call, send)).await?;
        Ok(page.contents().is_empty())
    }

    /// The name of the single object that this location is; `None` where it is a folder. Asked once.
    ///
    /// # Errors
    /// As a listing's.
    pub async fn single(&self) -> Result<Option<Key>, Error> {
        let Some(name) = self.place.single_name() else {
            return Ok(None);
        };
        let ask = || async {
            Ok::<bool, Error>(self.is_blank().await? && self.single_entry().await?.is_some())
        };
        let single = *self.place.single.get_or_try_init(ask).await?;
        Ok(single.then_some(name))
    }
}

fn facts(key: &Key, object: &Object) -> Facts {
    let size = object
        .size()
        .and_then(|size| u64::try_from(size).ok())
        .unwrap_or_default();
    let marker = key.is_folder() && size == 0;
    let id = ObjectId {
        etag: wire::etag(object.e_tag()),
        version: None,
        class: Some(
            object
                .storage_class()
                .map_or("STANDARD", |class| class.as_str())
                .into(),
        ),
        algorithm: object
            .checksum_algorithm()
            .first()
            .map(|algorithm| algorithm.as_str().into()),
    };
    Facts {
        kind: if marker { Kind::Folder } else { Kind::Object },
        size,
        modified: object.last_modified().and_then(wire::timestamp),
        identity: Identity::Object(id),
    }
}

/// A number in 0..1 that is another one each time.
fn spread() -> f64 {
    RandomState::new().hash_one(()) as f64 / u64::MAX as f64
}
