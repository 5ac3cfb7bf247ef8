//! The journal: what tasks did and what was proven, kept in `SQLite` beyond the session.
//! One writer thread owns the file; tasks send it facts and wait only when it falls far behind.

mod task;

pub use task::{Content, Proof, TaskJournal, Write};
