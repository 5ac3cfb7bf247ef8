//! `Listing`: the pages of any store, made by a task of their own so that the next page is fetched while one is used.
//! Whoever made the pages, their order is checked here: a listing that goes backwards or repeats ends broken.

use std::sync::Arc;

use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    task::AbortHandle,
};

use crate::backend::{disk, error::Error, manifest, s3};
use crate::domain::{
    entry::{End, Entry, Page},
    key::Key,
    retry::FailureKind,
};

use super::{ListQuery, Pages, Store};

/// Pages that may wait for a slow reader, beside the one that the lister has in hand.
const AHEAD: usize = 1;

/// What a lister tells: some entries, and with the last ones how it ended.
#[derive(Debug)]
pub(in crate::backend) struct Batch {
    pub(in crate::backend) entries: Vec<Entry>,
    pub(in crate::backend) end: Option<Result<(), Error>>,
}

impl Batch {
    /// Some entries, and more follow.
    pub(in crate::backend) fn more(entries: Vec<Entry>) -> Self {
        Self { entries, end: None }
    }

    /// The last entries of a complete listing.
    pub(in crate::backend) fn last(entries: Vec<Entry>) -> Self {
        Self {
            entries,
            end: Some(Ok(())),
        }
    }

    /// The listing broke.
    pub(in crate::backend) fn broken(error: Error) -> Self {
        Self {
            entries: Vec::new(),
            end: Some(Err(error)),
        }
    }
}

/// The pages of one listing.
#[derive(Debug)]
pub struct Listing {
    state: State,
    last: Option<Key>,
    failure: Option<Error>,
}

#[derive(Debug)]
enum State {
    Idle(Box<(Store, ListQuery)>),
    Running {
        receiver: Receiver<Batch>,
        /// Held for its drop.
        _stop: Stop,
    },
    Over,
}

/// Stops the task that lists when nobody listens any more.
#[derive(Debug)]
struct Stop(AbortHandle);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Listing {
    pub(super) fn new(store: Store, query: ListQuery) -> Self {
        Self {
            state: State::Idle(Box::new((store, query))),
            last: None,
            failure: None,
        }
    }

    /// What broke it; `None` while it runs and after a complete one.
    pub fn failure(&self) -> Option<&Error> {
        self.failure.as_ref()
    }

    async fn batch(&mut self) -> Option<Batch> {
        if matches!(self.state, State::Idle(_))
            && let State::Idle(asked) = std::mem::replace(&mut self.state, State::Over)
        {
            let (sender, receiver) = mpsc::channel(AHEAD);
            let stop = Stop(start(*asked, sender));
            self.state = State::Running {
                receiver,
                _stop: stop,
            };
        }
        match &mut self.state {
            State::Running { receiver, .. } => Some(
                receiver
                    .recv()
                    .await
                    .unwrap_or_else(|| Batch::broken(vanished())),
            ),
            State::Idle(_) | State::Over => None,
        }
    }

    fn page(&mut self, batch: Batch) -> Page {
        let Batch {
            mut entries,
            mut end,
        } = batch;
        if let Some(at) = self.disorder(&entries) {
            let error = disordered(entries.get(at).map(|entry| &entry.key));
            entries.truncate(at);
            end = Some(Err(error));
        }
        if let Some(entry) = entries.last() {
            self.last = Some(entry.key.clone());
        }
        let end = end.map(|end| self.ended(end));
        Page { entries, end }
    }

    /// Where the first entry stands that does not come after its predecessor.
    fn disorder(&self, entries: &[Entry]) -> Option<usize> {
        let mut last = self.last.as_ref();
        entries.iter().position(|entry| {
            let wrong = last.is_some_and(|last| entry.key <= *last);
            last = Some(&entry.key);
            wrong
        })
    }

    fn ended(&mut self, end: Result<(), Error>) -> End {
        self.state = State::Over;
        let Err(error) = end else {
            return End::Complete;
        };
        let reason = Arc::from(error.to_string());
        self.failure = Some(error);
        End::Broken {
            after: self.last.clone(),
            reason,
        }
    }
}

