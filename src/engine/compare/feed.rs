//! `Feed`: what the journal knows of one side's entries, looked up as their page passes, so that the merge, which knows
//! nothing of files, finds it at hand. It holds what the merge has not taken yet, and no more.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::domain::{
    diff::{Evidence as Known, Known as Proven, Level},
    entry::{Facts, Kind, Page},
    key::Key,
};
use crate::engine::journal::{Content, Evidence};

/// Contents by key, ascending; shared with the merge.
type Queue = Arc<Mutex<VecDeque<(Key, Content)>>>;

/// What is known of one side.
#[derive(Debug)]
pub(super) struct Feed {
    evidence: Evidence,
    queue: Queue,
}

impl Feed {
    pub(super) fn of(evidence: Evidence) -> Self {
        Self {
            evidence,
            queue: Queue::default(),
        }
    }

    /// Looks up the entries of the next page.
    pub(super) async fn take(&mut self, page: &Page) {
        for entry in &page.entries {
            if entry.facts.kind != Kind::Object {
                continue;
            }
            if let Some(content) = self.evidence.content(&entry.key, &entry.facts).await {
                lock(&self.queue).push_back((entry.key.clone(), content));
            }
        }
    }
}

/// What both sides know together: equal where both contents are known and one, unequal where they are comparable and two.
pub(super) fn both(feeds: &[Feed; 2]) -> Box<dyn Known + Send> {
    let [left, right] = feeds.each_ref().map(|feed| Arc::clone(&feed.queue));
    Box::new(move |key: &Key, _: &Facts, _: &Facts| {
        let (left, right) = (taken(&left, key), taken(&right, key));
        let (left, right) = (left?, right?);
        let known = left == right || left.comparable(&right);
        known.then(|| Proven {
            level: Level::Checksum,
            equal: left == right,
        })
    })
}

/// Takes what is known of this key; what lies before it will not be asked for any more.
fn taken(queue: &Queue, key: &Key) -> Option<Content> {
    let mut queue = lock(queue);
    while queue.pop_front_if(|(known, _)| *known < *key).is_some() {}
    queue
        .pop_front_if(|(known, _)| *known == *key)
        .map(|(_, content)| content)
}

fn lock(queue: &Queue) -> MutexGuard<'_, VecDeque<(Key, Content)>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}
