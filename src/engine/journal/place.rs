//! Where an entry is, for good: the same file or object has the same place and name, from whatever location it was reached.

use std::{os::unix::ffi::OsStrExt, path};

use crate::domain::{key::Key, location::Location};

/// A world of names, and the name of a location in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// A bucket at a remote, or this machine's disk.
    pub(super) name: String,
    /// What stands before each key of the location: ends with `/`, or is empty.
    pub(super) prefix: Vec<u8>,
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
