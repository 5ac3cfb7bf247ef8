//! The account of a task that moved from bucket to bucket: what stood before and after, what was foreseen and what was sent,
//! and what was saved against a relay. Each amount says whether it was measured or estimated.

use serde::Serialize;

use crate::domain::{
    entry::Tally,
    estimate::Forecast,
    progress::{Recount, Requests},
};

/// Bytes a second each way that a relay is estimated with where nothing was measured: a line of 100 Mbit/s.
pub const RELAY_RATE: u64 = 12_500_000;

/// What is not foreseen or not sent by its nature: copies that a job asks, and how often a job is looked at.
const NOT_COUNTED: [&str; 2] = ["S3PutObjectCopy", "DescribeJob"];

/// What became of one plan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Account {
    /// Source and destination, as a person writes them.
    pub places: [String; 2],
    /// What both held before.
    pub before: [Tally; 2],
    /// What both hold after; sources that were removed since are not known here.
    pub after: [Tally; 2],
    /// What was foreseen.
    pub forecast: Forecast,
    /// What was sent.
    pub sent: Requests,
    /// What the server copied.
    pub direct: Tally,
    /// What went through this machine.
    pub relayed: Tally,
    /// Steps that failed.
    pub failed: u64,
    /// How long it took.
    pub seconds: f64,
}

/// An amount and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Amount {
    /// Bytes, requests, seconds or US dollars.
    pub value: f64,
    /// Whether it was measured, or follows from the plan and the price table.
    pub basis: Basis,
}

/// Where an amount comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Counted while it happened.
    Measured,
    /// From the plan, the price table and an assumed line.
    Estimated,
}

/// What something took, and what it would have taken by relay.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Saving {
    /// What was done.
    pub here: Amount,
    /// The same through this machine.
    pub relay: Amount,
}

impl Saving {
    /// What was saved; nothing where the relay would have taken less.
    pub fn saved(&self) -> f64 {
        (self.relay.value - self.here.value).max(0.0)
    }
}

/// What was saved against a relay.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Savings {
    /// Requests.
    pub operations: Saving,
    /// Bytes through this machine, both ways.
    pub bytes: Saving,
    /// Bytes of local disk, as a download and an upload take it.
    pub disk: Saving,
    /// Seconds.
    pub seconds: Saving,
    /// US dollars.
    pub money: Saving,
    /// Steps that were done, of those that ended.
    pub success: f64,
}

/// An operation of which more or fewer requests were sent than foreseen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unforeseen {
    /// Its name.
    pub operation: Box<str>,
    /// Requests that the plan foresaw.
    pub foreseen: u64,
    /// Requests that were sent.
    pub sent: u64,
}

impl Account {
    /// What the recount found, as what stands after.
    pub fn counted(&mut self, recount: &Recount) {
        let moved = self.direct.bytes + self.relayed.bytes;
        self.after = [
            Tally {
                objects: recount.source,
                bytes: self.before[0].bytes,
            },
            Tally {
                objects: recount.destination + recount.extra,
                bytes: self.before[1].bytes + moved,
            },
        ];
    }

    /// Adds that of another plan of the same migration; places stay those of the first.
    pub fn join(&mut self, other: &Self) {
        for (own, more) in self.before.iter_mut().zip(other.before) {
            own.join(more);
        }
        for (own, more) in self.after.iter_mut().zip(other.after) {
            own.join(more);
        }
        let (own, more) = (&mut self.forecast, &other.forecast);
        own.requests.join(&more.requests);
        own.cost += more.cost;
        own.month += more.month;
        if let Some(more) = more.relay {
            let relay = own.relay.get_or_insert_default();
            relay.requests += more.requests;
            relay.cost += more.cost;
        }
        self.sent.join(&other.sent);
        self.direct.join(other.direct);
        self.relayed.join(other.relayed);
        self.failed += other.failed;
        self.seconds = self.seconds.max(other.seconds);
    }

