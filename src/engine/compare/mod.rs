//! `Comparison`: two scans become pairs in key order, in constant memory; the journal and, where asked for, checksums and
//! contents say more than the listings. Comparisons, plans and recounts all pull from here.

mod against;
mod deep;
pub(in crate::engine) mod digest;
mod feed;
mod newest;
mod parts;

pub(super) use against::by_record;
pub(super) use digest::digest_with;
pub(super) use newest::mtime;
pub(super) use parts::{by_parts, part_sums};

use std::{collections::VecDeque, pin::Pin, time::Duration};

use futures::{Stream, StreamExt, stream};
use jiff::SignedDuration;
use tokio::time::{Instant, sleep_until};

use crate::backend::{Error, RequestCounter};
use crate::domain::{
    diff::{Level, Merge, MergeOptions, Pair, Rules, Totals},
    entry::{End, Page},
    filter::{FilterError, Matcher},
    plan::{Existing, SyncOptions},
    progress::Requests,
    side::Side,
};

use super::{
    ends::{Ends, Place},
    journal::{Evidence, Journal},
    only::Only,
    scan::{Scan, broken, vanished},
};

use deep::Deep;
use feed::Feed;

/// The most pairs that are told at once.
pub(super) const BATCH: usize = 500;
/// How long a pair waits for company.
const PATIENCE: Duration = Duration::from_millis(30);
/// Keys that are looked into at once, where listings do not suffice.
const LOOKS: usize = 16;

/// Two places on their way to pairs; dropping it stops both listings.
pub(super) struct Comparison {
    scans: [Scan; 2],
    only: Only,
    picks: Matcher,
    feeds: [Feed; 2],
    merge: Merge,
    deep: Option<Deep>,
    /// Pairs that the merge gave and that nobody has looked at.
    merged: VecDeque<Pair>,
    /// Pairs that are being looked into, in key order.
    looking: Option<Looking>,
    /// Pairs to be told next.
    batch: Vec<Pair>,
    totals: Totals,
    counter: RequestCounter,
    begun: Instant,
}

/// What a comparison needs beside its two places.
pub(super) struct Means<'a> {
    /// How "same" is decided, and what takes part.
    pub(super) options: &'a SyncOptions,
    /// Earlier proofs.
    pub(super) journal: Option<Journal>,
    /// How far the servers' clock is ahead of this machine's; asked when the first answers are there.
    pub(super) skew: &'a (dyn Fn() -> SignedDuration + Sync),
}

impl Comparison {
    /// Begins to list both places, and waits for the first page of each.
    pub(super) async fn start(ends: &Ends, means: Means<'_>) -> Result<Self, FilterError> {
        let begun = Instant::now();
        let counter = RequestCounter::new();
        let (options, journal) = (means.options, means.journal);
        let gzip = options.gzips(&ends.left.location, &ends.right.location);
        let filter = Matcher::new(&options.filter)?.of_gzip(gzip);
        let (left, right) = (ends.left.counted(&counter), ends.right.counted(&counter));
        let mut scans = [&left, &right]
            .map(|place| Scan::start(place.store.clone(), ends.query(place, options)));
        let feeds = [
            Feed::of(evidence(journal.as_ref(), &left).await),
            Feed::of(evidence(journal.as_ref(), &right).await),
        ];
        let [one, other] = &mut scans;
        let (one, other) = tokio::join!(one.next(), other.next());
        let mut merging = MergeOptions::new(Rules {
            skew: (means.skew)(),
            gzip,
            ..Rules::new(options.check, &left.location, &right.location)
        });
        merging.filter = Some(filter.clone());
        merging.evidence = feed::both(&feeds);
        merging.folders = true;
        merging.excluded = true;
        let deeper =
            gzip || options.check >= Level::Checksum || options.existing == Existing::Newest;
        let mut comparison = Self {
            scans,
            only: ends.only.clone(),
            picks: filter,
            feeds,
            merge: Merge::new(merging),
            deep: deeper.then(|| Deep::new(left, right, options, journal)),
            merged: VecDeque::new(),
            looking: None,
            batch: Vec::new(),
            totals: Totals::default(),
            counter,
            begun,
        };
        comparison.take(Side::Left, one).await;
        comparison.take(Side::Right, other).await;
        Ok(comparison)
    }

