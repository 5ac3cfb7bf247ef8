//! `Merge`: two listings in key order become pairs, in constant memory and without IO.
//! Absence is told only where the other listing is known to have passed the key; beyond its break nothing is known.

use std::collections::VecDeque;

use super::{
    Evidence, NoEvidence, Pair, Rules, Side, SideKind, Totals, Verdict,
    clash::Clashes,
    judge::{judge, judge_alone},
};
use crate::domain::{
    entry::{End, Entry, Facts, Kind, Page},
    filter::Matcher,
    key::Key,
};

/// How a merge judges and what it tells.
pub struct MergeOptions {
    /// How "same" is decided.
    pub rules: Rules,
    /// What takes part; everything when `None`.
    pub filter: Option<Matcher>,
    /// What is known beyond the listings.
    pub evidence: Box<dyn Evidence + Send>,
    /// Tell pairs of folder entries too; they are counted in any case.
    pub folders: bool,
    /// Tell pairs that a filter leaves out; they are counted in any case.
    pub excluded: bool,
}

impl MergeOptions {
    /// Everything takes part, nothing is known beyond the listings, and only objects are told.
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            filter: None,
            evidence: Box::new(NoEvidence),
            folders: false,
            excluded: false,
        }
    }
}

/// Merges two listings into pairs: push pages, pull pairs.
pub struct Merge {
    options: MergeOptions,
    left: Feed,
    right: Feed,
    clashes: Clashes,
    /// Whether a name that is both file and folder is a clash: where a side is a disk.
    on_disk: bool,
    totals: Totals,
}

impl Merge {
    /// A merge that has seen nothing.
    pub fn new(options: MergeOptions) -> Self {
        let on_disk = [options.rules.left, options.rules.right].contains(&SideKind::Disk);
        let (left, right) = (Feed::default(), Feed::default());
        let clashes = Clashes::new(options.rules.gzip);
        Self {
            options,
            left,
            right,
            clashes,
            on_disk,
            totals: Totals::default(),
        }
    }

    /// Takes the next page of a side. A page that goes backwards or repeats breaks that side's listing.
    pub fn push(&mut self, side: Side, page: Page) {
        match side {
            Side::Left => self.left.push(page),
            Side::Right => self.right.push(page),
        }
    }

    /// Takes the next page of the left listing.
    pub fn push_left(&mut self, page: Page) {
        self.push(Side::Left, page);
    }

    /// Takes the next page of the right listing.
    pub fn push_right(&mut self, page: Page) {
        self.push(Side::Right, page);
    }

    /// The side whose next page is needed to go on; `None` when pairs can be pulled or all is over.
    pub fn wants(&self) -> Option<Side> {
        if self.left.is_dry() {
            Some(Side::Left)
        } else if self.right.is_dry() {
            Some(Side::Right)
        } else {
            None
        }
    }

    /// Whether this side is out of entries and its listing goes on: both may be asked at once.
    pub fn is_dry(&self, side: Side) -> bool {
        match side {
            Side::Left => self.left.is_dry(),
            Side::Right => self.right.is_dry(),
        }
    }

    /// Appends every pair of which all is known, in key order.
    pub fn pull(&mut self, out: &mut Vec<Pair>) {
        while let Some((key, left, right)) = self.next() {
            let (pair, takes_part) = self.judge(key, left, right);
            if self.on_disk {
                self.clashes.push(pair, takes_part);
                self.release(out, false);
            } else {
                self.tell(pair, out);
            }
        }
        if self.is_over() {
            self.release(out, true);
        }
    }

    /// Whether both listings ended and no entry is left.
    pub fn is_over(&self) -> bool {
        self.left.is_over() && self.right.is_over()
    }

    /// What was counted in the pairs pulled so far.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// How the listing of a side ended; `None` while it goes on.
    pub fn end(&self, side: Side) -> Option<&End> {
        match side {
            Side::Left => self.left.end.as_ref(),
            Side::Right => self.right.end.as_ref(),
        }
    }

    fn release(&mut self, out: &mut Vec<Pair>, over: bool) {
        while let Some(pair) = self.clashes.pop(over) {
            self.tell(pair, out);
        }
    }

