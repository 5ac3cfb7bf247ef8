//! Conflicts that are settled enter the plans: what loses is written over, or deleted where it won by being gone.

use super::{Conflict, TwoWay};
use crate::domain::{
    diff::Sign,
    entry::Facts,
    key::Key,
    plan::{Group, Op, Plan, Step, guard::way},
    side::Side,
};

impl TwoWay {
    /// Conflicts that stay as they are.
    pub fn open_conflicts(&self) -> impl Iterator<Item = &Conflict> {
        self.conflicts
            .iter()
            .filter(|conflict| conflict.winner().is_none())
    }

    /// Both plans with the settled conflicts in them: what loses is written over, or deleted where it won by being gone.
    pub fn plans(&self) -> [Plan; 2] {
        let (mut push, mut pull) = (self.push.clone(), self.pull.clone());
        for conflict in &self.conflicts {
            let (plan, from, to) = match conflict.winner() {
                Some(Side::Left) => (&mut push, &conflict.left, &conflict.right),
                Some(Side::Right) => (&mut pull, &conflict.right, &conflict.left),
                None => continue,
            };
            settle(plan, &conflict.key, (from.clone(), to.clone()));
        }
        for plan in [&mut push, &mut pull] {
            tidy(plan);
        }
        [push, pull]
    }
}

/// Adds to a plan what makes one side win.
fn settle(plan: &mut Plan, key: &Key, (source, destination): (Option<Facts>, Option<Facts>)) {
    let op = match (&source, way(&plan.source, &plan.destination)) {
        (None, _) => Op::Delete,
        (Some(_), Ok(op)) => op,
        (Some(_), Err(_)) => return,
    };
    let overwrites = op != Op::Delete && destination.is_some();
    let sign = match (&source, &destination) {
        (Some(_), Some(_)) => Sign::Differs,
        (Some(_), None) => Sign::OnlyLeft,
        (None, _) => Sign::OnlyRight,
    };
    let of_kind = |group: &&mut Group| {
        group.selected && (group.sign, group.op, group.overwrites) == (sign, op, overwrites)
    };
    let step = Step {
        seq: 0,
        op,
        key: key.clone(),
        source,
        destination: destination.map(Box::new),
    };
    if let Ok(at) = plan.aside.binary_search(key) {
        plan.aside.remove(at);
    }
    match plan.groups.iter_mut().find(of_kind) {
        Some(group) => group.steps.push(step),
        None => plan.groups.push(Group {
            sign,
            op,
            overwrites,
            selected: true,
            why: None,
            steps: vec![step],
        }),
    }
}

/// Orders and numbers the groups as a planner does, and finds anew what stops the plan.
fn tidy(plan: &mut Plan) {
    plan.groups
        .sort_by_key(|group| (!group.op.moves(), group.overwrites, group.sign, group.op));
    let mut next = 0..;
    for group in &mut plan.groups {
        group.steps.sort_by(|one, other| one.key.cmp(&other.key));
        group
            .steps
            .iter_mut()
            .zip(&mut next)
            .for_each(|(step, seq)| step.seq = seq);
    }
    plan.brake();
}
