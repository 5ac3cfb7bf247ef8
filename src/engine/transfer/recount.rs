//! The recount: both sides are listed afresh, and every key that should be at the destination is looked for there.
//! `source` counts what should be there, `destination` those of it that are there as they should be, so that a person
//! reads `17,592 = 17,592`. What the plan's rule or a person left as it is counts as it should be; what only the
//! destination has is told apart, and is off only where the plan was to delete it.

use std::{collections::HashSet, sync::Arc};

use crate::domain::{
    key::Key,
    plan::{Existing, Op, Plan},
    progress::{Recount, TaskEvent, TaskState},
};

use crate::engine::journal::Sight;

use super::{
    Context,
    walk::{Both, Walk},
};

/// Keys told by name; all are counted.
const EXAMPLES: usize = 100;

/// What the plan decided, by key.
struct Decided {
    /// Moved by a step that was to run.
    moved: HashSet<Key>,
    /// Deleted by a step that was to run.
    deleted: HashSet<Key>,
    /// Another plan's to answer for, or nobody's.
    aside: HashSet<Key>,
    /// In a group that a person left out.
    left: HashSet<Key>,
    /// Whether the rule may leave what exists although it differs.
    rule_keeps: bool,
    /// Sizes of files and of their gzip streams are not compared.
    gzips: bool,
}

impl Decided {
    fn of(plan: &Plan) -> Self {
        let keys = |wanted: fn(bool, Op) -> bool| {
            let groups = plan
                .groups
                .iter()
                .filter(|group| wanted(group.selected, group.op));
            let steps = groups.flat_map(|group| &group.steps);
            steps.map(|step| step.key.clone()).collect()
        };
        Self {
            moved: keys(|selected, op| selected && op.moves()),
            deleted: keys(|selected, op| selected && op == Op::Delete),
            aside: plan.aside.iter().cloned().collect(),
            left: keys(|selected, op| !selected && op.moves()),
            gzips: plan.gzips(),
            rule_keeps: match plan.options.existing {
                Existing::Keep | Existing::Newest => true,
                Existing::Update | Existing::Always => false,
            },
        }
    }

    /// Adds one key to the count; why it is off, where it is.
    fn count(&self, both: &Both, recount: &mut Recount) -> Option<&'static str> {
        if self.aside.contains(&both.key) {
            return None;
        }
        let Some(source) = &both.source else {
            recount.extra += 1;
            let still = self.deleted.contains(&both.key);
            return still.then_some("should have been deleted, and is still there");
        };
        // What must be restored first was left behind by the plan, which told it.
        let behind = source.is_archived() && !self.moved.contains(&both.key);
        if both.left_out || behind || self.left.contains(&both.key) {
            return None;
        }
        recount.source += 1;
        let Some(destination) = &both.destination else {
            return Some("is missing at the destination");
        };
        let kept = self.rule_keeps && !self.moved.contains(&both.key);
        let may_differ = self.gzips || kept;
        if source.size != destination.size && !may_differ {
            return Some("has another size at the destination");
        }
        recount.destination += 1;
        None
    }
}

/// Lists and compares, and tells the result; the reason where it is off.
pub(super) async fn run(ctx: &Arc<Context>) -> Option<String> {
    ctx.events.state(TaskState::Recounting, None).await;
    let decided = Decided::of(&ctx.plan);
    let mut walk = Walk::start(ctx);
    let mut recount = nothing();
    let mut sight = sight(ctx);
    loop {
        let next = ctx.control.until_ending(walk.next(ctx));
        let Some(both) = next.await?.ok()? else { break };
        if let Some(sight) = &mut sight {
            sight.saw(&both.key).await;
        }
        if let Some(why) = decided.count(&both, &mut recount) {
            off(&mut recount, both.key, why);
        }
    }
    let broken = walk.broken();
    if let Some(sight) = sight.filter(|_| broken.is_none()) {
        sight.over().await;
    }
    recount.equal = recount.off == 0 && broken.is_none();
    let reason = broken.or_else(|| reason(&recount));
    ctx.events.event(TaskEvent::Recounted(recount)).await;
    reason
}

/// What the journal may learn of names that are gone; nothing where not all of both sides is looked at.
fn sight(ctx: &Context) -> Option<Sight> {
    let whole = ctx.plan.only.is_empty() && ctx.plan.options.filter.is_empty();
    ctx.journal.sight().filter(|_| whole)
}

