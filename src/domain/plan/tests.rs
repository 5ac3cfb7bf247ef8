//! The planner against a naive model over random trees, and what a run of its plans leaves behind.

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::{collection::vec, prelude::*};

use super::{Brake, Deletes, Existing, MaxDelete, Op, Plan, Planner, SyncOptions};
use crate::domain::{
    codec::{Folding, file_of},
    diff::{Level, Merge, MergeOptions, Newer, Pair, Rules, Sign, Verdict, judge},
    entry::{End, Entry, Facts, FileId, Identity, Kind, ObjectId, Page},
    filter::{Filter, Glob, Matcher},
    key::Key,
    location::Location,
};

type Tree = BTreeMap<Key, Facts>;

/// Where a world's listings and plans take place.
#[derive(Debug, Clone, Copy)]
enum Road {
    Up,
    Down,
    Across,
}

impl Road {
    fn ends(self) -> (Location, Location) {
        let (source, destination) = match self {
            Self::Up => ("/data", "s3://bucket/p"),
            Self::Down => ("s3://bucket/p", "/data"),
            Self::Across => ("s3://bucket/p", "s3://bucket/q"),
        };
        (
            Location::parse(source).unwrap(),
            Location::parse(destination).unwrap(),
        )
    }

    fn rules(self, check: Level) -> Rules {
        let (source, destination) = self.ends();
        Rules::new(check, &source, &destination)
    }

    /// An entry of this road's source or destination.
    fn facts(self, at_source: bool, key: &str, size: u64, second: i64) -> Facts {
        let on_disk = matches!((self, at_source), (Self::Up, true) | (Self::Down, false));
        let kind = if key.ends_with('/') && size == 0 {
            Kind::Folder
        } else {
            Kind::Object
        };
        let identity = if on_disk {
            file(second)
        } else {
            object(&format!("{key}{size}{second}"), "STANDARD")
        };
        Facts {
            kind,
            size,
            modified: Some(Timestamp::from_second(second).unwrap()),
            identity,
        }
    }
}

fn file(second: i64) -> Identity {
    Identity::File(FileId {
        inode: 7,
        mtime_ns: i128::from(second) * 1_000_000_000,
        ..FileId::default()
    })
}

fn object(etag: &str, class: &str) -> Identity {
    Identity::Object(ObjectId {
        etag: Some(etag.into()),
        class: Some(class.into()),
        ..ObjectId::default()
    })
}

const NOW: i64 = 1_000;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn pairs(road: Road, options: &SyncOptions, source: &Tree, destination: &Tree) -> Vec<Pair> {
    let page = |tree: &Tree| Page {
        entries: tree
            .iter()
            .map(|(key, facts)| Entry {
                key: key.clone(),
                facts: facts.clone(),
            })
            .collect(),
        end: Some(End::Complete),
    };
    let mut merge_options = MergeOptions::new(road.rules(options.check));
    merge_options.filter = Some(Matcher::new(&options.filter).unwrap());
    merge_options.folders = true;
    merge_options.excluded = true;
    let mut merge = Merge::new(merge_options);
    merge.push_left(page(source));
    merge.push_right(page(destination));
    let mut pairs = Vec::new();
    merge.pull(&mut pairs);
    pairs
}

fn planner(road: Road, options: &SyncOptions) -> Planner {
    let (source, destination) = road.ends();
    Planner::new(source, destination, Vec::new(), options.clone()).unwrap()
}

fn plan(road: Road, options: &SyncOptions, source: &Tree, destination: &Tree) -> Plan {
    let mut planner = planner(road, options);
    for pair in pairs(road, options, source, destination) {
        planner.push(&pair);
    }
    planner.finish(End::Complete, End::Complete, now())
}

/// The effect and key of every step, in order.
fn effects(plan: &Plan) -> Vec<(char, Key)> {
    let effect = |group: &super::Group| match (group.op, group.overwrites) {
        (Op::Delete, _) => '-',
        (_, true) => '*',
        (_, false) => '+',
    };
    let steps = plan.groups.iter().flat_map(|group| {
        group
            .steps
            .iter()
            .map(move |step| (effect(group), step.key.clone()))
    });
    steps.collect()
}

