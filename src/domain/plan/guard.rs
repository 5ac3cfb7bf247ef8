//! What no plan may do, told before anything is listed: copy a place onto itself or into itself.

use std::collections::BTreeMap;

use super::{Op, PLAN_VERSION, Plan};
use crate::domain::{
    key::Key,
    location::{Location, Prefix},
};

/// Why a source and a destination are refused, whatever the options say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Guard {
    /// Both are one place.
    #[error("{0} is both source and destination: nothing can be moved onto itself")]
    SamePlace(Location),
    /// The destination lies inside the source.
    #[error(
        "the destination {destination} lies inside the source {source_place}: each run would copy the copies of the last one; choose a place beside it"
    )]
    InsideSource {
        /// The outer place.
        source_place: Location,
        /// The inner place.
        destination: Location,
    },
    /// The source lies inside the destination.
    #[error(
        "the source {source_place} lies inside the destination {destination}: its own entries would be taken for the destination's; choose a place beside it"
    )]
    InsideDestination {
        /// The inner place.
        source_place: Location,
        /// The outer place.
        destination: Location,
    },
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Refused by a guard: exit code 5.
    #[error(transparent)]
    Guard(#[from] Guard),
    /// No way leads from one kind of place to the other.
    #[error("nothing can be moved from {source_place} to {destination}: {hint}")]
    NoWay {
        /// Where entries would come from.
        source_place: Box<Location>,
        /// Where they would go.
        destination: Location,
        /// What to do instead.
        hint: &'static str,
    },
    /// Routes of one migration are in each other's way: exit code 5.
    #[error(transparent)]
    Route(#[from] super::RouteError),
    /// The plan was written by a newer program.
    #[error(
        "this plan has version {0}, and this wharf knows versions up to {PLAN_VERSION}: use the wharf that wrote it, or plan again"
    )]
    Version(u32),
}

impl Plan {
    /// Refuses a source and a destination that overlap; `only` are the keys to be moved, all when empty.
    ///
    /// Goes by names: two remotes for one endpoint must be given the same name before (`Location::with_remote`), and
    /// links on a disk be resolved.
    pub fn guards(source: &Location, destination: &Location, only: &[Key]) -> Result<(), Guard> {
        if source.same_place(destination) {
            return Err(Guard::SamePlace(destination.clone()));
        }
        match (source, destination) {
            _ if only.is_empty() => apart(source, destination),
            (Location::S3(from), Location::S3(to)) if source.overlaps(destination) => {
                apart_by_key(from, to, only)
            }
            _ => Ok(()),
        }
    }
}

/// Refuses keys that are read where others (or they themselves) are written.
fn apart_by_key(source: &Prefix, destination: &Prefix, only: &[Key]) -> Result<(), Guard> {
    let below = |place: &Prefix, key: &Key| {
        let path = place.full_key(key).ok()?.into();
        Some(Prefix {
            path,
            ..place.clone()
        })
    };
    let read = only.iter().filter_map(|key| below(source, key));
    let read: BTreeMap<String, Prefix> = read.map(|place| (place.folder(), place)).collect();
    for written in only.iter().filter_map(|key| below(destination, key)) {
        let folder = written.folder();
        let inside = read.range(folder.clone()..).next();
        let inside = inside
            .filter(|(read, _)| read.starts_with(&folder))
            .map(|(_, place)| place);
        let around = || {
            let mut ends = folder.match_indices('/');
            ends.find_map(|(at, _)| read.get(folder.get(..=at)?))
        };
        if let Some(read) = inside.or_else(around) {
            apart(&Location::S3(read.clone()), &Location::S3(written))?;
        }
    }
    Ok(())
}

fn apart(source_place: &Location, destination: &Location) -> Result<(), Guard> {
    let (inside, around) = (
        source_place.contains(destination),
        destination.contains(source_place),
    );
    let (source_place, destination) = (source_place.clone(), destination.clone());
    match (inside, around) {
        (true, _) => Err(Guard::InsideSource {
            source_place,
            destination,
        }),
        (_, true) => Err(Guard::InsideDestination {
            source_place,
            destination,
        }),
        (false, false) => Ok(()),
    }
}

