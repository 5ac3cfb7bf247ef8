//! The binary in a terminal, as a person plays it: demo, gaps, plan, run, gap empty; and the terminal as it was afterwards.

use std::{path::Path, process::Command};

use crate::support::terminal::Terminal;

const PROGRAM: &str = env!("CARGO_BIN_EXE_wharf");
/// What stands in a plan while its sides are listed: until then it is not run.
const LISTING: &str = "listing both sides";

fn demo(home: &Path, size: (u16, u16)) -> Terminal {
    let mut terminal = Terminal::start(Path::new(PROGRAM), &["demo".as_ref()], home, size);
    terminal.until("raw/");
    terminal
}

/// What a terminal is told when a full-screen program leaves: its own screen again, and the cursor.
fn is_restored(raw: &[u8]) -> bool {
    let text = String::from_utf8_lossy(raw);
    let left = text.rfind("\x1b[?1049l");
    left > text.rfind("\x1b[?1049h") && text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l")
}

#[test]
fn the_gap_is_found_planned_closed_and_counted() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = demo(home.path(), (132, 36));
    terminal.press("c");
    terminal.until("36 of 36 names (20 files, 16 folders) begin with \"M\"");
    terminal.until("+51");
    terminal.press("s");
    terminal.until("[x] + upload");
    terminal.until_gone(LISTING);
    terminal.press("\r");
    terminal.until("No gap is left: 51 objects that were missing on the right are there now.");
    terminal.until_gone("+51");
    terminal.press("2");
    terminal.until("3,024 = 3,024");
    terminal.until("0 running, 1 over");
    terminal.press("q");
    assert_eq!(terminal.exit_code(), 0);
    assert!(is_restored(terminal.raw()));
}

#[test]
fn signals_leave_the_terminal_as_it_was() {
    for signal in ["TERM", "INT", "HUP"] {
        let home = tempfile::tempdir().unwrap();
        let mut terminal = demo(home.path(), (80, 24));
        let process = terminal.process_id().unwrap().to_string();
        let sent = Command::new("kill")
            .args(["-s", signal, &process])
            .status()
            .unwrap();
        assert!(sent.success());
        terminal.exit_code();
        assert!(is_restored(terminal.raw()), "after SIG{signal}");
    }
}

#[test]
fn every_size_is_drawn_and_small_ones_say_so() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = demo(home.path(), (200, 60));
    for (columns, rows) in [(132, 36), (80, 24), (20, 5), (1, 1), (80, 24)] {
        terminal.resize(columns, rows);
    }
    terminal.until("raw/");
    terminal.press("q");
    assert_eq!(terminal.exit_code(), 0);
}
