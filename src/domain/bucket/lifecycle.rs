//! Lifecycle rules of a bucket: what they do in words, and the one rule that a person adds, takes away or switches. S3 knows
//! only all rules at once, so that an edit speaks of the rules that were seen.

use std::fmt;

use crate::domain::text::printable;

/// The rules of a bucket as they were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// In S3's order.
    pub rules: Vec<LifecycleRule>,
    /// What tells these rules from others: an edit is made only while it holds.
    pub print: Box<str>,
}

/// One rule, as far as it can be told in words; what it bears beside that stays when another one is edited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LifecycleRule {
    /// Its name.
    pub id: Box<str>,
    /// Whether it is on.
    pub enabled: bool,
    /// Which keys it speaks of; empty for all.
    pub prefix: Box<str>,
    /// What else must hold: tags, sizes, in words.
    pub conditions: Vec<Box<str>>,
    /// What it does.
    pub actions: Vec<LifecycleAction>,
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LifecycleAction {
    /// Objects go to another class after so many days.
    Archive {
        /// Days since they were written.
        days: u32,
        /// The class.
        class: Box<str>,
    },
    /// Objects are deleted after so many days.
    Expire {
        /// Days since they were written.
        days: u32,
    },
    /// Versions that are no longer current are deleted.
    ExpireOld {
        /// Days since another one took their place.
        days: u32,
    },
    /// Unfinished uploads are given up.
    Abort {
        /// Days since they began.
        days: u32,
    },
    /// Something else, in words.
    Other(Box<str>),
}

impl fmt::Display for LifecycleAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Archive { days, class } => write!(f, "to {class} after {days} days"),
            Self::Expire { days } => write!(f, "deleted after {days} days"),
            Self::ExpireOld { days } => {
                write!(f, "old versions deleted after {days} days")
            }
            Self::Abort { days } => write!(f, "unfinished uploads given up after {days} days"),
            Self::Other(words) => f.write_str(words),
        }
    }
}

impl LifecycleRule {
    /// What it does, in words, safe for a terminal.
    pub fn words(&self) -> String {
        let actions: Vec<String> = self.actions.iter().map(ToString::to_string).collect();
        let mut words = actions.join(", ");
        if !self.conditions.is_empty() {
            words = format!("{words} (only {})", self.conditions.join(", "));
        }
        printable(words.as_bytes()).into_owned()
    }

    /// Which keys it speaks of, in words.
    pub fn scope(&self) -> String {
        if self.prefix.is_empty() {
            return "all objects".to_owned();
        }
        printable(self.prefix.as_bytes()).into_owned()
    }
}

/// A rule that is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRule {
    /// Its name.
    pub id: Box<str>,
    /// Which keys it speaks of; empty for all.
    pub prefix: Box<str>,
    /// What it does; never `Other`.
    pub action: LifecycleAction,
}

/// What becomes of the rules of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleEdit {
    /// One more.
    Add(NewRule),
    /// The one of this name goes.
    Remove(Box<str>),
}

impl RuleEdit {
    /// Which keys it speaks of; empty for all.
    pub fn prefix<'a>(&'a self, rules: &'a Rules) -> &'a str {
        match self {
            Self::Add(rule) => &rule.prefix,
            Self::Remove(id) => rules
                .rules
                .iter()
                .find(|rule| rule.id == *id)
                .map_or("", |rule| &rule.prefix),
        }
    }

    /// What it does, in words.
    pub fn words(&self) -> String {
        match self {
            Self::Add(rule) => {
                let scope = if rule.prefix.is_empty() {
                    "all objects".to_owned()
                } else {
                    printable(rule.prefix.as_bytes()).into_owned()
                };
                format!(
                    "+ {}: {scope}, {}",
                    printable(rule.id.as_bytes()),
                    rule.action
                )
            }
            Self::Remove(id) => format!("- {}", printable(id.as_bytes())),
        }
    }
}

/// Whether objects or versions will be deleted by it.
pub fn loses(edit: &RuleEdit) -> bool {
    match edit {
        RuleEdit::Add(rule) => match rule.action {
            LifecycleAction::Expire { .. } | LifecycleAction::ExpireOld { .. } => true,
            LifecycleAction::Archive { .. }
            | LifecycleAction::Abort { .. }
            | LifecycleAction::Other(_) => false,
        },
        RuleEdit::Remove(_) => false,
    }
}

/// A rule as a person writes it: `abort 7`, `expire 30 logs/`, `expire-old 60`, `archive 90:DEEP_ARCHIVE raw/`.
///
/// # Errors
/// What is wrong with it, and how it is written.
pub fn read_rule(text: &str) -> Result<NewRule, String> {
    const FORMS: &str =
        "write it as: abort 7, expire 30 logs/, expire-old 60, archive 90:DEEP_ARCHIVE raw/";
    let mut words = text.trim().splitn(3, char::is_whitespace);
    let (verb, amount) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let prefix = words.next().unwrap_or_default().trim();
    let (number, class) = match amount.split_once(':') {
        Some((number, class)) => (number, Some(class)),
        None => (amount, None),
    };
    let days = number
        .parse::<u32>()
        .ok()
        .filter(|days| (1..=36_500).contains(days));
    let days = days.ok_or_else(|| format!("\"{amount}\" is no number of days: {FORMS}"))?;
    let action = match (verb, class) {
        ("archive", Some(class)) if !class.is_empty() => LifecycleAction::Archive {
            days,
            class: class.into(),
        },
        ("archive", _) => return Err(format!("archive wants a class: {FORMS}")),
        ("expire", None) => LifecycleAction::Expire { days },
        ("expire-old", None) => LifecycleAction::ExpireOld { days },
        ("abort", None) => LifecycleAction::Abort { days },
        _ => return Err(format!("\"{verb}\" is no rule: {FORMS}")),
    };
    let place = prefix.trim_end_matches('/').replace('/', "-");
    let mut id = format!("wharf-{verb}-{}", amount.replace(':', "-").to_lowercase());
    if !place.is_empty() {
        id = format!("{id}-{place}");
    }
    Ok(NewRule {
        // S3 takes at most 255 characters.
        id: id.chars().take(255).collect::<String>().into(),
        prefix: prefix.into(),
        action,
    })
}

#[cfg(test)]
mod tests {
    use super::{LifecycleAction, RuleEdit, loses, read_rule};

    #[test]
    fn a_rule_is_read_as_a_person_writes_it() {
        let rule = read_rule("archive 90:DEEP_ARCHIVE raw/old").unwrap();
        assert_eq!(&*rule.id, "wharf-archive-90-deep_archive-raw-old");
        assert_eq!(&*rule.prefix, "raw/old");
        let class = "DEEP_ARCHIVE".into();
        assert_eq!(rule.action, LifecycleAction::Archive { days: 90, class });
        let rule = read_rule("abort 7").unwrap();
        assert_eq!(
            (&*rule.prefix, &rule.action),
            ("", &LifecycleAction::Abort { days: 7 })
        );
        assert!(!loses(&RuleEdit::Add(rule)));
        assert!(loses(&RuleEdit::Add(read_rule("expire 30 logs/").unwrap())));
        for wrong in [
            "",
            "abort",
            "abort soon",
            "expire 0",
            "archive 7",
            "keep 7",
            "abort 7:X",
        ] {
            assert!(read_rule(wrong).is_err(), "{wrong}");
        }
    }
}
