//! Whether the process of a run is there: the question as a script for the machine's shell, and what its answer means.

use std::fmt::{self, Write as _};

use jiff::Timestamp;

use crate::domain::{
    cloud::{CommandState, Said},
    text::printable,
    training::lamp::Light,
};

use super::{Evidence, Process};

/// Numbers of processes that are told.
const SHOWN: usize = 4;

impl Process {
    /// The question, for a POSIX shell. Its first word of answer is `up`, `none`, or `missing` before what is.
    pub fn script(&self) -> String {
        match self {
            // Written in octal, so that a shell that is given this as an argument is not what is found.
            Self::Pattern(pattern) => format!(
                "command -v pgrep >/dev/null || {{ echo missing pgrep; exit 0; }}\n\
                 p=$(pgrep -f -- \"$(printf '{}')\" | tr '\\n' ' ')\n\
                 if [ -n \"$p\" ]; then echo up $p; else echo none; fi\n",
                octal(pattern)
            ),
            Self::PidFile(file) => {
                let file = quoted(file);
                format!(
                    "[ -r {file} ] || {{ echo none; exit 0; }}\n\
                     p=$(head -c 20 {file} | tr -cd 0-9)\n\
                     if [ -n \"$p\" ] && kill -0 \"$p\" 2>/dev/null; then echo up \"$p\"; else echo none \"$p\"; fi\n"
                )
            }
            Self::Gpu => {
                "command -v nvidia-smi >/dev/null || { echo missing nvidia-smi; exit 0; }\n\
                 p=$(nvidia-smi --query-compute-apps=pid --format=csv,noheader) || exit 1\n\
                 p=$(echo $p)\n\
                 if [ -n \"$p\" ]; then echo up $p; else echo none; fi\n"
                    .to_owned()
            }
        }
    }

    /// What the answer means.
    pub fn told(&self, said: &Said, at: Timestamp) -> Evidence {
        if let Some(why) = failure(said) {
            return Evidence::unknown(why);
        }
        let mut words = said.stdout.split_whitespace();
        let first = words.next();
        let rest: Vec<&str> = words.take(SHOWN).collect();
        let rest = printable(rest.join(", ").as_bytes()).into_owned();
        match first {
            Some("up") => Evidence::seen(Light::On, format!("{self} is there ({rest})"), at),
            Some("none") if rest.is_empty() => {
                Evidence::seen(Light::Off, format!("{self} is not there"), at)
            }
            Some("none") => Evidence::seen(
                Light::Off,
                format!("{self} is not there ({rest} is gone)"),
                at,
            ),
            Some("missing") => Evidence::unknown(format!(
                "{rest} is not on the instance: write another process = \"…\" into the run"
            )),
            Some(_) | None => Evidence::unknown("the answer of the instance makes no sense"),
        }
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pattern(pattern) => {
                write!(f, "a process like \"{}\"", printable(pattern.as_bytes()))
            }
            Self::PidFile(file) => write!(f, "the process of {}", printable(file.as_bytes())),
            Self::Gpu => f.write_str("a process on a GPU"),
        }
    }
}

/// Why a question to an instance told nothing, for a person; `None` where it did.
pub fn failure(said: &Said) -> Option<String> {
    Some(match said.state {
        CommandState::Ended if said.code == Some(0) => return None,
        CommandState::Ended => {
            let code = said.code.unwrap_or_default();
            let why = said.stderr.lines().next().unwrap_or_default();
            let why = printable(why.as_bytes());
            format!("the question to the instance ended with {code}: {why}")
        }
        CommandState::Running | CommandState::TimedOut => {
            "the instance did not answer in time".to_owned()
        }
        CommandState::Cancelled => "somebody called the question to the instance off".to_owned(),
        CommandState::Undelivered => "the question did not reach the instance".to_owned(),
    })
}

/// One word of a POSIX shell that means itself.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn octal(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        // Writing to a String cannot fail.
        write!(all, "\\{byte:03o}").unwrap_or_default();
        all
    })
}

#[cfg(test)]
pub(super) mod tests {
    use std::process::Command;

    use jiff::Timestamp;

    use super::{CommandState, Light, Process, Said, quoted};

    /// What a shell said that ended well.
    pub(in crate::domain::training::machine) fn said(stdout: &str) -> Said {
        Said {
            state: CommandState::Ended,
            code: Some(0),
            stdout: stdout.to_owned(),
            ..Said::default()
        }
    }

    #[test]
    fn an_answer_lights_the_lamp_or_says_why_not() {
        let process = Process::Pattern("train.py".into());
        let told = |said: &Said| {
            let seen = process.told(said, Timestamp::UNIX_EPOCH);
            (seen.light, seen.words.into_string())
        };
        let is = |light, words: &str| (light, words.to_owned());
        assert_eq!(
            told(&said("up 12 13\n")),
            is(Light::On, "a process like \"train.py\" is there (12, 13)")
        );
        assert_eq!(
            told(&said("none\n")),
            is(Light::Off, "a process like \"train.py\" is not there")
        );
        assert!(
            told(&said("missing pgrep\n"))
                .1
                .starts_with("pgrep is not on")
        );
        assert!(told(&said("\u{1b}[1m")).1.contains("no sense"));
        let failed = Said {
            code: Some(1),
            stderr: "no\u{7} way\nout".to_owned(),
            ..said("")
        };
        let (light, words) = told(&failed);
        assert_eq!(light, Light::Unknown);
        assert!(words.contains("ended with 1: no") && !words.contains('\u{7}'));
        assert!(told(&Said::default()).1.contains("in time"));
    }

    /// What a shell of this machine answers.
    fn asked(process: &Process) -> String {
        let told = Command::new("sh").args(["-c", &process.script()]).output();
        String::from_utf8(told.unwrap().stdout).unwrap()
    }

    #[test]
    fn a_shell_finds_the_process_of_a_file_and_never_itself() {
        let own = std::process::id().to_string();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("it's a.pid");
        let by_file = Process::PidFile(file.to_str().unwrap().into());
        std::fs::write(&file, format!("{own}\n")).unwrap();
        assert_eq!(asked(&by_file), format!("up {own}\n"));
        std::fs::write(&file, "99999999").unwrap();
        assert_eq!(asked(&by_file), "none 99999999\n");
        std::fs::remove_file(&file).unwrap();
        assert_eq!(asked(&by_file), "none\n");
        let nobody = asked(&Process::Pattern("no such' \"$(process)".into()));
        assert!(
            ["none\n", "missing pgrep\n"].contains(&&*nobody),
            "{nobody}"
        );
    }

    #[test]
    fn what_a_person_wrote_is_one_word_of_the_shell() {
        assert_eq!(quoted("a'b; rm -rf /"), "'a'\\''b; rm -rf /'");
    }
}
