//! The program as a script sees it: exit codes, stdout, stderr, and what it does to the world.

mod config;
mod interrupts;
mod killed;
mod ls;
mod mappings;
mod recipes;
mod safety;
mod story;
mod verify;
