//! The report of a task: what ran, what stands behind it, what failed, in Markdown or JSON.

use std::{collections::BTreeMap, fmt::Write as _};

use serde::Serialize;

use crate::cli::{
    args::ReportFormat,
    exit::Exit,
    output::record::{OutcomeRecord, TaskRecord, requests},
};
use crate::domain::{
    progress::{EndedStep, Outcome, Recount, TaskId},
    text::printable,
};
use crate::engine::Report;
use crate::humanize;

use super::{Context, exit_of, list, rate};

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
    proof: ProofRecord,
    recount: Option<&'a Recount>,
    failed: Vec<OutcomeRecord<'a>>,
    skipped: Vec<OutcomeRecord<'a>>,
}

/// How what was moved is proven.
#[derive(Serialize)]
struct ProofRecord {
    checksum: u64,
    size: u64,
    none: u64,
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
    } = report;
    let outcomes = |steps: &'a [EndedStep]| steps.iter().map(OutcomeRecord::from).collect();
    ReportRecord {
        r#type,
        requests: requests(&task.requests),
        retries: task.retries,
        throttled: task.throttled,
        seconds: task.seconds(),
        bytes_per_second: rate(task),
        proof: ProofRecord {
            checksum: proofs.checksum,
            size: proofs.size,
            none: proofs.none,
        },
        recount: task.recount.as_ref(),
        failed: outcomes(failed),
        skipped: outcomes(skipped),
        task: task.into(),
    }
}

fn counted(recount: &Recount) -> String {
    let sign = if recount.source == recount.destination {
        "="
    } else {
        "≠"
    };
    format!(
        "counted again: {} {sign} {}",
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
    if let Some(rate) = rate(task) {
        row(&mut text, &["rate", &humanize::rate(rate)]);
    }
    let proven = [
        (proofs.checksum, "proven by checksum"),
        (proofs.size, "by size only"),
        (proofs.none, "not proven"),
    ];
    let proven: Vec<String> = proven
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{} {word}", humanize::count(count)))
        .collect();
    if !proven.is_empty() {
        row(&mut text, &["proof", &proven.join(", ")]);
    }
    if let Some(recount) = &task.recount {
        row(&mut text, &["recount", &counted(recount)]);
    }
    for (operation, count) in &task.requests.by_operation {
        row(&mut text, &[operation, &humanize::count(*count)]);
    }
    outcomes(&mut text, "Failed", &report.failed);
    outcomes(&mut text, "Left", &report.skipped);
    if let Some(recount) = task.recount.as_ref().filter(|recount| recount.off > 0) {
        text.push_str("\n## Off in the recount\n\n| key | why |\n|---|---|\n");
        for (key, why) in recount.examples.iter().take(ROWS) {
            row(&mut text, &[&key.printable(), why]);
        }
    }
    text
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
