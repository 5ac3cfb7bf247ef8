//! The tree and the gaps at 100,000 and 1,000,000 names: a window must cost the same in both.
//! `cargo bench --bench domain`; `cargo bench --profile dev --bench domain` builds faster.

use divan::{Bencher, black_box};
use wharf::domain::{
    diff::{Level, Pair, Verdict},
    entry::{Facts, Identity, Kind},
    gaps::Gaps,
    side::Side,
    tree::{NodeId, Show, SignSet, Sort, SortBy, Tree},
};

const SIZES: [u64; 2] = [100_000, 1_000_000];

fn main() {
    divan::main();
}

/// Cards in small folders and in one large one; every 400th name, and every name with "M" in a third of the cases,
/// is missing on the right.
fn pairs(n: u64) -> Vec<Pair> {
    let key = |number: u64| {
        let letter = char::from(b'A' + u8::try_from(number * 26 / n).unwrap_or(0));
        if number.is_multiple_of(2) {
            format!(
                "processed/{letter}{:07}-en/aug_{}.png",
                number / 4,
                number / 2 % 2
            )
        } else {
            format!("raw/card_images/{letter}{number:07}-en.png")
        }
    };
    let mut pairs: Vec<Pair> = (0..n)
        .map(|number| {
            let modified =
                jiff::Timestamp::from_second(i64::try_from(number * 7919 % 100_000).unwrap_or(0))
                    .ok();
            let facts = Facts {
                kind: Kind::Object,
                size: number * 7919 % 1_000_003,
                modified,
                identity: Identity::None,
            };
            let key = key(number);
            let missing = number % 4000 == 1 || key.contains("/M") && number % 3 == 1;
            let verdict = if missing {
                Verdict::OnlyLeft
            } else {
                Verdict::Same { proof: Level::Time }
            };
            let right = if missing { None } else { Some(facts.clone()) };
            Pair {
                key: key.as_str().into(),
                left: Some(facts),
                right,
                verdict,
            }
        })
        .collect();
    pairs.sort_by(|a, b| a.key.cmp(&b.key));
    pairs
}

fn open(pairs: &[Pair]) -> Tree {
    let mut tree = Tree::new();
    tree.absorb(pairs);
    tree.set_expanded_below(NodeId::ROOT, true);
    tree
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
