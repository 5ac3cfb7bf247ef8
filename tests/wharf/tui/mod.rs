//! The terminal user interface: screens as pictures in text, journeys by keys, and keys at random.

mod batches;
mod boxes;
mod checkpoints;
mod cleanups;
mod dialogs;
mod edits;
mod filters;
mod fuzz;
mod instances;
mod journeys;
mod keys;
mod launch_rows;
mod launching;
mod layouts;
mod migrations;
mod pictures;
mod screens;
pub(crate) mod stage;
mod training;
mod training_charts;
mod versions;
mod wrap_up;
