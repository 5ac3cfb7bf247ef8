//! A training run as its logs tell it: rows read from lines and event files, series of metrics, progress, the time left.
//! Pure: bytes come in, facts go out; nothing here opens a file or looks at a clock.

pub mod alert;
pub mod ask;
pub mod batch;
pub mod charts;
pub mod checkpoint;
pub mod eta;
pub mod lamp;
pub mod machine;
mod names;
pub mod origin;
pub mod read;
pub mod run;
pub mod series;
pub mod standing;
pub mod track;
