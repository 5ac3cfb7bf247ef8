//! The end of a run: what still costs, whether its outputs are proven, and the gate before anything is deleted. Pure: the engine
//! lists, compares and calls; what may be done, and when, is decided here.

mod gate;
mod resource;
mod teardown;

pub use gate::{Claim, Consent, License, Open, OutputProof, Proven, license};
pub use resource::{Estate, KEEP_TAG, Kind, Origin, Resource, Target, estate, hold_back};
pub use teardown::{Alive, End, Fate, Step, Teardown};

#[cfg(test)]
mod tests;
