//! One place under two names: links on a disk, two remotes for one endpoint, two addresses of one server. Guards compare
//! places only after they went through here.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use crate::backend::{
    Sessions,
    store::{ListQuery, Pages as _},
};
use crate::domain::{
    entry::Entry,
    location::{Location, Prefix, Remote},
};

use super::event::Failed;

/// The location behind links, as far as it exists.
pub(super) async fn real(location: &Location) -> Location {
    match location {
        Location::Disk(path) => {
            let path = path.clone();
            let fallback = path.clone();
            let found = tokio::task::spawn_blocking(move || real_path(&path)).await;
            Location::Disk(found.unwrap_or(fallback))
        }
        Location::S3(_) | Location::Buckets(_) | Location::Manifest(_) => location.clone(),
    }
}

/// The path behind links; what does not exist yet stands below the nearest folder that does.
fn real_path(path: &Path) -> PathBuf {
    let mut missing: Vec<OsString> = Vec::new();
    for above in path.ancestors() {
        if let Ok(found) = above.canonicalize() {
            return missing
                .iter()
                .rev()
                .fold(found, |path, name| path.join(name));
        }
        match above.file_name() {
            Some(name) => missing.push(name.to_owned()),
            None => break,
        }
    }
    path.to_owned()
}

/// The destination under the source's remote, where both remotes are one place.
pub(super) async fn one_name(
    sessions: &Sessions,
    source: &Location,
    destination: Location,
) -> Result<Location, Failed> {
    let (Location::S3(one), Location::S3(other)) = (source, &destination) else {
        return Ok(destination);
    };
    if one.remote == other.remote || one.bucket != other.bucket {
        return Ok(destination);
    }
    let (here, there) =
        tokio::try_join!(sessions.reach(&one.remote), sessions.reach(&other.remote))?;
    let renamed = destination.clone().with_remote(one.remote.clone());
    if here.is_same_place(&there)
        || (source.overlaps(&renamed) && share_objects(sessions, one, other).await)
    {
        return Ok(renamed);
    }
    Ok(destination)
}

/// Whether two prefixes of buckets of one name hold the very same objects: both remotes begin their listing of the inner one
/// with the same keys, ETags and times. Copies have times of their own.
async fn share_objects(sessions: &Sessions, one: &Prefix, other: &Prefix) -> bool {
    let inner = if one.folder().len() > other.folder().len() {
        one
    } else {
        other
    };
    let first_page = async |remote: &Remote| {
        let place = Location::S3(Prefix {
            remote: remote.clone(),
            ..inner.clone()
        });
        // What is wrong there is told by the listing that follows.
        let store = sessions.store(&place).await.ok()?;
        Some(store.pages(ListQuery::default()).next().await?.entries)
    };
    let (one, other) = tokio::join!(first_page(&one.remote), first_page(&other.remote));
    let (Some(one), Some(other)) = (one, other) else {
        return false;
    };
    let same = |(one, other): (&Entry, &Entry)| {
        let known = one.facts.etag().is_some() && one.facts.modified.is_some();
        known
            && one.key == other.key
            && one.facts.modified == other.facts.modified
            && one.facts.etag() == other.facts.etag()
    };
    !one.is_empty() && one.len() == other.len() && one.iter().zip(&other).all(same)
}
