//! What the model does not tell: memory, panes apart, steps of a task, cursors, whole folders.

use jiff::Timestamp;

use crate::domain::{
    diff::{Level, Pair, Sign, Verdict},
    entry::{Entry, Facts, Identity, Kind, ObjectId},
    key::Key,
    plan::Op,
    progress::{EndedStep, Failure, Outcome},
    retry::FailureKind,
    side::Side,
    tree::{Listed, Mark, Motion, NodeId, Show, SignSet, Sort, SortBy, Totals, Tree},
};

fn facts(size: u64) -> Facts {
    let class = ObjectId {
        class: Some("STANDARD".into()),
        ..ObjectId::default()
    };
    let modified = Timestamp::from_second(i64::try_from(size).unwrap()).ok();
    Facts {
        kind: Kind::Object,
        size,
        modified,
        identity: Identity::Object(class),
    }
}

fn only_left(key: &str, size: u64) -> Pair {
    Pair {
        key: key.into(),
        left: Some(facts(size)),
        right: None,
        verdict: Verdict::OnlyLeft,
    }
}

fn same(key: &str, size: u64) -> Pair {
    let verdict = Verdict::Same { proof: Level::Time };
    Pair {
        key: key.into(),
        left: Some(facts(size)),
        right: Some(facts(size)),
        verdict,
    }
}

fn tree(pairs: &[Pair]) -> Tree {
    let mut tree = Tree::new();
    tree.absorb(pairs);
    tree.settle();
    tree
}

fn id(tree: &Tree, key: &str) -> NodeId {
    tree.find(&Key::from(key)).unwrap()
}

fn names(tree: &Tree) -> Vec<String> {
    let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    tree.rows(0, 100)
        .iter()
        .map(|row| format!("{}{}", " ".repeat(row.depth), text(row.name)))
        .collect()
}

/// The story's shape: half of the objects in one flat folder, half in small folders of two.
fn shape(rows: u64) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for card in 0..rows / 5 {
        pairs.extend((0..2).map(|file| {
            same(
                &format!("processed/classification/Pikachu-en_{card:06}/aug_{file:02}.png"),
                card,
            )
        }));
    }
    pairs.extend((0..rows * 2 / 5).map(|card| {
        same(
            &format!("raw/card_images/Pikachu-en_base_{card:06}.png"),
            card,
        )
    }));
    pairs
}

/// Bytes of a tree beside its names, for each of so many objects.
fn bytes_each(tree: &Tree, objects: usize) -> usize {
    (tree.memory() - tree.memory_of_names()) / objects
}

/// Every folder open is the most that there is to keep; objects alone are counted as rows, folders come on top.
#[test]
#[allow(
    clippy::print_stdout,
    reason = "the figures that benches/README.md quotes"
)]
fn a_row_takes_at_most_112_bytes_beside_its_name() {
    let pairs = shape(100_000);
    let mut tree = tree(&pairs);
    assert!((100_000..101_000).contains(&tree.nodes.len()));
    tree.set_expanded_below(NodeId::ROOT, true);
    let growing = bytes_each(&tree, pairs.len());
    tree.compact();
    let ended = bytes_each(&tree, pairs.len());
    tree.set_sort(Sort::by(SortBy::Size));
    let sorted = bytes_each(&tree, pairs.len());
    tree.set_show(Show {
        signs: None,
        text: "png".to_owned(),
    });
    let filtered = bytes_each(&tree, pairs.len());
    println!(
        "bytes: {growing} while it grows, {ended} at its end, {sorted} sorted, {filtered} filtered"
    );
    let worst = growing.max(ended).max(sorted).max(filtered);
    assert!(
        worst <= 120 && ended <= 112,
        "{worst} at most, {ended} at the end"
    );
    assert!(ended >= 60, "{ended} bytes a row: something is not counted");
}

/// What a folder keeps of its signs comes and goes with them.
#[test]
fn a_folder_of_one_sign_again_needs_no_more_room_than_before() {
    let mut tree = tree(&[same("a/1", 1), same("a/2", 2)]);
    tree.compact();
    let before = tree.memory();
    tree.absorb(&[only_left("a/1", 1)]);
    tree.compact();
    assert_eq!(tree.signs().of(Sign::OnlyLeft), 1);
    assert_eq!(tree.signs().of(Sign::Same), 1);
    assert!(tree.memory() > before);
    tree.absorb(&[same("a/1", 1)]);
    tree.compact();
    assert_eq!(tree.signs().of(Sign::Same), 2);
    assert_eq!(tree.memory(), before);
}

