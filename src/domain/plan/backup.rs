//! What a plan would lose, as a plan of its own: each entry that is written over or deleted is copied aside first.

use super::{Existing, Group, Left, Op, Plan, Step, SyncOptions, guard::way};
use crate::domain::{diff::Sign, key::Key, location::Location};

impl Plan {
    /// The plan that keeps what this one loses, below `place` in a folder of the name `run`. Its steps bear this plan's
    /// numbers. `None` where nothing would be lost, or where `run` names no folder there.
    pub fn backup(&self, place: &Location, run: &str) -> Option<Self> {
        // A removed source stands at the destination.
        let lost = self
            .steps()
            .filter(|step| step.destination.is_some() && step.op != Op::Remove);
        let to = place.child(&Key::from(&*format!("{run}/"))).ok()?;
        // Between two folders no way of a sync leads: the disk itself copies.
        let op = way(&self.destination, &to).unwrap_or(Op::Copy);
        let steps: Vec<Step> = lost
            .map(|step| Step {
                seq: step.seq,
                op,
                key: step.key.clone(),
                source: step.destination.as_deref().cloned(),
                destination: None,
            })
            .collect();
        if steps.is_empty() {
            return None;
        }
        let of = &self.options;
        // Between buckets a stream is kept as the stream that it is.
        let between = self.destination.s3().is_some() && to.s3().is_some();
        let options = SyncOptions {
            existing: Existing::Keep,
            verify: of.verify,
            durable: of.durable,
            part_size: of.part_size,
            retries: of.retries,
            timeout: of.timeout,
            requests_per_second: of.requests_per_second,
            gzip: self.gzips() && !between,
            sse: of.sse.clone(),
            symlinks: of.symlinks,
            ..SyncOptions::default()
        };
        Some(Self {
            source: self.destination.clone(),
            destination: to,
            options,
            only: Vec::new(),
            aside: Vec::new(),
            source_print: self.destination_print.clone(),
            destination_print: self.destination_print.clone(),
            groups: vec![Group {
                sign: Sign::OnlyLeft,
                op,
                overwrites: false,
                selected: true,
                why: None,
                steps,
            }],
            left: Left::default(),
            brakes: Vec::new(),
            notices: Vec::new(),
            ..self.clone()
        })
    }
}