/// What should be done, by looking at each key alone and at all keys at once.
struct Model<'a> {
    road: Road,
    options: &'a SyncOptions,
    source: &'a Tree,
    destination: &'a Tree,
}

impl Model<'_> {
    fn effects(&self) -> Vec<(char, Key)> {
        let matcher = Matcher::new(&self.options.filter).unwrap();
        let takes_part = |key: &Key| {
            let facts = self.source.get(key).or(self.destination.get(key));
            facts.is_some_and(|facts| matcher.leaves_out(key, facts).is_none())
        };
        let both = self.source.keys().chain(self.destination.keys());
        let mut keys: Vec<&Key> = both.filter(|key| takes_part(key)).collect();
        keys.sort();
        keys.dedup();
        let below = |one: &Key, other: &Key| {
            !other.is_folder() && one.as_bytes().starts_with(other.join("/").as_bytes())
        };
        let on_disk = !matches!(self.road, Road::Across);
        let clashes = |key: &Key| {
            on_disk
                && keys
                    .iter()
                    .any(|other| below(key, other) || below(other, key))
        };
        let stay = keys.iter().filter(|key| self.is_same(key) || !clashes(key));
        let mut effects: Vec<(char, Key)> = stay
            .filter_map(|key| Some((self.effect(key)?, (*key).clone())))
            .collect();
        let rank = |effect| ['+', '*', '-'].iter().position(|one| *one == effect);
        let sign = |(effect, key): &(char, Key)| {
            self.verdict(key)
                .filter(|_| *effect == '*')
                .map(|verdict| verdict.sign())
        };
        effects.sort_by_key(|entry| (rank(entry.0), sign(entry), entry.1.clone()));
        effects
    }

    fn verdict(&self, key: &Key) -> Option<Verdict> {
        let (left, right) = self.source.get(key).zip(self.destination.get(key))?;
        Some(judge(
            left,
            right,
            &self.road.rules(self.options.check),
            None,
        ))
    }

    fn is_same(&self, key: &Key) -> bool {
        matches!(self.verdict(key), Some(Verdict::Same { .. }))
    }

    fn effect(&self, key: &Key) -> Option<char> {
        let is_object = |tree: &Tree| {
            tree.get(key)
                .is_some_and(|facts| facts.kind == Kind::Object)
        };
        let can_exist = !matches!(self.road, Road::Down) || file_of(key).is_ok();
        let verdict = self.verdict(key).filter(|verdict| {
            // A folder that is no object is no content of its name.
            !matches!(verdict, Verdict::OnlyLeft | Verdict::OnlyRight)
        });
        if let Some(verdict) = verdict {
            let writes = match (verdict, self.options.existing) {
                (Verdict::Differs { .. }, Existing::Update | Existing::Always) => true,
                (Verdict::Differs { newer }, Existing::Newest) => newer == Newer::Left,
                (Verdict::Unproven, existing) => existing == Existing::Always,
                (Verdict::Same { proof }, Existing::Always) => {
                    proof < Level::Checksum && is_object(self.source)
                }
                _ => false,
            };
            return (writes && can_exist).then_some('*');
        }
        let adds = (is_object(self.source) && can_exist).then_some('+');
        adds.or_else(|| (is_object(self.destination) && self.options.delete.is_on()).then_some('-'))
    }
}

/// The destination after every step of the plan was done.
fn after(road: Road, plan: &Plan, destination: &Tree) -> Tree {
    let mut tree = destination.clone();
    for step in plan.steps() {
        let Some(source) = step.source.as_ref().filter(|_| step.op != Op::Delete) else {
            tree.remove(&step.key);
            continue;
        };
        let written = match road {
            Road::Down => Facts {
                identity: file(0),
                ..source.clone()
            },
            Road::Up | Road::Across => Facts {
                modified: Some(now()),
                identity: object("new", "STANDARD"),
                ..source.clone()
            },
        };
        tree.insert(step.key.clone(), written);
    }
    tree
}

