//! What a command on an instance came to, and how much of what it said SSM told.

/// Characters of stdout that SSM tells.
pub const STDOUT_TOLD: usize = 24_000;
/// Characters of stderr that SSM tells.
pub const STDERR_TOLD: usize = 8_000;
/// What SSM writes where it cut.
const CUT: &str = "--output truncated--";

/// How a command stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CommandState {
    /// It waits or runs.
    #[default]
    Running,
    /// It ended, by its exit code well or not.
    Ended,
    /// It took longer than it might.
    TimedOut,
    /// Somebody called it off.
    Cancelled,
    /// It never reached the instance.
    Undelivered,
}

impl CommandState {
    /// By SSM's word.
    pub fn of(word: &str) -> Self {
        match word {
            "Success" | "Failed" => Self::Ended,
            "TimedOut" => Self::TimedOut,
            "Cancelled" => Self::Cancelled,
            "DeliveryTimedOut" | "Undeliverable" | "Terminated" | "InvalidPlatform"
            | "AccessDenied" => Self::Undelivered,
            _ => Self::Running,
        }
    }

    /// Whether nothing more comes.
    pub fn is_over(self) -> bool {
        self != Self::Running
    }
}

/// What a command on an instance came to; its output is as the instance wrote it: hostile until `printable`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// How it stands.
    pub state: CommandState,
    /// Its exit code, where it ended.
    pub code: Option<i32>,
    /// What is told of stdout.
    pub stdout: String,
    /// What is told of stderr.
    pub stderr: String,
    /// Whether the way it was told cut something off stdout.
    pub stdout_cut: bool,
    /// Whether the way it was told cut something off stderr.
    pub stderr_cut: bool,
}

impl Said {
    /// As SSM told it: the sign of a cut is taken off.
    pub fn by_ssm(state: CommandState, code: i32, stdout: &str, stderr: &str) -> Self {
        let (stdout, stdout_cut) = uncut(stdout, STDOUT_TOLD);
        let (stderr, stderr_cut) = uncut(stderr, STDERR_TOLD);
        Self {
            state,
            code: (state == CommandState::Ended).then_some(code),
            stdout,
            stderr,
            stdout_cut,
            stderr_cut,
        }
    }
}

/// A session that Session Manager opened; its token opens it, so that nothing shows it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Session {
    /// The instance.
    pub instance: Box<str>,
    /// Its region.
    pub region: Box<str>,
    /// The session's id.
    pub id: Box<str>,
    /// What opens it.
    pub token: Box<str>,
    /// Where it is.
    pub url: Box<str>,
    /// Another place than AWS, where one was named.
    pub endpoint: Option<Box<str>>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// A text without the sign that it was cut, and whether it was; one that is just as long as may be told may be cut as well.
fn uncut(text: &str, most: usize) -> (String, bool) {
    let full = text.chars().count() >= most;
    match text.strip_suffix(CUT) {
        Some(rest) if full => (rest.to_owned(), true),
        Some(_) | None => (text.to_owned(), full),
    }
}

#[cfg(test)]
mod tests {
    use super::{CommandState, STDOUT_TOLD, Said};

    #[test]
    fn what_was_cut_is_told_and_its_sign_is_no_output() {
        let state = CommandState::of("Success");
        let whole = Said::by_ssm(state, 0, "about --output truncated--", "");
        assert!(!whole.stdout_cut && whole.stdout.ends_with("--"));
        let long = format!("{}--output truncated--", "x".repeat(STDOUT_TOLD - 20));
        let cut = Said::by_ssm(state, 0, &long, "");
        assert!(cut.stdout_cut && cut.stdout.ends_with('x') && !cut.stderr_cut);
        assert_eq!(cut.code, Some(0));
        let late = Said::by_ssm(CommandState::of("TimedOut"), -1, "", "");
        assert_eq!((late.code, late.state.is_over()), (None, true));
    }
}
