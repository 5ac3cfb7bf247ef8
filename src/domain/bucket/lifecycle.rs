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
    /// More of them, written together.
    Add(Vec<NewRule>),
    /// The one of this name goes.
    Remove(Box<str>),
}

impl RuleEdit {
    /// Which keys it speaks of; an empty prefix is all of them.
    pub fn prefixes<'a>(&'a self, rules: &'a Rules) -> Vec<&'a str> {
        match self {
            Self::Add(new) => new.iter().map(|rule| &*rule.prefix).collect(),
            Self::Remove(id) => {
                let found = rules.rules.iter().find(|rule| rule.id == *id);
                vec![found.map_or("", |rule| &rule.prefix)]
            }
        }
    }

    /// What it does, in words, a line a rule.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Add(new) => new.iter().map(NewRule::line).collect(),
            Self::Remove(id) => vec![format!("- {}", printable(id.as_bytes()))],
        }
    }
}

impl NewRule {
    fn line(&self) -> String {
        let scope = if self.prefix.is_empty() {
            "all objects".to_owned()
        } else {
            printable(self.prefix.as_bytes()).into_owned()
        };
        let id = printable(self.id.as_bytes());
        format!("+ {id}: {scope}, {}", self.action)
    }
}

/// Days after which an upload of a run is one that nobody finishes.
const FORGOTTEN: u32 = 7;
/// The class whose tiers S3 chooses by itself.
const TIERED: &str = "INTELLIGENT_TIERING";

/// The rules that the bucket of a run wants below each of these places (prefixes that end with `/`, or nothing for all of it):
/// Intelligent-Tiering at once, and uploads that nobody finished given up. What a rule does there already is left out.
pub fn rules_of_run(seen: &Rules, places: &[Box<str>]) -> Vec<NewRule> {
    let mut wanted: Vec<NewRule> = Vec::new();
    for place in places {
        let tiered = NewRule::new("tier", (0, Some(TIERED)), place);
        let forgotten = NewRule::new("abort", (FORGOTTEN, None), place);
        for rule in [tiered, forgotten].into_iter().flatten() {
            let known = seen.rules.iter().any(|held| held.does(&rule));
            if !known && !wanted.contains(&rule) {
                wanted.push(rule);
            }
        }
    }
    wanted
}

impl LifecycleRule {
    /// Whether it does what a new rule would do, to all that this speaks of.
    fn does(&self, new: &NewRule) -> bool {
        let same = |own: &LifecycleAction| match (own, &new.action) {
            (
                LifecycleAction::Archive { class: own, .. },
                LifecycleAction::Archive { class, .. },
            ) => own == class,
            (own, wanted) => std::mem::discriminant(own) == std::mem::discriminant(wanted),
        };
        let all = self.enabled && self.conditions.is_empty();
        all && new.prefix.starts_with(&*self.prefix) && self.actions.iter().any(same)
    }
}

/// Whether objects or versions will be deleted by it.
pub fn loses(edit: &RuleEdit) -> bool {
    match edit {
        RuleEdit::Add(new) => new.iter().any(|rule| match rule.action {
            LifecycleAction::Expire { .. } | LifecycleAction::ExpireOld { .. } => true,
            LifecycleAction::Archive { .. }
            | LifecycleAction::Abort { .. }
            | LifecycleAction::Other(_) => false,
        }),
        RuleEdit::Remove(_) => false,
    }
}

/// How rules are written.
const FORMS: &str =
    "write it as: abort 7, expire 30 logs/, expire-old 60, archive 90:DEEP_ARCHIVE raw/, tier raw/";

/// A rule as a person writes it: `abort 7`, `expire 30 logs/`, `expire-old 60`, `archive 90:DEEP_ARCHIVE raw/`, `tier raw/`
/// (Intelligent-Tiering at once).
///
/// # Errors
/// What is wrong with it, and how it is written.
pub fn read_rule(text: &str) -> Result<NewRule, String> {
    let (verb, rest) = word(text);
    if verb == "tier" {
        return NewRule::new(verb, (0, Some(TIERED)), rest);
    }
    let (amount, prefix) = word(rest);
    let (number, class) = match amount.split_once(':') {
        Some((number, class)) => (number, Some(class)),
        None => (amount, None),
    };
    // Some classes take what was just written; S3 refuses the others by name.
    let least = u32::from(verb != "archive");
    let days = number
        .parse::<u32>()
        .ok()
        .filter(|days| (least..=36_500).contains(days));
    let days = days.ok_or_else(|| format!("\"{amount}\" is no number of days: {FORMS}"))?;
    NewRule::new(verb, (days, class), prefix)
}

