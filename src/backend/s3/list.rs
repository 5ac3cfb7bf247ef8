//! Listings of S3: page after page in byte order, decoded by us, tried again where a page fails.
//! What S3 left out by an error is never told as absent: such a listing ends broken.

use std::{
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use aws_sdk_s3::types::{EncodingType, OptionalObjectAttributes};
use http::Method;
use tokio::sync::mpsc::Sender;

use crate::backend::{
    counter::Operation,
    error::Error,
    store::{Batch, ListQuery},
};
use crate::domain::{
    entry::Entry,
    key::Key,
    retry::{Decision, Retry},
};

use super::{
    Call, S3,
    hot::{self, Question},
    page::{self, Cut, Page},
    streams::Waiting,
};

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
    let mut left = lister.query.pages;
    loop {
        let batch = lister.next().await.unwrap_or_else(Batch::broken);
        let over = batch.end.is_some();
        if out.send(batch).await.is_err() || over {
            return;
        }
        left = left.map(|left| left.saturating_sub(1));
        if left == Some(0) {
            return out.closed().await;
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
    /// `Some` where objects are known by the names of their gzip streams.
    streams: Option<Waiting>,
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
            streams: store.place.is_gzipped().then(Waiting::default),
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
        let Page {
            mut entries,
            blank,
            next,
        } = self.page().await?;
        self.blank &= blank;
        let passed = |entry: &Entry| self.query.end.as_ref().is_some_and(|end| entry.key > *end);
        // A stream's name is behind its key: what is beyond as it is listed is so as a stream.
        let beyond = entries.last().is_some_and(passed);
        if let Some(waiting) = &mut self.streams {
            entries = waiting.pass(entries);
            if beyond || next.is_none() {
                entries.extend(waiting.rest());
            }
            let start = self.query.start_after.as_ref();
            entries.retain(|entry| start.is_none_or(|start| entry.key > *start));
        }
        entries.retain(|entry| !passed(entry));
        match next {
            Some(token) if !beyond => {
                self.follow(token)?;
                Ok(Batch::more(entries))
            }
            Some(_) | None if self.may_be_single() => self.single().await,
            Some(_) | None => Ok(Batch::last(entries)),
        }
    }

    /// Takes the token of the next page; a page that leads nowhere new is an error, not an end.
    fn follow(&mut self, next: String) -> Result<(), Error> {
        if next.is_empty() || self.token.as_ref() == Some(&next) {
            let reason = "S3 says that more follows, but not where: the listing cannot go on";
            return Err(self
                .store
                .refused(Operation::ListObjectsV2, &self.query.folder, reason));
        }
        self.token = Some(next);
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
    async fn page(&self) -> Result<Page, Error> {
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

    async fn ask(&self) -> Result<Page, Error> {
        // Where names wait, those behind a key may have been listed long before it.
        let after = self.query.start_after.as_ref();
        let after = after.filter(|_| self.streams.is_none());
        let start = match (&self.token, after) {
            (None, Some(start)) => start
                .as_str()
                .map(|start| format!("{}{start}", self.store.place.folder())),
            (Some(_), _) | (None, None) => None,
        };
        let wanted = Wanted {
            prefix: &self.prefix,
            shallow: self.query.shallow,
            start: start.as_deref(),
            token: self.token.as_deref(),
            most: None,
        };
        let cut = Cut {
            root: self.root,
            itself: Some(self.prefix.len()),
            after,
        };
        self.store.list_page(&wanted, &cut).await
    }
}

/// What one page is asked for.
#[derive(Debug, Default)]
struct Wanted<'a> {
    prefix: &'a str,
    /// Deeper entries are folded into folders.
    shallow: bool,
    start: Option<&'a str>,
    token: Option<&'a str>,
    most: Option<u16>,
}

impl S3 {
    async fn list_page(&self, wanted: &Wanted<'_>, cut: &Cut<'_>) -> Result<Page, Error> {
        let call = Call::new(Operation::ListObjectsV2, wanted.prefix);
        if self.is_thin().await {
            let question = Question::new(Method::GET, None)
                .query("list-type", "2")
                .query("prefix", wanted.prefix)
                .query("encoding-type", "url")
                .query_if("delimiter", wanted.shallow.then_some("/"))
                .query_if("start-after", wanted.start)
                .query_if("continuation-token", wanted.token)
                .query_if(
                    "max-keys",
                    wanted.most.map(|most| most.to_string()).as_deref(),
                )
                .header("x-amz-optional-object-attributes", Some("RestoreStatus"))
                .payer(self.pays());
            let read = async |reply: hot::Reply| hot::page::read(reply, cut).await;
            return Box::pin(self.ask(call, &question, read)).await;
        }
        let send = |client: aws_sdk_s3::Client| {
            client
                .list_objects_v2()
                .bucket(self.bucket())
                .prefix(wanted.prefix)
                .encoding_type(EncodingType::Url)
                .optional_object_attributes(OptionalObjectAttributes::RestoreStatus)
                .set_delimiter(wanted.shallow.then(|| "/".to_owned()))
                .set_start_after(wanted.start.map(str::to_owned))
                .set_continuation_token(wanted.token.map(str::to_owned))
                .set_max_keys(wanted.most.map(Into::into))
                .set_request_payer(self.payer())
                .send()
        };
        let told = Box::pin(self.call(call, send)).await?;
        Ok(page::told_by_sdk(&told).cut(cut))
    }

    /// The object that stands exactly at the location, by a listing: that needs no right to read it.
    pub(super) async fn single_entry(&self) -> Result<Option<Entry>, Error> {
        let Some(name) = self.place.single_name() else {
            return Ok(None);
        };
        let path = self.place.single_path();
        let page = Box::pin(self.first_of(path)).await?;
        let is_it = |entry: &Entry| entry.key.as_bytes() == path.as_bytes();
        let entry = page.entries.into_iter().find(is_it);
        Ok(entry.map(|entry| Entry { key: name, ..entry }))
    }

    /// Whether anything is below the location's folder.
    async fn is_blank(&self) -> Result<bool, Error> {
        let folder = self.place.folder();
        let page = Box::pin(self.first_of(&folder)).await?;
        Ok(page.blank)
    }

    /// The first object below a prefix, under its whole key.
    async fn first_of(&self, prefix: &str) -> Result<Page, Error> {
        let wanted = Wanted {
            prefix,
            most: Some(1),
            ..Wanted::default()
        };
        self.list_page(&wanted, &Cut::default()).await
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

/// A number in 0..1 that is another one each time.
fn spread() -> f64 {
    RandomState::new().hash_one(()) as f64 / u64::MAX as f64
}