#[test]
fn panes_apart_fill_as_folders_are_opened() {
    let mut tree = Tree::new();
    let entry = |key: &str, facts: Facts| Entry {
        key: key.into(),
        facts,
    };
    tree.absorb_listing(
        Side::Right,
        &Key::from(""),
        &[entry("b.txt", facts(3)), entry("raw/", Facts::folder())],
    );
    tree.set_listed(&Key::from(""), Listed::Complete);
    tree.settle();
    assert_eq!(names(&tree), ["b.txt", "raw/"]);
    let raw = id(&tree, "raw/");
    assert_eq!(tree.row(raw).folder.unwrap().listed, Listed::Unknown);
    assert_eq!((tree.row(raw).sign, tree.row(raw).left), (None, None));
    tree.expand(raw);
    tree.absorb_listing(
        Side::Right,
        &Key::from("raw/"),
        &[entry("raw/", facts(1)), entry("raw/a.png", facts(5))],
    );
    assert_eq!(tree.row(raw).folder.unwrap().listed, Listed::Running);
    tree.settle();
    assert_eq!(
        names(&tree),
        ["b.txt", "raw/", " ", " a.png"],
        "an object may bear its folder's name"
    );
    assert_eq!(
        tree.totals(),
        Totals {
            objects: [0, 3],
            folders: [0, 1],
            bytes: [0, 9]
        }
    );
    assert_eq!(tree.row(raw).folder.unwrap().missing, None);
    assert_eq!(
        tree.row(id(&tree, "raw/a.png")).right.unwrap().class,
        Some("STANDARD")
    );
}

/// How a step of the sync to the right ended.
fn end(tree: &mut Tree, key: &str, outcome: Outcome) -> bool {
    let step = EndedStep {
        seq: 0,
        key: key.into(),
        op: Op::Upload,
        outcome,
    };
    let told = tree.end_step(&step, Side::Right, Timestamp::from_second(1_000).unwrap());
    tree.settle();
    told
}

#[test]
fn a_gap_closes_before_the_eyes() {
    let mut tree = tree(&[
        same("a", 1),
        only_left("m/x", 10),
        only_left("m/y", 20),
        only_left("z", 5),
    ]);
    tree.set_show(Show {
        signs: Some(SignSet::differences()),
        ..Show::default()
    });
    let folder = id(&tree, "m/");
    assert_eq!(names(&tree), ["m/", "z"]);
    assert_eq!(tree.row(folder).folder.unwrap().missing, Some(Side::Right));
    assert!(
        tree.set_motion(&Key::from("m/x"), Motion::Queued)
            && tree.set_motion(&Key::from("m/y"), Motion::Copying)
    );
    assert_eq!(tree.row(folder).folder.unwrap().moving, 2);
    assert!(end(
        &mut tree,
        "m/x",
        Outcome::Done {
            bytes: 10,
            proof: Some(Level::Checksum)
        }
    ));
    let x = tree.row(id(&tree, "m/x"));
    assert_eq!(
        (x.sign, x.level, x.motion),
        (Some(Sign::Same), Some(Level::Checksum), Motion::Verified)
    );
    let arrived = x.right.unwrap();
    assert_eq!(
        (
            arrived.size,
            arrived.modified.unwrap().as_second(),
            arrived.class
        ),
        (10, 1_000, None)
    );
    assert_eq!(tree.row(folder).folder.unwrap().missing, None);
    assert!(end(
        &mut tree,
        "m/y",
        Outcome::Done {
            bytes: 20,
            proof: None
        }
    ));
    assert_eq!(
        names(&tree),
        ["z"],
        "what is the same leaves a view of differences"
    );
    assert_eq!(tree.signs().same_by(Level::Size), 1);
}

#[test]
fn a_failed_move_says_why_until_it_succeeds() {
    let mut tree = tree(&[only_left("m/y", 20)]);
    let (folder, y) = (id(&tree, "m/"), id(&tree, "m/y"));
    let failure = Failure {
        kind: FailureKind::Denied,
        reason: "no".into(),
        request_id: None,
        attempts: 1,
    };
    assert!(end(&mut tree, "m/y", Outcome::Failed(failure)));
    assert_eq!(
        (tree.reason(y), tree.row(folder).folder.unwrap().failed),
        (Some("no"), 1)
    );
    assert_eq!(tree.row(y).sign, Some(Sign::OnlyLeft));
    assert!(end(
        &mut tree,
        "m/y",
        Outcome::Done {
            bytes: 20,
            proof: None
        }
    ));
    assert_eq!(
        (tree.reason(y), tree.row(folder).folder.unwrap().failed),
        (None, 0)
    );
    assert!(!end(
        &mut tree,
        "nowhere",
        Outcome::Skipped {
            reason: "gone".into()
        }
    ));
}

