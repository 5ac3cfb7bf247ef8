//! Symbolic links as entries of their own: read as their target, and made again without ever being followed.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};

use bytes::Bytes;
use jiff::Timestamp;
use rustix::{
    fs::{
        AtFlags, FileType, Timespec, Timestamps, UTIME_OMIT, readlinkat, statat, symlinkat,
        unlinkat, utimensat,
    },
    io::Errno,
};

use crate::backend::{
    error::Error,
    store::{Pin, Written},
};
use crate::domain::{entry::Facts, key::Key};

use super::{
    Disk, Placing, Spot,
    beneath::{self, Missing, Parent},
    blocking, facts, id_of_stat,
    place::put_in_place,
    temporary,
};

/// A link that was read.
#[derive(Debug, Clone)]
pub struct Link {
    /// Where it leads to.
    pub target: Bytes,
    /// What it is, as a listing tells it.
    pub facts: Facts,
}

impl Disk {
    /// The link of this name, where links are entries of their own and this is one.
    ///
    /// # Errors
    /// `Changed` where it is no longer what it `was`.
    pub async fn link(&self, key: &Key, was: Option<&Pin>) -> Result<Option<Link>, Error> {
        if !self.keeps_links() {
            return Ok(None);
        }
        let spot = self.spot("read", key)?;
        let found = blocking(move || read(&spot)).await?;
        let changed = |link: &Link| was.is_some() && Pin::of(&link.facts).as_ref() != was;
        match found {
            Some(link) if changed(&link) => {
                let reason = "the link changed since the plan: compare again";
                let kind = crate::domain::retry::FailureKind::Changed;
                Err(Error::new("read", key.to_string(), kind, reason))
            }
            found => Ok(found),
        }
    }

    /// Makes a link to `target`; folders on the way are made, links on it are refused.
    ///
    /// # Errors
    /// `Changed` where the condition does not hold.
    pub async fn write_link(
        &self,
        key: &Key,
        target: Bytes,
        placing: Placing,
    ) -> Result<Written, Error> {
        let spot = self.spot("write", key)?;
        blocking(move || {
            let told = |error: &std::io::Error| Error::io("write", &spot.path(), error);
            let parent = beneath::open_parent(&spot.root, &spot.below, Missing::Make)
                .map_err(|error| told(&error))?;
            make(&parent, &target, &placing).map_err(|error| told(&error))
        })
        .await
    }
}

fn read(spot: &Spot) -> Result<Option<Link>, Error> {
    let told = |error: &std::io::Error| Error::io("read", &spot.path(), error);
    let parent = beneath::open_parent(&spot.root, &spot.below, Missing::Fail);
    let Ok(Parent { folder, name }) = parent else {
        // Whatever is on the way, reading the file itself tells it.
        return Ok(None);
    };
    let found = match statat(&folder, &name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(found) => found,
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(told(&errno.into())),
    };
    if FileType::from_raw_mode(found.st_mode) != FileType::Symlink {
        return Ok(None);
    }
    let target = readlinkat(&folder, &name, Vec::new()).map_err(|errno| told(&errno.into()))?;
    let target = Bytes::from(target.into_bytes());
    let kind = crate::domain::entry::Kind::Object;
    Ok(Some(Link {
        facts: facts(kind, target.len() as u64, id_of_stat(&found)),
        target,
    }))
}

fn make(parent: &Parent, target: &[u8], placing: &Placing) -> std::io::Result<Written> {
    let Parent { folder, name } = parent;
    let temporary = placing
        .temporary
        .map_or_else(temporary::name, temporary::named);
    symlinkat(OsStr::from_bytes(target), folder, &temporary)?;
    let placed = placing
        .mtime
        .map_or(Ok(()), |at| {
            Ok(utimensat(
                folder,
                &temporary,
                &times(at),
                AtFlags::SYMLINK_NOFOLLOW,
            )?)
        })
        .and_then(|()| put_in_place(folder, &temporary, name, &placing.condition));
    if let Err(error) = placed {
        // Nobody is left to tell; the name is one that listings leave out.
        unlinkat(folder, &temporary, AtFlags::empty()).ok();
        return Err(error);
    }
    let found = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(Written {
        file: Some(id_of_stat(&found)),
        ..Written::default()
    })
}

fn times(modified: Timestamp) -> Timestamps {
    let omit = Timespec {
        tv_sec: 0,
        tv_nsec: UTIME_OMIT,
    };
    let second = modified.as_second() - i64::from(modified.subsec_nanosecond() < 0);
    let nanos = i64::from(modified.subsec_nanosecond()).rem_euclid(1_000_000_000);
    Timestamps {
        last_access: omit,
        last_modification: Timespec {
            tv_sec: second,
            tv_nsec: nanos,
        },
    }
}
