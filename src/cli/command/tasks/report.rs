//! The report of a task: what ran, what stands behind it, what failed, in Markdown or JSON.

use std::{collections::BTreeMap, fmt::Write as _};

use serde::Serialize;

use crate::cli::{
    args::ReportFormat,
    exit::Exit,
    output::record::{OutcomeRecord, TallyRecord, TaskRecord, requests, state_word},
};
use crate::domain::{
    account::{Account, Savings, Unforeseen},
    progress::{EndedStep, Outcome, Proofs, Recount, TaskId},
    text::{printable, readable},
};
use crate::engine::{PastTask, Report};
use crate::humanize;

use super::{Context, exit_of, list};

/// Rows of a table in Markdown; all are in the JSON form.
const ROWS: usize = 1_000;

/// `report`, and the last record of a task that was gone on with.
#[derive(Serialize)]
struct ReportRecord<'a> {
    r#type: &'static str,
    task: TaskRecord<'a>,
    requests: BTreeMap<&'a str, u64>,
    retries: u64,
    throttled: u64,
    seconds: f64,
    bytes_per_second: Option<f64>,
    proof: Proofs,
    recount: Option<&'a Recount>,
    failed: Vec<OutcomeRecord<'a>>,
    skipped: Vec<OutcomeRecord<'a>>,
    /// What became of it, where it moved from bucket to bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<AccountRecord>,
    /// Those of a group's children.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    children: Vec<Self>,
}

/// What stood before and after, what was foreseen and saved.
#[derive(Serialize)]
struct AccountRecord {
    before: [TallyRecord; 2],
    after: [TallyRecord; 2],
    direct: TallyRecord,
    relayed: TallyRecord,
    never_left_s3: u64,
    cost: f64,
    cost_per_month: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    savings: Option<Savings>,
    /// Operations of which more or fewer requests were sent than foreseen.
    unforeseen: Vec<Unforeseen>,
}

impl From<&Account> for AccountRecord {
    fn from(account: &Account) -> Self {
        Self {
            before: account.before.map(Into::into),
            after: account.after.map(Into::into),
            direct: account.direct.into(),
            relayed: account.relayed.into(),
            never_left_s3: account.direct.bytes,
            cost: account.forecast.cost,
            cost_per_month: account.forecast.month,
            savings: account.savings(),
            unforeseen: account.unforeseen(),
        }
    }
}

/// Writes the report.
pub(super) async fn report(
    context: &mut Context,
    id: TaskId,
    format: ReportFormat,
) -> Result<Exit, Exit> {
    let report = context.report_of(id).await?;
    if context.output.style().json {
        context.output.record(&record("report", &report));
        return Ok(Exit::Ok);
    }
    match format {
        ReportFormat::Md => context.output.text(&markdown(&report)),
        ReportFormat::Json => match serde_json::to_string_pretty(&record("report", &report)) {
            Ok(text) => context.output.text(&format!("{text}\n")),
            Err(error) => {
                context.output.error(error, None);
                return Err(Exit::Failed);
            }
        },
    }
    Ok(Exit::Ok)
}

/// Tells how a task ended that was gone on with, and what that means for a script.
pub(super) async fn tell_end(context: &mut Context, id: TaskId) -> Result<Exit, Exit> {
    let report = context.report_of(id).await?;
    context.output.record(&record("summary", &report));
    for (name, value) in list::facts(&report.task) {
        if matches!(
            name,
            "state" | "because" | "next" | "done" | "skipped" | "failed"
        ) {
            context.output.line(format_args!("{name:<12}{value}"));
        }
    }
    if let Some(recount) = &report.task.recount {
        context.output.line(counted(recount));
    }
    Ok(exit_of(&report.task))
}

fn record<'a>(r#type: &'static str, report: &'a Report) -> ReportRecord<'a> {
    let Report {
        task,
        proofs,
        failed,
        skipped,
        account,
        children,
    } = report;
    let outcomes = |steps: &'a [EndedStep]| steps.iter().map(OutcomeRecord::from).collect();
    ReportRecord {
        r#type,
        requests: requests(&task.requests),
        retries: task.retries,
        throttled: task.throttled,
        seconds: task.seconds(),
        bytes_per_second: task.rate(),
        proof: *proofs,
        recount: task.recount.as_ref(),
        failed: outcomes(failed),
        skipped: outcomes(skipped),
        account: account.as_ref().map(AccountRecord::from),
        children: children.iter().map(|child| record("task", child)).collect(),
        task: task.into(),
    }
}

fn counted(recount: &Recount) -> String {
    format!("counted again: {}", counts(recount))
}

fn counts(recount: &Recount) -> String {
    let sign = if recount.source == recount.destination {
        "="
    } else {
        "≠"
    };
    format!(
        "{} {sign} {}",
        humanize::count(recount.source),
        humanize::count(recount.destination)
    )
}

