//! Contents that are stored as gzip streams: making them, taking them apart, and comparing a file with the stream of one.
//! Used by comparisons, by transfers and by `verify`.

mod compress;
mod expand;
mod look;

pub(super) use compress::{Compressor, compress};
pub(super) use expand::Expander;
pub(super) use look::{Ask, compare};
