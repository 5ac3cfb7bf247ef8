//! What the tests of several rooms share.

pub(crate) mod terminal;
pub(crate) mod wharf;