/// What moves an entry from one place to the other.
pub(super) fn way(source: &Location, destination: &Location) -> Result<Op, PlanError> {
    let hint = match (source, destination) {
        (Location::Disk(_), Location::S3(_)) => return Ok(Op::Upload),
        (Location::S3(_), Location::Disk(_)) => return Ok(Op::Download),
        (Location::S3(one), Location::S3(other)) if one.remote == other.remote => {
            return Ok(Op::Copy);
        }
        (Location::S3(_), Location::S3(_)) => return Ok(Op::Relay),
        (Location::Disk(_), Location::Disk(_)) => {
            "one of the two must be in S3; for two folders take cp or rsync"
        }
        (Location::Manifest(_), _) | (_, Location::Manifest(_)) => {
            "a recorded listing can be compared with, not moved"
        }
        (Location::Buckets(_), _) | (_, Location::Buckets(_)) => {
            "name a bucket: s3://bucket/prefix"
        }
    };
    Err(PlanError::NoWay {
        source_place: Box::new(source.clone()),
        destination: destination.clone(),
        hint,
    })
}

#[cfg(test)]
mod tests {
    use super::{Guard, Op, Plan, PlanError, way};
    use crate::domain::{key::Key, location::Location};

    fn at(text: &str) -> Location {
        Location::parse(text).unwrap()
    }

    #[test]
    fn a_place_is_never_moved_onto_or_into_itself() {
        let refusal =
            |source, destination, only: &[Key]| Plan::guards(&at(source), &at(destination), only);
        assert!(matches!(
            refusal("s3://bucket/p", "s3://bucket/p/", &[]),
            Err(Guard::SamePlace(_))
        ));
        assert!(matches!(
            refusal("s3://bucket/p", "s3://bucket/p/q", &[]),
            Err(Guard::InsideSource { .. })
        ));
        assert!(matches!(
            refusal("s3://bucket/p/q", "s3://bucket/p", &[]),
            Err(Guard::InsideDestination { .. })
        ));
        assert_eq!(refusal("s3://bucket/p", "s3://bucket/p2", &[]), Ok(()));
        assert_eq!(refusal("a", "s3://bucket/a", &[]), Ok(()));
        let file = [Key::from("x.txt")];
        assert_eq!(refusal("s3://bucket", "s3://bucket/backup", &file), Ok(()));
        assert!(matches!(
            refusal("s3://bucket", "s3://bucket/", &file),
            Err(Guard::SamePlace(_))
        ));
        let folder = [Key::from("q/")];
        assert!(matches!(
            refusal("s3://bucket", "s3://bucket/q", &folder),
            Err(Guard::InsideSource { .. })
        ));
    }

    #[test]
    fn no_marked_key_is_written_where_another_is_read() {
        let refusal = |source, destination, only: &[&str]| {
            let only: Vec<Key> = only.iter().map(|key| Key::from(*key)).collect();
            Plan::guards(&at(source), &at(destination), &only)
        };
        assert!(refusal("s3://bucket", "s3://bucket/q", &["x/", "q/x/"]).is_err());
        assert!(refusal("s3://bucket", "s3://bucket/q", &["a", "q/a"]).is_err());
        assert!(refusal("s3://bucket", "s3://bucket/q", &["a", "q/"]).is_err());
        assert!(refusal("s3://bucket/q", "s3://bucket", &["x/", "q/x/y"]).is_err());
        assert_eq!(
            refusal("s3://bucket", "s3://bucket/q", &["a", "b/", "q2/"]),
            Ok(())
        );
        assert_eq!(
            refusal("s3://bucket/q", "s3://bucket", &["a", "q/b"]),
            Ok(())
        );
    }

    #[test]
    fn the_way_follows_from_both_ends() {
        for (source, destination, op) in [
            ("a", "s3://bucket/p", Op::Upload),
            ("s3://bucket/p", "a", Op::Download),
            ("s3://bucket/p", "s3://bucket/q", Op::Copy),
            ("x:s3://bucket/p", "y:s3://bucket/q", Op::Relay),
        ] {
            assert_eq!(way(&at(source), &at(destination)), Ok(op));
        }
        for (source, destination) in [
            ("a", "b"),
            ("manifest:a", "s3://bucket"),
            ("s3://bucket", "s3://"),
        ] {
            assert!(matches!(
                way(&at(source), &at(destination)),
                Err(PlanError::NoWay { .. })
            ));
        }
    }
}
