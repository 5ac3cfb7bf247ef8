//! `Walk`: both sides of a task listed at once and joined by key, for the recount and for `verify`. Only objects and files;
//! what a filter leaves out at the source takes no part, what it leaves out by name at the destination neither.

use std::collections::VecDeque;

use crate::backend::store::{ListQuery, Prune};
use crate::domain::{
    entry::{End, Entry, Facts, Kind, Page},
    filter::Matcher,
    key::Key,
    plan::Symlinks,
    progress::Failure,
    retry::Decision,
};
use crate::engine::{only::Only, scan::Scan};

use super::{Context, halt::Halt};

/// A key with what each side holds under it.
#[derive(Debug, Clone)]
pub(super) struct Both {
    pub(super) key: Key,
    /// `None` where the source lacks it.
    pub(super) source: Option<Facts>,
    /// Whether a filter leaves the source's entry out.
    pub(super) left_out: bool,
    /// `None` where the destination lacks it.
    pub(super) destination: Option<Facts>,
}

/// Both listings, joined by key.
pub(super) struct Walk {
    source: Feed,
    destination: Feed,
    bounds: Bounds,
    /// The last key that was told.
    last: Option<Key>,
    /// How often the task had been let go when these listings began.
    resumes: u64,
}

/// What takes part.
struct Bounds {
    matcher: Option<Matcher>,
    only: Only,
}

/// One side's listing.
struct Feed {
    scan: Scan,
    entries: VecDeque<Entry>,
    end: Option<End>,
}

impl Walk {
    /// Begins to list both sides of a task.
    pub(super) fn start(ctx: &Context) -> Self {
        Self::behind(ctx, None)
    }

    /// Begins to list both sides behind a key.
    fn behind(ctx: &Context, last: Option<Key>) -> Self {
        let Context {
            plan,
            source,
            destination,
            ..
        } = ctx;
        let only = Only::new(&plan.only);
        let (start_after, end) = only.bounds();
        let query = ListQuery {
            start_after: start_after.max(last.clone()),
            end,
            follow_links: plan.options.symlinks == Symlinks::Follow,
            prune: Prune::of(&plan.options.filter),
            ..ListQuery::default()
        };
        // A source that is gone is no empty one: nothing is counted or proven by it.
        let at_destination = ListQuery {
            missing_is_empty: true,
            ..query.clone()
        };
        Self {
            source: Feed::new(Scan::start(source.clone(), query)),
            destination: Feed::new(Scan::start(destination.clone(), at_destination)),
            bounds: Bounds {
                // A filter that cannot be read made no plan.
                matcher: Matcher::new(&plan.options.filter)
                    .ok()
                    .map(|matcher| matcher.of_gzip(plan.gzips())),
                only,
            },
            last,
            resumes: ctx.control.hold().resumes,
        }
    }

    /// The next key that takes part on any side; `None` when both listings are over, or one of them broke. Where they broke
    /// by what mends without us, the task is held until then, and they go on behind the last key.
    ///
    /// # Errors
    /// Where the task was stopped meanwhile.
    pub(super) async fn next(&mut self, ctx: &Context) -> Result<Option<Both>, Halt> {
        loop {
            if let Some(both) = self.joined().await {
                return Ok(Some(both));
            }
            let Some(failure) = self.trouble(ctx) else {
                return Ok(None);
            };
            let last = self.last.take();
            let met = last.clone().unwrap_or_default();
            ctx.hold(self.resumes, (&met, 0), failure).await?;
            *self = Self::behind(ctx, last);
        }
    }

    /// Why a listing broke that can go on once that is mended.
    fn trouble(&self, ctx: &Context) -> Option<Failure> {
        let failures = [&self.source, &self.destination].map(Feed::failure);
        let mends =
            |failure: &Failure| ctx.tuning.retry.next(1, failure.kind, 0.0) == Decision::Pause;
        failures.into_iter().flatten().find(mends)
    }

    async fn joined(&mut self) -> Option<Both> {
        loop {
            tokio::join!(self.source.fill(), self.destination.fill());
            if self.source.is_broken() || self.destination.is_broken() {
                // What the other side still lists is missing on this one for no known reason.
                return None;
            }
            let (source, destination) = (self.source.peek(), self.destination.peek());
            let first = match (source, destination) {
                (None, None) => return None,
                (Some(key), None) | (None, Some(key)) => key,
                (Some(left), Some(right)) => left.min(right),
            }
            .clone();
            let source = self.source.take(&first);
            let destination = self.destination.take(&first);
            self.last = Some(first.clone());
            if self.bounds.holds(&first) {
                let left_out = source
                    .as_ref()
                    .is_some_and(|facts| self.bounds.leaves_out(&first, facts));
                return Some(Both {
                    key: first,
                    source,
                    left_out,
                    destination,
                });
            }
        }
    }

    /// Why a listing broke; `None` where both were complete.
    pub(super) fn broken(&self) -> Option<String> {
        let sides = [("source", &self.source), ("destination", &self.destination)];
        sides.into_iter().find_map(|(side, feed)| match &feed.end {
            Some(End::Complete) => None,
            Some(End::Broken { reason, .. }) => {
                Some(format!("the listing of the {side} broke: {reason}"))
            }
            None => Some(format!("the listing of the {side} did not end")),
        })
    }
}

impl Bounds {
    /// Whether this key takes part by its name.
    fn holds(&self, key: &Key) -> bool {
        self.only.takes(key)
            && self
                .matcher
                .as_ref()
                .is_none_or(|matcher| matcher.leaves_out_name(key).is_none())
    }

    fn leaves_out(&self, key: &Key, facts: &Facts) -> bool {
        self.matcher
            .as_ref()
            .is_some_and(|matcher| matcher.leaves_out(key, facts).is_some())
    }
}

impl Feed {
    fn new(scan: Scan) -> Self {
        Self {
            scan,
            entries: VecDeque::new(),
            end: None,
        }
    }

    /// Fetches pages until there is an entry, or the end.
    async fn fill(&mut self) {
        while self.entries.is_empty() && self.end.is_none() {
            let Some(Page { entries, end }) = self.scan.next().await else {
                let reason = "it ended without a word".into();
                self.end = Some(End::Broken {
                    after: None,
                    reason,
                });
                return;
            };
            let moved = |entry: &Entry| entry.facts.kind == Kind::Object;
            self.entries.extend(entries.into_iter().filter(moved));
            self.end = end;
        }
    }

    /// Whether nothing more comes, although there may be more.
    fn is_broken(&self) -> bool {
        self.entries.is_empty() && matches!(self.end, Some(End::Broken { .. }))
    }

    /// What broke the listing.
    fn failure(&self) -> Option<Failure> {
        let error = self.scan.failure().filter(|_| self.is_broken())?;
        Some(error.failure(1))
    }

    fn peek(&self) -> Option<&Key> {
        self.entries.front().map(|entry| &entry.key)
    }

    fn take(&mut self, key: &Key) -> Option<Facts> {
        let entry = self.entries.pop_front_if(|entry| entry.key == *key)?;
        Some(entry.facts)
    }
}