#[test]
fn deletes_take_rows_and_empty_folders_away() {
    let extra = Pair {
        key: "old/x".into(),
        left: None,
        right: Some(facts(3)),
        verdict: Verdict::OnlyRight,
    };
    let mut tree = tree(&[same("a", 1), extra]);
    let folder = id(&tree, "old/");
    let ended = |key: &str| EndedStep {
        seq: 0,
        key: key.into(),
        op: Op::Delete,
        outcome: Outcome::Done {
            bytes: 0,
            proof: None,
        },
    };
    tree.end_step(&ended("old/x"), Side::Right, Timestamp::UNIX_EPOCH);
    tree.end_step(&ended("a"), Side::Right, Timestamp::UNIX_EPOCH);
    tree.settle();
    assert_eq!(names(&tree), ["a"]);
    assert_eq!(tree.row(id(&tree, "a")).sign, Some(Sign::OnlyLeft));
    assert_eq!(
        (tree.position_of(folder), tree.find(&Key::from("old/"))),
        (None, None)
    );
    assert_eq!(
        tree.totals(),
        Totals {
            objects: [1, 0],
            folders: [0, 0],
            bytes: [1, 0]
        }
    );
}

#[test]
fn the_cursor_stays_on_its_key() {
    let mut tree = tree(&[same("b/m", 5), same("c", 1)]);
    let cursor = id(&tree, "c");
    tree.expand(id(&tree, "b/"));
    assert_eq!(tree.position_of(cursor), Some(2));
    tree.absorb(&[same("a", 9), same("b/a", 7), same("bb", 2)]);
    tree.settle();
    assert_eq!(names(&tree), ["a", "b/", " a", " m", "bb", "c"]);
    assert_eq!(tree.position_of(cursor), Some(5));
    tree.set_sort(Sort {
        by: SortBy::Size,
        descending: true,
        folders_first: false,
    });
    assert_eq!(names(&tree), ["b/", " a", " m", "a", "bb", "c"]);
    assert_eq!(tree.position_near(cursor), Some(5));
    let deep = id(&tree, "b/m");
    tree.collapse(id(&tree, "b/"));
    assert_eq!(
        (tree.position_of(deep), tree.position_near(deep)),
        (None, Some(0)),
        "on the closed folder"
    );
    tree.set_show(Show {
        text: "bb".into(),
        ..Show::default()
    });
    assert_eq!(
        (tree.position_near(cursor), tree.matching()),
        (Some(0), Some(1)),
        "on the nearest row that is left"
    );
    assert_eq!(tree.rows(0, 9)[0].matches, vec![0..2]);
    tree.reveal(deep);
    tree.set_show(Show::default());
    assert!(tree.position_of(deep).is_some());
    assert_eq!(Tree::new().position_near(NodeId::ROOT), None);
}

#[test]
fn a_mark_on_a_folder_means_what_comes_later_too() {
    let mut tree = tree(&[only_left("m/x", 10), only_left("m/y", 20), same("z", 5)]);
    tree.toggle_mark(id(&tree, "m/"));
    tree.absorb(&[only_left("m/n/new", 70)]);
    assert_eq!(
        tree.marked_totals(),
        Totals {
            objects: [3, 0],
            folders: [2, 0],
            bytes: [100, 0]
        }
    );
    assert_eq!(tree.marked_keys(), [Key::from("m/")]);
    tree.toggle_mark(id(&tree, "m/y"));
    assert_eq!(
        tree.marked_keys(),
        [Key::from("m/n/"), Key::from("m/x")],
        "all but the one"
    );
    assert_eq!(tree.mark_of(id(&tree, "m/")), Mark::Partly);
    assert_eq!(
        tree.marked_totals(),
        Totals {
            objects: [2, 0],
            folders: [1, 0],
            bytes: [80, 0]
        }
    );
    tree.clear_marks();
    assert_eq!(tree.marked_totals(), Totals::default());
}

#[test]
fn a_broken_or_clashing_row_says_why() {
    let clash = Pair {
        key: "a".into(),
        left: Some(facts(1)),
        right: None,
        verdict: Verdict::Clash {
            reason: "a folder there".into(),
        },
    };
    let mut tree = tree(&[clash, same("a/x", 1)]);
    assert_eq!(tree.reason(id(&tree, "a")), Some("a folder there"));
    assert_eq!(names(&tree), ["a", "a/"]);
    tree.absorb(&[same("a", 1)]);
    assert_eq!(tree.reason(id(&tree, "a")), None);
}
