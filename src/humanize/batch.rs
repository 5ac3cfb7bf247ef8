//! What of a plan goes to S3 Batch Operations, in sentences.

use crate::domain::{
    entry::Tally,
    estimate::Prices,
    plan::{Plan, Split},
};

use super::{bytes, count, counted, money};

/// What is handed over, what it costs and what it does not promise, and what stays and why. Empty where nobody asks for it.
pub fn batch(plan: &Plan) -> Vec<String> {
    match plan.batch() {
        None => Vec::new(),
        Some(Err(unfit)) => vec![format!(
            "nothing is handed to S3 Batch Operations: {}",
            unfit.words()
        )],
        Some(Ok(split)) => {
            let mut told = vec![handed(&split), CONDITIONS.to_owned()];
            told.extend(stays(&split));
            told
        }
    }
}

/// What a job does not promise.
const CONDITIONS: &str = "a job sets no condition: what somebody else writes under one of these names while it copies is written over";

fn handed(split: &Split) -> String {
    let (all, jobs) = (split.handed(), split.jobs.len() as u64);
    let cost = Prices::embedded().of_jobs(jobs, all.objects);
    format!(
        "S3 Batch Operations copies {} ({}) in {}: ~{} beside the requests of its copies",
        counted(all.objects, "object"),
        bytes(all.bytes),
        counted(jobs, "job"),
        money(cost)
    )
}

fn stays(split: &Split) -> Option<String> {
    let mut all = Tally::default();
    split.stays.values().for_each(|tally| all.join(*tally));
    let reasons = split.stays.iter();
    let reasons: Vec<String> = reasons
        .map(|(why, tally)| format!("{} {}", count(tally.objects), why.words()))
        .collect();
    (all.objects > 0).then(|| {
        let verb = if all.objects == 1 { "stays" } else { "stay" };
        format!(
            "{} {verb} here: {}",
            counted(all.objects, "object"),
            reasons.join(", ")
        )
    })
}
