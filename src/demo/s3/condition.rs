//! Conditional requests: what must hold of the object that stands there, for reading, writing and copying.

use super::bucket::State;
use super::object::Object;
use super::{S3Error, S3Result, s3_error};
use http::{HeaderMap, HeaderValue};
use s3s::dto::{ETagCondition, Timestamp};
use std::time::SystemTime;

/// The four conditions of a read or of a copy's source.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Conditions<'a> {
    pub if_match: Option<&'a ETagCondition>,
    pub if_none_match: Option<&'a ETagCondition>,
    pub modified_since: Option<&'a Timestamp>,
    pub unmodified_since: Option<&'a Timestamp>,
}

/// Which way a condition failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unmet {
    /// The caller has it already (304 for a read).
    Unchanged,
    /// It is not what the caller takes it for (412).
    Changed,
}

impl Conditions<'_> {
    /// Whether they hold for an object; an ETag condition overrides the date that goes with it.
    pub(super) fn check(&self, etag: &str, modified: SystemTime) -> Result<(), Unmet> {
        let modified = Timestamp::from(modified);
        match (self.if_match, self.unmodified_since) {
            (Some(wanted), _) if !names(wanted, etag) => return Err(Unmet::Changed),
            (None, Some(since)) if modified > *since => return Err(Unmet::Changed),
            _ => {}
        }
        match (self.if_none_match, self.modified_since) {
            (Some(known), _) if names(known, etag) => Err(Unmet::Unchanged),
            (None, Some(since)) if modified <= *since => Err(Unmet::Unchanged),
            _ => Ok(()),
        }
    }
}

fn names(condition: &ETagCondition, etag: &str) -> bool {
    condition
        .as_etag()
        .is_none_or(|wanted| wanted.value() == etag)
}

/// 412, as S3 words it.
pub(super) fn precondition_failed() -> S3Error {
    s3_error!(
        PreconditionFailed,
        "At least one of the pre-conditions you specified did not hold"
    )
}

/// 304 with the object's ETag.
pub(super) fn not_modified(object: &Object) -> S3Error {
    let mut error = s3_error!(NotModified, "Not Modified");
    let mut headers = HeaderMap::new();
    if let Ok(etag) = HeaderValue::from_str(&format!("\"{}\"", object.etag)) {
        headers.insert(http::header::ETAG, etag);
    }
    error.set_headers(headers);
    error
}

/// The two conditions of a write.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct WriteConditions<'a> {
    pub if_match: Option<&'a ETagCondition>,
    pub if_none_match: Option<&'a ETagCondition>,
}

impl WriteConditions<'_> {
    /// Refuses the write when what stands under `key` is not what the writer takes it for.
    pub(super) fn check(&self, state: &State, key: &str) -> S3Result<()> {
        let standing = state.current(key).map(|(_, object)| object.etag.as_str());
        if let Some(known) = self.if_none_match {
            if known.as_etag().is_some() {
                return Err(s3_error!(
                    NotImplemented,
                    "A header you provided implies functionality that is not implemented"
                ));
            }
            if standing.is_some() {
                return Err(precondition_failed());
            }
        }
        match (self.if_match, standing) {
            (Some(_), None) => Err(s3_error!(NoSuchKey, "The specified key does not exist.")),
            (Some(wanted), Some(etag)) if !names(wanted, etag) => Err(precondition_failed()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn etag(value: &str) -> ETagCondition {
        value.parse().unwrap()
    }

    #[test]
    fn etags_override_dates() {
        let (old, now) = (
            SystemTime::UNIX_EPOCH,
            SystemTime::UNIX_EPOCH + Duration::from_secs(10),
        );
        let (one, other, before, at) = (
            etag("\"1\""),
            etag("\"2\""),
            Timestamp::from(old),
            Timestamp::from(now),
        );
        let none = Conditions::default();
        let check = |conditions: Conditions<'_>| conditions.check("1", now);
        assert_eq!(check(none), Ok(()));
        assert_eq!(
            check(Conditions {
                if_match: Some(&other),
                ..none
            }),
            Err(Unmet::Changed)
        );
        assert_eq!(
            check(Conditions {
                if_match: Some(&one),
                unmodified_since: Some(&before),
                ..none
            }),
            Ok(())
        );
        assert_eq!(
            check(Conditions {
                unmodified_since: Some(&before),
                ..none
            }),
            Err(Unmet::Changed)
        );
        assert_eq!(
            check(Conditions {
                if_none_match: Some(&one),
                ..none
            }),
            Err(Unmet::Unchanged)
        );
        assert_eq!(
            check(Conditions {
                if_none_match: Some(&other),
                modified_since: Some(&at),
                ..none
            }),
            Ok(())
        );
        assert_eq!(
            check(Conditions {
                modified_since: Some(&at),
                ..none
            }),
            Err(Unmet::Unchanged)
        );
    }
}
