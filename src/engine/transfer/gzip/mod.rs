//! Files that are stored as gzip streams: compressed on their way up, expanded on their way down. What is proven is told of
//! the original: the store echoes the checksum of the stream that was made of it, and a stream that arrives gives it back.

mod download;
mod upload;

pub(super) use download::expand;
pub(super) use upload::send;

use crate::backend::store::Checksum;
use crate::domain::{
    diff::Level,
    entry::{Facts, Identity, Kind},
};

use super::{halt::Done, proof, worker::Work};

/// What a step made at its destination.
struct Made {
    identity: Identity,
    size: u64,
    level: Level,
    /// CRC-64/NVME of the original.
    crc: u64,
}

/// A step that is done, with what the journal keeps of it.
fn done(work: &Work, made: Made) -> Done {
    let destination = Facts {
        kind: Kind::Object,
        size: made.size,
        modified: None,
        identity: made.identity,
    };
    let sum = Checksum::Crc64Nvme(made.crc);
    proof::done_as(work, made.level, Some(&sum), destination)
}
