//! `Enter` in Instances in a real terminal: a shell takes the terminal over and gives it back, whatever its end.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::{fs, os::unix::fs::PermissionsExt as _};

use wharf::demo::{REGION, cloud::NewInstance};

use crate::support::{terminal::Terminal, wharf::Stage};

/// A world with an instance, and a program on the path that stands in for what opens a shell there.
fn stage(program: Option<(&str, &str)>, config: &str) -> (Stage, Terminal) {
    let stage = Stage::new();
    let id = stage.demo.cloud().add_instance(NewInstance {
        name: "trainer".to_owned(),
        ..NewInstance::default()
    });
    let address = "198.51.100.17";
    stage.demo.cloud().add_address(REGION, address, Some(&id));
    stage.file("wharf.toml", config.as_bytes());
    if let Some((name, text)) = program {
        let program = stage.file(&format!("bin/{name}"), text.as_bytes());
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:/usr/bin:/bin", stage.path("bin").display());
    let mut terminal = stage.terminal(&[], &[("PATH", &path)], (132, 36));
    terminal.until("Instances");
    terminal.press("3");
    terminal.until("trainer");
    terminal.press("\r");
    (stage, terminal)
}

const BY_SSH: &str = "[runs.stage2]\ninstance = \"trainer\"\nreach = \"ssh\"\n";

#[test]
fn a_shell_has_the_terminal_until_it_ends() {
    let script = "#!/bin/sh\nprintf 'welcome to %s\\n' \"$3\"\nwhile read -r line; do\n\
                  [ \"$line\" != exit ] || exit 0\necho \"heard $line\"\ndone\n";
    let (_stage, mut terminal) = stage(Some(("ssh", script)), BY_SSH);
    terminal.until("welcome to 198.51.100.17");
    // The screen is left, lines are the terminal's own again, and no key is taken away.
    terminal.until_gone("checks");
    assert!(terminal.is_restored());
    for word in ["one", "two", "q"] {
        terminal.press(&format!("{word}\n"));
        terminal.until(&format!("heard {word}"));
    }
    terminal.press("exit\n");
    terminal.until("The shell on trainer is over.");
    terminal.until("checks");
    assert!(!terminal.is_restored());
    terminal.press("q");
    assert_eq!(terminal.exit_code(), 0);
    assert!(terminal.is_restored());
}

#[test]
fn a_shell_that_fails_gives_the_screen_back_and_says_why() {
    let script = "#!/bin/sh\necho 'ssh: connect to host 198.51.100.17 port 22: Connection refused' >&2\nexit 255\n";
    let (_stage, mut terminal) = stage(Some(("ssh", script)), BY_SSH);
    terminal
        .until("ended with 255: ssh: connect to host 198.51.100.17 port 22: Connection refused");
    terminal.until("checks");
    terminal.press("q");
    assert_eq!(terminal.exit_code(), 0);
}

#[test]
fn without_the_plugin_it_says_what_to_install() {
    let (_stage, mut terminal) = stage(None, "");
    terminal.until("session-manager-plugin is not on the path");
    terminal.until("install AWS's Session Manager plugin");
    terminal.until("checks");
    terminal.press("q");
    assert_eq!(terminal.exit_code(), 0);
}
