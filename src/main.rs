//! Composition root: builds the engine and chooses a front end.

fn main() {}
