//! Pure nouns and decisions: no tokio, no SDK, no clock, no files.

pub mod account;
pub mod codec;
pub mod diff;
pub mod entry;
pub mod estimate;
pub mod filter;
pub mod gaps;
pub mod gzip;
pub mod key;
pub mod layout;
pub mod link;
pub mod location;
pub mod log;
pub mod makeup;
pub mod name;
pub mod parts;
pub mod plan;
pub mod preview;
pub mod progress;
pub mod retry;
pub mod runs;
pub mod sample;
pub mod side;
pub mod sse;
pub mod text;
pub mod tree;
