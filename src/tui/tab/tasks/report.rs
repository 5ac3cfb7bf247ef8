//! Texts to read about a task: its errors, and what it did and proved.

use ratatui::text::{Line, Span};

use crate::domain::{
    account::Account,
    entry::Tally,
    progress::{Outcome, Recount, TaskSnapshot},
    text::printable,
};

use crate::engine::Report;
use crate::humanize;

use crate::tui::{
    shell::Shell,
    tab::tasks::{Facts, Tasks, elapsed_text, op_words, state_word, title},
};

/// Every step that failed: its key, what happened, the request id.
pub(super) fn errors(task: &TaskSnapshot, facts: Option<&Facts>) -> Vec<Line<'static>> {
    let failures: Vec<_> = facts
        .into_iter()
        .flat_map(|facts| facts.failures.values())
        .collect();
    let mut lines = Vec::new();
    for step in &failures {
        let Outcome::Failed(failure) = &step.outcome else {
            continue;
        };
        lines.push(Line::from(step.key.to_string()));
        let tries = humanize::counted(failure.attempts.into(), "time");
        lines.push(Line::from(format!(
            "  {} failed, tried {tries}: {}",
            op_words(step.op).0,
            failure.reason
        )));
        if let Some(id) = &failure.request_id {
            lines.push(Line::from(format!("  request id {id}")));
        }
    }
    let untold = task.failed.saturating_sub(failures.len() as u64);
    if lines.is_empty() && untold == 0 {
        lines.push(Line::from("Nothing failed."));
    } else if untold > 0 {
        lines.push(Line::from(format!(
            "{} more; the log has them.",
            humanize::count(untold)
        )));
    }
    lines
}

impl Tasks {
    /// What the journal tells of how a task went.
    pub fn told(&self, report: &Report, shell: &Shell) -> Vec<Line<'static>> {
        let own = self.all(&shell.snapshot).into_iter();
        let Some(task) = own.into_iter().find(|task| task.id == report.task.id) else {
            return Vec::new();
        };
        let failures = report.failed.iter().map(|step| (step.seq, step.clone()));
        let facts = Facts {
            failures: failures.collect(),
            recount: report.task.recount.clone(),
            ..Facts::default()
        };
        let mut lines = self::report(task, Some(&facts), shell);
        let proofs = humanize::proofs(report.proofs).into_iter();
        lines.extend(proofs.map(|proof| Line::from(format!("{:14}{proof}", ""))));
        lines.extend(report.children.iter().flat_map(part));
        lines.extend(
            report
                .account
                .iter()
                .flat_map(|whole| account(whole, report)),
        );
        if task.failed > 0 {
            lines.push(Line::default());
            lines.extend(errors(task, Some(&facts)));
        }
        lines
    }
}

/// What a migration changed and saved, and what was not foreseen.
fn account(account: &Account, report: &Report) -> Vec<Line<'static>> {
    let parts = report.children.iter();
    let mut all: Vec<&Account> = parts.filter_map(|child| child.account.as_ref()).collect();
    if all.is_empty() {
        all.push(account);
    }
    let mut lines = vec![Line::default(), Line::from("before and after")];
    lines.extend(humanize::tree(&all).into_iter().map(Line::from));
    let saved = humanize::savings(account);
    if !saved.is_empty() {
        lines.push(Line::default());
        lines.push(Line::from(humanize::never_left(account.direct.bytes)));
        lines.extend(saved.into_iter().map(|[name, here, relay, saved]| {
            Line::from(format!("{name:22}{here}; by relay {relay}; saved {saved}"))
        }));
    }
    let unforeseen = humanize::unforeseen(account).into_iter();
    lines.extend(unforeseen.map(|[operation, foreseen, sent]| {
        Line::from(format!("{operation:22}{sent} sent, {foreseen} foreseen"))
    }));
    lines
}