fn tree(road: Road, at_source: bool) -> impl Strategy<Value = Tree> {
    let key = prop::sample::select(vec![
        "a",
        "a!",
        "a/",
        "a/b",
        "a/b/c",
        "b",
        "b/",
        "b/x",
        "c.tmp",
        "c/..",
        "c//d",
        "d/e/f",
        "d/e/f.tmp",
        "e",
        "f",
    ]);
    let entry = (key, 0_u64..3, 0..5_i64);
    vec(entry, 0..9).prop_map(move |entries| {
        let facts =
            |(key, size, second)| (Key::from(key), road.facts(at_source, key, size, second));
        entries.into_iter().map(facts).collect()
    })
}

fn world() -> impl Strategy<Value = (Road, Tree, Tree)> {
    let road = prop::sample::select(vec![Road::Up, Road::Down, Road::Across]);
    road.prop_flat_map(|road| (Just(road), tree(road, true), tree(road, false)))
}

fn options() -> impl Strategy<Value = SyncOptions> {
    let existing = prop::sample::select(vec![
        Existing::Keep,
        Existing::Update,
        Existing::Newest,
        Existing::Always,
    ]);
    let check = prop::sample::select(vec![Level::Size, Level::Time, Level::Checksum, Level::Read]);
    let filters = prop_oneof![
        Just(Filter::default()),
        Just(Filter {
            rules: vec![Glob::Exclude("*.tmp".into())],
            max_size: Some(1),
            ..Filter::default()
        }),
    ];
    let deletes = prop_oneof![Just(Deletes::Never), Just(Deletes::Mirror)];
    (existing, check, filters, deletes).prop_map(|(existing, check, filter, delete)| SyncOptions {
        existing,
        check,
        filter,
        delete,
        max_delete: MaxDelete::Percent(100.0),
        allow_empty_source: true,
        ..SyncOptions::default()
    })
}

/// T9: random trees, 10,000 of them and with `WHARF_TRIALS=full` ten times as many; prints what was tried.
#[allow(clippy::print_stdout, reason = "a trial tells what it tried")]
mod trials {
    use proptest::test_runner::{Config, RngAlgorithm, TestCaseResult, TestRng, TestRunner};

    use super::*;

    const SEED: [u8; 32] = *b"T9: planner against naive model.";

    fn run(what: &str, test: impl Fn((Road, Tree, Tree), SyncOptions) -> TestCaseResult) {
        let full = std::env::var("WHARF_TRIALS").is_ok_and(|word| word == "full");
        let cases = if full { 100_000 } else { 10_000 };
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &SEED);
        let mut runner = TestRunner::new_with_rng(Config::with_cases(cases), rng);
        let outcome = runner.run(&(world(), options()), |(world, options)| {
            test(world, options)
        });
        outcome.unwrap();
        println!("T9 trees={cases} {what}");
    }

    #[test]
    fn t9_the_planner_does_what_the_model_does() {
        run("differences=0", |(road, source, destination), options| {
            let plan = plan(road, &options, &source, &destination);
            let model = Model {
                road,
                options: &options,
                source: &source,
                destination: &destination,
            };
            prop_assert_eq!(effects(&plan), model.effects());
            prop_assert!(plan.brakes.is_empty());
            let mut numbers = plan.steps().map(|step| step.seq).enumerate();
            prop_assert!(numbers.all(|(at, seq)| at == seq as usize));
            Ok(())
        });
    }

    #[test]
    fn t9_a_second_run_plans_nothing() {
        run("second_plans=0", |(road, source, destination), options| {
            // Times alone are no proof, so `always` writes again.
            let existing = match options.existing {
                Existing::Always => Existing::Keep,
                Existing::Keep | Existing::Update | Existing::Newest => options.existing,
            };
            let options = SyncOptions {
                existing,
                ..options
            };
            let first = plan(road, &options, &source, &destination);
            let destination = after(road, &first, &destination);
            let second = plan(road, &options, &source, &destination);
            prop_assert_eq!(effects(&second), vec![]);
            Ok(())
        });
    }
}

proptest! {
    #[test]
    fn a_plan_survives_its_file((road, source, destination) in world(), options in options()) {
        let plan = plan(road, &options, &source, &destination);
        let text = serde_json::to_string(&plan).unwrap();
        prop_assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
    }
}