impl Pages for Listing {
    async fn next(&mut self) -> Option<Page> {
        let batch = self.batch().await?;
        Some(self.page(batch))
    }
}

fn start((store, query): (Store, ListQuery), out: Sender<Batch>) -> AbortHandle {
    match store {
        Store::S3(store) => match store.stand_in().cloned() {
            Some(inventory) => start((Store::Manifest(inventory), query), out),
            None => tokio::spawn(Box::pin(s3::list::list(store, query, out))).abort_handle(),
        },
        Store::Manifest(store) => {
            tokio::spawn(Box::pin(manifest::list(store, query, out))).abort_handle()
        }
        Store::Disk(store) => {
            tokio::task::spawn_blocking(move || disk::walk::walk(&store, &query, &out))
                .abort_handle()
        }
    }
}

fn vanished() -> Error {
    Error::new(
        "list",
        "",
        FailureKind::Transient,
        "the listing stopped before its end",
    )
}

fn disordered(key: Option<&Key>) -> Error {
    let key = key.map(ToString::to_string).unwrap_or_default();
    let reason = "the listing goes backwards or repeats itself here: this store does not list in key order, which wharf needs to prove anything";
    Error::new("list", key, FailureKind::Refused, reason)
}

#[cfg(test)]
mod tests {
    use super::{Batch, End, Entry, Key, Listing, Pages, State, Stop, mpsc};
    use crate::domain::entry::{Facts, Page};

    fn entry(key: &str) -> Entry {
        Entry {
            key: Key::from(key),
            facts: Facts::folder(),
        }
    }

    async fn listed(batches: Vec<Batch>) -> Vec<Page> {
        let (sender, receiver) = mpsc::channel(8);
        for batch in batches {
            sender.send(batch).await.unwrap();
        }
        let stop = Stop(tokio::spawn(async {}).abort_handle());
        let mut listing = Listing {
            state: State::Running {
                receiver,
                _stop: stop,
            },
            last: None,
            failure: None,
        };
        drop(sender);
        let mut pages = Vec::new();
        while let Some(page) = listing.next().await {
            pages.push(page);
        }
        assert_eq!(
            listing.failure().is_some(),
            pages
                .last()
                .is_some_and(|page| page.end != Some(End::Complete))
        );
        pages
    }

    #[tokio::test]
    async fn a_page_that_goes_backwards_breaks_the_listing_there() {
        let first = Batch::more(vec![entry("a"), entry("c")]);
        let second = Batch::last(vec![entry("d"), entry("b")]);
        let pages = listed(vec![first, second]).await;
        assert_eq!(pages.len(), 2);
        assert_eq!(pages[1].entries, [entry("d")]);
        assert!(
            matches!(&pages[1].end, Some(End::Broken { after: Some(after), .. }) if *after == Key::from("d"))
        );
    }

    #[tokio::test]
    async fn a_key_that_repeats_across_pages_breaks_the_listing() {
        let pages = listed(vec![
            Batch::more(vec![entry("a")]),
            Batch::last(vec![entry("a"), entry("b")]),
        ])
        .await;
        assert!(matches!(&pages[1].end, Some(End::Broken { .. })));
        assert!(pages[1].entries.is_empty());
    }

    #[tokio::test]
    async fn a_lister_that_vanishes_is_no_complete_listing() {
        let pages = listed(vec![Batch::more(vec![entry("a")])]).await;
        assert!(
            matches!(&pages[1].end, Some(End::Broken { after: Some(after), .. }) if *after == Key::from("a"))
        );
    }

    #[tokio::test]
    async fn a_complete_listing_says_so_once() {
        let pages = listed(vec![Batch::last(vec![entry("a")])]).await;
        assert_eq!(pages.len(), 1);
        assert_eq!(pages[0].end, Some(End::Complete));
    }
}
