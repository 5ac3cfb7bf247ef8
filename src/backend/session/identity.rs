//! Who a remote's credentials are: asked of STS, never on the way to the first frame, and never of a store that is not AWS's.

use std::sync::Arc;

use crate::backend::{
    counter::Operation,
    error::{Asked, Error},
};
use crate::domain::{location::Remote, retry::FailureKind};

use super::{Sessions, connect::Session};

/// Who we are for AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Twelve digits.
    pub account: Arc<str>,
    /// Role, user, or `root`: the part of the ARN that a person knows.
    pub name: Arc<str>,
}

impl Sessions {
    /// Who the remote's credentials are.
    ///
    /// # Errors
    /// No credentials, no answer; `Refused` when the configuration has no such remote.
    pub async fn identity(&self, remote: &Remote) -> Result<Identity, Error> {
        self.session(remote)?.identity().await
    }
}

impl Session {
    /// Asked once more where a clock that is off was the reason.
    async fn identity(&self) -> Result<Identity, Error> {
        let clock = self.connection().await.clock();
        let before = clock.put_right();
        let told = self.asked_identity().await;
        let refused = told
            .as_ref()
            .is_err_and(|error| error.failure_kind() == FailureKind::Credentials);
        if refused && clock.is_another_since(before) {
            return self.asked_identity().await;
        }
        told
    }

    async fn asked_identity(&self) -> Result<Identity, Error> {
        let connection = self.connection().await;
        let asked = Asked {
            operation: Operation::GetCallerIdentity,
            bucket: "",
            key: None,
            region: connection.region(),
            endpoint: connection.endpoint(),
            profile: self.options().profile.as_deref(),
        };
        self.counter().count(Operation::GetCallerIdentity);
        let sending = Box::pin(connection.sts().get_caller_identity().send());
        let wait = self.options().read_timeout;
        let told = match tokio::time::timeout(wait, sending).await {
            Ok(Ok(told)) => told,
            Ok(Err(error)) => return Err(self.noted(&connection, Error::sdk(&asked, &error))),
            Err(_) => return Err(Error::timeout(&asked, wait.as_secs())),
        };
        let identity = told
            .account()
            .zip(told.arn())
            .map(|(account, arn)| Identity {
                account: account.into(),
                name: name_of(arn).into(),
            });
        let nothing = || {
            let reason = "the answer names nobody";
            Error::new("GetCallerIdentity", "STS", FailureKind::Refused, reason)
        };
        identity.ok_or_else(nothing)
    }
}

/// `ada` of `arn:aws:iam::123456789012:user/team/ada`, the role of an assumed one, `root` of an account's own.
fn name_of(arn: &str) -> &str {
    let resource = arn.splitn(6, ':').last().unwrap_or(arn);
    match resource.split_once('/') {
        Some(("assumed-role", rest)) => rest.split('/').next().unwrap_or(rest),
        Some((_, rest)) => rest.rsplit('/').next().unwrap_or(rest),
        None => resource,
    }
}

#[cfg(test)]
mod tests {
    use super::name_of;

    #[test]
    fn a_person_knows_users_and_roles_by_their_names() {
        for (arn, name) in [
            ("arn:aws:iam::123456789012:user/team/ada", "ada"),
            (
                "arn:aws:sts::123456789012:assumed-role/Trainer/i-0ab1",
                "Trainer",
            ),
            ("arn:aws:iam::123456789012:root", "root"),
            ("arn:aws:sts::123456789012:federated-user/ada", "ada"),
            ("nonsense", "nonsense"),
        ] {
            assert_eq!(name_of(arn), name, "{arn}");
        }
    }
}