fn small(road: Road, at_source: bool, keys: &[&str]) -> Tree {
    keys.iter()
        .map(|key| (Key::from(*key), road.facts(at_source, key, 1, 5)))
        .collect()
}

fn deleting() -> SyncOptions {
    SyncOptions {
        delete: Deletes::Mirror,
        ..SyncOptions::default()
    }
}

#[test]
fn nothing_is_deleted_when_a_listing_broke() {
    let broken = End::Broken {
        after: Some(Key::from("b")),
        reason: "reset".into(),
    };
    let pairs = pairs(
        Road::Up,
        &deleting(),
        &small(Road::Up, true, &["a"]),
        &small(Road::Up, false, &["b", "c"]),
    );
    for (source_end, destination_end) in [(broken.clone(), End::Complete), (End::Complete, broken)]
    {
        let mut planner = planner(Road::Up, &deleting());
        for pair in &pairs {
            planner.push(pair);
        }
        let plan = planner.finish(source_end, destination_end, now());
        assert!(plan.groups.iter().all(|group| group.op != Op::Delete));
        assert_eq!(plan.left.extra.objects, 2);
        assert!(matches!(&plan.brakes[..], [Brake::BrokenListing { .. }]));
        assert_eq!(plan.open_brakes().count(), 1);
        assert!(
            plan.notices[0].contains("broke after b: reset"),
            "{:?}",
            plan.notices
        );
    }
}

#[test]
fn brakes_hold_until_answered() {
    let destination = small(
        Road::Up,
        false,
        &["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"],
    );
    let source = |keys: &[&str]| small(Road::Up, true, keys);
    let nine = source(&["a", "b", "c", "d", "e", "f", "g", "h", "i"]);
    assert_eq!(plan(Road::Up, &deleting(), &nine, &destination).brakes, []);
    let few = source(&["a", "b", "c", "d", "e", "f", "g", "h"]);
    let mut stopped = plan(Road::Up, &deleting(), &few, &destination);
    assert_eq!(
        stopped.brakes,
        [Brake::TooManyDeletes { planned: 2, of: 10 }]
    );
    let enough = SyncOptions {
        max_delete: MaxDelete::Objects(2),
        ..deleting()
    };
    assert_eq!(plan(Road::Up, &enough, &few, &destination).brakes, []);
    let empty = plan(Road::Up, &deleting(), &source(&[]), &destination);
    assert_eq!(
        empty.brakes,
        [
            Brake::EmptySource,
            Brake::TooManyDeletes {
                planned: 10,
                of: 10
            }
        ]
    );
    assert_eq!(stopped.open_brakes().count(), 1);
    stopped
        .groups
        .iter_mut()
        .for_each(|group| group.selected = group.op != Op::Delete);
    assert_eq!(stopped.open_brakes().count(), 0);
}

#[test]
fn consent_is_asked_for_what_would_be_lost() {
    let mut source = small(Road::Up, true, &["a", "b"]);
    source.insert(Key::from("c"), Road::Up.facts(true, "c", 3, 9));
    let plan = plan(
        Road::Up,
        &deleting(),
        &source,
        &small(Road::Up, false, &["b", "c", "d"]),
    );
    let consent = plan.needs_consent();
    assert!(consent.is_needed());
    assert_eq!(
        (consent.overwrites.objects, consent.overwrites.bytes),
        (1, 1),
        "what is lost, not what comes"
    );
    assert_eq!((consent.deletes.objects, consent.deletes.bytes), (1, 1));
    assert_eq!((plan.moves().objects, plan.moves().bytes), (2, 4));
    assert_eq!(
        (
            plan.source_print.tally.objects,
            plan.destination_print.tally.objects
        ),
        (3, 3)
    );
}

