//! A bucket as a whole: who may read it, how it encrypts, what it keeps and for how long, and what it costs a month.

mod lifecycle;
mod metrics;

use crate::domain::{entry::Tally, estimate::Prices};

pub use lifecycle::{
    LifecycleAction, LifecycleRule, NewRule, RuleEdit, Rules, loses, read_rule, rules_of_run,
};
pub use metrics::{Measured, Metrics, Reading};

/// Something about a bucket, or why it is not known.
pub type Known<T> = Result<T, Box<str>>;

/// What a bucket is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where it lives.
    pub region: Box<str>,
    /// Whether it keeps versions: `enabled`, `suspended`, `never on`.
    pub versioning: Known<&'static str>,
    /// How it encrypts by default.
    pub encryption: Known<Box<str>>,
    /// What keeps it from the public.
    pub public_access: Known<PublicAccess>,
    /// Its lifecycle rules.
    pub lifecycle: Known<Rules>,
    /// Archive tiers of Intelligent-Tiering, each in words.
    pub tiering: Known<Vec<Box<str>>>,
}

/// What keeps a bucket from the public, whatever its policy and its ACLs say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own at S3"
)]
pub struct PublicAccess {
    /// New public ACLs are refused.
    pub blocks_acls: bool,
    /// Public ACLs that are there have no effect.
    pub ignores_acls: bool,
    /// New public policies are refused.
    pub blocks_policies: bool,
    /// A public policy that is there lets only the account in.
    pub restricts: bool,
}

impl PublicAccess {
    /// How much of it is on, in words.
    pub fn words(self) -> String {
        let switches = [
            (self.blocks_acls, "new public ACLs"),
            (self.ignores_acls, "public ACLs that are there"),
            (self.blocks_policies, "new public policies"),
            (self.restricts, "a public policy that is there"),
        ];
        let off: Vec<&str> = switches
            .into_iter()
            .filter(|(on, _)| !on)
            .map(|(_, name)| name)
            .collect();
        match off.len() {
            0 => "all public access is blocked".to_owned(),
            4 => "not blocked: policy and ACLs decide who reads it".to_owned(),
            _ => format!("partly blocked: not {}", off.join(", ")),
        }
    }

    /// Whether all of it is on.
    pub fn is_whole(self) -> bool {
        self.blocks_acls && self.ignores_acls && self.blocks_policies && self.restricts
    }
}

/// What a bucket holds, by storage class.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Holds {
    /// Each class with what is in it, and what that costs a month, US dollars; the dearest first.
    pub classes: Vec<(Box<str>, Tally, f64)>,
}

impl Holds {
    /// What these classes cost in this region.
    pub fn of<'c>(
        classes: impl IntoIterator<Item = (&'c str, Tally)>,
        (prices, region): (&Prices, &str),
    ) -> Self {
        let with_cost = |(class, tally): (&str, Tally)| {
            let tariff = prices.of(Some(region), Some(class));
            (class.into(), tally, tariff.month(tally.bytes))
        };
        let mut classes: Vec<(Box<str>, Tally, f64)> = classes.into_iter().map(with_cost).collect();
        classes.sort_by(|one, other| other.2.total_cmp(&one.2));
        Self { classes }
    }

    /// All of it.
    pub fn total(&self) -> Tally {
        let mut total = Tally::default();
        for (_, tally, _) in &self.classes {
            total.join(*tally);
        }
        total
    }

    /// What storage alone costs a month, US dollars: requests, traffic and minimum sizes are not in it.
    pub fn month(&self) -> f64 {
        self.classes.iter().map(|(.., cost)| cost).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::{Holds, PublicAccess};
    use crate::domain::{entry::Tally, estimate::Prices};

    #[test]
    fn a_month_is_what_its_classes_cost() {
        let tally = |objects| Tally {
            objects,
            bytes: 100 << 30,
        };
        let classes = [("STANDARD_IA", tally(1)), ("STANDARD", tally(2))];
        let holds = Holds::of(classes, (Prices::embedded(), "us-east-2"));
        assert_eq!(&*holds.classes[0].0, "STANDARD");
        assert_eq!(holds.total().objects, 3);
        assert!(
            (holds.month() - (2.3 + 1.25)).abs() < 1e-6,
            "{}",
            holds.month()
        );
    }

    #[test]
    fn what_is_not_blocked_is_named() {
        let part = PublicAccess {
            blocks_acls: true,
            ignores_acls: true,
            ..PublicAccess::default()
        };
        let words = part.words();
        assert!(
            words.contains("new public policies, a public policy"),
            "{words}"
        );
        assert!(!part.is_whole());
    }
}
