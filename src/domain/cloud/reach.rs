//! By which way an instance's shell is reached, and for which instances a run says so.

use crate::domain::{location::Remote, training::machine::MachineName};

use super::Instance;

/// Who logs in where nobody says: the user of Amazon's images.
const USER: &str = "ec2-user";

/// By which way the shell of an instance is reached.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Reach {
    /// By the agent of SSM.
    #[default]
    Ssm,
    /// By ssh, as this user.
    Ssh(Box<str>),
}

impl Reach {
    /// The words of the configuration.
    pub const WORDS: [&str; 2] = ["ssm", "ssh"];

    /// By its word, with the user that logs in.
    pub fn of(word: &str, user: Option<&str>) -> Self {
        match word {
            "ssh" => Self::Ssh(user.unwrap_or(USER).into()),
            _ => Self::Ssm,
        }
    }
}

/// What a run says of the way to its instances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The run.
    pub run: Box<str>,
    /// Whose its instances are; anybody's where it is unnamed.
    pub remote: Remote,
    /// How its instance is named.
    pub name: Option<MachineName>,
    /// The way.
    pub reach: Reach,
}

impl Reached {
    /// Whether it speaks of an instance.
    pub fn means(&self, remote: &Remote, instance: &Instance) -> bool {
        let whose = self.remote == *remote || self.remote == Remote::default();
        let named = self.name.as_ref().is_some_and(|name| name.means(instance));
        whose && (named || instance.run() == Some(&*self.run))
    }
}

#[cfg(test)]
mod tests {
    use super::{Reach, Reached};
    use crate::domain::{
        cloud::{Instance, RUN_TAG},
        location::Remote,
    };

    #[test]
    fn a_run_speaks_of_the_instances_it_names_and_of_those_it_launched() {
        let reached = Reached {
            run: "stage2".into(),
            remote: Remote::named("main"),
            name: "trainer".parse().ok(),
            reach: Reach::of("ssh", None),
        };
        let tagged = |key: &str, value: &str| Instance {
            id: "i-1".into(),
            tags: vec![(key.into(), value.into())],
            ..Instance::default()
        };
        let main = Remote::named("main");
        assert!(reached.means(&main, &tagged("Name", "trainer")));
        assert!(reached.means(&main, &tagged(RUN_TAG, "stage2")));
        assert!(!reached.means(&main, &tagged("Name", "labeler")));
        assert!(!reached.means(&Remote::named("other"), &tagged("Name", "trainer")));
        assert_eq!(reached.reach, Reach::Ssh("ec2-user".into()));
        assert_eq!(Reach::of("ssm", Some("ubuntu")), Reach::Ssm);
    }
}
