//! What a prefix must answer: is the bucket there, may it be listed, read and written, and what does the store keep its word on.

use bytes::Bytes;
use md5::{Digest as _, Md5};

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
    findings.push(checksums(store, &written, &body));
    let overwritten = store.put(&key, body.clone(), &absent).await.err();
    findings.push(conditions(&[
        ("If-None-Match", Held::of(overwritten.as_ref())),
        ("If-Match", held_on_write(store, &key, body).await),
        ("If-Match on deletes", held_on_delete(store, &key).await),
    ]));
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

fn checksums(store: &S3, written: &Written, body: &[u8]) -> Finding {
    let md5 = hex::encode(Md5::digest(body));
    let by_etag = if written.etag.as_deref() == Some(&*md5) {
        "by their ETag where they are sent in one piece, else by size alone"
    } else {
        "by size alone"
    };
    match &written.checksum {
        Some(Checksum::Crc64Nvme(_)) => Finding::ok(
            Check::Checksums,
            "CRC64NVME is kept: every transfer is proven",
        ),
        Some(_) => Finding::ok(Check::Checksums, "another checksum is kept"),
        None if store.has_checksums() => Finding::warn(
            Check::Checksums,
            format!("the store takes checksums and echoes none: transfers are proven {by_etag}"),
            "ask for --verify read where it matters; checksums = \"when_required\" in the remote saves the headers",
        ),
        None => Finding::warn(
            Check::Checksums,
            format!(
                "off by the remote's checksums = \"when_required\": transfers are proven {by_etag}"
            ),
            "ask for --verify read where it matters",
        ),
    }
}

/// How a store fared with a request whose condition did not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    /// It refused the request, as it must.
    Kept,
    /// It carried the request out.
    Ignored,
    /// It does not know the condition, and says so.
    Refused,
}

impl Held {
    fn of(error: Option<&Error>) -> Self {
        match error.map(Error::failure_kind) {
            Some(FailureKind::Changed) => Self::Kept,
            Some(_) => Self::Refused,
            None => Self::Ignored,
        }
    }
}

/// The state that nothing is in: an ETag that no object has.
fn nothing_like_it() -> Condition {
    Condition::Unchanged(Pin::Object {
        etag: "00000000000000000000000000000000".into(),
        version: None,
    })
}

/// Whether a write on top of another content than the expected one is refused.
async fn held_on_write(store: &S3, key: &Key, body: Bytes) -> Held {
    let unlike = WriteQuery {
        condition: nothing_like_it(),
        ..WriteQuery::default()
    };
    Held::of(store.put(key, body, &unlike).await.err().as_ref())
}

/// Whether a delete of another content than the expected one is refused.
async fn held_on_delete(store: &S3, key: &Key) -> Held {
    Held::of(store.delete(key, &nothing_like_it()).await.err().as_ref())
}

fn conditions(held: &[(&str, Held)]) -> Finding {
    let told: Vec<String> = held
        .iter()
        .filter_map(|(name, held)| match held {
            Held::Kept => None,
            Held::Ignored => Some(format!("ignores {name}")),
            Held::Refused => Some(format!("refuses {name}")),
        })
        .collect();
    if told.is_empty() {
        return Finding::ok(
            Check::Conditions,
            "If-None-Match and If-Match hold: nothing is overwritten or deleted by a race",
        );
    }
    Finding::warn(
        Check::Conditions,
        format!("the store {}", told.join(", ")),
        "two writers at once can overwrite or delete each other's objects here: let only one write",
    )
}
