//! The tree and the gaps at 100,000 and 1,000,000 names: a window must cost the same in both.
//! `cargo bench --bench domain`; `cargo bench --profile dev --bench domain` builds faster.
#![allow(
    clippy::unwrap_used,
    reason = "a benchmark stops at the first surprise"
)]

mod world;

use divan::{Bencher, black_box};
use wharf::domain::{
    diff::{Level, Merge, MergeOptions, Pair, Rules},
    entry::{End, Entry, Page},
    gaps::Gaps,
    location::Location,
    side::Side,
    tree::{NodeId, Show, SignSet, Sort, SortBy, Tree},
};
use world::pairs;

const SIZES: [u64; 2] = [100_000, 1_000_000];

fn main() {
    divan::main();
}

fn open(pairs: &[Pair]) -> Tree {
    let mut tree = Tree::new();
    tree.absorb(pairs);
    tree.set_expanded_below(NodeId::ROOT, true);
    tree
}

/// The pages of a side's listing, 1,000 entries each.
fn pages(pairs: &[Pair], side: Side) -> Vec<Page> {
    let entry = |pair: &Pair| {
        let facts = match side {
            Side::Left => pair.left.clone(),
            Side::Right => pair.right.clone(),
        };
        Some(Entry {
            key: pair.key.clone(),
            facts: facts?,
        })
    };
    let entries: Vec<Entry> = pairs.iter().filter_map(entry).collect();
    let mut pages: Vec<Page> = entries
        .chunks(1000)
        .map(|entries| Page {
            entries: entries.to_vec(),
            end: None,
        })
        .collect();
    if let Some(last) = pages.last_mut() {
        last.end = Some(End::Complete);
    }
    pages
}

/// Two listings arrive page by page: merged, judged, and put in the tree with its counts.
#[divan::bench(args = SIZES, sample_count = 3, sample_size = 1)]
fn compare(bencher: Bencher<'_, '_>, n: u64) {
    let pairs = pairs(n);
    let sides = || (pages(&pairs, Side::Left), pages(&pairs, Side::Right));
    bencher
        .with_inputs(sides)
        .bench_local_values(|(left, right)| {
            let [mut left, mut right] = [left, right].map(IntoIterator::into_iter);
            let prefix = |text| Location::parse(text).unwrap();
            let rules = Rules::new(Level::Size, &prefix("s3://left/"), &prefix("s3://right/"));
            let mut merge = Merge::new(MergeOptions::new(rules));
            let mut tree = Tree::new();
            let mut told = Vec::new();
            while !merge.is_over() {
                match merge.wants() {
                    Some(Side::Left) => merge.push_left(left.next().unwrap()),
                    Some(Side::Right) => merge.push_right(right.next().unwrap()),
                    None => {
                        merge.pull(&mut told);
                        tree.absorb(&told);
                        tree.settle();
                        told.clear();
                    }
                }
            }
            assert!(tree.len_visible() > 0, "there are rows");
            tree
        });
}

/// Rows arrive in batches of 1,000, each put in order.
#[divan::bench(args = SIZES, sample_count = 3, sample_size = 1)]
fn absorb(bencher: Bencher<'_, '_>, n: u64) {
    let pairs = pairs(n);
    bencher.bench_local(|| {
        let mut tree = Tree::new();
        for batch in pairs.chunks(1000) {
            tree.absorb(batch);
            tree.settle();
        }
        tree
    });
}

/// One frame: 50 rows from the middle, and where the cursor stands.
#[divan::bench(args = SIZES)]
fn frame(bencher: Bencher<'_, '_>, n: u64) {
    let tree = open(&pairs(n));
    let middle = tree.len_visible() / 2;
    bencher.bench_local(|| {
        let rows = tree.rows(black_box(middle), 50);
        let cursor = rows.last().map(|row| tree.position_of(row.id));
        (rows.len(), cursor)
    });
}

#[divan::bench(args = SIZES, sample_count = 3, sample_size = 1)]
fn sort_by_size(bencher: Bencher<'_, '_>, n: u64) {
    let pairs = pairs(n);
    bencher
        .with_inputs(|| open(&pairs))
        .bench_local_refs(|tree| {
            tree.set_sort(Sort {
                by: SortBy::Size,
                descending: true,
                folders_first: true,
            });
        });
}

#[divan::bench(args = SIZES, sample_count = 3, sample_size = 1)]
fn show_differences_of_a_text(bencher: Bencher<'_, '_>, n: u64) {
    let pairs = pairs(n);
    let show = Show {
        signs: Some(SignSet::differences()),
        text: "png".into(),
    };
    bencher
        .with_inputs(|| open(&pairs))
        .bench_local_refs(|tree| tree.set_show(show.clone()));
}

#[divan::bench(args = SIZES, sample_count = 3, sample_size = 1)]
fn explain_gaps(bencher: Bencher<'_, '_>, n: u64) {
    let pairs = pairs(n);
    bencher.bench_local(|| {
        let told = Gaps::of_pairs(&pairs, Side::Right).explain();
        assert!(!told.rules.is_empty());
        told
    });
}

#[divan::bench(args = SIZES, sample_count = 3, sample_size = 1)]
fn collect_gaps(bencher: Bencher<'_, '_>, n: u64) {
    let pairs = pairs(n);
    bencher.bench_local(|| Gaps::of_pairs(&pairs, Side::Right));
}
