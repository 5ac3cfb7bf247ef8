//! Entries that grow: what came since they were read last, by one request that costs nothing where nothing did.

use std::ops::Range;

use crate::backend::error::{Error, ErrorKind};
use crate::domain::key::Key;

use super::{Pin, ReadQuery, Reading, Store};

/// The greatest end of a range that S3 understands.
const END: u64 = i64::MAX.cast_unsigned();

/// What is known of an entry from the last time.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The content that was seen; `None` where it is read for the first time.
    pub pin: Option<Pin>,
    /// Read from this byte on.
    pub from: u64,
    /// Read up to this byte at most; to the end where `None`.
    pub to: Option<u64>,
}

/// What became of an entry since.
#[derive(Debug)]
pub enum Growth {
    /// It is the same.
    None,
    /// It is another one, or longer: from the byte that was asked for on.
    More(Box<Reading>),
    /// It ends at or before that byte: it was cut, or replaced by a shorter one, or is empty.
    Less,
}

impl Store {
    /// Reads what came to an entry since the last time: one GET on S3, which is answered with a head alone where nothing did.
    ///
    /// # Errors
    /// As `read`'s.
    pub async fn growth(&self, key: &Key, known: &Known) -> Result<Growth, Error> {
        let query = ReadQuery {
            range: Some(known.from..known.to.unwrap_or(END)),
            pin: None,
        };
        let read = match self {
            Self::S3(s3) => {
                let etag = match &known.pin {
                    Some(Pin::Object { etag, .. }) => Some(&**etag),
                    Some(Pin::File { .. }) | None => None,
                };
                Box::pin(s3.read_unless(key, query, etag)).await
            }
            Self::Disk(disk) => disk.read(key, query).await,
            Self::Manifest(manifest) => Err(manifest.holds_nothing("read", key)),
        };
        match read {
            Ok(reading) if known.pin.is_some() && reading.pin() == known.pin => Ok(Growth::None),
            Ok(reading) if is_nothing(&reading.range) => Ok(Growth::Less),
            Ok(reading) => Ok(Growth::More(Box::new(reading))),
            Err(error) if error.kind == ErrorKind::Unmodified => Ok(Growth::None),
            Err(error) if error.kind == ErrorKind::OutOfRange => Ok(Growth::Less),
            Err(error) => Err(error),
        }
    }
}

fn is_nothing(range: &Range<u64>) -> bool {
    range.start >= range.end
}
