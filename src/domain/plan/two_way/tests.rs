//! The two-way planner against a naive model over random worlds of three facts a key.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use proptest::{collection::btree_map, option, prelude::*, sample::select};

use super::{Change, Settle, Since, TwoWay, TwoWayPlanner, TwoWayRule};
use crate::domain::{
    codec::Folding,
    diff::{Level, Newer, Pair, Verdict},
    entry::{End, Facts, Identity, Kind},
    key::Key,
    location::Location,
    plan::{Existing, Op, Plan, SyncOptions},
};

/// The version of a content on each side, and the one that was last proven on both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cell {
    base: Option<u64>,
    left: Option<u64>,
    right: Option<u64>,
    newer: Newer,
}

type World = BTreeMap<u8, Cell>;

fn cells() -> impl Strategy<Value = Cell> {
    let version = || option::of(1..4_u64);
    let newer = select(vec![Newer::Left, Newer::Right, Newer::Unknown]);
    (version(), version(), version(), newer).prop_map(|(base, left, right, newer)| Cell {
        base,
        left,
        right,
        newer,
    })
}

fn key(name: u8) -> Key {
    Key::from(&*format!("k{name:03}"))
}

fn facts(version: u64) -> Facts {
    Facts {
        kind: Kind::Object,
        size: version,
        modified: None,
        identity: Identity::None,
    }
}

fn change(base: u64, now: Option<u64>) -> Change {
    match now {
        None => Change::Gone,
        Some(now) if now == base => Change::None,
        Some(_) => Change::Changed,
    }
}

fn planned(world: &World, existing: Existing, rule: TwoWayRule) -> TwoWay {
    let at = |text: &str| Location::parse(text).unwrap();
    let options = SyncOptions {
        existing,
        allow_empty_source: true,
        max_delete: crate::domain::plan::MaxDelete::Percent(100.0),
        ..SyncOptions::default()
    };
    let ends = (at("/data"), at("s3://bucket/p"));
    let folding = [Folding::None, Folding::None];
    let mut planner = TwoWayPlanner::new(ends, Vec::new(), options, rule, folding).unwrap();
    for (&name, cell) in world {
        let verdict = match (cell.left, cell.right) {
            (None, None) => continue,
            (Some(_), None) => Verdict::OnlyLeft,
            (None, Some(_)) => Verdict::OnlyRight,
            (Some(left), Some(right)) if left == right => Verdict::Same {
                proof: Level::Checksum,
            },
            (Some(_), Some(_)) => Verdict::Differs { newer: cell.newer },
        };
        let since = cell.base.map_or(Since::Never, |base| Since::Proven {
            left: change(base, cell.left),
            right: change(base, cell.right),
        });
        let pair = Pair {
            key: key(name),
            left: cell.left.map(facts),
            right: cell.right.map(facts),
            verdict,
        };
        planner.push(&pair, since);
    }
    planner.finish(End::Complete, End::Complete, Timestamp::UNIX_EPOCH)
}

/// What a run of both plans leaves; what was moved or is equal is proven.
fn after(world: &World, plans: &[Plan; 2]) -> World {
    let mut world = world.clone();
    let [push, pull] = plans;
    for (plan, to_right) in [(push, true), (pull, false)] {
        for step in plan.steps() {
            let (_, cell) = world
                .iter_mut()
                .find(|(name, _)| key(**name) == step.key)
                .unwrap();
            let (from, to) = if to_right {
                (cell.left, &mut cell.right)
            } else {
                (cell.right, &mut cell.left)
            };
            assert_eq!(step.source.as_ref().map(|facts| facts.size), from);
            assert_eq!(step.destination.as_ref().map(|facts| facts.size), *to);
            assert_eq!(step.op == Op::Delete, from.is_none());
            *to = from;
        }
    }
    for cell in world.values_mut() {
        if cell.left == cell.right {
            cell.base = cell.left;
        }
    }
    world
}

/// What should be on the left and on the right, told without plans; `None` for a conflict.
fn expected(cell: Cell, keeps: bool, propagates: bool) -> Option<[Option<u64>; 2]> {
    let Cell {
        base, left, right, ..
    } = cell;
    let both = |one: Option<u64>| Some([one, one]);
    match (left, right) {
        _ if left == right => both(left),
        (Some(one), None) | (None, Some(one)) => match base {
            Some(base) if propagates && one == base => both(None),
            Some(_) if propagates => None,
            _ => both(Some(one)),
        },
        _ if keeps => Some([left, right]),
        _ if base.is_some() && base == left => both(right),
        _ if base.is_some() && base == right => both(left),
        _ => None,
    }
}

