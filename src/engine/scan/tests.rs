//! Tests of scans against a model of a store that counts its requests and breaks when told.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use tokio::sync::Notify;

use super::{Failing, Lister, Scan, broken};
use crate::backend::{
    Error, ErrorKind,
    store::{ListQuery, Pages},
};
use crate::domain::{
    entry::{End, Entry, Facts, Page},
    key::Key,
    ranged::{LARGE, READERS, Requests},
    retry::FailureKind,
};

const PAGE: usize = 10;

/// Keys in order, listed by pages of ten.
#[derive(Clone, Default)]
struct Model {
    keys: Arc<Vec<Key>>,
    requests: Arc<AtomicUsize>,
    /// The page behind this key fails.
    fault: Option<Key>,
    /// Nothing is answered until this is told.
    gate: Option<Arc<Notify>>,
}

struct Listing {
    model: Model,
    query: ListQuery,
    failure: Option<Error>,
    over: bool,
}

impl Lister for Model {
    type Pages = Listing;

    fn list(&self, query: ListQuery) -> Listing {
        Listing {
            model: self.clone(),
            query,
            failure: None,
            over: false,
        }
    }

    fn is_ranged(&self) -> bool {
        true
    }
}

impl Failing for Listing {
    fn failure(&self) -> Option<&Error> {
        self.failure.as_ref()
    }
}

impl Listing {
    fn fails(&mut self) -> bool {
        let after = self.query.start_after.clone().unwrap_or_default();
        let fails = self.model.fault.as_ref() == Some(&after);
        self.failure = fails.then(|| Error {
            op: "ListObjectsV2",
            target: "model".into(),
            kind: ErrorKind::Failure(FailureKind::Denied),
            reason: "told to".into(),
            request_id: None,
        });
        fails
    }
}

impl Pages for Listing {
    async fn next(&mut self) -> Option<Page> {
        if self.over {
            return None;
        }
        self.model.requests.fetch_add(1, SeqCst);
        if let Some(gate) = &self.model.gate {
            gate.notified().await;
        }
        if self.fails() {
            self.over = true;
            return Some(Page {
                entries: Vec::new(),
                end: Some(broken("told to")),
            });
        }
        // As S3 does it: a page knows no end, so that a range is over at the first key behind it.
        let start = self.query.start_after.clone();
        let behind = |key: &&Key| start.as_ref().is_none_or(|start| *key > start);
        let passed = |key: &Key| self.query.end.as_ref().is_some_and(|end| key > end);
        let mut left = self.model.keys.iter().filter(behind);
        let page: Vec<&Key> = left.by_ref().take(PAGE).collect();
        self.over = left.next().is_none() || page.last().is_some_and(|key| passed(key));
        let inside = page.into_iter().filter(|key| !passed(key));
        let entries: Vec<Entry> = inside
            .map(|key| Entry {
                key: key.clone(),
                facts: Facts::folder(),
            })
            .collect();
        if let Some(entry) = entries.last() {
            self.query.start_after = Some(entry.key.clone());
        }
        let end = self.over.then_some(End::Complete);
        Some(Page { entries, end })
    }
}

fn model(count: usize) -> Model {
    let name = |number: usize| {
        let letter = char::from(b'A' + u8::try_from(number * 26 / count).unwrap());
        Key::from(&*format!("raw/{letter}{number:06}.png"))
    };
    Model {
        keys: Arc::new((0..count).map(name).collect()),
        ..Model::default()
    }
}

async fn all(scan: &mut Scan) -> (Vec<Key>, End) {
    let mut keys = Vec::new();
    while let Some(page) = scan.next().await {
        keys.extend(page.entries.into_iter().map(|entry| entry.key));
        if let Some(end) = page.end {
            assert!(scan.next().await.is_none());
            return (keys, end);
        }
    }
    panic!("no end was told");
}

#[tokio::test]
async fn a_small_listing_costs_its_pages() {
    let model = model(PAGE * LARGE);
    let (keys, end) = all(&mut Scan::start(model.clone(), ListQuery::default())).await;
    assert_eq!(keys, *model.keys);
    assert!(end.is_complete());
    assert_eq!(model.requests.load(SeqCst), LARGE);
}

#[tokio::test]
async fn a_large_listing_is_shared_stays_in_order_and_costs_few_requests_more() {
    let model = model(5000);
    let (keys, end) = all(&mut Scan::start(model.clone(), ListQuery::default())).await;
    assert_eq!(keys, *model.keys);
    assert!(end.is_complete());
    let most = 5000 / PAGE + READERS;
    let sent = model.requests.load(SeqCst);
    assert!(sent <= most, "{sent} requests for {} pages", 5000 / PAGE);
}

fn foreseen(keys: &[Key]) -> u64 {
    let mut requests = Requests::of_pages(PAGE as u64);
    for key in keys {
        requests.add(key);
    }
    requests.total()
}

#[tokio::test]
async fn what_a_listing_costs_is_known_from_its_keys() {
    for count in (0..40).chain((50..5000).step_by(83)) {
        for stride in [1, 3, 7] {
            let mut model = model(count.max(1) * stride);
            let keys = model.keys.iter().step_by(stride).take(count);
            model.keys = Arc::new(keys.cloned().collect());
            let (keys, _) = all(&mut Scan::start(model.clone(), ListQuery::default())).await;
            assert_eq!(keys.len(), count);
            let sent = model.requests.load(SeqCst) as u64;
            assert_eq!(foreseen(&keys), sent, "{count} keys, every {stride}th");
        }
    }
}

#[tokio::test]
async fn a_listing_that_breaks_says_after_which_key_and_tells_nothing_behind_it() {
    for at in [None, Some(29), Some(59)] {
        let mut model = model(500);
        let after = at.map(|at: usize| model.keys[at].clone());
        model.fault = Some(after.clone().unwrap_or_default());
        let mut scan = Scan::start(model.clone(), ListQuery::default());
        let (keys, end) = all(&mut scan).await;
        assert_eq!(keys.last(), after.as_ref());
        let End::Broken { after: told, .. } = end else {
            panic!("the listing cannot be complete");
        };
        assert_eq!(told, after);
        assert_eq!(scan.failure().unwrap().failure_kind(), FailureKind::Denied);
    }
}

#[tokio::test]
async fn a_range_that_breaks_ends_the_listing_there() {
    let whole = model(5000);
    let reads = |model: &Model| Scan::start(model.clone(), ListQuery::default());
    for at in (PAGE * LARGE..5000).step_by(97) {
        let mut model = model(5000);
        model.fault = Some(whole.keys[at].clone());
        let (keys, end) = all(&mut reads(&model)).await;
        assert_eq!(keys, whole.keys[..keys.len()]);
        // A fault is met where a page happens to begin; then the last key told is the one before it.
        let met = keys.len() < whole.keys.len();
        assert_eq!(met, !end.is_complete());
        assert!(!met || keys.len() <= at + 1);
    }
}

#[tokio::test]
async fn a_slow_reader_slows_the_listing() {
    let model = model(50_000);
    let mut scan = Scan::start(model.clone(), ListQuery::default());
    scan.next().await.unwrap();
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert!(model.requests.load(SeqCst) <= LARGE + READERS * 5);
}

#[tokio::test]
async fn a_dropped_scan_stops_while_its_request_is_on_the_way() {
    let mut model = model(100);
    model.gate = Some(Arc::new(Notify::new()));
    let scan = Scan::start(model.clone(), ListQuery::default());
    while model.requests.load(SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    drop(scan);
    while Arc::strong_count(&model.keys) > 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(model.requests.load(SeqCst), 1);
}