/// One part of a group: its name, then files, failures, bytes, where, and by what proof.
fn part(report: &Report) -> [Line<'static>; 2] {
    let task = &report.task;
    let name = task.name.as_deref().unwrap_or_default();
    let mut parts = vec![
        humanize::counted(task.done, "file"),
        format!("{} failed", humanize::count(task.failed)),
        humanize::bytes(task.bytes),
    ];
    parts.extend(humanize::proofs(report.proofs));
    let local = task.local().unwrap_or(&task.destination);
    [
        Line::from(printable(name.as_bytes()).into_owned()),
        Line::from(format!(
            "{:14}{}, {}",
            "",
            parts.join(", "),
            printable(local.as_bytes())
        )),
    ]
}

/// What a task did and proved.
pub(super) fn report(
    task: &TaskSnapshot,
    facts: Option<&Facts>,
    shell: &Shell,
) -> Vec<Line<'static>> {
    let mut rows = quantities(task, shell);
    rows.extend(
        task.reason
            .as_ref()
            .map(|reason| ("because", reason.to_string())),
    );
    rows.extend(kept(task));
    rows.extend(
        facts
            .and_then(|facts| facts.recount.as_ref())
            .into_iter()
            .flat_map(recounted),
    );
    if let Some(checked) = facts.and_then(|facts| facts.checked.as_ref()) {
        rows.push(("verify_command", checked.words()));
        rows.extend(checked.lines.iter().map(|line| ("", format!("| {line}"))));
    }
    let line = |(name, value): (&str, String)| {
        Line::from(vec![
            Span::styled(format!("{name:<14}"), shell.theme.dim),
            Span::raw(value),
        ])
    };
    rows.into_iter().map(line).collect()
}

fn quantities(task: &TaskSnapshot, shell: &Shell) -> Vec<(&'static str, String)> {
    let requests = humanize::count(task.requests);
    vec![
        (
            "task",
            format!("{} {}, {}", task.id.0, title(task), state_word(task.state)),
        ),
        ("from", shell.short(&task.source)),
        ("to", shell.short(&task.destination)),
        (
            "began",
            humanize::timestamp_exact(task.started, &shell.zone),
        ),
        ("took", elapsed_text(task, shell.now)),
        (
            "planned",
            tally(Tally {
                objects: task.planned,
                bytes: task.planned_bytes,
            }),
        ),
        (
            "done",
            tally(Tally {
                objects: task.done,
                bytes: task.bytes,
            }),
        ),
        (
            "verified",
            format!("{} by checksum or better", humanize::count(task.verified)),
        ),
        ("skipped", humanize::count(task.skipped)),
        ("failed", humanize::count(task.failed)),
        (
            "requests",
            format!(
                "{requests}, {} retries, {} × 503",
                task.retries, task.throttled
            ),
        ),
    ]
}

/// What S3 had already of changed files.
fn kept(task: &TaskSnapshot) -> Option<(&'static str, String)> {
    let told = || {
        format!(
            "{} of changed files not sent again",
            humanize::bytes(task.kept)
        )
    };
    (task.kept > 0).then(|| ("kept", told()))
}

fn recounted(recount: &Recount) -> Vec<(&'static str, String)> {
    let sign = if recount.equal { "=" } else { "≠" };
    let counts = [recount.source, recount.destination].map(humanize::count);
    let mut rows = vec![(
        "counted again",
        format!("{} {sign} {}", counts[0], counts[1]),
    )];
    rows.extend(
        recount
            .examples
            .iter()
            .map(|(key, why)| ("", format!("{key}: {why}"))),
    );
    let untold = recount.off.saturating_sub(recount.examples.len() as u64);
    rows.extend((untold > 0).then(|| ("", format!("and {} more", humanize::count(untold)))));
    rows
}

fn tally(tally: Tally) -> String {
    format!(
        "{}, {}",
        humanize::counted(tally.objects, "object"),
        humanize::bytes(tally.bytes)
    )
}
