//! The program as a script sees it: exit codes, stdout, stderr, and what it does to the world.

mod config;
mod consolidated;
mod delta;
mod gzip;
mod instances;
mod interrupts;
mod inventory;
mod keys;
mod killed;
mod lines;
mod links;
mod ls;
mod mappings;
mod migrate;
mod moved;
mod names;
mod planned;
mod recipes;
mod resumed;
mod rm;
mod safety;
mod stored;
mod story;
mod tasks;
mod verify;
mod wrap_up;