#[test]
fn names_that_cannot_exist_are_refused_with_their_reason() {
    let source = small(Road::Down, true, &["../x", "a//b", "good", "m/", "m//"]);
    let down = plan(Road::Down, &SyncOptions::default(), &source, &Tree::new());
    assert_eq!(
        effects(&down),
        [('+', Key::from("good")), ('+', Key::from("m/"))]
    );
    let refused: Vec<_> = down
        .left
        .refused
        .iter()
        .map(|refusal| (refusal.key.as_str().unwrap(), refusal.sign))
        .collect();
    assert_eq!(
        refused,
        [
            ("../x", Sign::Clash),
            ("a//b", Sign::Clash),
            ("m//", Sign::Clash)
        ]
    );
    assert!(down.left.refused[0].reason.contains("\"..\""));
    let mut source = Tree::new();
    source.insert(Key::new([0xff]), Road::Up.facts(true, "x", 1, 1));
    source.insert(Key::new([b'k'; 1023]), Road::Up.facts(true, "x", 1, 1));
    let up = plan(Road::Up, &SyncOptions::default(), &source, &Tree::new());
    assert_eq!((up.groups.len(), up.left.refused.len()), (0, 2));
}

#[test]
fn keys_that_become_one_file_are_refused_both() {
    let options = SyncOptions::default();
    let source = small(Road::Down, true, &["A", "B", "a", "b", "c"]);
    let mut destination = small(Road::Down, false, &["b"]);
    destination.insert(Key::from("b"), Road::Down.facts(false, "b", 9, 5));
    let mut planner = planner(Road::Down, &options).with_folding(Folding::Case);
    for pair in pairs(Road::Down, &options, &source, &destination) {
        planner.push(&pair);
    }
    let plan = planner.finish(End::Complete, End::Complete, now());
    assert_eq!(effects(&plan), [('+', Key::from("c"))]);
    let refused: Vec<_> = plan
        .left
        .refused
        .iter()
        .map(|refusal| refusal.key.as_str().unwrap())
        .collect();
    assert_eq!(refused, ["A", "B", "a", "b"]);
}

/// Effects and refused keys of a download to a file system that takes `A` and `a` for one.
fn folded(source: &[&str], destination: &[&str]) -> (Vec<(char, Key)>, Vec<String>) {
    let options = SyncOptions {
        max_delete: MaxDelete::Objects(99),
        ..deleting()
    };
    let source = small(Road::Down, true, source);
    let facts = |key: &str| Road::Down.facts(false, key, u64::from(!key.ends_with('/')), 5);
    let destination = destination.iter().map(|key| (Key::from(*key), facts(key)));
    let destination = destination.collect();
    let mut planner = planner(Road::Down, &options).with_folding(Folding::Case);
    for pair in pairs(Road::Down, &options, &source, &destination) {
        planner.push(&pair);
    }
    let plan = planner.finish(End::Complete, End::Complete, now());
    let refused = plan.left.refused.iter();
    let refused = refused.map(|refusal| refusal.key.to_string()).collect();
    (effects(&plan), refused)
}

#[test]
fn a_file_that_stands_for_a_key_of_another_case_is_not_deleted() {
    let (effects, refused) = folded(&["a", "x"], &["A"]);
    assert_eq!(effects, [('+', Key::from("x"))]);
    assert_eq!(refused, ["A", "a"]);
}

#[test]
fn nothing_goes_into_a_folder_that_the_disk_spells_otherwise() {
    let (effects, refused) = folded(&["B/x", "c"], &["b/x", "b/y"]);
    assert_eq!(effects, [('+', Key::from("c"))]);
    assert_eq!(refused, ["B/x", "b/x", "b/y"]);
    let (effects, refused) = folded(&["B/x", "b/y"], &["B/x"]);
    assert_eq!((effects.len(), refused), (0, vec!["b/y".to_owned()]));
    let (effects, refused) = folded(&["a"], &["A/"]);
    assert_eq!((effects.len(), refused), (0, vec!["a".to_owned()]));
}

#[test]
fn what_a_filter_leaves_on_the_disk_is_not_written_over_under_another_case() {
    let options = SyncOptions {
        filter: Filter {
            rules: vec![Glob::Exclude("A".into())],
            ..Filter::default()
        },
        ..SyncOptions::default()
    };
    let mut planner = planner(Road::Down, &options).with_folding(Folding::Case);
    let pair = |key: &str, at_source: bool| {
        let facts = Some(Road::Down.facts(at_source, key, 1, 5));
        let (left, right) = if at_source {
            (facts, None)
        } else {
            (None, facts)
        };
        let verdict = if at_source {
            Verdict::OnlyLeft
        } else {
            Verdict::Excluded
        };
        Pair {
            key: Key::from(key),
            left,
            right,
            verdict,
        }
    };
    planner.push(&pair("A", false));
    planner.push(&pair("a", true));
    let plan = planner.finish(End::Complete, End::Complete, now());
    assert_eq!((effects(&plan), plan.left.refused.len()), (vec![], 1));
}