    fn tell(&mut self, pair: Pair, out: &mut Vec<Pair>) {
        self.totals.add(&pair);
        let is_excluded = pair.verdict == Verdict::Excluded;
        if (self.options.folders || !pair.is_folder()) && (self.options.excluded || !is_excluded) {
            out.push(pair);
        }
    }

    /// The next key with what each side has, once no earlier key can come.
    fn next(&mut self) -> Option<(Key, Option<Facts>, Option<Facts>)> {
        let (left, right) = (self.left.queue.front(), self.right.queue.front());
        let first = match (left, right) {
            (Some(left), Some(right)) => (&left.key).min(&right.key).clone(),
            (Some(left), None) if self.right.end.is_some() => left.key.clone(),
            (None, Some(right)) if self.left.end.is_some() => right.key.clone(),
            _ => return None,
        };
        let (left, right) = (self.left.take(&first), self.right.take(&first));
        Some((first, left, right))
    }

    /// The pair of one key, and whether it takes part by the filter.
    fn judge(&self, key: Key, left: Option<Facts>, right: Option<Facts>) -> (Pair, bool) {
        let Self {
            options,
            left: left_feed,
            right: right_feed,
            ..
        } = self;
        // The source's bounds decide: what it leaves out is never taken for missing at the destination.
        let decides = left.as_ref().or(right.as_ref());
        let left_out = |matcher: &Matcher| {
            decides.is_some_and(|facts| matcher.leaves_out(&key, facts).is_some())
        };
        let takes_part = !options.filter.as_ref().is_some_and(left_out);
        let verdict = match (&left, &right) {
            _ if !takes_part => Verdict::Excluded,
            (Some(left), Some(right)) => {
                let comparable = left.size == right.size || options.rules.gzip;
                let is_open = comparable && left.kind == Kind::Object;
                let known = if is_open {
                    options.evidence.known(&key, left, right)
                } else {
                    None
                };
                judge(left, right, &options.rules, known)
            }
            (Some(_), None) if !right_feed.knows(&key) => Verdict::NotScanned,
            (None, Some(_)) if !left_feed.knows(&key) => Verdict::NotScanned,
            (Some(left), None) => judge_alone(left, Side::Left),
            (None, Some(right)) => judge_alone(right, Side::Right),
            (None, None) => Verdict::NotScanned,
        };
        (
            Pair {
                key,
                left,
                right,
                verdict,
            },
            takes_part,
        )
    }
}

/// One side's listing as far as it was pushed.
#[derive(Debug, Default)]
struct Feed {
    queue: VecDeque<Entry>,
    /// The last key that was pushed.
    last: Option<Key>,
    end: Option<End>,
}

impl Feed {
    fn push(&mut self, page: Page) {
        if self.end.is_some() {
            return;
        }
        for entry in page.entries {
            if let Some(last) = self.last.as_ref().filter(|last| entry.key <= **last) {
                let reason = format!(
                    "the listing told {} after {last}: with such an order nothing is known to be absent",
                    entry.key
                );
                self.end = Some(End::Broken {
                    after: Some(last.clone()),
                    reason: reason.into(),
                });
                return;
            }
            self.last = Some(entry.key.clone());
            self.queue.push_back(entry);
        }
        self.end = page.end;
    }

    fn take(&mut self, key: &Key) -> Option<Facts> {
        self.queue
            .pop_front_if(|entry| entry.key == *key)
            .map(|entry| entry.facts)
    }

    /// Whether more must be pushed before anything can be said.
    fn is_dry(&self) -> bool {
        self.queue.is_empty() && self.end.is_none()
    }

    fn is_over(&self) -> bool {
        self.queue.is_empty() && self.end.is_some()
    }

