//! `wharf completions` and `wharf man`: made from the command line's own description, so they never lag behind it.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::{args::Cli, exit::Exit, output::Output};

/// Prints the completions for a shell.
pub fn completions(output: &mut Output, shell: Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "wharf", &mut script);
    output.text(&String::from_utf8_lossy(&script));
    Exit::Ok
}

/// Prints the manual page: the program, then each command.
pub fn man(output: &mut Output) -> Exit {
    let mut page = Vec::new();
    let mut command = Cli::command();
    command.build();
    let mut written = clap_mangen::Man::new(command.clone()).render(&mut page);
    for part in command.get_subcommands().filter(|part| !part.is_hide_set()) {
        let part = clap_mangen::Man::new(part.clone());
        written = written
            .and_then(|()| part.render_name_section(&mut page))
            .and_then(|()| part.render_synopsis_section(&mut page))
            .and_then(|()| part.render_options_section(&mut page));
    }
    match written {
        Ok(()) => {
            output.text(&String::from_utf8_lossy(&page));
            Exit::Ok
        }
        Err(error) => {
            output.error(
                format_args!("the manual page cannot be made: {error}"),
                None,
            );
            Exit::Failed
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
    };

    use clap_complete::Shell;

    use super::{completions, man};
    use crate::cli::{
        exit::Exit,
        output::{Output, Style},
    };

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn printed(print: impl FnOnce(&mut Output) -> Exit) -> String {
        let page = Page::default();
        let mut output = Output::new(
            Box::new(page.clone()),
            Box::new(io::sink()),
            Style::default(),
        );
        assert_eq!(print(&mut output), Exit::Ok);
        output.flush();
        String::from_utf8(page.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn both_know_the_commands() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            assert!(printed(|output| completions(output, shell)).contains("manifest"));
        }
        let page = printed(man);
        assert!(
            page.contains(".TH") && page.contains("wharf\\-sync") && page.contains("max\\-delete"),
            "{page}"
        );
    }
}
