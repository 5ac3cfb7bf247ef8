//! Doors to the outside: S3, disks, recorded listings. Types of the SDK stop here; what crosses is ours.

pub mod error;
pub mod store;

pub use error::{Error, ErrorKind};
