//! The tree against a naive model: a sorted map of entries, from which everything is counted afresh.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use proptest::{collection::vec, prelude::*};

use crate::domain::{
    diff::{Level, Newer, Pair, Sign, Verdict},
    entry::{Facts, Identity, Kind},
    key::Key,
    name::natural,
    side::Side,
    tree::{Mark, NodeId, Show, SignCounts, SignSet, Sort, SortBy, Totals, Toward, Tree},
};

#[derive(Debug, Clone)]
enum Step {
    Absorb(Vec<Pair>),
    Remove(usize),
    Expand(usize),
    Collapse(usize),
    ExpandAll(bool),
    Sort(Sort),
    Show(Show),
    Mark(usize),
    Invert,
}

/// Keys of few names, so that they meet: `a` beside `a/`, empty segments, bytes that are no UTF-8.
fn key() -> impl Strategy<Value = Key> {
    let segment =
        prop::sample::select(vec![&b"a"[..], b"b", b"", b"Ab", b"\xff", b"c.png", b"a.b"]);
    vec(segment, 1..4)
        .prop_map(|segments| Key::new(segments.join(&b'/')))
        .prop_filter("a key", |key| !key.is_empty())
}

fn facts() -> impl Strategy<Value = Option<Facts>> {
    let some = (0_u64..50, 0_i64..9).prop_map(|(size, second)| Facts {
        kind: Kind::Object,
        size,
        modified: Timestamp::from_second(second).ok(),
        identity: Identity::None,
    });
    prop::option::weighted(0.7, some)
}

fn pair() -> impl Strategy<Value = Pair> {
    (key(), facts(), facts(), 0..6).prop_map(|(key, left, right, dice)| {
        let left = if left.is_none() && right.is_none() {
            Some(plain_object())
        } else {
            left
        };
        let verdict = match (&left, &right, dice) {
            (_, _, 0) => Verdict::Error {
                reason: "broken".into(),
            },
            (Some(_), None, _) => Verdict::OnlyLeft,
            (None, _, _) => Verdict::OnlyRight,
            (Some(_), Some(_), 1) => Verdict::Differs { newer: Newer::Left },
            (Some(_), Some(_), 2) => Verdict::Same { proof: Level::Size },
            (Some(_), Some(_), _) => Verdict::Same {
                proof: Level::Checksum,
            },
        };
        Pair {
            key,
            left,
            right,
            verdict,
        }
    })
}

fn plain_object() -> Facts {
    Facts {
        kind: Kind::Object,
        size: 3,
        modified: None,
        identity: Identity::None,
    }
}

fn step() -> impl Strategy<Value = Step> {
    let by = prop::sample::select(vec![
        SortBy::Name,
        SortBy::Natural,
        SortBy::Size,
        SortBy::Count,
        SortBy::Modified,
        SortBy::Sign,
    ]);
    let sort =
        (by, any::<bool>(), any::<bool>()).prop_map(|(by, descending, folders_first)| Sort {
            by,
            descending,
            folders_first,
        });
    let text = prop::sample::select(vec!["", "a", "A", "png", "ag"]);
    let show = (any::<bool>(), text).prop_map(|(differences, text)| Show {
        signs: differences.then(SignSet::differences),
        text: text.to_owned(),
    });
    prop_oneof![
        4 => vec(pair(), 1..12).prop_map(Step::Absorb),
        1 => any::<usize>().prop_map(Step::Remove),
        4 => any::<usize>().prop_map(Step::Expand),
        1 => any::<usize>().prop_map(Step::Collapse),
        1 => any::<bool>().prop_map(Step::ExpandAll),
        1 => sort.prop_map(Step::Sort),
        1 => show.prop_map(Step::Show),
        2 => any::<usize>().prop_map(Step::Mark),
        1 => Just(Step::Invert),
    ]
}

/// Entries by their path: names from the top, the last one empty for an object that bears a folder's name.
type Path = Vec<Vec<u8>>;

#[derive(Default)]
struct Model {
    entries: BTreeMap<Path, Pair>,
    expanded: BTreeSet<Path>,
}

fn path_of(key: &Key) -> Path {
    let mut path: Path = key
        .as_bytes()
        .split_inclusive(|&b| b == b'/')
        .map(<[u8]>::to_vec)
        .collect();
    if key.is_folder() {
        path.push(Vec::new());
    }
    path
}

