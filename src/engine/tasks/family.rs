//! What a group shows: the sums of its children, and the state that follows from theirs.

use std::collections::BTreeMap;

use super::counters::SHOWN_IN_FLIGHT;
use crate::domain::progress::{TaskId, TaskSnapshot, TaskState};

/// Tasks in the order of their acceptance to the order in which they are shown: newest first, behind a group its children.
pub fn gathered(tasks: Vec<TaskSnapshot>) -> Vec<TaskSnapshot> {
    let mut children: BTreeMap<TaskId, Vec<TaskSnapshot>> = BTreeMap::new();
    let mut heads = Vec::new();
    for task in tasks {
        match task.parent {
            Some(parent) => children.entry(parent).or_default().push(task),
            None => heads.push(task),
        }
    }
    let mut shown = Vec::new();
    for mut head in heads.into_iter().rev() {
        let own = children.remove(&head.id).unwrap_or_default();
        if !own.is_empty() {
            fold(&mut head, &own);
        }
        shown.push(head);
        shown.extend(own);
    }
    shown
}

/// Lets a group show what its children do.
fn fold(head: &mut TaskSnapshot, children: &[TaskSnapshot]) {
    let sum = |count: fn(&TaskSnapshot) -> u64| children.iter().map(count).sum();
    head.planned = sum(|task| task.planned);
    head.planned_bytes = sum(|task| task.planned_bytes);
    head.done = sum(|task| task.done);
    head.failed = sum(|task| task.failed);
    head.skipped = sum(|task| task.skipped);
    head.verified = sum(|task| task.verified);
    head.bytes = sum(|task| task.bytes);
    head.kept = sum(|task| task.kept);
    head.retries = sum(|task| task.retries);
    head.throttled = sum(|task| task.throttled);
    head.requests = sum(|task| task.requests);
    let moving = children.iter().filter(|task| !task.state.is_over());
    head.workers = moving.map(|task| task.workers).fold(0, u16::saturating_add);
    let flights = children.iter().flat_map(|task| &task.in_flight);
    head.in_flight = flights.take(SHOWN_IN_FLIGHT).cloned().collect();
    if !head.state.is_over() {
        head.state = standing(head.state, children);
    }
}

/// Where a group stands that is not over.
fn standing(own: TaskState, children: &[TaskSnapshot]) -> TaskState {
    let is = |state: TaskState| children.iter().any(|task| task.state == state);
    if is(TaskState::Running) {
        TaskState::Running
    } else if is(TaskState::Recounting) {
        TaskState::Recounting
    } else if is(TaskState::Paused) {
        TaskState::Paused
    } else {
        own
    }
}

#[cfg(test)]
mod tests {
    use super::gathered;
    use crate::domain::progress::{TaskId, TaskKind, TaskSnapshot, TaskState};
    use crate::engine::tasks::tests::blank;

    fn task(id: u64, parent: Option<u64>, state: TaskState) -> TaskSnapshot {
        TaskSnapshot {
            id: TaskId(id),
            parent: parent.map(TaskId),
            state,
            done: id,
            planned: 10,
            ..blank()
        }
    }

    #[test]
    fn children_stand_behind_their_group_which_sums_them() {
        let group = TaskSnapshot {
            kind: TaskKind::Group,
            planned: 0,
            ..task(2, None, TaskState::Running)
        };
        let shown = gathered(vec![
            task(1, None, TaskState::Done),
            group,
            task(3, Some(2), TaskState::Done),
            task(4, Some(2), TaskState::Paused),
            task(5, None, TaskState::Waiting),
        ]);
        let ids: Vec<u64> = shown.iter().map(|task| task.id.0).collect();
        assert_eq!(ids, [5, 2, 3, 4, 1]);
        assert_eq!((shown[1].done, shown[1].planned), (7, 20));
        assert_eq!(shown[1].state, TaskState::Paused, "what goes on is held");
    }

    #[test]
    fn a_group_that_is_over_stays_so() {
        let shown = gathered(vec![
            task(1, None, TaskState::Failed),
            task(2, Some(1), TaskState::Done),
        ]);
        assert_eq!(shown[0].state, TaskState::Failed);
    }
}
