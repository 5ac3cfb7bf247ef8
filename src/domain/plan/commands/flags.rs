//! Flags of s5cmd as options of a sync. Those that change nothing here are passed over; those that wharf has no match for are
//! refused by name.

use crate::domain::{
    diff::Level,
    filter::Glob,
    plan::{Deletes, Existing, SyncOptions},
};

/// What lines ask beside their places.
#[derive(Debug, Clone, Default, PartialEq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own of s5cmd"
)]
pub struct Wants {
    /// Sources go once they are proven (`mv`).
    pub moves: bool,
    /// What only the destination has goes.
    pub deletes: bool,
    /// Names are no patterns.
    pub(super) is_raw: bool,
    existing: Option<Existing>,
    by_size: bool,
    class: Option<String>,
    sse: Option<String>,
    sse_key: Option<String>,
    metadata: Vec<(String, String)>,
    rules: Vec<Glob>,
    only: Vec<String>,
    workers: Option<u16>,
    part_size: Option<u64>,
}

/// What a flag of s5cmd takes.
enum Takes {
    Nothing,
    Value,
}

/// Flags with no meaning here: regions are found, progress is shown, links are not followed, archived objects are told.
const WITHOUT_EFFECT: [(&str, Takes); 8] = [
    ("--source-region", Takes::Value),
    ("--destination-region", Takes::Value),
    ("--region", Takes::Value),
    ("--show-progress", Takes::Nothing),
    ("-sp", Takes::Nothing),
    ("--no-follow-symlinks", Takes::Nothing),
    ("--ignore-glacier-warnings", Takes::Nothing),
    ("--exit-on-error", Takes::Nothing),
];

/// Reads what stands behind a verb: what is wanted, and the names of places.
pub(super) fn read(verb: &str, words: &[String]) -> Result<(Wants, Vec<String>), String> {
    let mut wants = match verb {
        "cp" | "mv" => Wants {
            moves: verb == "mv",
            // Without a flag s5cmd writes over what is there.
            existing: Some(Existing::Always),
            ..Wants::default()
        },
        "sync" => Wants {
            existing: Some(Existing::Update),
            ..Wants::default()
        },
        "rm" => Wants::default(),
        other => {
            return Err(format!(
                "{other:?} is none of cp, sync, mv and rm, which are all that wharf takes"
            ));
        }
    };
    let mut places = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if !word.starts_with('-') || word == "-" {
            places.push(word.clone());
            continue;
        }
        let (flag, own) = match word.split_once('=') {
            Some((flag, value)) => (flag, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        let mut value = || {
            let next = own.clone().or_else(|| words.next().cloned());
            next.ok_or_else(|| format!("{flag} wants a value"))
        };
        wants.take((verb, flag), &mut value)?;
    }
    Ok((wants, places))
}

impl Wants {
    fn take(
        &mut self,
        (verb, flag): (&str, &str),
        value: &mut dyn FnMut() -> Result<String, String>,
    ) -> Result<(), String> {
        if let Some((_, takes)) = WITHOUT_EFFECT.iter().find(|(name, _)| *name == flag) {
            return match takes {
                Takes::Nothing => Ok(()),
                Takes::Value => value().map(drop),
            };
        }
        match flag {
            "--raw" => self.is_raw = true,
            // What is left out or chosen by a flag would be deleted if the flag were passed over.
            other if verb == "rm" => return Err(format!("rm {other}: wharf rm takes only names")),
            "-n" | "--no-clobber" => self.existing = Some(Existing::Keep),
            "-s" | "--if-size-differ" | "--size-only" => {
                self.by_size = true;
                if self.existing == Some(Existing::Always) {
                    self.existing = Some(Existing::Update);
                }
            }
            "-u" | "--if-source-newer" => self.existing = Some(Existing::Newest),
            "--delete" if verb == "sync" => self.deletes = true,
            "--storage-class" => self.class = Some(value()?),
            "--sse" => self.sse = Some(value()?),
            "--sse-kms-key-id" => self.sse_key = Some(value()?),
            "--metadata" => self.metadata.push(pair(&value()?)?),
            "--exclude" => self.rules.push(Glob::Exclude(value()?)),
            "--include" => self.only.push(value()?),
            "-c" | "--concurrency" => self.workers = Some(number(flag, &value()?)?),
            "-p" | "--part-size" => {
                self.part_size = Some(u64::from(number(flag, &value()?)?) << 20);
            }
            other => {
                return Err(format!(
                    "{verb} {other}: wharf has no match for that; run the line with s5cmd, or write it for wharf sync"
                ));
            }
        }
        Ok(())
    }

    /// Takes only names that match a pattern.
    pub(super) fn only(&mut self, pattern: &str) {
        self.only.push(pattern.to_owned());
    }

    /// The patterns of which one must match.
    pub fn filter_only(&self) -> &[String] {
        &self.only
    }

    /// Whether a line itself says what may happen to what exists, and nothing is written over.
    pub fn keeps(&self) -> bool {
        self.existing == Some(Existing::Keep)
    }

    /// These options with what the lines want laid over them.
    #[must_use]
    pub fn over(&self, mut options: SyncOptions) -> SyncOptions {
        let text = |text: &String| text.as_str().into();
        options.existing = self.existing.unwrap_or(options.existing);
        options.remove_source = self.moves;
        if self.by_size {
            options.check = Level::Size;
        }
        if self.deletes {
            options.delete = Deletes::Mirror;
        }
        options.storage_class = self.class.as_ref().map(text).or(options.storage_class);
        let sse = match (&self.sse, &self.sse_key) {
            (Some(sse), Some(key)) => Some(format!("{sse}:{key}")),
            (Some(sse), None) => Some(sse.clone()),
            (None, _) => None,
        };
        options.sse = sse.as_ref().map(text).or(options.sse);
        options.metadata.extend(self.metadata.iter().cloned());
        options.filter.rules.extend(self.rules.iter().cloned());
        options.filter.only.extend(self.only.iter().cloned());
        options.workers = self.workers.or(options.workers);
        options.part_size = self.part_size.or(options.part_size);
        options
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or_else(|| format!("--metadata {text:?} is no NAME=VALUE"))?;
    Ok((name.to_owned(), value.to_owned()))
}

fn number(flag: &str, text: &str) -> Result<u16, String> {
    let number = text.parse::<u16>().ok().filter(|number| *number > 0);
    number.ok_or_else(|| format!("{flag} {text:?} is no number"))
}