proptest! {
    #[test]
    fn worlds_become_what_a_naive_model_says(
        world in btree_map(0..40_u8, cells(), 0..20),
        keeps in any::<bool>(),
        propagates in any::<bool>(),
    ) {
        let existing = if keeps { Existing::Keep } else { Existing::Update };
        let rule = TwoWayRule { propagates, settle: Settle::Leave };
        let planned = planned(&world, existing, rule);
        let now = after(&world, &planned.plans());
        let conflicts: BTreeSet<&Key> = planned.conflicts.iter().map(|c| &c.key).collect();
        for (name, cell) in &world {
            let wanted = expected(*cell, keeps, propagates);
            prop_assert_eq!(conflicts.contains(&key(*name)), wanted.is_none());
            let sides = wanted.unwrap_or([cell.left, cell.right]);
            prop_assert_eq!([now[name].left, now[name].right], sides, "{:?}", cell);
        }
    }

    #[test]
    fn the_plans_share_no_key_and_a_second_run_plans_nothing(
        world in btree_map(0..40_u8, cells(), 0..20),
        settle in select(vec![Settle::Left, Settle::Right, Settle::Newer, Settle::Leave]),
        propagates in any::<bool>(),
    ) {
        let rule = TwoWayRule { propagates, settle };
        let first = planned(&world, Existing::Update, rule);
        let plans = first.plans();
        let keys = |plan: &Plan| plan.steps().map(|step| step.key.clone()).collect::<BTreeSet<_>>();
        prop_assert!(keys(&plans[0]).is_disjoint(&keys(&plans[1])));
        for plan in &plans {
            // The recount answers for what a plan moves, and for nothing that is another's.
            prop_assert!(plan.steps().all(|step| plan.aside.binary_search(&step.key).is_err()));
            let numbers: Vec<u32> = plan.steps().map(|step| step.seq).collect();
            prop_assert_eq!(numbers, (0..u32::try_from(plan.steps().count()).unwrap()).collect::<Vec<_>>());
        }
        let now = after(&world, &plans);
        let second = planned(&now, Existing::Update, rule);
        prop_assert!(second.plans().iter().all(|plan| plan.steps().next().is_none()));
        prop_assert_eq!(second.open_conflicts().count(), first.open_conflicts().count());
    }

    #[test]
    fn nothing_is_lost_but_what_was_proven_or_settled(
        world in btree_map(0..40_u8, cells(), 0..20),
        propagates in any::<bool>(),
    ) {
        let rule = TwoWayRule { propagates, settle: Settle::Leave };
        let now = after(&world, &planned(&world, Existing::Update, rule).plans());
        for (name, cell) in &world {
            for version in [cell.left, cell.right].into_iter().flatten() {
                let there = now[name].left == Some(version) || now[name].right == Some(version);
                prop_assert!(there || cell.base == Some(version), "{:?}", cell);
            }
        }
    }
}

fn one(base: Option<u64>, left: Option<u64>, right: Option<u64>, newer: Newer) -> World {
    World::from([(
        0,
        Cell {
            base,
            left,
            right,
            newer,
        },
    )])
}

#[test]
fn who_wins_a_conflict_is_said_or_told_by_the_times() {
    let world = one(Some(1), Some(2), Some(3), Newer::Right);
    for (settle, left) in [
        (Settle::Left, Some(2)),
        (Settle::Right, Some(3)),
        (Settle::Newer, Some(3)),
    ] {
        let rule = TwoWayRule {
            settle,
            ..TwoWayRule::default()
        };
        let planned = planned(&world, Existing::Update, rule);
        let now = after(&world, &planned.plans());
        assert_eq!((now[&0].left, now[&0].right), (left, left), "{settle:?}");
        assert_eq!(planned.open_conflicts().count(), 0);
    }
    let tie = one(None, Some(2), Some(3), Newer::Unknown);
    let rule = TwoWayRule {
        settle: Settle::Newer,
        ..TwoWayRule::default()
    };
    let planned = planned(&tie, Existing::Newest, rule);
    assert_eq!(planned.open_conflicts().count(), 1);
}

#[test]
fn a_conflict_won_by_what_is_gone_is_a_delete_under_the_brakes() {
    let world = one(Some(1), None, Some(3), Newer::Unknown);
    let rule = TwoWayRule {
        propagates: true,
        settle: Settle::Left,
    };
    let mut planned = planned(&world, Existing::Update, rule);
    planned.push.options.max_delete = crate::domain::plan::MaxDelete::Objects(0);
    let [push, pull] = planned.plans();
    assert_eq!(push.steps().next().unwrap().op, Op::Delete);
    assert_eq!(push.open_brakes().count(), 1);
    assert_eq!(pull.steps().count(), 0);
}
