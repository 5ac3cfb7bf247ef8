//! Where an entry is, for good: the same file or object has the same place and name, from whatever location it was reached.

use std::{collections::HashMap, os::unix::ffi::OsStrExt, path, sync::Arc};

use rusqlite::{Connection, OptionalExtension};

use crate::domain::{key::Key, location::Location};

use super::error::JournalError;

/// A world of names, and the name of a location in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// A bucket at a remote, or this machine's disk.
    pub(super) name: String,
    /// What stands before each key of the location: ends with `/`, or is empty.
    pub(super) prefix: Vec<u8>,
}

/// The places of a source and of a destination, worked out once for all their keys.
#[derive(Debug)]
pub(super) struct Ends([Option<Place>; 2]);

impl Ends {
    /// Those of two locations.
    pub(super) fn of(source: &Location, destination: &Location) -> Arc<Self> {
        Arc::new(Self([Place::of(source), Place::of(destination)]))
    }

    /// The source's and the destination's place, as far as something can be proven of its entries.
    pub(super) fn both(&self) -> [Option<&Place>; 2] {
        self.0.each_ref().map(Option::as_ref)
    }
}

/// The numbers of places, asked once: nobody takes a place out.
#[derive(Debug, Default)]
pub(super) struct PlaceIds(HashMap<Box<str>, i64>);

impl PlaceIds {
    /// The number of a place, which is taken in where it is new.
    pub(super) fn id(&mut self, to: &Connection, name: &str) -> Result<i64, JournalError> {
        if let Some(id) = self.0.get(name) {
            return Ok(*id);
        }
        let mut find = to.prepare_cached("SELECT id FROM place WHERE name = ?1")?;
        let found = find.query_row([name], |row| row.get(0)).optional()?;
        let id = match found {
            Some(id) => id,
            None => to
                .prepare_cached("INSERT INTO place (name) VALUES (?1)")?
                .insert([name])?,
        };
        self.0.insert(name.into(), id);
        Ok(id)
    }
}

impl Place {
    /// The place of a location; `None` where nothing can be proven of its entries.
    pub(super) fn of(location: &Location) -> Option<Self> {
        match location {
            Location::Disk(folder) => {
                let mut prefix = path::absolute(folder).ok()?.as_os_str().as_bytes().to_vec();
                if !prefix.ends_with(b"/") {
                    prefix.push(b'/');
                }
                let name = "disk".to_owned();
                Some(Self { name, prefix })
            }
            Location::S3(prefix) => Some(Self {
                name: format!(
                    "{}:s3://{}",
                    prefix.remote.name().unwrap_or_default(),
                    prefix.bucket
                ),
                prefix: prefix.folder().into_bytes(),
            }),
            Location::Buckets(_) | Location::Manifest(_) => None,
        }
    }

    /// The whole name of a key of the location.
    pub(super) fn whole(&self, key: &Key) -> Vec<u8> {
        [&self.prefix, key.as_bytes()].concat()
    }
}
