//! What an earlier run still costs, by what the ledger last knew: told at each start, until a wrap-up has seen that nothing is left.

use jiff::Timestamp;

use crate::domain::cloud::Price;

/// A thing of a run that was not seen to be gone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Owed {
    /// An hour of it.
    pub price: Price,
    /// When it was to end by itself; nobody knows where `None`.
    pub until: Option<Timestamp>,
    /// When it was seen last.
    pub seen: Timestamp,
}

/// What the ledger knows of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Account {
    /// The run.
    pub run: Box<str>,
    /// What is not known to be gone.
    pub owed: Vec<Owed>,
    /// When it was launched last.
    pub launched: Option<Timestamp>,
    /// When a wrap-up found that nothing of it ran any more.
    pub ended: Option<Timestamp>,
    /// When a launch began whose end nobody wrote down.
    pub in_doubt: Option<Timestamp>,
    /// When a deletion was asked for whose end nobody wrote down.
    pub deleting: Option<Timestamp>,
}

/// What a person is told of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Debt {
    /// It ended then, and still costs so much an hour.
    Ended(Timestamp, Price),
    /// It was launched then, and costs so much an hour unless it has ended meanwhile.
    Launched(Timestamp, Price),
    /// It was seen then, launched by other means, and costs so much an hour unless it has ended meanwhile.
    Seen(Timestamp, Price),
    /// A launch of it was stopped midway then: what it made is not known.
    InDoubt(Timestamp),
    /// A wrap-up of it was stopped midway then: what is gone is not known.
    Deleting(Timestamp),
}

impl Account {
    /// What is to be told; `None` where it costs nothing that is known.
    pub fn debt(&self, now: Timestamp) -> Option<Debt> {
        if let Some(at) = self.in_doubt {
            return Some(Debt::InDoubt(at));
        }
        if let Some(at) = self.deleting {
            return Some(Debt::Deleting(at));
        }
        let due = |owed: &&Owed| owed.until.is_none_or(|until| now < until);
        let owed = self.owed.iter().filter(due);
        let sum = owed.map(|owed| owed.price).reduce(Price::and)?;
        if let Some(at) = self.ended {
            return Some(Debt::Ended(at, sum));
        }
        let seen = self.owed.iter().map(|owed| owed.seen).max()?;
        // Nobody has looked since: it may be less by now.
        let about = Price {
            estimate: true,
            ..sum
        };
        Some(match self.launched {
            Some(at) => Debt::Launched(at, about),
            None => Debt::Seen(seen, about),
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::{Account, Debt, Owed, Price, Timestamp};

    #[test]
    fn what_was_to_end_by_itself_is_no_debt_and_what_stays_is() {
        let at = |hours| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
        let owed = |amount, until: Option<i64>| Owed {
            price: Price::exact(amount),
            until: until.map(at),
            seen: at(0),
        };
        let mut account = Account {
            run: "stage2".into(),
            owed: vec![owed(1.0, Some(12)), owed(0.02, None)],
            launched: Some(at(0)),
            ..Account::default()
        };
        let about = |amount| Price {
            amount,
            estimate: true,
        };
        assert_eq!(
            account.debt(at(1)),
            Some(Debt::Launched(at(0), about(1.02)))
        );
        assert_eq!(
            account.debt(at(13)),
            Some(Debt::Launched(at(0), about(0.02)))
        );
        account.launched = None;
        assert_eq!(account.debt(at(13)), Some(Debt::Seen(at(0), about(0.02))));
        account.ended = Some(at(9));
        assert_eq!(
            account.debt(at(13)),
            Some(Debt::Ended(at(9), Price::exact(0.02)))
        );
        account.owed.pop();
        assert_eq!(account.debt(at(13)), None);
        account.deleting = Some(at(3));
        assert_eq!(account.debt(at(13)), Some(Debt::Deleting(at(3))));
        account.in_doubt = Some(at(2));
        assert_eq!(account.debt(at(13)), Some(Debt::InDoubt(at(2))));
    }
}
