//! Routes of one migration: what they may not do to each other. Told before anything is listed, and once more when the
//! keys are known. Goes by names, as `Plan::guards` does.

use std::{collections::BTreeSet, sync::Arc};

use super::{Op, Plan};
use crate::domain::{location::Location, text::printable};

/// From where to where, under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// What a person calls it.
    pub name: Arc<str>,
    /// Where entries come from.
    pub source: Location,
    /// Where they go.
    pub destination: Location,
}

/// A route with its plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedRoute {
    /// What a person calls it.
    pub name: Arc<str>,
    /// What it will do.
    pub plan: Arc<Plan>,
}

/// Why routes may not run side by side.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// Two routes read the same entries.
    #[error(
        "the routes {one} and {other} overlap: both read what lies in {place}; leave one out, or name folders beside each other"
    )]
    Sources {
        /// The first route.
        one: Arc<str>,
        /// The second route.
        other: Arc<str>,
        /// The inner one of the two sources.
        place: Location,
    },
    /// A route writes where another one reads.
    #[error(
        "the routes {reads} and {writes} overlap: {writes} writes to {place}, where {reads} reads; choose a destination beside it"
    )]
    Between {
        /// The route that reads.
        reads: Arc<str>,
        /// The route that writes.
        writes: Arc<str>,
        /// Where it writes.
        place: Location,
    },
    /// A route deletes what another one writes.
    #[error(
        "the route {deletes} deletes what its source lacks, and {writes} writes to {place}: choose destinations beside each other, or leave out --delete"
    )]
    Deletes {
        /// The route that deletes.
        deletes: Arc<str>,
        /// The route that writes.
        writes: Arc<str>,
        /// Where it writes.
        place: Location,
    },
    /// One would read what another has written, or not yet.
    #[error(
        "{key} is read by {reads} and written by {writes}, and both run at once: run them one after the other"
    )]
    Order {
        /// The first such key, with its bucket.
        key: String,
        /// The route that reads.
        reads: Arc<str>,
        /// The route that writes.
        writes: Arc<str>,
    },
    /// Two entries would become one.
    #[error(
        "two sources for one key: {key} would be written by the routes {one} and {other}{}; choose destinations beside each other",
        more(*.count)
    )]
    Key {
        /// The first such key, with its bucket.
        key: String,
        /// The first route.
        one: Arc<str>,
        /// The second route.
        other: Arc<str>,
        /// How many keys there are.
        count: usize,
    },
}

fn more(count: usize) -> String {
    match count {
        0 | 1 => String::new(),
        count => format!(" (and {} more keys)", count - 1),
    }
}

/// Refuses routes of which one reads or writes what is another's.
///
/// # Errors
/// The first two that are in each other's way, by name.
pub fn routes_apart(routes: &[Route]) -> Result<(), RouteError> {
    for (at, one) in routes.iter().enumerate() {
        let (before, _) = routes.split_at(at);
        for other in before {
            sources(other, one)?;
            between(one, other)?;
            between(other, one)?;
        }
    }
    Ok(())
}

fn sources(one: &Route, other: &Route) -> Result<(), RouteError> {
    let place = if one.source.contains(&other.source) {
        &other.source
    } else if other.source.contains(&one.source) {
        &one.source
    } else {
        return Ok(());
    };
    Err(RouteError::Sources {
        one: Arc::clone(&one.name),
        other: Arc::clone(&other.name),
        place: place.clone(),
    })
}

fn between(reads: &Route, writes: &Route) -> Result<(), RouteError> {
    if !reads.source.overlaps(&writes.destination) {
        return Ok(());
    }
    Err(RouteError::Between {
        reads: Arc::clone(&reads.name),
        writes: Arc::clone(&writes.name),
        place: writes.destination.clone(),
    })
}

/// Refuses plans of which two write one key, or of which one deletes where another writes.
///
/// # Errors
/// The first such key, with the names of both routes.
pub fn one_source_each(routes: &[PlannedRoute]) -> Result<(), RouteError> {
    for (at, one) in routes.iter().enumerate() {
        let (before, _) = routes.split_at(at);
        let beside = |other: &&PlannedRoute| other.plan.destination.overlaps(&one.plan.destination);
        for other in before.iter().filter(beside) {
            deletes(one, other)?;
            deletes(other, one)?;
            keys(other, one)?;
        }
    }
    Ok(())
}

