//! T14: hostile keys and log lines through a terminal: no control character reaches it that is not wharf's own.

use std::path::Path;

use portable_pty::CommandBuilder;
use wharf::demo::{REGION, s3::NewObject};

use crate::support::{terminal::Terminal, wharf::Stage};

use super::{Luck, seed, size};

/// In sequences that no program of ours writes.
const MARK: &str = "666";

const PIECES: [&str; 26] = [
    "\u{1b}[666m",
    "\u{1b}]0;666\u{7}",
    "\u{1b}]52;c;666\u{7}",
    "\u{1b}P666\u{1b}\\",
    "\u{1b}c",
    "\u{1b}[2J\u{1b}[666H",
    "\u{9b}666m",
    "\u{90}666\u{9c}",
    "\u{7}",
    "\u{8}\u{8}",
    "\r",
    "\n",
    "\t",
    "\u{b}",
    "\u{c}",
    "\u{e}",
    "\u{7f}",
    "\u{85}",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{feff}",
    "a",
    "é",
    "😀",
    "/",
];

fn key(luck: &mut Luck) -> String {
    let pieces = 1 + luck.below(6);
    let key: String = (0..pieces).map(|_| *luck.pick(&PIECES)).collect();
    format!("k{key}{}", luck.below(1_000_000))
}

/// The first thing that is not ours in what a terminal was sent.
fn foreign(raw: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(raw);
    let mut rest = text.chars();
    while let Some(next) = rest.next() {
        match next {
            '\u{1b}' => {
                let around: String = rest.clone().take(20).collect();
                if !is_ours(&mut rest) {
                    return Some(format!("escape {around:?}"));
                }
            }
            '\n' | '\r' => {}
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => return Some(format!("{next:?}")),
            control if control.is_control() => return Some(format!("{control:?}")),
            _ => {}
        }
    }
    None
}

/// Whether what follows an escape is a CSI sequence, or the word to the desktop with its bell, without the mark.
fn is_ours(rest: &mut std::str::Chars<'_>) -> bool {
    match rest.next() {
        Some('[') => {}
        Some(']') => return is_notice(rest),
        _ => return false,
    }
    let mut parameters = String::new();
    for next in rest.by_ref() {
        match next {
            '\u{20}'..='\u{3f}' => parameters.push(next),
            '@'..='~' => return !parameters.contains(MARK),
            _ => return false,
        }
    }
    // Cut off by the end of what was read.
    true
}

/// Whether what follows is OSC 9 with text alone, up to its end and one bell.
fn is_notice(rest: &mut std::str::Chars<'_>) -> bool {
    let text: String = rest.by_ref().take_while(|next| *next != '\u{7}').collect();
    let is_whole = rest.as_str().starts_with('\u{7}');
    if is_whole {
        rest.next();
    }
    let is_cut = rest.as_str().is_empty();
    text.starts_with("9;") && !text.chars().any(char::is_control) && (is_whole || is_cut)
}

fn in_terminal(stage: &Stage, args: &[&str]) -> Terminal {
    let program = stage.process(args);
    let mut command = CommandBuilder::new(program.get_program());
    command.args(args);
    command.env_clear();
    for (name, value) in program.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8")] {
        command.env(name, value);
    }
    command.cwd(Path::new(&stage.path("")));
    Terminal::spawn(command, (132, 50))
}

fn stage(keys: usize, luck: &mut Luck) -> Stage {
    let stage = Stage::new();
    stage.demo.store().create_bucket("vault", REGION);
    for _ in 0..keys {
        let object = NewObject::from(&b"x"[..]);
        stage
            .demo
            .store()
            .put("vault", &format!("p/{}", key(luck)), object)
            .unwrap();
    }
    stage
}

#[test]
fn t14_what_is_printed_is_safe() {
    let (seed, keys) = (seed(14), size(500, 5_000));
    let stage = stage(keys, &mut Luck::new(seed));
    let mut sent = 0;
    for args in [
        &["ls", "-r", "s3://vault/p"][..],
        &["diff", "s3://vault/p", "empty"],
        &["plan", "s3://vault/p", "empty"],
        &["sync", "s3://vault/p", "out"],
        &["sync", "out", "s3://vault/q", "-vv"],
    ] {
        std::fs::create_dir_all(stage.path("empty")).unwrap();
        let mut terminal = in_terminal(&stage, args);
        terminal.exit_code();
        assert_eq!(foreign(terminal.raw()), None, "{args:?}");
        sent += terminal.raw().len();
    }
    println!("T14 seed={seed} keys={keys} commands=5 bytes={sent} foreign=0");
}

#[test]
fn t14_what_is_drawn_is_safe() {
    let (seed, keys) = (seed(41), size(300, 5_000));
    let stage = stage(keys, &mut Luck::new(seed));
    std::fs::create_dir_all(stage.path("out")).unwrap();
    let mut terminal = in_terminal(&stage, &["s3://vault/p", "out"]);
    terminal.until("k");
    terminal.press("c");
    terminal.until("only left");
    for _ in 0..keys / 40 {
        terminal.press("\u{4}");
    }
    terminal.press("G");
    terminal.press("s");
    terminal.until("[x]");
    terminal.until_gone("listing both sides");
    terminal.press("\r2");
    terminal.until("1 over");
    terminal.press("o");
    terminal.until("report of task");
    // Another key is a new word only once this one was taken.
    terminal.press("q");
    terminal.until_gone("report of task");
    terminal.press("6");
    terminal.until("─ log ");
    terminal.press("gg1q");
    terminal.exit_code();
    assert_eq!(foreign(terminal.raw()), None);
    println!(
        "T14 seed={seed} keys={keys} screens=5 bytes={} foreign=0",
        terminal.raw().len()
    );
}
