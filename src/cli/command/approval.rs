//! What stands between a plan and its run: brakes, each with the flag that answers it, and what would be lost, which a flag,
//! a mapping's own rule or a person approves.

use std::sync::Arc;

use crate::cli::exit::Exit;
use crate::domain::plan::{Brake, Consent, Group, Plan};
use crate::humanize;

use super::Context;

/// Who has approved what would be written over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    /// A flag, or the mapping's own rule.
    Given,
    /// Nobody yet: a person is asked, and without one overwrites do not run.
    Missing,
}

impl Approval {
    /// Whether a flag or a rule has approved it.
    pub(super) fn of(approved: bool) -> Self {
        if approved { Self::Given } else { Self::Missing }
    }
}

/// A plan that is to run.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) plan: Arc<Plan>,
    pub(super) approval: Approval,
}

impl Asking {
    /// What somebody must still agree to.
    fn open(&self) -> Consent {
        match self.approval {
            Approval::Given => Consent::default(),
            Approval::Missing => self.plan.needs_consent(),
        }
    }
}

impl Context {
    /// Tells the brakes of a plan, each with the flag that answers it, and what they mean for the exit code.
    pub(super) fn braked(&mut self, plan: &Plan) -> Option<Exit> {
        let mut worst = None;
        for brake in plan.open_brakes() {
            let (message, help, exit) = words(brake);
            self.output.error(message, Some(&help));
            worst = Some(worst.unwrap_or(exit).and(exit));
        }
        worst
    }

    /// Leaves of these plans what may run: all of what writes over nothing or was approved; on a terminal a person is asked
    /// once for the rest; otherwise what would be lost is left out, which is told and is a refusal.
    pub(super) fn approved(&mut self, plans: &mut [Asking]) -> Result<Exit, Exit> {
        let risky: Vec<&Asking> = plans
            .iter()
            .filter(|asking| asking.open().is_needed())
            .collect();
        if risky.is_empty() {
            return Ok(Exit::Ok);
        }
        let lost: Vec<String> = risky.iter().map(|asking| lost(asking)).collect();
        let lost = lost.join("; ");
        if self.output.style().asks {
            for asking in &risky {
                self.engine.asks_for(&asking.plan);
            }
            if self.confirmed(&format!("{lost}. Go on?")) {
                return Ok(Exit::Ok);
            }
            self.output.tell("nothing was done");
            return Err(Exit::Refused);
        }
        if risky.iter().any(|asking| asking.plan.removes()) {
            // Without its removals a move would be a copy, which nobody asked for.
            self.output.error(
                format_args!("{lost}, and nobody is here to ask: nothing was done"),
                Some("say --yes"),
            );
            return Err(Exit::Refused);
        }
        for asking in plans.iter_mut().filter(|asking| asking.open().is_needed()) {
            asking.plan = Arc::new(without_losses(&asking.plan));
        }
        self.output.error(
            format_args!("{lost}, and nobody is here to ask: left as they are"),
            Some("say --yes, or choose a rule with --existing update, newest or always"),
        );
        Ok(Exit::Refused)
    }

    /// Asks a person to type a word.
    pub(super) fn types(&mut self, question: impl std::fmt::Display, word: &str) -> bool {
        self.output.ask(question);
        let mut answer = String::new();
        let read = std::io::stdin().read_line(&mut answer);
        read.is_ok() && answer.trim() == word
    }

    /// Asks a person yes or no; no is the answer to anything but "y" or "yes".
    fn confirmed(&mut self, question: &str) -> bool {
        self.output.ask(format_args!("{question} [y/N] "));
        let mut answer = String::new();
        let read = std::io::stdin().read_line(&mut answer);
        read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
    }
}

/// What would be lost, in words.
fn lost(asking: &Asking) -> String {
    let consent = asking.open();
    let lost = [
        (consent.overwrites, "overwritten"),
        (consent.deletes, "deleted"),
    ];
    let lost = lost.into_iter().filter(|(tally, _)| tally.objects > 0);
    let lost: Vec<String> = lost
        .map(|(tally, verb)| {
            let objects = humanize::counted(tally.objects, "object");
            format!("{objects} would be {verb}")
        })
        .collect();
    let plan = &asking.plan;
    let mut parts = Vec::new();
    if !lost.is_empty() {
        parts.push(format!("{} at {}", lost.join(", "), plan.destination));
    }
    if consent.removes.objects > 0 {
        let objects = humanize::counted(consent.removes.objects, "object");
        parts.push(format!(
            "{objects} would be removed from {}, each once its copy is proven",
            plan.source
        ));
    }
    parts.join("; ")
}

fn without_losses(plan: &Plan) -> Plan {
    let mut kept = plan.clone();
    let risky = |group: &&mut Group| group.overwrites || !group.op.moves();
    kept.groups
        .iter_mut()
        .filter(risky)
        .for_each(|group| group.selected = false);
    kept
}

/// A brake in words: what holds, what answers it, what it means for a script.
fn words(brake: &Brake) -> (String, String, Exit) {
    match brake {
        Brake::TooManyDeletes { planned, of } => (
            format!(
                "{} of {} at the destination would be deleted: that is more than --max-delete allows",
                humanize::count(*planned),
                humanize::counted(*of, "object")
            ),
            format!("look at the plan with --dry-run; if it is right, say --max-delete {planned}"),
            Exit::Refused,
        ),
        Brake::EmptySource => (
            "the source is empty, and the destination would be emptied with it".to_owned(),
            "if it is meant so, say --allow-empty-source".to_owned(),
            Exit::Refused,
        ),
        Brake::BrokenListing { reason } => (
            format!("a listing broke, so what is missing is not known: {reason}"),
            "nothing was moved or deleted; run it again".to_owned(),
            Exit::Failed,
        ),
    }
}
