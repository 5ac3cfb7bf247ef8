//! Requests to EC2 and CloudWatch, by operation: their prices are not S3's, so they are counted apart.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::domain::{cloud::Spent, progress::Requests};

/// Counts requests; a clone counts into the same.
#[derive(Debug, Clone, Default)]
pub struct CloudCounter(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    requests: BTreeMap<&'static str, u64>,
    metrics: u64,
}

impl CloudCounter {
    /// What was sent so far; every attempt counts.
    pub fn spent(&self) -> Spent {
        let counts = self.counts();
        let requests = counts.requests.iter();
        Spent {
            requests: Requests {
                by_operation: requests.map(|(name, n)| (Box::from(*name), *n)).collect(),
            },
            metrics: counts.metrics,
        }
    }

    pub(super) fn count(&self, operation: &'static str) {
        *self.counts().requests.entry(operation).or_default() += 1;
    }

    pub(super) fn count_metrics(&self, metrics: usize) {
        self.counts().metrics += metrics as u64;
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
