//! `[journal]`: how long tasks are remembered that are over.

use std::time::Duration;

use super::{document::Table, invalid::Invalid, origin::Sourced, quantity};

/// Days that tasks are kept where nobody says otherwise.
const DAYS: u64 = 90;

/// How long tasks are remembered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Memory {
    /// As it was said; for ever when `Some(None)`.
    pub keep: Option<Sourced<Option<Duration>>>,
}

impl Memory {
    pub(super) fn of(root: &Table<'_>) -> Self {
        let Some(table) = root.table("journal") else {
            return Self::default();
        };
        let keep = table.read("keep", keep);
        table.close();
        Self { keep }
    }

    /// How long tasks are kept that are over; for ever when `None`.
    pub fn kept(&self) -> Option<Duration> {
        match &self.keep {
            Some(keep) => keep.value,
            None => Some(Duration::from_hours(24 * DAYS)),
        }
    }
}

fn keep(text: &str) -> Result<Option<Duration>, Invalid> {
    if text.trim() == "forever" {
        return Ok(None);
    }
    let span = quantity::span(text)?;
    Ok(Some(Duration::try_from(span).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::config::{Config, Env};

    #[test]
    fn tasks_are_kept_for_ninety_days_unless_told() {
        let kept = |text: &str| {
            let config = Config::of_text(None, text, &Env::default());
            config.map(|config| config.memory.kept())
        };
        let days = |days: u64| Some(Duration::from_hours(24 * days));
        assert_eq!(kept("").unwrap(), days(90));
        assert_eq!(kept("[journal]\nkeep = \"7d\"").unwrap(), days(7));
        assert_eq!(kept("[journal]\nkeep = \"forever\"").unwrap(), None);
        assert!(kept("[journal]\nkeep = \"soon\"").is_err());
    }
}
