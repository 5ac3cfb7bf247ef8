//! The end of a run: what still costs, whether its outputs are proven, and the gate before anything is deleted. Pure: the engine
//! lists, compares and calls; what may be done, and when, is decided here.

mod debt;
mod estate;
mod gate;
mod judge;
mod record;
mod resource;
mod spent;
mod stored;
mod teardown;
mod ticks;
mod training;
mod wrapped;

pub use debt::{Account, Debt, Owed};
pub use estate::{Estate, estate};
pub use gate::{Claim, Consent, License, Open, OutputProof, Proven, license};
pub use record::{Wake, stale};
pub use resource::{KEEP_TAG, Keep, Kind, Origin, Resource, Target, hold_back};
pub use spent::{Spent, Stretch, VOLUMES, reckon, went};
pub use stored::{Pending, Stored};
pub use teardown::{Alive, End, Fate, Step, Teardown};
pub use ticks::Ticks;
pub use training::{Awake, Launched, Training};
pub use wrapped::{Bounds, NOT_LOOKED_FOR, Wrapped, cost};

#[cfg(test)]
mod tests;