/// How names are read for a text: as they are where it has a capital, else as lower case.
fn folding(text: &str) -> fn(&[u8]) -> Vec<u8> {
    if text.chars().any(char::is_uppercase) {
        <[u8]>::to_vec
    } else {
        <[u8]>::to_ascii_lowercase
    }
}

impl Model {
    fn below<'m>(&'m self, path: &'m [Vec<u8>]) -> impl Iterator<Item = (&'m Path, &'m Pair)> {
        self.entries
            .iter()
            .filter(move |(entry, _)| entry.starts_with(path))
    }

    fn children(&self, path: &[Vec<u8>]) -> Vec<Path> {
        let deeper = self
            .below(path)
            .filter(|(entry, _)| entry.len() > path.len());
        let names: BTreeSet<Path> = deeper
            .map(|(entry, _)| entry[..=path.len()].to_vec())
            .collect();
        names.into_iter().collect()
    }

    fn totals(&self, path: &[Vec<u8>]) -> Totals {
        let mut totals = Totals::default();
        let mut folders = [BTreeSet::new(), BTreeSet::new()];
        let sides = |pair: &Pair| [(0, pair.left.clone()), (1, pair.right.clone())];
        let all = self
            .below(path)
            .flat_map(|(entry, pair)| sides(pair).map(|side| (entry, side)));
        for (entry, (side, facts)) in
            all.filter_map(|(entry, (side, facts))| Some((entry, (side, facts?))))
        {
            totals.objects[side] += 1;
            totals.bytes[side] += facts.size;
            folders[side]
                .extend((path.len() + 1..entry.len()).map(|depth| entry[..depth].to_vec()));
        }
        totals.folders = folders.map(|folders| folders.len() as u64);
        totals
    }

    fn signs(&self, path: &[Vec<u8>]) -> SignCounts {
        let mut counts = SignCounts::default();
        for (_, pair) in self.below(path) {
            let level = if let Verdict::Same { proof } = pair.verdict {
                Some(proof)
            } else {
                None
            };
            counts.add(pair.verdict.sign(), level);
        }
        counts
    }

    fn passes(&self, path: &[Vec<u8>], show: &Show) -> bool {
        self.below(path).any(|(entry, pair)| {
            let sign = show
                .signs
                .is_none_or(|set| set.contains(pair.verdict.sign()));
            let fold = folding(&show.text);
            let finds = |name: &Vec<u8>| {
                let mut letters = fold(name).into_iter();
                let mut text = show.text.bytes();
                text.all(|wanted| letters.any(|letter| letter == wanted))
            };
            sign && entry.iter().any(finds)
        })
    }

    fn rank(&self, path: &Path, by: SortBy) -> i64 {
        let times = |pair: &Pair| {
            let time = |facts: &Option<Facts>| {
                facts
                    .as_ref()
                    .and_then(|f| f.modified)
                    .map_or(i64::MIN, Timestamp::as_second)
            };
            time(&pair.left).max(time(&pair.right))
        };
        match by {
            SortBy::Name | SortBy::Natural => 0,
            SortBy::Count => {
                let most = self.totals(path).objects.into_iter().max();
                most.unwrap().try_into().unwrap()
            }
            SortBy::Size => self
                .totals(path)
                .bytes
                .into_iter()
                .max()
                .unwrap()
                .try_into()
                .unwrap(),
            SortBy::Modified => self.below(path).map(|(_, pair)| times(pair)).max().unwrap(),
            SortBy::Sign => self.signs(path).worst().map_or(-1, |sign| sign as i64),
        }
    }

    fn visible(&self, path: &[Vec<u8>], tree: &Tree, out: &mut Vec<Path>) {
        let Sort {
            by,
            descending,
            folders_first,
        } = tree.sort();
        let mut children = self.children(path);
        children.retain(|child| self.passes(child, &tree.show()));
        if by == SortBy::Natural {
            let name = |path: &Path| path.last().unwrap().clone();
            children.sort_by(|a, b| natural(&name(a), &name(b)));
            if descending {
                // Names that are equal as numbers stay in the order of S3.
                children.sort_by(|a, b| natural(&name(b), &name(a)).then(a.cmp(b)));
            }
        }
        children.sort_by_key(|child| self.rank(child, by));
        if descending {
            children.sort_by_key(|child| std::cmp::Reverse(self.rank(child, by)));
            if by == SortBy::Name {
                children.reverse();
            }
        }
        if folders_first {
            children.sort_by_key(|child| !child.last().unwrap().ends_with(b"/"));
        }
        for child in children {
            out.push(child.clone());
            if self.expanded.contains(&child) {
                self.visible(&child, tree, out);
            }
        }
    }
}

