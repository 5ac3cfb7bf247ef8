//! The gate: a license to delete is had only where the outputs are proven or a person overrode that in words, the account is the
//! one that was named, and the training is over. Nothing else in wharf makes a `License`.

use jiff::Timestamp;

use crate::domain::diff::{Level, Sign, Totals};

/// One output of a run, as it was compared.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputProof {
    /// The mapping's name.
    pub name: Box<str>,
    /// What the comparison said.
    pub claim: Claim,
}

/// What a comparison says of an output.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim {
    /// All of it is in S3, by checksum.
    Proven(Proven),
    /// Something is missing, differs, or is not proven.
    Gaps {
        /// How many objects.
        objects: u64,
        /// Which kinds of difference, in words.
        words: String,
    },
    /// There was nothing to compare: it proves nothing.
    Nothing {
        /// Why.
        why: String,
    },
}

/// What stands behind a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proven {
    /// Objects that are the same by checksum.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// When.
    pub at: Timestamp,
}

impl Claim {
    /// What two complete listings and their comparison say; the left side is where the outputs were made.
    pub fn of(totals: &Totals, complete: bool, at: Timestamp) -> Self {
        if !complete {
            return Self::Nothing {
                why: "a listing broke before its end".to_owned(),
            };
        }
        if totals.left.objects == 0 {
            return Self::Nothing {
                why: "there is nothing at the place where it was made".to_owned(),
            };
        }
        let proven = totals.same_by(Level::Checksum);
        // What only S3 has is older, or another machine's: it is no gap of what was made here.
        let extra = totals.of(Sign::OnlyRight).objects;
        let same = totals.of(Sign::Same).objects;
        let unproven = same - proven.objects;
        let gaps = totals.differences() - extra + unproven;
        if gaps == 0 && proven.objects == totals.left.objects {
            return Self::Proven(Proven {
                objects: proven.objects,
                bytes: proven.bytes,
                at,
            });
        }
        let kinds = [
            (totals.of(Sign::OnlyLeft).objects, "missing in S3"),
            (totals.of(Sign::Differs).objects, "differ"),
            (
                totals.of(Sign::Unproven).objects + unproven,
                "not proven by checksum",
            ),
            (totals.of(Sign::Clash).objects, "clash"),
            (totals.of(Sign::Error).objects, "could not be read"),
            (totals.of(Sign::Archived).objects, "archived"),
            (totals.of(Sign::NotScanned).objects, "not looked at"),
        ];
        let words: Vec<String> = kinds
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        Self::Gaps {
            objects: gaps.max(1),
            words: words.join(", "),
        }
    }

    /// Whether it is proven.
    pub fn is_proven(&self) -> bool {
        matches!(self, Self::Proven(_))
    }
}

/// What a person said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Consent {
    /// The account that a person named: its id or its alias.
    pub account: Option<Box<str>>,
    /// Why it is done without proof.
    pub override_proof: Option<Box<str>>,
    /// That the training is over, whatever runs.
    pub ended: bool,
}

/// What still stands before a deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Open {
    /// Instances of the run are running, and nobody said that the training is over.
    Running(usize),
    /// The run names no outputs, so nothing is proven.
    NoOutputs,
    /// An output is not proven.
    Unproven(Box<str>),
    /// AWS says beforehand that it will not let something go.
    Denied {
        /// What.
        what: String,
        /// Why not, and what to do.
        why: String,
    },
    /// Nobody named the account.
    NoAccount,
    /// The account that was named is not the one that is asked.
    WrongAccount {
        /// What was named.
        named: Box<str>,
        /// What is asked.
        asked: Box<str>,
    },
}

/// The right to delete, with what it stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct License {
    override_proof: Option<Box<str>>,
}

impl License {
    /// Why it was given without proof; `None` where all is proven.
    pub fn override_proof(&self) -> Option<&str> {
        self.override_proof.as_deref()
    }
}

/// Opens the gate, or tells everything that keeps it shut. `account` holds its id and its aliases.
///
/// # Errors
/// All that is still open.
pub fn license(
    proofs: &[OutputProof],
    running: usize,
    account: &[Box<str>],
    consent: &Consent,
) -> Result<License, Vec<Open>> {
    let reason = consent.override_proof.as_deref().map(str::trim);
    let reason = reason.filter(|reason| !reason.is_empty());
    let mut open = Vec::new();
    if running > 0 && !consent.ended {
        open.push(Open::Running(running));
    }
    if reason.is_none() {
        if proofs.is_empty() {
            open.push(Open::NoOutputs);
        }
        let unproven = proofs.iter().filter(|proof| !proof.claim.is_proven());
        open.extend(unproven.map(|proof| Open::Unproven(proof.name.clone())));
    }
    match &consent.account {
        None => open.push(Open::NoAccount),
        Some(named) if account.contains(named) => {}
        Some(named) => open.push(Open::WrongAccount {
            named: named.clone(),
            asked: account.first().cloned().unwrap_or_default(),
        }),
    }
    if open.is_empty() {
        Ok(License {
            override_proof: reason.map(Box::from),
        })
    } else {
        Err(open)
    }
}
