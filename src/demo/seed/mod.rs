//! The worlds that a demo can be filled with.