    /// The next pairs in key order, folders and what filters leave out among them; `None` when all is told.
    ///
    /// Waits for company of a pair no longer than a moment. To be dropped between calls only.
    pub(super) async fn next(&mut self) -> Option<Vec<Pair>> {
        let mut due = Instant::now() + PATIENCE;
        while self.batch.len() < BATCH {
            if self.batch.is_empty() {
                due = Instant::now() + PATIENCE;
            }
            if let Step::Late | Step::Over = self.step(due).await {
                break;
            }
        }
        // Only the end of all leaves a batch empty.
        let batch = std::mem::take(&mut self.batch);
        (!batch.is_empty()).then_some(batch)
    }

    /// How a side's listing ended; broken where it has not ended yet.
    pub(super) fn end(&self, side: Side) -> End {
        self.merge
            .end(side)
            .cloned()
            .unwrap_or_else(|| broken("the listing was stopped"))
    }

    /// What broke a side's listing before it told anything.
    pub(super) fn failure_at_start(&self) -> Option<&Error> {
        let at_start =
            |side: Side| matches!(self.merge.end(side), Some(End::Broken { after: None, .. }));
        let [left, right] = &self.scans;
        let left = left.failure().filter(|_| at_start(Side::Left));
        left.or_else(|| right.failure().filter(|_| at_start(Side::Right)))
    }

    /// What was counted in the pairs told so far.
    pub(super) fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Requests that this comparison sent.
    pub(super) fn requests(&self) -> Requests {
        self.counter.requests()
    }

    /// Seconds since it began.
    pub(super) fn seconds(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }

    /// One step on: a pair that is looked into, one that the merge gave, or a page for the merge.
    async fn step(&mut self, due: Instant) -> Step {
        if self.looking.is_some() {
            return self.look_on(due).await;
        }
        if let Some(pair) = self.merged.pop_front() {
            return self.tell(pair);
        }
        let mut pairs = Vec::new();
        self.merge.pull(&mut pairs);
        if !pairs.is_empty() {
            self.look_into(pairs);
            return Step::More;
        }
        if self.merge.is_over() {
            return Step::Over;
        }
        self.feed(due).await
    }

    /// Waits for the next pair that is being looked into.
    async fn look_on(&mut self, due: Instant) -> Step {
        let Some(looking) = &mut self.looking else {
            return Step::More;
        };
        let pair = tokio::select! {
            biased;
            pair = looking.next() => pair,
            () = sleep_until(due), if !self.batch.is_empty() => return Step::Late,
        };
        if let Some(pair) = pair {
            return self.tell(pair);
        }
        self.looking = None;
        Step::More
    }

    fn tell(&mut self, pair: Pair) -> Step {
        self.totals.add(&pair);
        self.batch.push(pair);
        Step::More
    }

    /// Waits for the next page of a side that is out of entries.
    async fn feed(&mut self, due: Instant) -> Step {
        let dry = Side::BOTH.map(|side| self.merge.is_dry(side));
        let [left, right] = &mut self.scans;
        let (side, page) = tokio::select! {
            biased;
            page = left.next(), if dry[0] => (Side::Left, page),
            page = right.next(), if dry[1] => (Side::Right, page),
            () = sleep_until(due), if !self.batch.is_empty() => return Step::Late,
            else => return Step::Over,
        };
        self.take(side, page).await;
        Step::More
    }

    /// Gives the merge a page, with what is known of its entries.
    async fn take(&mut self, side: Side, page: Option<Page>) {
        let mut page = page.unwrap_or_else(vanished);
        self.only.retain(&mut page);
        page.entries.retain(|entry| self.picks.picks(&entry.key));
        if let Some(feed) = self.feeds.get_mut(side.index()) {
            feed.take(&page).await;
        }
        self.merge.push(side, page);
    }

    /// Sets the pairs aside; where listings leave some of them open, to be looked into.
    fn look_into(&mut self, pairs: Vec<Pair>) {
        match &self.deep {
            Some(deep) if pairs.iter().any(|pair| deep.wants(pair)) => {
                self.looking = Some(looking(deep.clone(), pairs));
            }
            Some(_) | None => self.merged.extend(pairs),
        }
    }
}

/// The pairs in their order, some of them looked into at once.
fn looking(deep: Deep, pairs: Vec<Pair>) -> Looking {
    let look = move |pair| {
        let deep = deep.clone();
        async move { deep.settle(pair).await }
    };
    stream::iter(pairs).map(look).buffered(LOOKS).boxed()
}

type Looking = Pin<Box<dyn Stream<Item = Pair> + Send>>;

/// What one step brought.
enum Step {
    More,
    Late,
    Over,
}

async fn evidence(journal: Option<&Journal>, place: &Place) -> Evidence {
    match journal {
        Some(journal) => journal.evidence(&place.filed).await,
        None => Evidence::none(),
    }
}
