//! The door of `backend`: one `Store` a location, with the same words for disk and S3.
//! The engine knows these types and no others; bodies are `Bytes`, every answer tells its checksum and request id.

mod answer;
mod growth;
mod listing;
mod query;
mod reading;

use crate::backend::{
    counter::RequestCounter,
    customer::CustomerKey,
    disk::Disk,
    error::Error,
    manifest::{Manifest, Told},
    s3::S3,
};
use crate::domain::key::Key;

pub use answer::{Checksum, Headers, Part, Stat, Upload, Written};
pub use growth::{Growth, Known};
pub use listing::Listing;
pub use query::{Condition, ListQuery, Pin, Prune, ReadQuery, Slot, WriteQuery};
pub use reading::Reading;

pub(super) use listing::Batch;
pub(super) use reading::Source;

use crate::domain::entry::Page;

/// What stands at a location. Clones are cheap and share everything.
#[derive(Debug, Clone)]
pub enum Store {
    /// Files below a local folder, or one file.
    Disk(Disk),
    /// Objects below a prefix, or one object.
    S3(S3),
    /// A recorded listing: names and facts, no content.
    Manifest(Manifest),
}

impl Store {
    /// Lists in key order. Nothing is asked before the first page; dropping the listing stops it.
    pub fn pages(&self, query: ListQuery) -> Listing {
        Listing::new(self.clone(), query)
    }

    /// The facts of one entry, with the checksum that the store keeps.
    ///
    /// # Errors
    /// `NotFound`, `Denied`; a recorded listing has `Refused`.
    pub async fn stat(&self, key: &Key) -> Result<Stat, Error> {
        match self {
            Self::Disk(disk) => disk.stat(key).await,
            Self::S3(s3) => Box::pin(s3.stat(key)).await,
            Self::Manifest(manifest) => Err(manifest.holds_nothing("stat", key)),
        }
    }

    /// Opens one entry for reading.
    ///
    /// # Errors
    /// `Changed` where it is no longer what `query.pin` says; else as `stat`.
    pub async fn read(&self, key: &Key, query: ReadQuery) -> Result<Reading, Error> {
        match self {
            Self::Disk(disk) => disk.read(key, query).await,
            Self::S3(s3) => Box::pin(s3.read(key, query)).await,
            Self::Manifest(manifest) => Err(manifest.holds_nothing("read", key)),
        }
    }

    /// The name of the one entry that this location is; `None` where it is a folder, or nothing is there.
    ///
    /// # Errors
    /// As a listing's.
    pub async fn single(&self) -> Result<Option<Key>, Error> {
        match self {
            Self::Disk(disk) => Ok(disk.single()),
            Self::S3(s3) => Box::pin(s3.single()).await,
            Self::Manifest(_) => Ok(None),
        }
    }

    /// The same store, whose files or objects are known by the names that they have as gzip streams.
    #[must_use]
    pub fn gzipped(&self) -> Self {
        match self {
            Self::Disk(disk) => Self::Disk(disk.gzipped()),
            Self::S3(s3) => Self::S3(s3.gzipped()),
            Self::Manifest(_) => self.clone(),
        }
    }

    /// The same bucket, whose listings are read in an inventory of it.
    #[must_use]
    pub fn listed_by(&self, inventory: &Self) -> Self {
        match (self, inventory) {
            (Self::S3(s3), Self::Manifest(inventory)) => Self::S3(s3.listed_by(inventory.clone())),
            (Self::S3(_) | Self::Disk(_) | Self::Manifest(_), _) => self.clone(),
        }
    }

    /// What an inventory tells of itself that stands in for listings here, once it was read.
    pub fn inventory(&self) -> Option<&Told> {
        match self {
            Self::Manifest(manifest) => manifest.inventory(),
            Self::S3(s3) => s3.stand_in()?.inventory(),
            Self::Disk(_) => None,
        }
    }

    /// Whether a range of keys can be listed without all that stands before it.
    pub fn lists_ranges(&self) -> bool {
        match self {
            // Names of streams wait for what is listed behind them, and an inventory is read from its beginning.
            Self::S3(s3) => !s3.is_gzipped() && s3.stand_in().is_none(),
            Self::Disk(_) | Self::Manifest(_) => false,
        }
    }

    /// The same store, whose symbolic links are entries of their own.
    #[must_use]
    pub fn with_links(&self) -> Self {
        match self {
            Self::Disk(disk) => Self::Disk(disk.with_links()),
            Self::S3(_) | Self::Manifest(_) => self.clone(),
        }
    }

    /// The same store, whose contents a customer's key encrypts.
    #[must_use]
    pub fn with_customer_key(&self, key: CustomerKey) -> Self {
        match self {
            Self::S3(s3) => Self::S3(s3.with_customer_key(key)),
            Self::Disk(_) | Self::Manifest(_) => self.clone(),
        }
    }

    /// The same store, under the customer's key of another one, where that has one.
    #[must_use]
    pub fn locked_as(&self, other: &Self) -> Self {
        let key = match other {
            Self::S3(s3) => s3.customer_key(),
            Self::Disk(_) | Self::Manifest(_) => None,
        };
        key.map_or_else(|| self.clone(), |key| self.with_customer_key(key))
    }

    /// The same store, whose requests also count into `counter`: for one task or comparison.
    #[must_use]
    pub fn with_counter(&self, counter: RequestCounter) -> Self {
        match self {
            Self::S3(s3) => Self::S3(s3.with_counter(counter)),
            Self::Manifest(manifest) => Self::Manifest(manifest.with_counter(counter)),
            Self::Disk(disk) => Self::Disk(disk.clone()),
        }
    }

    /// Deletes one entry under its condition.
    ///
    /// # Errors
    /// `Changed` where it is no longer what the condition says.
    pub async fn delete(&self, key: &Key, condition: &Condition) -> Result<(), Error> {
        match self {
            Self::Disk(disk) => disk.delete(key, condition).await,
            Self::S3(s3) => Box::pin(s3.delete(key, condition)).await,
            Self::Manifest(manifest) => Err(manifest.holds_nothing("delete", key)),
        }
    }
}

/// One page after another of a listing, in key order; the last one bears its `End`.
pub trait Pages: Send {
    /// The next page; `None` after the page that bore the `End`. A broken listing is an `End::Broken`, not an error.
    fn next(&mut self) -> impl Future<Output = Option<Page>> + Send;
}
