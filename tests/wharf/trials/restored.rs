//! T15: signals and panics on each screen: the terminal is as it was before.

use std::{path::Path, process::Command};

use portable_pty::CommandBuilder;
use wharf::tui::terminal::{Screen, Telling};

use crate::{support::terminal::Terminal, tui::stage};

use super::size;

const PROGRAM: &str = env!("CARGO_BIN_EXE_wharf");

/// Screens by the keys that lead there, each with a word that is shown then.
const SCREENS: [(&str, &[(&str, &str)]); 11] = [
    ("browse", &[]),
    ("gaps", &[("c", "begin with \"M\"")]),
    ("plan", &[("c", "begin with \"M\""), ("s", "[x] + upload")]),
    ("tasks", &[("2", "No task yet")]),
    ("instances", &[("3", "─ instances ")]),
    ("training", &[("4", "─ runs ")]),
    ("log", &[("6", "─ log ")]),
    ("help", &[("?", "─ keys ")]),
    ("palette", &[(":", "─ commands ")]),
    ("input", &[("o", "go to")]),
    ("picker", &[("m", "remotes")]),
];

fn demo(home: &Path, keys: &[(&str, &str)]) -> Terminal {
    let mut terminal = Terminal::start(Path::new(PROGRAM), &["demo".as_ref()], home, (120, 40));
    terminal.until("raw/");
    for (keys, word) in keys {
        terminal.press(keys);
        terminal.until(word);
    }
    terminal
}

fn send(terminal: &Terminal, signal: &str) {
    let process = terminal.process_id().unwrap().to_string();
    let sent = Command::new("kill").args(["-s", signal, &process]).status();
    assert!(sent.unwrap().success());
}

/// The letter of the process's state: `T` is stopped.
fn state(terminal: &Terminal) -> String {
    let path = format!("/proc/{}/stat", terminal.process_id().unwrap());
    let stat = std::fs::read_to_string(path).unwrap_or_default();
    let after = stat.rsplit(") ").next().unwrap_or_default();
    after.chars().take(1).collect()
}

fn suspended_and_back(terminal: &mut Terminal) {
    send(terminal, "TSTP");
    while state(terminal) != "T" {
        std::thread::yield_now();
    }
    terminal.wait_raw("the terminal given back", Terminal::is_restored);
    send(terminal, "CONT");
    terminal.wait_raw("the screen again", |terminal| !terminal.is_restored());
}

#[test]
fn t15_signals_give_the_terminal_back_on_each_screen() {
    let signals = ["TERM", "INT", "HUP", "TSTP"];
    let all = size(0, 1) == 1;
    let mut tried = 0;
    for (number, (name, keys)) in SCREENS.iter().enumerate() {
        for (turn, signal) in signals.iter().enumerate() {
            if !all && turn != number % signals.len() {
                continue;
            }
            let home = tempfile::tempdir().unwrap();
            let mut terminal = demo(home.path(), keys);
            assert!(!terminal.is_restored(), "{name} is on the screen");
            if *signal == "TSTP" {
                suspended_and_back(&mut terminal);
                send(&terminal, "TERM");
            } else {
                send(&terminal, signal);
            }
            terminal.exit_code();
            assert!(terminal.is_restored(), "{name} after SIG{signal}");
            tried += 1;
        }
    }
    println!(
        "T15 screens={} signals={tried} restored={tried}",
        SCREENS.len()
    );
}

#[test]
fn t15_a_panic_gives_the_terminal_back_before_it_is_told() {
    let me = std::env::current_exe().unwrap();
    let home = tempfile::tempdir().unwrap();
    let mut restored = 0;
    for screen in stage::SCREENS {
        let mut command = CommandBuilder::new(&me);
        command.args([
            "--exact",
            "trials::restored::draws_and_panics_where_told",
            "--nocapture",
        ]);
        command.env("WHARF_PANICS_ON", screen);
        command.env("TERM", "xterm-256color");
        command.cwd(home.path());
        let mut terminal = Terminal::spawn(command, (120, 40));
        assert_ne!(terminal.exit_code(), 0);
        let raw = String::from_utf8_lossy(terminal.raw()).into_owned();
        let left = raw.find("\u{1b}[?1049l").expect("the screen was left");
        let told = raw.find("panics on purpose").expect("the panic is told");
        assert!(
            raw.contains("\u{1b}[?1049h") && left < told,
            "{screen}: {raw}"
        );
        assert!(terminal.is_restored(), "{screen}");
        restored += 1;
    }
    println!("T15 screens={restored} panics={restored} restored={restored}");
}

/// Not a trial of its own: what the one above runs in a terminal.
#[test]
fn draws_and_panics_where_told() {
    let Ok(name) = std::env::var("WHARF_PANICS_ON") else {
        return;
    };
    let state = stage::state_on(&name);
    let mut screen = Screen::take(true, Telling::default()).unwrap();
    screen.draw(&state).unwrap();
    panic!("{name} panics on purpose");
}