/// The first word of a text, and what is left.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim())
}

impl NewRule {
    /// A rule by its verb, named after what it does and where.
    fn new(verb: &str, (days, class): (u32, Option<&str>), prefix: &str) -> Result<Self, String> {
        let action = match (verb, class) {
            ("archive" | "tier", Some(class)) if !class.is_empty() => LifecycleAction::Archive {
                days,
                class: class.into(),
            },
            ("archive", _) => return Err(format!("archive wants a class: {FORMS}")),
            ("expire", None) => LifecycleAction::Expire { days },
            ("expire-old", None) => LifecycleAction::ExpireOld { days },
            ("abort", None) => LifecycleAction::Abort { days },
            _ => return Err(format!("\"{verb}\" is no rule: {FORMS}")),
        };
        let class = class.filter(|_| verb == "archive");
        let after = (verb != "tier").then(|| days.to_string());
        let place = prefix.trim_end_matches('/').replace('/', "-");
        let class = class.map(str::to_lowercase);
        let parts = [Some(format!("wharf-{verb}")), after, class, Some(place)];
        let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
        let id = parts.collect::<Vec<_>>().join("-");
        Ok(Self {
            // S3 takes at most 255 characters.
            id: id.chars().take(255).collect::<String>().into(),
            prefix: prefix.into(),
            action,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{LifecycleAction, LifecycleRule, RuleEdit, Rules, loses, read_rule, rules_of_run};

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
        assert!(!loses(&RuleEdit::Add(vec![rule])));
        let expire = read_rule("expire 30 logs/").unwrap();
        assert!(loses(&RuleEdit::Add(vec![expire])));
        let tier = read_rule("tier  raw/").unwrap();
        assert_eq!((&*tier.id, &*tier.prefix), ("wharf-tier-raw", "raw/"));
        let class = "INTELLIGENT_TIERING".into();
        assert_eq!(tier.action, LifecycleAction::Archive { days: 0, class });
        for wrong in [
            "",
            "abort",
            "abort soon",
            "expire 0",
            "archive 7",
            "keep 7",
            "abort 7:X",
            "abort 0",
            "archive 0:",
        ] {
            assert!(read_rule(wrong).is_err(), "{wrong}");
        }
    }
    #[test]
    fn a_run_wants_only_what_no_rule_does_there_already() {
        let places = ["models/".into(), "logs/".into(), "logs/".into()];
        let all = rules_of_run(&Rules::default(), &places);
        let names: Vec<&str> = all.iter().map(|rule| &*rule.id).collect();
        let wanted = [
            "wharf-tier-models",
            "wharf-abort-7-models",
            "wharf-tier-logs",
            "wharf-abort-7-logs",
        ];
        assert_eq!(names, wanted);
        let held = |prefix: &str, enabled, action| LifecycleRule {
            id: "held".into(),
            enabled,
            prefix: prefix.into(),
            conditions: Vec::new(),
            actions: vec![action],
        };
        let abort = |days| LifecycleAction::Abort { days };
        let to = |class: &str| LifecycleAction::Archive {
            days: 30,
            class: class.into(),
        };
        let seen = Rules {
            rules: vec![
                held("", true, abort(14)),
                held("models/", true, to("GLACIER_IR")),
                held("logs/", false, to("INTELLIGENT_TIERING")),
                held("mod", true, to("INTELLIGENT_TIERING")),
            ],
            print: "".into(),
        };
        let left = rules_of_run(&seen, &places);
        // A rule that is off does nothing, and another class is not this one.
        assert_eq!(left.len(), 1, "{left:?}");
        assert_eq!(&*left[0].id, "wharf-tier-logs");
    }
}
