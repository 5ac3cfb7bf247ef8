//! All integration tests in one binary, a module a room: linking once is what keeps the suite quick.
mod architecture;
mod backend;
mod cli;
mod demo;
mod detached;
mod engine;
mod owed;
mod picker;
mod refused;
mod shell_aside;
mod story;
mod support;
mod training;
mod trials;
mod tui;
