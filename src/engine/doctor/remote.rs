//! What a remote must answer: where requests go, who we are, and whether the clocks agree.

use jiff::SignedDuration;

use crate::backend::{Error, ErrorKind, Sessions};
use crate::domain::{location::Remote, retry::FailureKind};

use super::{Check, Finding};

/// From this difference on S3 refuses signatures.
const REFUSED: SignedDuration = SignedDuration::from_mins(15);
/// From this difference on times of files and objects are hard to compare.
const NOTABLE: SignedDuration = SignedDuration::from_secs(30);

pub(super) async fn examine(sessions: &Sessions, remote: &Remote) -> Vec<Finding> {
    let mut findings = vec![endpoint(sessions, remote).await];
    match sessions.buckets(remote).await {
        Ok(buckets) => {
            let told = format!("accepted; {} buckets to be seen", buckets.len());
            findings.push(Finding::ok(Check::Credentials, told));
        }
        Err(error) if error.failure_kind() == FailureKind::Denied => findings.push(Finding::warn(
            Check::Credentials,
            "accepted, but they may not list the account's buckets",
            "name buckets yourself (wharf doctor s3://bucket/), or ask for s3:ListAllMyBuckets",
        )),
        Err(error) => findings.push(refused(&error)),
    }
    findings.extend(clock(sessions, remote));
    findings
}

pub(super) async fn endpoint(sessions: &Sessions, remote: &Remote) -> Finding {
    match sessions.reach(remote).await {
        Ok(reach) => {
            let endpoint = reach.endpoint.as_deref().unwrap_or("AWS");
            let told = format!("{endpoint}, region {}", reach.region);
            Finding::ok(Check::Endpoint, told)
        }
        Err(error) => Finding::error(Check::Endpoint, &error),
    }
}

/// The question that an error of the first request answers.
pub(super) fn refused(error: &Error) -> Finding {
    let check = match &error.kind {
        ErrorKind::Unreachable => Check::Endpoint,
        ErrorKind::Failure(FailureKind::Credentials) => Check::Credentials,
        ErrorKind::NoBucket
        | ErrorKind::WrongRegion { .. }
        | ErrorKind::NotAFolder
        | ErrorKind::Unmodified
        | ErrorKind::OutOfRange
        | ErrorKind::Failure(_) => Check::Bucket,
    };
    let bucket = error.kind == ErrorKind::NoBucket;
    let help = "`wharf ls s3://` shows the buckets of these credentials";
    Finding {
        help: bucket.then(|| help.to_owned()),
        ..Finding::error(check, error)
    }
}

/// What the answers' dates say of this machine's clock; nothing before the first answer.
pub(super) fn clock(sessions: &Sessions, remote: &Remote) -> Option<Finding> {
    let ahead = sessions.skew(remote)?;
    let seconds = ahead.as_secs();
    let told = match seconds {
        0 => "agrees with the store's".to_owned(),
        1.. => format!("{seconds} s ahead of the store's"),
        ..0 => format!("{} s behind the store's", seconds.unsigned_abs()),
    };
    let help = "set the clock (timedatectl set-ntp true)";
    Some(match ahead.abs() {
        far if far >= REFUSED => Finding::fail(Check::Clock, told, help),
        far if far >= NOTABLE => Finding::warn(Check::Clock, told, help),
        _ => Finding::ok(Check::Clock, told),
    })
}
