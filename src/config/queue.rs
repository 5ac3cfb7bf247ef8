//! `[tasks]`: how many tasks run at once.

use super::{document::Table, invalid::Invalid, origin::Sourced};

/// How tasks wait for each other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Queue {
    /// Tasks that run at once.
    pub at_once: Option<Sourced<u16>>,
}

impl Queue {
    pub(super) fn of(root: &Table<'_>) -> Self {
        let Some(table) = root.table("tasks") else {
            return Self::default();
        };
        let at_once = table.read("at_once", at_once);
        table.close();
        Self { at_once }
    }
}

fn at_once(text: &str) -> Result<u16, Invalid> {
    let number = text.trim().parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| Invalid::form(text, "a number of tasks such as 3, at least 1"))
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Env};

    #[test]
    fn at_least_one_task_runs() {
        let read = |text: &str| {
            let config = Config::of_text(None, text, &Env::default());
            config.map(|config| config.queue.at_once.map(|set| set.value))
        };
        assert_eq!(read("").unwrap(), None);
        assert_eq!(read("[tasks]\nat_once = 1").unwrap(), Some(1));
        assert!(read("[tasks]\nat_once = 0").is_err());
        assert!(read("[tasks]\nat_one = 2").is_err());
    }
}
