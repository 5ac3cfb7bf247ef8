//! `--batch`: asking for S3 Batch Operations, and what it lacks where it cannot be had.

use std::sync::Arc;

use crate::cli::{command::Context, exit::Exit};
use crate::domain::{
    batch::{Wanted, policy},
    location::Prefix,
    plan::{Plan, SyncOptions, Unfit},
};

/// Lets jobs do the copies of a plan that is to be made with these options, however many there are.
pub(in crate::cli::command) fn hand_over(options: &mut Arc<SyncOptions>) {
    Arc::make_mut(options).batch_over = Some(0);
}

impl Context {
    /// What jobs of these plans lack that only a person can give, with what to give them; told, where anything is.
    pub(in crate::cli::command) fn lacks_for_batch<'p>(
        &mut self,
        plans: impl Iterator<Item = &'p Plan>,
    ) -> Option<Exit> {
        for plan in plans {
            let Some(Err(unfit @ (Unfit::NoRole | Unfit::NoReport))) = plan.batch() else {
                continue;
            };
            let help = rights(plan).unwrap_or_default();
            let told = format_args!("S3 Batch Operations cannot be asked: {}", unfit.words());
            self.output.error(told, Some(&help));
            return Some(Exit::Usage);
        }
        None
    }
}

/// The two keys, and the policies of the role for just this plan.
fn rights(plan: &Plan) -> Option<String> {
    let (source, destination) = (plan.source.s3()?, plan.destination.s3()?);
    let report = plan.options.batch_report.as_ref().and_then(|at| at.s3());
    let folders = (source.folder(), destination.folder());
    let files = report.map_or_else(|| "batch/".to_owned(), Prefix::folder);
    let bucket = report.map_or(&*destination.bucket, |report| &*report.bucket);
    let [trust, rights] = policy(&Wanted {
        source: (&source.bucket, &folders.0),
        destination: (&destination.bucket, &folders.1),
        report: (bucket, &files),
        kms_key: plan.kms_key().filter(|key| key.starts_with("arn:")),
    });
    Some(format!(
        "write batch_role and batch_report into [defaults] or the migration, or give --batch-role ARN --batch-report s3://{bucket}/{files}\nthe role trusts:\n{trust}\nand may:\n{rights}"
    ))
}