/// Refuses plans of which one writes or deletes what another reads, or removes.
///
/// # Errors
/// The first such key, with the names of both routes.
pub fn read_apart(routes: &[PlannedRoute]) -> Result<(), RouteError> {
    for (at, reads) in routes.iter().enumerate() {
        let others = routes.iter().enumerate().filter(|(other, _)| *other != at);
        let beside = |other: &&PlannedRoute| other.plan.destination.overlaps(&reads.plan.source);
        let others: Vec<&PlannedRoute> = others.map(|(_, other)| other).filter(beside).collect();
        if others.is_empty() {
            continue;
        }
        let read = names(&reads.plan, &reads.plan.source, |op| op != Op::Delete);
        for writes in others {
            let plan = &writes.plan;
            let written = names(plan, &plan.destination, |op| op != Op::Remove);
            if let Some(key) = written.intersection(&read).next() {
                return Err(RouteError::Order {
                    key: printable(key.as_bytes()).into_owned(),
                    reads: Arc::clone(&reads.name),
                    writes: Arc::clone(&writes.name),
                });
            }
        }
    }
    Ok(())
}

fn deletes(one: &PlannedRoute, other: &PlannedRoute) -> Result<(), RouteError> {
    if !one.plan.options.delete.is_on() {
        return Ok(());
    }
    Err(RouteError::Deletes {
        deletes: Arc::clone(&one.name),
        writes: Arc::clone(&other.name),
        place: other.plan.destination.clone(),
    })
}

fn keys(one: &PlannedRoute, other: &PlannedRoute) -> Result<(), RouteError> {
    let there = written(&one.plan);
    let mut twice = written(&other.plan)
        .into_iter()
        .filter(|key| there.contains(key));
    let Some(first) = twice.next() else {
        return Ok(());
    };
    Err(RouteError::Key {
        key: printable(first.as_bytes()).into_owned(),
        one: Arc::clone(&one.name),
        other: Arc::clone(&other.name),
        count: 1 + twice.count(),
    })
}

/// The whole names of what a plan writes.
fn written(plan: &Plan) -> BTreeSet<String> {
    names(plan, &plan.destination, Op::moves)
}

/// The whole names, at a place, of a plan's steps that do such things.
fn names(plan: &Plan, place: &Location, does: impl Fn(Op) -> bool) -> BTreeSet<String> {
    let steps = plan.steps().filter(|step| does(step.op));
    let name = |step: &super::Step| match place {
        Location::S3(prefix) => {
            let full = prefix.full_key(&step.key).ok()?;
            Some(format!("s3://{}/{full}", prefix.bucket))
        }
        Location::Disk(_) | Location::Buckets(_) | Location::Manifest(_) => {
            Some(place.show_key(&step.key))
        }
    };
    steps.filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::{Route, routes_apart};
    use crate::domain::location::Location;

    fn routes(ends: &[(&str, &str)]) -> Vec<Route> {
        let at = |text: &str| Location::parse(text).unwrap();
        let route = |(n, (from, to)): (usize, &(&str, &str))| Route {
            name: format!("r{n}").into(),
            source: at(from),
            destination: at(to),
        };
        ends.iter().enumerate().map(route).collect()
    }

    #[test]
    fn routes_beside_each_other_may_run() {
        let four = routes(&[
            ("s3://bkt/data/raw", "s3://bkt/new/raw"),
            ("s3://bkt/data/raw2", "s3://bkt/new/raw2"),
            ("s3://bkt/data/c", "s3://bkt/new"),
        ]);
        assert_eq!(routes_apart(&four), Ok(()));
    }

    #[test]
    fn routes_in_each_others_way_are_refused_by_name() {
        for (ends, told) in [
            (
                [
                    ("s3://bkt/data", "s3://bkt/x"),
                    ("s3://bkt/data/raw", "s3://bkt/y"),
                ],
                "the routes r0 and r1 overlap: both read what lies in s3://bkt/data/raw",
            ),
            (
                [
                    ("s3://bkt/a", "s3://bkt/x"),
                    ("s3://bkt/c", "s3://bkt/a/new"),
                ],
                "r1 writes to s3://bkt/a/new, where r0 reads",
            ),
            (
                [("s3://bkt/a", "s3://bkt/c"), ("s3://bkt/c/d", "s3://bkt/x")],
                "r0 writes to s3://bkt/c, where r1 reads",
            ),
        ] {
            let refused = routes_apart(&routes(&ends)).unwrap_err().to_string();
            assert!(refused.contains(told), "{refused}");
        }
    }
}