#[test]
fn a_link_is_not_counted_as_left_out_by_a_filter() {
    let link = Facts {
        kind: Kind::Symlink,
        ..Road::Up.facts(true, "link", 9, 5)
    };
    let mut planner = planner(Road::Up, &SyncOptions::default());
    planner.push(&Pair {
        key: Key::from("link"),
        left: Some(link),
        right: Some(Road::Up.facts(false, "link", 1, 5)),
        verdict: Verdict::Excluded,
    });
    let plan = planner.finish(End::Complete, End::Complete, now());
    assert_eq!(plan.left.excluded.objects, 0);
    assert!(plan.notices[0].starts_with("1 symbolic link left"));
}

#[test]
fn files_that_may_still_change_are_told() {
    let mut source = small(Road::Up, true, &["old"]);
    source.insert(
        Key::from("fresh"),
        Road::Up.facts(true, "fresh", 1, NOW - 4),
    );
    source.insert(
        Key::from("later"),
        Road::Up.facts(true, "later", 1, NOW + 60),
    );
    let link = Facts {
        kind: Kind::Symlink,
        ..Road::Up.facts(true, "link", 0, 5)
    };
    let pair = Pair {
        key: Key::from("link"),
        left: Some(link),
        right: None,
        verdict: Verdict::Excluded,
    };
    let mut planner = planner(Road::Up, &SyncOptions::default());
    pairs(Road::Up, &SyncOptions::default(), &source, &Tree::new())
        .iter()
        .chain([&pair])
        .for_each(|pair| planner.push(pair));
    let plan = planner.finish(End::Complete, End::Complete, now());
    assert_eq!(plan.notices.len(), 3);
    assert!(plan.notices[2].starts_with("1 symbolic link left"));
    assert!(plan.notices[0].starts_with("fresh changed 4 s ago"));
    assert!(plan.notices[1].starts_with("later is dated in the future"));
}

#[test]
fn a_changed_world_has_another_fingerprint() {
    let options = SyncOptions::default();
    let print = |tree: &Tree| plan(Road::Across, &options, tree, &Tree::new()).source_print;
    let tree = small(Road::Across, true, &["a", "b"]);
    assert_eq!(print(&tree), print(&tree.clone()));
    let mut changed = tree.clone();
    changed.insert(
        Key::from("b"),
        Facts {
            identity: object("other", "STANDARD"),
            ..tree[&Key::from("b")].clone()
        },
    );
    assert_ne!(print(&tree).digest, print(&changed).digest);
    assert_ne!(
        print(&tree).digest,
        print(&small(Road::Across, true, &["a"])).digest
    );
}

#[test]
fn an_archived_source_is_left_and_an_archived_extra_may_be_deleted() {
    let archived = |at_source| Facts {
        identity: object("x", "GLACIER"),
        ..Road::Across.facts(at_source, "a", 1, 5)
    };
    let source = Tree::from([(Key::from("a"), archived(true))]);
    let destination = Tree::from([(Key::from("b"), archived(false))]);
    let options = SyncOptions {
        max_delete: MaxDelete::Objects(9),
        ..deleting()
    };
    let plan = plan(Road::Across, &options, &source, &destination);
    assert_eq!(effects(&plan), [('-', Key::from("b"))]);
    assert_eq!(plan.left.archived.objects, 1);
    assert!(plan.notices.iter().any(|notice| notice.contains("restore")));
}

#[test]
fn a_newer_form_is_refused() {
    let mut plan = plan(
        Road::Up,
        &SyncOptions::default(),
        &Tree::new(),
        &Tree::new(),
    );
    assert_eq!(plan.check_version(), Ok(()));
    plan.version += 1;
    assert!(plan.check_version().is_err());
}
