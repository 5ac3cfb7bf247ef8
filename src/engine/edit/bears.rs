//! Plans of what objects bear: class, encryption, metadata and tags; what an archive or a delete marker keeps away; and uploads
//! that nobody finished.

use jiff::Timestamp;

use crate::backend::{
    s3::S3,
    store::{Store, Upload},
};
use crate::domain::{
    entry::{Entry, Facts, Identity, Kind, ObjectId},
    key::Key,
    plan::{Edit, Op, Step, SyncOptions, Tally},
    sse::is_customer,
    version::{Version, hidden},
};

use super::{Ends, Failed, Made};
use crate::engine::{deletion::each, plan::versions_of};

/// Versions of one key that are looked at for the size of what a marker hides.
const MEMORY: usize = 2_000;

/// A step for each delete marker that hides something below these keys; below all where there are none.
pub(super) async fn undelete(ends: &Ends) -> Result<Made, Failed> {
    let s3 = in_s3(&ends.right.store)?;
    let only: Vec<Key> = ends.only.keys().cloned().collect();
    let all = [Key::default()];
    let mut found = Vec::new();
    for below in if only.is_empty() { &all[..] } else { &only } {
        found.extend(markers(s3, below).await?);
    }
    let steps = found.into_iter().enumerate().map(|(at, (marker, size))| {
        let facts = Facts {
            size,
            ..marker.facts()
        };
        Step::edit(at, marker.key, Some(facts))
    });
    let why = "the delete marker goes, and the last version is there again";
    Ok(Made::of(Edit::Undelete, why.to_owned(), steps.collect()))
}

/// The delete markers of exactly this key, or of a folder's all.
async fn markers(s3: &S3, below: &Key) -> Result<Vec<(Version, u64)>, Failed> {
    let (mut found, mut mark) = (Vec::new(), None);
    let mut waiting: Vec<Version> = Vec::new();
    loop {
        let page = s3.versions(below, mark.as_ref()).await?;
        let takes =
            |version: &Version| below.is_empty() || below.is_folder() || version.key == *below;
        waiting.extend(page.versions.into_iter().filter(takes));
        mark = page.next;
        // A key's versions may go on on the next page: only what stands before the last key is settled.
        let last = waiting.last().map(|version| version.key.clone());
        let rest = match (&mark, last) {
            (Some(_), Some(last)) if waiting.len() < MEMORY => {
                let at = waiting.iter().position(|version| version.key == last);
                waiting.split_off(at.unwrap_or(0))
            }
            _ => Vec::new(),
        };
        found.extend(hidden(&waiting));
        waiting = rest;
        if mark.is_none() {
            return Ok(found);
        }
    }
}

/// A step for each archived object; others are readable as they are.
pub(super) async fn restore(ends: &Ends, options: &SyncOptions) -> Result<Made, Failed> {
    in_s3(&ends.right.store)?;
    let Some(restore) = options.restore else {
        return Err(Failed::usage(
            "it is not told how fast they are to be restored",
        ));
    };
    let mut steps = Vec::new();
    let step = |entry: Entry| {
        if entry.facts.is_archived() {
            steps.push(Step::edit(steps.len(), entry.key, Some(entry.facts)));
        }
    };
    each(ends, "nothing was restored", step).await?;
    let why = format!(
        "{}, readable for {} days",
        restore.tier.word(),
        restore.days
    );
    let mut made = Made::of(Edit::Restore, why, steps);
    if !made.steps.is_empty() {
        made.notices.push(format!(
            "the task waits until S3 has restored them, {}: {}",
            restore.tier.word(),
            restore.tier.times()
        ));
    }
    Ok(made)
}

/// A step for each object: a copy onto itself, or its tags alone.
pub(super) async fn rewrite(
    ends: &Ends,
    (edit, options): (&Edit, &SyncOptions),
) -> Result<Made, Failed> {
    in_s3(&ends.right.store)?;
    if options.sse.as_deref().is_some_and(is_customer) && options.source_sse.is_none() {
        return Err(Failed::usage(
            "a customer's key is not set in bulk: copy to another prefix with --sse customer:FILE",
        ));
    }
    let rewrites = *edit == Edit::Rewrite;
    let op = if rewrites { Op::Copy } else { Op::Edit };
    let (mut steps, mut archived) = (Vec::new(), Tally::default());
    let step = |entry: Entry| {
        if rewrites && entry.facts.is_archived() {
            return archived.add(entry.facts.size);
        }
        let there = rewrites.then(|| Box::new(entry.facts.clone()));
        steps.push(Step {
            op,
            destination: there,
            ..Step::edit(steps.len(), entry.key, Some(entry.facts))
        });
    };
    each(ends, "nothing was changed", step).await?;
    let mut made = Made {
        op,
        archived,
        ..Made::of(edit.clone(), why(options), steps)
    };
    if let Some(first) = made.steps.first().filter(|_| rewrites)
        && versions_of(&ends.right.store, &first.key).await
    {
        made.notices.push(
            "the bucket keeps versions: each object gets a new one, and the old ones stay and are billed"
                .to_owned(),
        );
    }
    Ok(made)
}

/// A step for each unfinished upload that began before a time, with what its parts hold.
pub(super) async fn abort(ends: &Ends, before: Option<Timestamp>) -> Result<Made, Failed> {
    let s3 = in_s3(&ends.right.store)?;
    let old =
        |upload: &Upload| before.is_none_or(|before| upload.began.is_some_and(|at| at < before));
    let uploads = Box::pin(s3.uploads()).await?.into_iter();
    let mut steps = Vec::new();
    for upload in uploads
        .filter(old)
        .filter(|upload| ends.only.takes(&upload.key))
    {
        // One that ended meanwhile has no parts any more.
        let parts = s3.parts(&upload.key, &upload.id).await.unwrap_or_default();
        let facts = Facts {
            kind: Kind::Object,
            size: parts.iter().map(|part| part.size).sum(),
            modified: upload.began,
            identity: Identity::Object(ObjectId {
                version: Some(upload.id),
                ..ObjectId::default()
            }),
        };
        steps.push(Step::edit(steps.len(), upload.key, Some(facts)));
    }
    let why = "unfinished: its parts show in no listing, and cost";
    let mut made = Made::of(Edit::Abort { before }, why.to_owned(), steps);
    if !made.steps.is_empty() {
        let notice =
            "whoever goes on with one of these uploads, a task of wharf too, sends it anew";
        made.notices.push(notice.to_owned());
    }
    Ok(made)
}

/// What is set, in words.
fn why(options: &SyncOptions) -> String {
    let mut words = Vec::new();
    words.extend(options.storage_class.as_deref().map(str::to_owned));
    let sse = options.sse.as_deref().filter(|sse| !is_customer(sse));
    words.extend(sse.map(str::to_owned));
    let pairs = |pairs: &[(String, String)]| {
        let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join(", ")
    };
    if !options.metadata.is_empty() {
        words.push(format!("metadata {}", pairs(&options.metadata)));
    }
    if !options.tags.is_empty() {
        words.push(format!("tags {}", pairs(&options.tags)));
    }
    crate::domain::text::printable(words.join(" · ").as_bytes()).into_owned()
}

pub(super) fn in_s3(store: &Store) -> Result<&S3, Failed> {
    match store {
        Store::S3(s3) => Ok(s3),
        Store::Disk(_) | Store::Manifest(_) => {
            Err(Failed::usage("only objects in S3 can be edited so"))
        }
    }
}