/// The report for people.
fn markdown(report: &Report) -> String {
    let Report { task, proofs, .. } = report;
    let mut text = format!("# Task {}\n\n| | |\n|---|---|\n", task.id.0);
    for (name, value) in list::facts(task).into_iter().skip(1) {
        row(&mut text, &[name, &value]);
    }
    if let Some(rate) = task.rate() {
        row(&mut text, &["rate", &humanize::rate(rate)]);
    }
    let proven = humanize::proofs(*proofs);
    if !proven.is_empty() {
        row(&mut text, &["proof", &proven.join(", ")]);
    }
    if let Some(recount) = &task.recount {
        row(&mut text, &["recount", &counted(recount)]);
    }
    for (operation, count) in &task.requests.by_operation {
        row(&mut text, &[operation, &humanize::count(*count)]);
    }
    children(&mut text, &report.children);
    account(&mut text, report);
    ends(&mut text, report, "");
    for child in &report.children {
        ends(&mut text, child, &format!(" in {}", called(&child.task)));
    }
    text
}

/// A group's children, a line each.
fn children(text: &mut String, children: &[Report]) {
    if children.is_empty() {
        return;
    }
    text.push_str("\n## Its parts\n\n");
    row(
        text,
        &[
            "part",
            "state",
            "files",
            "failed",
            "bytes",
            "local",
            "proof",
            "counted again",
        ],
    );
    text.push_str("|---|---|---|---|---|---|---|---|\n");
    for Report { task, proofs, .. } in children {
        let recount = task.recount.as_ref();
        row(
            text,
            &[
                &called(task),
                state_word(task.state),
                &humanize::count(task.done),
                &humanize::count(task.failed),
                &humanize::bytes(task.bytes),
                task.local().unwrap_or(""),
                &humanize::proofs(*proofs).join(", "),
                &recount.map(counts).unwrap_or_default(),
            ],
        );
    }
}

/// The tree before and after, what was saved against a relay, and what was not foreseen.
fn account(text: &mut String, report: &Report) {
    let Some(account) = &report.account else {
        return;
    };
    let parts = report.children.iter();
    let mut all: Vec<&Account> = parts.filter_map(|child| child.account.as_ref()).collect();
    if all.is_empty() {
        all.push(account);
    }
    text.push_str("\n## Before and after\n\n```text\n");
    for line in humanize::tree(&all) {
        text.push_str(&readable(&line));
        text.push('\n');
    }
    text.push_str("```\n");
    let saved = humanize::savings(account);
    if !saved.is_empty() {
        text.push_str("\n## Against a relay\n\n");
        text.push_str(&humanize::never_left(account.direct.bytes));
        text.push_str(".\n\n");
        row(text, &["", "here", "by relay", "saved"]);
        text.push_str("|---|---|---|---|\n");
        for cells in &saved {
            row(text, &cells.each_ref().map(String::as_str));
        }
        row(text, &["success", &humanize::success(account), "", ""]);
    }
    text.push_str("\n## Requests, foreseen and sent\n\n");
    let unforeseen = humanize::unforeseen(account);
    if unforeseen.is_empty() {
        text.push_str("Exactly those that the plan foresaw were sent.\n");
        return;
    }
    row(text, &["operation", "foreseen", "sent"]);
    text.push_str("|---|---|---|\n");
    for cells in &unforeseen {
        row(text, &cells.each_ref().map(String::as_str));
    }
}

/// What a person calls a task.
fn called(task: &PastTask) -> String {
    let name = task.name.as_ref().map(ToString::to_string);
    name.unwrap_or_else(|| format!("task {}", task.id.0))
}

/// How steps ended that were not done, and what the recount found.
fn ends(text: &mut String, report: &Report, of: &str) {
    outcomes(text, &format!("Failed{of}"), &report.failed);
    outcomes(text, &format!("Left{of}"), &report.skipped);
    let recount = report.task.recount.as_ref();
    let Some(recount) = recount.filter(|recount| recount.off > 0) else {
        return;
    };
    text.push_str("\n## Off in the recount");
    text.push_str(&printable(of.as_bytes()));
    text.push_str("\n\n| key | why |\n|---|---|\n");
    for (key, why) in recount.examples.iter().take(ROWS) {
        row(text, &[&key.printable(), why]);
    }
}

/// A table of steps with why they ended so; none for no steps.
fn outcomes(text: &mut String, title: &str, steps: &[EndedStep]) {
    if steps.is_empty() {
        return;
    }
    let head = "| key | why | tries | request id |\n|---|---|---|---|";
    // Writing to a string does not fail.
    write!(
        text,
        "\n## {title}: {}\n\n{head}\n",
        humanize::count(steps.len() as u64)
    )
    .ok();
    for step in steps.iter().take(ROWS) {
        let (why, tries, id) = match &step.outcome {
            Outcome::Failed(failure) => (
                &*failure.reason,
                failure.attempts.to_string(),
                failure.request_id.as_deref().unwrap_or(""),
            ),
            Outcome::Skipped { reason } => (&**reason, String::new(), ""),
            Outcome::Done { .. } => ("", String::new(), ""),
        };
        row(text, &[&step.key.printable(), why, &tries, id]);
    }
    let untold = steps.len().saturating_sub(ROWS);
    if untold > 0 {
        write!(
            text,
            "\nand {} more, which --format json has\n",
            humanize::count(untold as u64)
        )
        .ok();
    }
}

fn row(text: &mut String, cells: &[&str]) {
    for cell in cells {
        let safe = printable(cell.as_bytes()).replace('|', "\\|");
        text.push_str("| ");
        text.push_str(&safe);
        text.push(' ');
    }
    text.push_str("|\n");
}