fn path_in(tree: &Tree, id: NodeId) -> Path {
    let mut path = Vec::new();
    let mut at = id;
    while at != NodeId::ROOT {
        path.push(tree.nodes.name(at.0).to_vec());
        at = tree.parent_of(at);
    }
    path.reverse();
    path
}

fn apply(tree: &mut Tree, model: &mut Model, step: Step) {
    match step {
        Step::Absorb(pairs) => {
            tree.absorb(&pairs);
            tree.settle();
            model
                .entries
                .extend(pairs.into_iter().map(|pair| (path_of(&pair.key), pair)));
        }
        Step::Remove(at) => remove(tree, model, at),
        Step::Expand(at) | Step::Collapse(at) | Step::Mark(at) => {
            if let Some(id) = tree.node_at(at % tree.len_visible().max(1)) {
                apply_to_row(tree, model, (&step, id));
            }
        }
        Step::ExpandAll(open) => {
            tree.set_expanded_below(NodeId::ROOT, open);
            let depths = |entry: &Path| {
                (1..entry.len())
                    .map(|depth| entry[..depth].to_vec())
                    .collect::<Vec<_>>()
            };
            let all = model.entries.keys().filter(|_| open).flat_map(depths);
            model.expanded = all.collect();
        }
        Step::Sort(sort) => tree.set_sort(sort),
        Step::Show(show) => tree.set_show(show),
        Step::Invert => {
            let before: Vec<_> = leaves(tree)
                .into_iter()
                .map(|id| (id, tree.mark_of(id)))
                .collect();
            tree.invert_marks();
            for (id, mark) in before.into_iter().filter(|&(id, _)| tree.is_shown(id)) {
                assert_ne!(tree.mark_of(id), mark);
            }
        }
    }
}

fn remove(tree: &mut Tree, model: &mut Model, at: usize) {
    let Some(pair) = model
        .entries
        .values()
        .nth(at % model.entries.len().max(1))
        .cloned()
    else {
        return;
    };
    assert!(tree.remove(&pair.key));
    model.entries.remove(&path_of(&pair.key));
    let Model { entries, expanded } = model;
    expanded.retain(|path| entries.keys().any(|entry| entry.starts_with(path)));
}

fn apply_to_row(tree: &mut Tree, model: &mut Model, (step, id): (&Step, NodeId)) {
    let path = path_in(tree, id);
    if let Step::Expand(_) = step {
        tree.expand(id);
        model.expanded.extend(tree.row(id).folder.map(|_| path));
    } else if let Step::Collapse(_) = step {
        tree.collapse(id);
        model.expanded.remove(&path);
    } else {
        let was = tree.mark_of(id);
        tree.toggle_mark(id);
        assert_eq!(
            tree.mark_of(id),
            if was == Mark::Yes {
                Mark::No
            } else {
                Mark::Yes
            }
        );
    }
}

fn leaves(tree: &Tree) -> Vec<NodeId> {
    let mut all = Vec::new();
    tree.each_entry(|_, row| all.push(row.id));
    all
}

fn check(tree: &Tree, model: &Model) {
    let mut expected = Vec::new();
    model.visible(&[], tree, &mut expected);
    let rows = tree.rows(0, usize::MAX);
    let seen: Vec<Path> = rows.iter().map(|row| path_in(tree, row.id)).collect();
    assert_eq!(seen, expected);
    assert_eq!(tree.len_visible(), expected.len());
    for (at, row) in rows.iter().enumerate() {
        assert_eq!(tree.position_of(row.id), Some(at));
        assert_eq!(tree.position_near(row.id), Some(at));
        assert_eq!(tree.node_at(at), Some(row.id));
        assert_eq!(tree.rows(at, 2), rows[at..rows.len().min(at + 2)]);
        let unmarked = crate::domain::tree::Row {
            matches: Vec::new(),
            ..row.clone()
        };
        assert_eq!(unmarked, tree.row(row.id));
        check_row(tree, model, row.id);
    }
    check_row(tree, model, NodeId::ROOT);
    check_marks(tree, model);
}

