//! What a prefix must answer: is the bucket there, may it be listed, read and written, and what does the store keep its word on.

use bytes::Bytes;

use crate::backend::{
    Error, Pages as _, Sessions, Store,
    s3::S3,
    store::{Checksum, Condition, ListQuery, Pin, ReadQuery, WriteQuery, Written},
};
use crate::domain::{
    entry::{End, Entry, Kind},
    key::Key,
    location::{Location, Prefix},
    retry::FailureKind,
};

use super::{
    Check, Finding,
    remote::{clock, endpoint, refused},
};

/// Where the object of the writing probes lies, below the prefix.
const FOLDER: &str = ".wharf-doctor/";

pub(super) async fn examine(sessions: &Sessions, prefix: &Prefix, writes: bool) -> Vec<Finding> {
    let remote = &prefix.remote;
    let mut findings = vec![endpoint(sessions, remote).await];
    let opened = match sessions.bucket_region(remote, &prefix.bucket).await {
        Ok(region) => {
            findings.push(Finding::ok(Check::Credentials, "accepted"));
            let told = format!("{} lives in {region}", prefix.bucket);
            findings.push(Finding::ok(Check::Bucket, told));
            true
        }
        Err(error) => {
            // A prefix may be readable where the bucket as a whole is not.
            let denied = error.failure_kind() == FailureKind::Denied;
            let told = "its own properties may not be asked for; the prefix is tried all the same";
            findings.push(if denied {
                Finding::warn(
                    Check::Bucket,
                    told,
                    "that is in order where only a prefix is granted",
                )
            } else {
                refused(&error)
            });
            denied
        }
    };
    if opened && let Ok(Store::S3(store)) = sessions.store(&Location::S3(prefix.clone())).await {
        look(&store, &mut findings).await;
        if writes {
            write(&store, &mut findings).await;
        }
    }
    findings.extend(clock(sessions, remote));
    findings
}

/// Lists the first page and reads a byte of the first object.
async fn look(store: &S3, findings: &mut Vec<Finding>) {
    let mut pages = Store::S3(store.clone()).pages(ListQuery {
        missing_is_empty: true,
        ..ListQuery::default()
    });
    let page = pages.next().await.unwrap_or_default();
    if let Some(End::Broken { reason, .. }) = &page.end {
        let finding = match pages.failure() {
            Some(error) => Finding::error(Check::List, error),
            None => Finding::fail(Check::List, &**reason, "run it again"),
        };
        findings.push(finding);
        return;
    }
    let more = if page.end.is_none() { " and more" } else { "" };
    let told = format!("{} entries{more} on the first page", page.entries.len());
    findings.push(Finding::ok(Check::List, told));
    let object = page
        .entries
        .iter()
        .find(|entry| entry.facts.kind == Kind::Object && entry.facts.size > 0);
    if let Some(entry) = object {
        read(store, entry, findings).await;
    }
}

async fn read(store: &S3, entry: &Entry, findings: &mut Vec<Finding>) {
    let query = ReadQuery {
        range: Some(0..1),
        ..ReadQuery::default()
    };
    let finding = match Store::S3(store.clone()).read(&entry.key, query).await {
        Ok(_) => Finding::ok(Check::Read, format!("{} can be read", entry.key)),
        Err(error) if error.failure_kind() == FailureKind::Archived => Finding::warn(
            Check::Read,
            format!("{} is archived", entry.key),
            "restore archived objects before they are wanted; wharf lists them as @",
        ),
        Err(error) => Finding::error(Check::Read, &error),
    };
    findings.push(finding);
}

/// Writes one small object under conditions, looks at what the store says, and removes it.
async fn write(store: &S3, findings: &mut Vec<Finding>) {
    let body = Bytes::from_static(b"wharf doctor was here, and removes this again\n");
    let key = Key::new(format!("{FOLDER}{}", std::process::id()));
    let absent = WriteQuery {
        condition: Condition::Absent,
        checksum: Some(crc_fast::crc64_nvme(&body)),
        ..WriteQuery::default()
    };
    let written = match store.put(&key, body.clone(), &absent).await {
        Ok(written) => written,
        Err(error) => return findings.push(Finding::error(Check::Write, &error)),
    };
    findings.push(Finding::ok(Check::Write, "an object was written"));
    findings.push(checksums(store, &written));
    findings.push(conditions(
        store.put(&key, body, &absent).await.err().as_ref(),
    ));
    let pin = written.etag.clone().map(|etag| Pin::Object {
        etag,
        version: written.version.clone(),
    });
    let condition = pin.map_or(Condition::None, Condition::Unchanged);
    let deleted = match store.delete(&key, &condition).await {
        // Stores without conditional deletes: the key is our own, so it is removed without one.
        Err(error) if error.failure_kind() != FailureKind::Denied => {
            store.delete(&key, &Condition::None).await
        }
        other => other,
    };
    findings.push(match deleted {
        Ok(()) => Finding::ok(Check::Delete, "it was removed again"),
        Err(error) => Finding {
            help: Some(format!(
                "{key} is left behind: ask for s3:DeleteObject, or have it removed"
            )),
            ..Finding::error(Check::Delete, &error)
        },
    });
}

fn checksums(store: &S3, written: &Written) -> Finding {
    match &written.checksum {
        Some(Checksum::Crc64Nvme(_)) => Finding::ok(
            Check::Checksums,
            "CRC64NVME is kept: every transfer is proven",
        ),
        Some(_) => Finding::ok(Check::Checksums, "another checksum is kept"),
        None if store.has_checksums() => Finding::warn(
            Check::Checksums,
            "the store takes checksums and echoes none: transfers are proven by size alone",
            "ask for --verify read where it matters; checksums = \"when_required\" in the remote saves the headers",
        ),
        None => Finding::warn(
            Check::Checksums,
            "off by the remote's checksums = \"when_required\"",
            "ask for --verify read where it matters",
        ),
    }
}

/// `second` is how a second write fared that must fail, because the object was there.
fn conditions(second: Option<&Error>) -> Finding {
    match second.map(Error::failure_kind) {
        Some(FailureKind::Changed) => Finding::ok(
            Check::Conditions,
            "If-None-Match holds: nothing is overwritten by a race",
        ),
        Some(_) => Finding::warn(
            Check::Conditions,
            "the store refuses If-None-Match",
            "two writers at once can overwrite each other here",
        ),
        None => Finding::warn(
            Check::Conditions,
            "the store ignores If-None-Match",
            "two writers at once can overwrite each other here: let only one write",
        ),
    }
}
