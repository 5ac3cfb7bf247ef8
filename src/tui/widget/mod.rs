//! What tabs and dialogs are drawn with. A widget's inputs stand in one struct, borrowed from the state.

pub mod badge;
pub mod chart;
pub mod diff_tree;
pub mod gauge;
pub mod key_hints;
pub mod paint;
pub mod panel;
pub mod plot;
pub mod treemap;
pub mod window;
