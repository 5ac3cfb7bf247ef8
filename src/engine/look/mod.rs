//! Questions about what stands somewhere: a deep search, versions, an address that reads an object, a bucket as a whole. Only
//! the edit of a bucket's lifecycle changes anything, and it wants the bucket's name as a word.

mod bucket;
mod copies;
mod find;

pub(in crate::engine) use bucket::by_class;

use std::{fmt, sync::Arc, time::Duration};

use jiff::Timestamp;

use crate::backend::{s3::S3, store::Store};
use crate::domain::{
    bucket::{Holds, Metrics, RuleEdit, Rules, Settings},
    copies::Again,
    entry::{End, Entry},
    key::Key,
    location::Location,
    plan::SyncOptions,
    version::Version,
};

use super::{
    answer::Answer,
    event::{Body, Failed},
    room::Room,
};

/// A question.
#[derive(Debug, Clone)]
pub enum LookAsk {
    /// All entries below a folder whose keys a text or a glob finds → `LookTold::Found`…
    Find {
        /// Where.
        location: Location,
        /// Below this folder; empty for the location itself.
        folder: Key,
        /// What is looked for.
        text: String,
        /// `filter` and `symlinks` are used.
        options: Arc<SyncOptions>,
    },
    /// The versions of one object, or of all below a folder → `LookTold::Versions`….
    Versions {
        /// Where.
        location: Location,
        /// An object, or a folder with all below; empty for all.
        below: Key,
    },
    /// Uploads below a folder that nobody finished → `LookTold::Uploads`.
    Uploads {
        /// Where.
        location: Location,
        /// Below this folder; empty for all.
        folder: Key,
    },
    /// Contents that stand under several keys below a folder, told apart by what a listing tells → `LookTold::Copies`….
    Copies {
        /// Where, in S3.
        location: Location,
        /// Below this folder; empty for all.
        folder: Key,
        /// So many objects are looked at, at most; a request for each thousand.
        most: u64,
        /// `filter` is used.
        options: Arc<SyncOptions>,
    },
    /// An address by which anybody can read an object for a time → `LookTold::Address`.
    Address {
        /// Where.
        location: Location,
        /// Which.
        key: Key,
        /// For how long.
        time: Duration,
    },
    /// What a bucket is set to → `LookTold::Settings`, and what it holds → `LookTold::Holds`….
    Bucket {
        /// The bucket, or a prefix in it: all of the bucket is meant.
        bucket: Location,
        /// Whether all of it is listed, to tell what it holds and costs.
        counts: bool,
    },
    /// What CloudWatch tells of a bucket → `LookTold::Metrics`.
    Metrics {
        /// The bucket, or a prefix in it: all of the bucket is meant.
        bucket: Location,
    },
    /// Edit the lifecycle rules of a bucket, if they still are those that were seen → `LookTold::Rules`. Its name must have
    /// been given as a word of consent.
    Lifecycle {
        /// The bucket.
        bucket: Location,
        /// What becomes of the rules.
        edit: RuleEdit,
        /// The rules that were seen.
        seen: Rules,
    },
}

/// What is told.
#[derive(Debug, Clone)]
pub enum LookTold {
    /// Some that were found.
    Found {
        /// In key order.
        entries: Vec<Entry>,
        /// How many were looked at so far.
        seen: u64,
        /// `Some` with the last part.
        end: Option<End>,
    },
    /// Some versions, in key order, the newest of each key first.
    Versions {
        /// Versions and delete markers.
        versions: Vec<Version>,
        /// Whether these are the last.
        over: bool,
    },
    /// Unfinished uploads: their parts show in no listing, and cost.
    Uploads {
        /// How many.
        count: u64,
        /// What the parts of the first of them hold.
        bytes: u64,
    },
    /// What stands under several keys.
    Copies {
        /// `None` while it is looked for.
        again: Option<Again>,
        /// How many objects were looked at.
        seen: u64,
        /// Whether that is all of them.
        whole: bool,
    },
    /// An address.
    Address {
        /// As good as a key while it holds.
        address: Secret,
        /// Until when; the credentials that signed it may end earlier.
        until: Timestamp,
    },
    /// What a bucket is set to.
    Settings(Box<Settings>),
    /// What it holds, as far as it was listed.
    Holds {
        /// By class.
        holds: Holds,
        /// Unfinished uploads; `None` while they are not listed, or where they may not be.
        uploads: Option<u64>,
        /// Whether this is all of it; why the listing broke where it did.
        end: Option<End>,
    },
    /// What CloudWatch tells of a bucket.
    Metrics(Metrics),
    /// The lifecycle rules as they are now.
    Rules(Rules),
}

