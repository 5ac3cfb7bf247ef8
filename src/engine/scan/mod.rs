//! `Scan`: a listing as pages over a bounded channel, used by comparisons, plans and recounts. A slow reader slows the
//! listing, a dropped one stops it at once. A large prefix is listed by many readers over ranges of keys; what comes out
//! is in key order all the same, and ends once.

mod picked;
mod ranges;

use std::sync::{Arc, OnceLock};

use tokio::{sync::mpsc, task::JoinSet};

use crate::backend::{
    Error, Store,
    store::{ListQuery, Listing, Pages},
};
use crate::domain::{
    entry::{End, Page},
    key::Key,
    ranged::{LARGE, Seen},
};

pub use picked::Picked;

/// What can be listed, again and again; a store, or a model of one in tests.
pub trait Lister: Clone + Send + Sync + 'static {
    /// One listing of it.
    type Pages: Pages + Failing + Send + 'static;

    /// Begins to list.
    fn list(&self, query: ListQuery) -> Self::Pages;

    /// Whether a range of keys can be listed without all that stands before it.
    fn is_ranged(&self) -> bool;
}

/// A listing that knows why it broke.
pub trait Failing {
    /// What broke it; `None` while it did not break.
    fn failure(&self) -> Option<&Error>;
}

impl Lister for Store {
    type Pages = Listing;

    fn list(&self, query: ListQuery) -> Listing {
        self.pages(query)
    }

    fn is_ranged(&self) -> bool {
        self.lists_ranges()
    }
}

impl Failing for Listing {
    fn failure(&self) -> Option<&Error> {
        Self::failure(self)
    }
}

/// Pages that wait for their reader; the listing itself is ahead by some as well.
const AHEAD: usize = 1;

/// A listing on its way; dropping it stops it.
#[derive(Debug)]
pub struct Scan {
    pages: mpsc::Receiver<Page>,
    failure: Failure,
}

/// Where the first failure of many readers is kept.
type Failure = Arc<OnceLock<Error>>;

impl Scan {
    /// Begins to list; inside a runtime.
    pub fn start<L: Lister>(lister: L, query: ListQuery) -> Self {
        let (to, pages) = mpsc::channel(AHEAD);
        let failure = Failure::default();
        let out = Out {
            to: to.clone(),
            last: None,
            failure: Arc::clone(&failure),
        };
        tokio::spawn(async move {
            tokio::select! {
                () = to.closed() => {}
                () = list(lister, query, out) => {}
            }
        });
        Self { pages, failure }
    }

    /// The next page; `None` after the one that bore the end.
    pub async fn next(&mut self) -> Option<Page> {
        self.pages.recv().await
    }

    /// What broke the listing, where its end said so.
    pub fn failure(&self) -> Option<&Error> {
        self.failure.get()
    }
}

/// Where pages go.
struct Out {
    to: mpsc::Sender<Page>,
    /// The last key that went there.
    last: Option<Key>,
    failure: Failure,
}

impl Out {
    /// Keeps what broke the listing, before its end is told.
    fn note(&self, pages: &impl Failing) {
        if let Some(error) = pages.failure() {
            self.failure.get_or_init(|| error.clone());
        }
    }

    /// Sends a page; a listing that broke at the beginning of a range broke after the last key before it.
    async fn send(&mut self, mut page: Page) {
        if let Some(entry) = page.entries.last() {
            self.last = Some(entry.key.clone());
        }
        if let Some(End::Broken { after, .. }) = &mut page.end {
            after.clone_from(&self.last);
        }
        // Who drops the receiver wants no more; the task is then stopped from outside.
        self.to.send(page).await.unwrap_or_default();
    }

    /// Ends a listing whose reader vanished: what follows is not known.
    async fn lost(&mut self) {
        self.send(vanished()).await;
    }
}

/// The last page of a listing whose reader vanished.
pub(super) fn vanished() -> Page {
    Page {
        entries: Vec::new(),
        end: Some(broken("the listing ended without a word; list again")),
    }
}

/// A listing that broke before it told anything.
pub(super) fn broken(reason: &str) -> End {
    End::Broken {
        after: None,
        reason: Arc::from(reason),
    }
}

/// Lists with one reader, and with many once the listing turns out to be large.
async fn list<L: Lister>(lister: L, query: ListQuery, mut out: Out) {
    let splits = lister.is_ranged() && !query.shallow;
    let mut pages = lister.list(ListQuery {
        pages: splits.then_some(LARGE),
        ..query.clone()
    });
    let mut seen = Seen::default();
    while let Some(page) = pages.next().await {
        let over = page.end.is_some();
        ranges::take(&mut seen, &page);
        out.note(&pages);
        out.send(page).await;
        if over {
            return;
        }
        if splits && seen.pages() == LARGE {
            drop(pages);
            return many(&lister, ranges::ranges(&seen, &query), &mut out).await;
        }
    }
    out.lost().await;
}

/// Lists these ranges at once, and sends them on one after the other.
async fn many<L: Lister>(lister: &L, ranges: Vec<ListQuery>, out: &mut Out) {
    let mut readers = JoinSet::new();
    let mut parts = Vec::new();
    for range in ranges {
        let (to, part) = mpsc::channel(AHEAD);
        readers.spawn(forward(lister.list(range), to, Arc::clone(&out.failure)));
        parts.push(part);
    }
    let last = parts.len().saturating_sub(1);
    for (number, mut part) in parts.into_iter().enumerate() {
        match pass(&mut part, out, number < last).await {
            Some(true) => {}
            Some(false) => return,
            None => return out.lost().await,
        }
    }
}

async fn forward(mut pages: impl Pages + Failing, to: mpsc::Sender<Page>, failure: Failure) {
    // Room first: a page in hand beside those that wait, for each reader of each side, is memory that nobody uses.
    while let Ok(room) = to.reserve().await {
        let Some(page) = pages.next().await else {
            return;
        };
        if let Some(error) = pages.failure() {
            failure.get_or_init(|| error.clone());
        }
        room.send(page);
    }
}

/// Passes one range on; whether it came to its end, `None` where its reader vanished. Its end is told only where nothing
/// follows it.
async fn pass(part: &mut mpsc::Receiver<Page>, out: &mut Out, goes_on: bool) -> Option<bool> {
    loop {
        let mut page = part.recv().await?;
        let complete = page.end.as_ref().map(End::is_complete);
        if goes_on && complete == Some(true) {
            page.end = None;
        }
        if page.end.is_some() || !page.entries.is_empty() {
            out.send(page).await;
        }
        if complete.is_some() {
            return complete;
        }
    }
}

#[cfg(test)]
mod tests;
