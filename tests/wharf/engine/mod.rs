//! The engine as a front end sees it, and its transfers: the demo's request log is the oracle.

mod checksums;
mod compared;
mod contents;
pub(crate) mod desk;
mod evidence;
mod families;
mod instances;
mod looks;
mod pictures;
mod planned;
mod queued;
mod stopped;
pub(crate) mod transfer;
