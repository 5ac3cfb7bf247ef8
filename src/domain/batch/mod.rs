//! S3 Batch Operations, as far as no request is needed: the role that a job runs as, what its manifest looks like, what its
//! completion report says, and which rights its role needs.

mod manifest;
mod policy;
mod report;

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

pub use manifest::line;
pub use policy::{Wanted, policy};
pub use report::{Part, ReportError, Row, parts, rows};

/// The most bytes of an object that a job copies; AWS says 5 GB.
pub const LARGEST: u64 = 5_000_000_000;

/// The IAM role that a job runs as. Jobs belong to its account.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Role(Arc<str>);

/// What is no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a role is named as arn:aws:iam::123456789012:role/NAME")]
pub struct NoRole;

impl Role {
    /// Reads an ARN.
    ///
    /// # Errors
    /// Where it names no role.
    pub fn parse(arn: &str) -> Result<Self, NoRole> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", partition, "iam", "", account, resource] = parts.as_slice() else {
            return Err(NoRole);
        };
        let plain = |c: char| c.is_ascii_lowercase() || c == '-';
        let named = resource
            .strip_prefix("role/")
            .is_some_and(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic()));
        let digits = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        let partitioned = partition.starts_with("aws") && partition.chars().all(plain);
        if named && digits && partitioned {
            Ok(Self(arn.into()))
        } else {
            Err(NoRole)
        }
    }

    /// The ARN.
    pub fn arn(&self) -> &str {
        &self.0
    }

    /// The account that it is in: twelve digits.
    pub fn account(&self) -> &str {
        self.part(4)
    }

    /// The ARN of a bucket, or of an object where `path` is `bucket/key`, in the role's partition.
    pub fn of_s3(&self, path: &str) -> String {
        format!("arn:{}:s3:::{path}", self.part(1))
    }

    fn part(&self, at: usize) -> &str {
        self.0.split(':').nth(at).unwrap_or_default()
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Role {
    type Error = NoRole;

    fn try_from(arn: String) -> Result<Self, NoRole> {
        Self::parse(&arn)
    }
}

impl From<Role> for String {
    fn from(role: Role) -> Self {
        role.0.as_ref().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{NoRole, Role};

    #[test]
    fn a_role_tells_its_account_and_partition() {
        let role = Role::parse("arn:aws-cn:iam::123456789012:role/team/batch").unwrap();
        assert_eq!(role.account(), "123456789012");
        assert_eq!(role.of_s3("b/k"), "arn:aws-cn:s3:::b/k");
        for wrong in [
            "",
            "batch",
            "arn:aws:iam::123456789012:user/ada",
            "arn:aws:iam::12345:role/x",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::123456789012:role/x\u{1b}",
            "arn:\u{1b}:iam::123456789012:role/x",
        ] {
            assert_eq!(Role::parse(wrong), Err(NoRole), "{wrong:?}");
        }
    }
}