/// A recount that has seen nothing.
pub(super) fn nothing() -> Recount {
    Recount {
        source: 0,
        destination: 0,
        extra: 0,
        equal: false,
        examples: Vec::new(),
        off: 0,
    }
}

/// Notes a key that is off.
pub(super) fn off(recount: &mut Recount, key: Key, why: &str) {
    recount.off += 1;
    if recount.examples.len() < EXAMPLES {
        recount.examples.push((key, why.into()));
    }
}

fn reason(recount: &Recount) -> Option<String> {
    let (key, why) = recount.examples.first()?;
    let Recount {
        source,
        destination,
        off,
        ..
    } = recount;
    Some(format!(
        "the recount is off by {off}: {source} should be there, {destination} are; first {key} {why}"
    ))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Decided, nothing, off, reason};
    use crate::domain::{
        entry::{Facts, Identity, Kind, ObjectId},
        key::Key,
        progress::Recount,
    };
    use crate::engine::transfer::walk::Both;

    fn both(key: &str, source: Option<u64>, destination: Option<u64>) -> Both {
        let facts = |size| Facts {
            kind: Kind::Object,
            size,
            ..Facts::folder()
        };
        Both {
            key: Key::from(key),
            source: source.map(facts),
            left_out: false,
            destination: destination.map(facts),
        }
    }

    fn decided(rule_keeps: bool) -> Decided {
        let keys = |keys: &[&str]| {
            keys.iter()
                .map(|key| Key::from(*key))
                .collect::<HashSet<_>>()
        };
        Decided {
            moved: keys(&["moved"]),
            deleted: keys(&["deleted"]),
            aside: keys(&["aside"]),
            left: keys(&["left"]),
            rule_keeps,
            gzips: false,
        }
    }

    fn count(decided: &Decided, all: &[Both]) -> Recount {
        let mut recount = nothing();
        for both in all {
            if let Some(why) = decided.count(both, &mut recount) {
                off(&mut recount, both.key.clone(), why);
            }
        }
        recount
    }

    #[test]
    fn what_only_the_destination_has_is_told_apart() {
        let all = [both("a", Some(1), Some(1)), both("extra", None, Some(9))];
        let recount = count(&decided(false), &all);
        assert_eq!(
            (
                recount.source,
                recount.destination,
                recount.extra,
                recount.off
            ),
            (1, 1, 1, 0)
        );
        let recount = count(&decided(false), &[both("deleted", None, Some(1))]);
        assert_eq!(recount.off, 1);
    }

    #[test]
    fn missing_and_other_sizes_are_off_and_named() {
        let all = [both("a", Some(1), None), both("b", Some(1), Some(2))];
        let recount = count(&decided(false), &all);
        assert_eq!(
            (recount.source, recount.destination, recount.off),
            (2, 0, 2)
        );
        let reason = reason(&recount).unwrap();
        assert!(
            reason.contains("off by 2") && reason.contains('a'),
            "{reason}"
        );
    }

    #[test]
    fn a_rule_that_keeps_excuses_what_it_kept_but_not_what_was_moved() {
        let all = [
            both("kept", Some(1), Some(2)),
            both("moved", Some(1), Some(2)),
        ];
        assert_eq!(count(&decided(true), &all).off, 1);
    }

    #[test]
    fn what_must_be_restored_first_is_not_missed_unless_it_was_to_be_moved() {
        let archived = |key: &str| {
            let id = ObjectId {
                class: Some("DEEP_ARCHIVE".into()),
                ..ObjectId::default()
            };
            let mut both = both(key, Some(1), None);
            let facts = both.source.as_mut().unwrap();
            facts.identity = Identity::Object(id);
            both
        };
        let recount = count(&decided(false), &[archived("cold"), archived("moved")]);
        assert_eq!((recount.source, recount.off), (1, 1));
    }

    #[test]
    fn what_a_person_or_a_filter_left_does_not_count() {
        let mut filtered = both("filtered", Some(1), None);
        filtered.left_out = true;
        let aside = both("aside", Some(1), Some(2));
        let all = [filtered, both("left", Some(1), None), aside];
        let recount = count(&decided(false), &all);
        assert_eq!((recount.source, recount.off), (0, 0));
    }
}