    /// Whether this key's absence here is a fact.
    fn knows(&self, key: &Key) -> bool {
        match &self.end {
            None | Some(End::Complete) => true,
            Some(End::Broken { after, .. }) => [after, &self.last]
                .into_iter()
                .flatten()
                .any(|seen| key <= seen),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::{SignedDuration, Timestamp};
    use proptest::{collection::vec, prelude::*};

    use super::{Merge, MergeOptions, Side};
    use crate::domain::{
        diff::{Level, Pair, Rules, SideKind, Sign, Verdict, judge},
        entry::{End, Entry, Facts, Identity, Kind, Page},
        filter::{Filter, Glob, Matcher},
        key::Key,
    };

    type Tree = BTreeMap<Key, Facts>;

    fn rules(left: SideKind, right: SideKind) -> Rules {
        Rules {
            check: Level::Time,
            left,
            right,
            skew: SignedDuration::ZERO,
            gzip: false,
        }
    }

    fn facts(key: &str, size: u64) -> Facts {
        let kind = if key.ends_with('/') && size == 0 {
            Kind::Folder
        } else {
            Kind::Object
        };
        Facts {
            kind,
            size,
            modified: Some(Timestamp::UNIX_EPOCH),
            identity: Identity::None,
        }
    }

    fn tree(keys: &[&str]) -> Tree {
        keys.iter()
            .map(|key| (Key::from(*key), facts(key, u64::from(!key.ends_with('/')))))
            .collect()
    }

    /// The pages of a tree, cut at a size; a listing that breaks does so behind `known` entries.
    fn pages(tree: &Tree, size: usize, known: Option<usize>) -> Vec<Page> {
        let entries: Vec<Entry> = tree
            .iter()
            .map(|(key, facts)| Entry {
                key: key.clone(),
                facts: facts.clone(),
            })
            .collect();
        let seen = entries
            .get(..known.unwrap_or(entries.len()))
            .unwrap_or(&entries);
        let mut pages: Vec<Page> = seen
            .chunks(size)
            .map(|chunk| Page {
                entries: chunk.to_vec(),
                end: None,
            })
            .collect();
        let after = seen.last().map(|entry| entry.key.clone());
        let broken = End::Broken {
            after,
            reason: "cut".into(),
        };
        pages.push(Page {
            entries: Vec::new(),
            end: Some(if seen.len() < entries.len() {
                broken
            } else {
                End::Complete
            }),
        });
        pages
    }

    fn run(options: MergeOptions, left: Vec<Page>, right: Vec<Page>) -> (Vec<Pair>, Merge) {
        let mut merge = Merge::new(options);
        let (mut left, mut right, mut pairs) = (left.into_iter(), right.into_iter(), Vec::new());
        while !merge.is_over() {
            match merge.wants() {
                Some(Side::Left) => merge.push_left(left.next().unwrap()),
                Some(Side::Right) => merge.push_right(right.next().unwrap()),
                None => {}
            }
            merge.pull(&mut pairs);
        }
        (pairs, merge)
    }

    fn signs(rules: Rules, left: &[&str], right: &[&str]) -> Vec<(String, char)> {
        let (pairs, _) = run(
            MergeOptions::new(rules),
            pages(&tree(left), 2, None),
            pages(&tree(right), 1, None),
        );
        pairs
            .iter()
            .map(|pair| {
                (
                    pair.key.as_str().unwrap().to_owned(),
                    pair.verdict.sign().symbol(),
                )
            })
            .collect()
    }

    fn told(expected: &[(&str, char)]) -> Vec<(String, char)> {
        expected
            .iter()
            .map(|(key, sign)| ((*key).to_owned(), *sign))
            .collect()
    }

    #[test]
    fn a_name_that_is_file_and_folder_clashes_on_disk_only() {
        let (left, right) = (
            ["a", "a!", "a.txt", "a.txt/c/d", "b"],
            ["a", "a!x", "a/b", "b/"],
        );
        let down = rules(SideKind::S3, SideKind::Disk);
        let expected = [
            ('=', "a"),
            ('+', "a!"),
            ('-', "a!x"),
            ('#', "a.txt"),
            ('#', "a.txt/c/d"),
            ('#', "a/b"),
            ('#', "b"),
        ];
        assert_eq!(
            signs(down, &left, &right),
            told(&expected.map(|(sign, key)| (key, sign)))
        );
        let across = rules(SideKind::S3, SideKind::S3);
        let expected = [
            ('=', "a"),
            ('+', "a!"),
            ('-', "a!x"),
            ('+', "a.txt"),
            ('+', "a.txt/c/d"),
            ('-', "a/b"),
            ('+', "b"),
        ];
        assert_eq!(
            signs(across, &left, &right),
            told(&expected.map(|(sign, key)| (key, sign)))
        );
    }

    #[test]
    fn markers_and_folders_are_quiet() {
        let rules = rules(SideKind::Disk, SideKind::S3);
        assert_eq!(
            signs(rules, &["a/", "b/", "b/c"], &["b/c", "d/"]),
            told(&[("b/c", '=')])
        );
        let mut options = MergeOptions::new(rules);
        options.folders = true;
        let (pairs, merge) = run(
            options,
            pages(&tree(&["a/", "b/"]), 9, None),
            pages(&tree(&["b/"]), 9, None),
        );
        assert_eq!(
            pairs
                .iter()
                .map(|pair| pair.verdict.sign())
                .collect::<Vec<_>>(),
            [Sign::OnlyLeft, Sign::Same]
        );
        assert_eq!(
            (merge.totals().left_folders, merge.totals().right_folders),
            (2, 1)
        );
        assert_eq!(merge.totals().differences(), 0);
    }

    #[test]
    fn a_page_that_goes_backwards_breaks_the_listing() {
        for second in ["a", "b"] {
            let page = |keys: &[&str]| Page {
                entries: keys
                    .iter()
                    .map(|key| Entry {
                        key: Key::from(*key),
                        facts: facts(key, 1),
                    })
                    .collect(),
                end: None,
            };
            let left = vec![page(&["b"]), page(&[second, "z"])];
            let right = pages(&tree(&["a", "b", "c"]), 9, None);
            let (pairs, merge) = run(
                MergeOptions::new(rules(SideKind::Disk, SideKind::S3)),
                left,
                right,
            );
            let signs: Vec<char> = pairs
                .iter()
                .map(|pair| pair.verdict.sign().symbol())
                .collect();
            assert_eq!(signs, ['-', '=', '?']);
            assert!(!merge.end(Side::Left).unwrap().is_complete());
        }
    }

    #[test]
    fn what_a_filter_leaves_out_is_counted_and_never_missing() {
        let filter = Filter {
            rules: vec![Glob::Exclude("*.tmp".into())],
            max_size: Some(5),
            ..Filter::default()
        };
        let mut left = tree(&["a.tmp", "b", "c"]);
        left.insert(Key::from("c"), facts("c", 9));
        let mut right = tree(&["b", "c", "d.tmp", "e"]);
        right.insert(Key::from("b"), facts("b", 9));
        let mut options = MergeOptions::new(rules(SideKind::S3, SideKind::S3));
        options.filter = Some(Matcher::new(&filter).unwrap());
        options.excluded = true;
        let (pairs, merge) = run(options, pages(&left, 9, None), pages(&right, 9, None));
        let signs: Vec<char> = pairs
            .iter()
            .map(|pair| pair.verdict.sign().symbol())
            .collect();
        assert_eq!(signs, ['x', '*', 'x', 'x', '-']);
        let totals = merge.totals();
        assert_eq!(
            (
                totals.of(Sign::Excluded).objects,
                totals.left.objects,
                totals.right.objects
            ),
            (3, 1, 2)
        );
    }

    fn key() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "a", "a!", "a!/b", "a-", "a/", "a/b", "a/b!", "a/b/c", "a/b/c/", "a0", "aa", "aa/a",
            "b", "b/", "b/a", "c",
        ])
    }

    fn side() -> impl Strategy<Value = Tree> {
        let entry = (key(), 0_u64..3).prop_map(|(key, size)| (Key::from(key), facts(key, size)));
        vec(entry, 0..10).prop_map(|entries| entries.into_iter().collect())
    }

    fn kind() -> impl Strategy<Value = SideKind> {
        prop::sample::select(vec![SideKind::Disk, SideKind::S3])
    }

    /// What a merge should tell, by looking at everything at once.
    fn model(rules: &Rules, left: (&Tree, usize), right: (&Tree, usize)) -> Vec<(Key, Sign)> {
        let seen = |(tree, known): (&Tree, usize)| -> Tree {
            tree.iter()
                .take(known)
                .map(|(k, f)| (k.clone(), f.clone()))
                .collect()
        };
        let (left_seen, right_seen) = (seen(left), seen(right));
        let knows = |tree: &Tree, known: usize, key: &Key| {
            known >= tree.len() || tree.keys().take(known).any(|last| key <= last)
        };
        let keys: std::collections::BTreeSet<&Key> =
            left_seen.keys().chain(right_seen.keys()).collect();
        let sign = |key: &Key| match (left_seen.get(key), right_seen.get(key)) {
            (Some(left), Some(right)) => judge(left, right, rules, None).sign(),
            (Some(_), _) if !knows(right.0, right.1, key) => Sign::NotScanned,
            (_, Some(_)) if !knows(left.0, left.1, key) => Sign::NotScanned,
            (Some(_), _) => Sign::OnlyLeft,
            _ => Sign::OnlyRight,
        };
        let on_disk = [rules.left, rules.right].contains(&SideKind::Disk);
        let both = |key: &Key| {
            on_disk
                && keys
                    .iter()
                    .any(|other| is_below(other, key) || is_below(key, other))
        };
        let object = |key: &Key| {
            [&left_seen, &right_seen]
                .iter()
                .any(|tree| tree.get(key).is_some_and(|f| f.kind == Kind::Object))
        };
        let clashes = |sign| matches!(sign, Sign::OnlyLeft | Sign::OnlyRight | Sign::Differs);
        let told = keys.iter().filter(|key| object(key)).map(|key| {
            let sign = sign(key);
            (
                (*key).clone(),
                if clashes(sign) && both(key) {
                    Sign::Clash
                } else {
                    sign
                },
            )
        });
        told.collect()
    }

    /// Whether `file` is a file's name and `key` lies below it.
    fn is_below(key: &Key, file: &Key) -> bool {
        !file.is_folder() && key.as_bytes().starts_with(file.join("/").as_bytes())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn the_merge_tells_what_the_model_tells(
            (left, right) in (side(), side()),
            kinds in (kind(), kind()),
            sizes in (1_usize..4, 1_usize..4),
            cuts in (0_usize..30, 0_usize..30),
        ) {
            let rules = rules(kinds.0, kinds.1);
            let (left_pages, right_pages) = (pages(&left, sizes.0, Some(cuts.0)), pages(&right, sizes.1, Some(cuts.1)));
            let (pairs, merge) = run(MergeOptions::new(rules), left_pages, right_pages);
            let told: Vec<(Key, Sign)> = pairs.iter().map(|pair| (pair.key.clone(), pair.verdict.sign())).collect();
            prop_assert_eq!(told, model(&rules, (&left, cuts.0), (&right, cuts.1)));
            let counted: u64 = merge.totals().signs.iter().map(|tally| tally.objects).sum();
            prop_assert_eq!(counted, pairs.len() as u64);
            let is_right = |pair: &&Pair| pair.right.as_ref().is_some_and(|facts| facts.kind == Kind::Object);
            prop_assert_eq!(merge.totals().right.objects, pairs.iter().filter(is_right).count() as u64);
        }
    }

    #[test]
    fn thousands_of_keys_of_one_name_are_not_held_back() {
        let keys: Vec<String> = (0..20_000).map(|n| format!("a-{n:05}")).collect();
        let mut left = tree(&["a", "a/b"]);
        left.extend(
            keys.iter()
                .map(|key| (Key::from(key.as_str()), facts(key, 1))),
        );
        let mut merge = Merge::new(MergeOptions::new(rules(SideKind::S3, SideKind::Disk)));
        merge.push_right(Page {
            entries: Vec::new(),
            end: Some(End::Complete),
        });
        let (mut told, mut most) = (Vec::new(), 0);
        for (at, page) in pages(&left, 1000, None).into_iter().enumerate() {
            merge.push_left(page);
            merge.pull(&mut told);
            most = most.max((at + 1) * 1000 - told.len().min((at + 1) * 1000));
        }
        assert!(most <= 6000, "{most} pairs were held back");
        assert!(matches!(
            told.last().unwrap().verdict,
            Verdict::Clash { .. }
        ));
    }
}
