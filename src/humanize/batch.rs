//! What of a plan goes to S3 Batch Operations, in sentences.

use crate::domain::{
    entry::Tally,
    estimate::Prices,
    plan::{Plan, Split, Unfit},
};

use super::{bytes, count, counted, money};

/// What is handed over, what it costs and what it does not promise, and what stays and why. Empty where nobody asks for it, and
/// where it is too little for the threshold.
pub fn batch(plan: &Plan) -> Vec<String> {
    match plan.batch() {
        None => Vec::new(),
        Some(Err(unfit)) if is_small(plan, unfit) => Vec::new(),
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

/// The same in lines of a dialog; what could be handed over, where nobody asks for it and somebody could.
pub fn batch_briefly(plan: &Plan) -> Vec<String> {
    let words = |split: &Split, verb: &str| {
        let (all, jobs) = (split.handed(), split.jobs.len() as u64);
        format!(
            "{} by S3 Batch Operations, ~{}; {verb}",
            counted(all.objects, "object"),
            money(Prices::embedded().of_jobs(jobs, all.objects))
        )
    };
    match plan.batch() {
        None => {
            let could = plan.could_batch();
            could
                .map(|split| words(&split, "b hands over"))
                .into_iter()
                .collect()
        }
        Some(Err(unfit)) if is_small(plan, unfit) => Vec::new(),
        Some(Err(unfit)) => vec![format!("no: {}", unfit.words())],
        Some(Ok(split)) => {
            let mut told = vec![words(&split, "b takes back")];
            told.extend(stays(&split));
            told.push("what others write under these names meanwhile is written over".to_owned());
            told
        }
    }
}

/// What a job does not promise.
const CONDITIONS: &str = "a job sets no condition: what somebody else writes under one of these names while it copies is written over";

/// Whether the threshold alone keeps a plan here, of which nobody need hear.
fn is_small(plan: &Plan, unfit: Unfit) -> bool {
    let little = matches!(unfit, Unfit::Few | Unfit::NoCopies);
    little && plan.options.batch_over != Some(0)
}

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