    /// What was saved against a relay; `None` where the server copied nothing.
    pub fn savings(&self) -> Option<Savings> {
        let relay = self.forecast.relay.filter(|_| self.direct.objects > 0)?;
        let bytes = self.direct.bytes + self.relayed.bytes;
        let measured = |value: f64| Amount {
            value,
            basis: Basis::Measured,
        };
        let estimated = |value: f64| Amount {
            value,
            basis: Basis::Estimated,
        };
        let saving = |here, relay| Saving { here, relay };
        let done = self.direct.objects + self.relayed.objects;
        Some(Savings {
            operations: saving(
                measured(self.sent.total() as f64),
                estimated(relay.requests as f64),
            ),
            bytes: saving(
                measured(2.0 * self.relayed.bytes as f64),
                estimated(2.0 * bytes as f64),
            ),
            disk: saving(measured(0.0), estimated(bytes as f64)),
            seconds: saving(
                measured(self.seconds),
                estimated(2.0 * bytes as f64 / RELAY_RATE as f64),
            ),
            money: saving(estimated(self.forecast.cost), estimated(relay.cost)),
            success: done as f64 / (done + self.failed).max(1) as f64,
        })
    }

    /// Where the requests that were sent are not those that the plan foresaw.
    pub fn unforeseen(&self) -> Vec<Unforeseen> {
        let of = |requests: &Requests, name: &str| {
            let found = requests.by_operation.iter().find(|(own, _)| **own == *name);
            found.map_or(0, |(_, count)| *count)
        };
        let mut all = self.forecast.requests.clone();
        all.join(&self.sent);
        let rows = all.by_operation.into_iter().map(|(operation, _)| {
            let foreseen = of(&self.forecast.requests, &operation);
            let sent = of(&self.sent, &operation);
            Unforeseen {
                operation,
                foreseen,
                sent,
            }
        });
        rows.filter(|row| row.foreseen != row.sent && !NOT_COUNTED.contains(&&*row.operation))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Account, Basis, RELAY_RATE};
    use crate::domain::{
        entry::Tally,
        estimate::{Forecast, Relayed},
        progress::Requests,
    };

    fn requests(rows: &[(&str, u64)]) -> Requests {
        let rows = rows.iter().map(|(name, n)| ((*name).into(), *n));
        Requests {
            by_operation: rows.collect(),
        }
    }

    fn account() -> Account {
        Account {
            forecast: Forecast {
                requests: requests(&[("CopyObject", 10), ("ListObjectsV2", 2)]),
                cost: 0.5,
                relay: Some(Relayed {
                    requests: 22,
                    cost: 2.0,
                }),
                ..Forecast::default()
            },
            sent: requests(&[("CopyObject", 10), ("HeadObject", 1), ("ListObjectsV2", 2)]),
            direct: Tally {
                objects: 10,
                bytes: RELAY_RATE * 30,
            },
            seconds: 12.0,
            ..Account::default()
        }
    }

    #[test]
    fn what_is_saved_says_what_it_rests_on() {
        let savings = account().savings().unwrap();
        let saved = [savings.operations, savings.seconds, savings.money];
        let saved = saved.map(|saving| format!("{:.2}", saving.saved()));
        assert_eq!(saved, ["9.00", "48.00", "1.50"]);
        assert_eq!(savings.bytes.here.basis, Basis::Measured);
        assert_eq!(savings.bytes.relay.basis, Basis::Estimated);
        let nothing = Account {
            direct: Tally::default(),
            ..account()
        };
        assert_eq!(nothing.savings(), None);
    }

    #[test]
    fn what_was_not_foreseen_is_told_by_operation() {
        let told = account().unforeseen();
        assert_eq!(told.len(), 1);
        assert_eq!(
            (&*told[0].operation, told[0].foreseen, told[0].sent),
            ("HeadObject", 0, 1)
        );
        let mut two = account();
        two.join(&account());
        assert_eq!(two.direct.objects, 20);
        assert_eq!(two.forecast.relay.unwrap().requests, 44);
    }
}