fn check_row(tree: &Tree, model: &Model, id: NodeId) {
    let path = path_in(tree, id);
    let row = tree.row(id);
    let key = tree.key_of(id);
    assert_eq!(key.as_bytes(), path.concat());
    let totals = model.totals(&path);
    assert_eq!(tree.totals_of(id), totals);
    let Some(below) = row.folder else {
        let pair = &model.entries[&path];
        assert_eq!(
            (row.left.map(|c| c.size), row.right.map(|c| c.size)),
            (
                pair.left.as_ref().map(|f| f.size),
                pair.right.as_ref().map(|f| f.size)
            )
        );
        assert_eq!(row.sign, Some(pair.verdict.sign()));
        assert_eq!(
            tree.reason(id).is_some(),
            pair.verdict.sign() == Sign::Error
        );
        return;
    };
    assert_eq!(below.signs, model.signs(&path));
    assert_eq!(row.sign, below.signs.worst());
    if id != NodeId::ROOT {
        assert_eq!(tree.find(&key), Some(id));
        let whole = model
            .below(&path)
            .all(|(_, pair)| pair.verdict.sign() == Sign::OnlyLeft);
        assert_eq!(below.missing == Some(Side::Right), whole);
    }
}

fn check_marks(tree: &Tree, model: &Model) {
    let mut marked = Totals::default();
    let mut folders = BTreeSet::new();
    for key in tree.marked_keys() {
        let id = if key.is_empty() {
            NodeId::ROOT
        } else {
            tree.find(&key).unwrap()
        };
        // Key and path differ only for an object that bears its folder's name: the folder's mark then is on that.
        let path = if tree.mark_of(id) == Mark::Yes {
            path_in(tree, id)
        } else {
            path_of(&key)
        };
        let totals = model.totals(&path);
        for side in [0, 1] {
            marked.objects[side] += totals.objects[side];
            marked.bytes[side] += totals.bytes[side];
        }
        folders.insert(path);
    }
    let total = tree.marked_totals();
    assert_eq!((total.objects, total.bytes), (marked.objects, marked.bytes));
    for path in model.entries.keys() {
        let expected = (0..=path.len()).any(|depth| folders.contains(&path[..depth]));
        let id = leaves(tree)
            .into_iter()
            .find(|&id| path_in(tree, id) == *path)
            .unwrap();
        assert_eq!(tree.mark_of(id) == Mark::Yes, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn the_tree_is_what_a_naive_model_says(steps in vec(step(), 1..25)) {
        let (mut tree, mut model) = (Tree::new(), Model::default());
        for step in steps {
            apply(&mut tree, &mut model, step);
            check(&tree, &model);
        }
    }

    #[test]
    fn seeking_finds_every_difference_once_in_both_directions(pairs in vec(pair(), 0..25), open in any::<bool>()) {
        let signs = SignSet::differences();
        let mut tree = Tree::new();
        tree.absorb(&pairs);
        tree.settle();
        tree.set_expanded_below(NodeId::ROOT, open);
        let walk = |tree: &mut Tree, toward| {
            let mut at = NodeId::ROOT;
            let mut found = Vec::new();
            while let Some(next) = tree.seek(at, signs, toward) {
                assert!(tree.position_of(next).is_some());
                found.push(next);
                at = next;
            }
            found
        };
        let down = walk(&mut tree, Toward::Next);
        let mut up = walk(&mut tree, Toward::Previous);
        up.reverse();
        prop_assert_eq!(&down, &up);
        let mut places: Vec<_> = down.iter().map(|&id| tree.position_of(id).unwrap()).collect();
        places.dedup();
        prop_assert!(places.is_sorted());
        for id in leaves(&tree) {
            let row = tree.row(id);
            let mut covered = down.contains(&id);
            let mut at = tree.parent_of(id);
            while at != NodeId::ROOT {
                covered |= down.contains(&at) && tree.row(at).folder.unwrap().missing.is_some();
                at = tree.parent_of(at);
            }
            prop_assert_eq!(covered, row.sign.is_some_and(|sign| signs.contains(sign)));
        }
    }
}
