//! A group as the journal tells it: it moves nothing itself, so that its quantities are those of its children.

use super::{history::Report, past::PastTask};

/// Lets a group tell what its children did.
pub(super) fn fold(head: &mut PastTask, children: &[PastTask]) {
    if children.is_empty() {
        return;
    }
    let sum = |count: fn(&PastTask) -> u64| children.iter().map(count).sum();
    head.planned = sum(|task| task.planned);
    head.planned_bytes = sum(|task| task.planned_bytes);
    head.done = sum(|task| task.done);
    head.failed = sum(|task| task.failed);
    head.skipped = sum(|task| task.skipped);
    head.verified = sum(|task| task.verified);
    head.bytes = sum(|task| task.bytes);
    head.retries = sum(|task| task.retries);
    head.throttled = sum(|task| task.throttled);
    for child in children {
        head.requests.join(&child.requests);
    }
}

/// The report of a group with those of its children, in the order in which they were accepted.
pub(super) fn gathered(mut head: Report, children: Vec<Report>) -> Report {
    for child in &children {
        head.proofs.join(child.proofs);
        match (&mut head.account, &child.account) {
            (Some(own), Some(more)) => own.join(more),
            (own @ None, Some(more)) => *own = Some(more.clone()),
            (_, None) => {}
        }
    }
    if let Some(account) = &mut head.account {
        // Children run side by side: the whole took what the group took.
        account.seconds = head.task.seconds();
    }
    head.children = children;
    head
}