/// A text that is as good as a key: shown to the person who asked, and in no log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Answers it.
pub(super) async fn answer(room: &Room, answer: &Answer, ask: &LookAsk) -> Result<Body, Failed> {
    let told = match ask {
        LookAsk::Find {
            location,
            folder,
            text,
            options,
        } => find::find(room, answer, ((location, folder), text, options)).await?,
        LookAsk::Versions { location, below } => versions(room, answer, (location, below)).await?,
        LookAsk::Copies {
            location,
            folder,
            most,
            options,
        } => copies::copies(room, answer, ((location, folder), *most, options)).await?,
        LookAsk::Uploads { location, folder } => uploads(room, (location, folder)).await?,
        LookAsk::Address {
            location,
            key,
            time,
        } => address(room, (location, key), *time).await?,
        LookAsk::Bucket { bucket, counts } => bucket::look(room, answer, (bucket, *counts)).await?,
        LookAsk::Metrics { bucket } => bucket::metrics(room, bucket).await?,
        LookAsk::Lifecycle { bucket, edit, seen } => {
            bucket::edit(room, bucket, (edit, seen)).await?
        }
    };
    Ok(Body::Looked(Box::new(told)))
}

/// Page by page; the last one is the answer.
async fn versions(
    room: &Room,
    answer: &Answer,
    (location, below): (&Location, &Key),
) -> Result<LookTold, Failed> {
    let store = room.sessions.store(location).await?;
    let s3 = in_s3(&store)?;
    let mut mark = None;
    loop {
        let page = s3.versions(below, mark.as_ref()).await?;
        let mut versions = page.versions;
        if !below.is_empty() && !below.is_folder() {
            versions.retain(|version| version.key == *below);
        }
        mark = page.next;
        let told = LookTold::Versions {
            versions,
            over: mark.is_none(),
        };
        if mark.is_none() {
            return Ok(told);
        }
        answer.tell(Body::Looked(Box::new(told))).await;
    }
}

/// The parts of so many are looked at for their bytes, a request each.
const LOOKED_AT: usize = 32;

async fn uploads(room: &Room, (location, folder): (&Location, &Key)) -> Result<LookTold, Failed> {
    let store = room.sessions.store(location).await?;
    let s3 = in_s3(&store)?;
    let mut found = Box::pin(s3.uploads()).await?;
    found.retain(|upload| upload.key.as_bytes().starts_with(folder.as_bytes()));
    let mut bytes = 0;
    for upload in found.iter().take(LOOKED_AT) {
        // One that ended meanwhile has no parts any more.
        let parts = s3.parts(&upload.key, &upload.id).await.unwrap_or_default();
        bytes += parts.iter().map(|part| part.size).sum::<u64>();
    }
    Ok(LookTold::Uploads {
        count: found.len() as u64,
        bytes,
    })
}

async fn address(
    room: &Room,
    (location, key): (&Location, &Key),
    time: Duration,
) -> Result<LookTold, Failed> {
    let store = room.sessions.store(location).await?;
    let s3 = in_s3(&store)?;
    let address = s3.address(key, time).await?;
    let until = Timestamp::now().checked_add(time).unwrap_or(Timestamp::MAX);
    Ok(LookTold::Address {
        address: Secret(address),
        until,
    })
}

fn in_s3(store: &Store) -> Result<&S3, Failed> {
    match store {
        Store::S3(s3) => Ok(s3),
        Store::Disk(_) | Store::Manifest(_) => Err(Failed::usage(
            "only what is in S3 has versions and addresses",
        )),
    }
}
