//! Errors of the SDK, freed from its types: either S3 answered (`answer.rs` judges what), or no answer came.

use std::error::Error as StdError;

use aws_config::imds::client::error::ImdsError;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ConnectorError, ProvideErrorMetadata, SdkError},
    operation::RequestId,
};
use hyper_util::client::legacy;

use crate::backend::counter::Operation;
use crate::domain::{retry::FailureKind, text::printable};

use super::{Error, ErrorKind, Trouble, answer::Answer};

/// What was asked: the words of an error come from here.
#[derive(Debug, Clone)]
pub(in crate::backend) struct Asked<'a> {
    /// Which request.
    pub(in crate::backend) operation: Operation,
    /// Which bucket; empty for `ListBuckets`.
    pub(in crate::backend) bucket: &'a str,
    /// The whole key in the bucket, where one was named.
    pub(in crate::backend) key: Option<&'a str>,
    /// The region the request was signed for.
    pub(in crate::backend) region: &'a str,
    /// The endpoint, where it is not AWS's own.
    pub(in crate::backend) endpoint: Option<&'a str>,
    /// The profile that was asked for.
    pub(in crate::backend) profile: Option<&'a str>,
}

impl Asked<'_> {
    /// `s3://bucket/key`, safe for a terminal.
    pub(in crate::backend) fn target(&self) -> String {
        if self.bucket.is_empty() {
            return "s3://".to_owned();
        }
        let key = printable(self.key.unwrap_or_default().as_bytes());
        format!("s3://{}/{key}", self.bucket)
    }

    /// Where the request went, for a person.
    pub(super) fn place(&self) -> String {
        match self.endpoint {
            Some(endpoint) => printable(endpoint.as_bytes()).into_owned(),
            None => format!("S3 in {}", self.region),
        }
    }
}

impl<E> Trouble for SdkError<E, HttpResponse>
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    fn told(self, asked: &Asked<'_>) -> Error {
        Error::sdk(asked, &self)
    }
}

impl Error {
    /// The error of one request by the SDK.
    pub(in crate::backend) fn sdk<E>(asked: &Asked<'_>, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let answered = error.raw_response().is_some();
        if answered && matches!(error, SdkError::ServiceError(_)) {
            return Answer::of(error).judge(asked);
        }
        let (kind, reason) = match error {
            SdkError::TimeoutError(_) => silent(asked),
            SdkError::ResponseError(_) => broken(asked, &innermost(error)),
            SdkError::DispatchFailure(failure) => {
                let connector = failure.as_connector_error();
                let timeout = connector.is_some_and(ConnectorError::is_timeout);
                if timeout {
                    unreachable(asked, "no connection in time")
                } else {
                    undelivered(asked, error)
                }
            }
            SdkError::ConstructionFailure(_) | SdkError::ServiceError(_) | _ => {
                undelivered(asked, error)
            }
        };
        Self {
            op: asked.operation.name(),
            target: asked.target(),
            kind,
            reason,
            request_id: error.request_id().map(Box::from),
        }
    }

    /// No answer came within the time that a remote is given.
    pub(in crate::backend) fn timeout(asked: &Asked<'_>, seconds: u64) -> Self {
        let reason = format!("no answer from {} within {seconds} s", asked.place());
        Self::new(
            asked.operation.name(),
            asked.target(),
            FailureKind::Transient,
            reason,
        )
    }
}

fn silent(asked: &Asked<'_>) -> (ErrorKind, String) {
    let reason = format!("no answer from {} in time", asked.place());
    (ErrorKind::Failure(FailureKind::Transient), reason)
}

/// An answer came, and cannot be read.
pub(in crate::backend) fn broken(asked: &Asked<'_>, why: &str) -> (ErrorKind, String) {
    let reason = format!(
        "the answer of {} broke off or made no sense: {why}",
        asked.place()
    );
    (ErrorKind::Failure(FailureKind::Transient), reason)
}

fn unreachable(asked: &Asked<'_>, why: &str) -> (ErrorKind, String) {
    let remedy = match asked.endpoint {
        Some(_) => "check endpoint_url and that the server runs",
        None => "check the network, the region's name, and a proxy or firewall",
    };
    let reason = format!("nothing answers at {} ({why}): {remedy}", asked.place());
    (ErrorKind::Unreachable, reason)
}

/// The request never got an answer: no credentials, no connection, or the connection broke.
pub(in crate::backend) fn undelivered(
    asked: &Asked<'_>,
    error: &(dyn StdError + 'static),
) -> (ErrorKind, String) {
    for cause in chain(error) {
        if let Some(trouble) = cause.downcast_ref::<CredentialsError>() {
            return (
                ErrorKind::Failure(FailureKind::Credentials),
                credentials(asked, trouble),
            );
        }
        if cause
            .downcast_ref::<legacy::Error>()
            .is_some_and(legacy::Error::is_connect)
        {
            return unreachable(asked, &innermost(cause));
        }
    }
    let why = innermost(error);
    let broke = chain(error).any(<dyn StdError>::is::<std::io::Error>);
    if broke || why.contains("connection") {
        let reason = format!("the connection to {} broke: {why}", asked.place());
        return (ErrorKind::Failure(FailureKind::Transient), reason);
    }
    if why.contains("hyper")
        || chain(error).any(|cause| cause.is::<legacy::Error>() || cause.is::<hyper::Error>())
    {
        let reason = format!("the request to {} failed: {why}", asked.place());
        return (ErrorKind::Failure(FailureKind::Transient), reason);
    }
    let reason = format!("the request could not be made: {why}");
    (ErrorKind::Failure(FailureKind::Refused), reason)
}

const NO_CREDENTIALS: &str = "no credentials: looked in the environment (AWS_ACCESS_KEY_ID), the profile (AWS_PROFILE or \"default\"), a web identity token, the container's and the instance's role; run `aws configure` or `aws sso login`, name a profile with --profile, or read a public bucket with --no-sign-request";

fn credentials(asked: &Asked<'_>, trouble: &CredentialsError) -> String {
    let why = innermost(trouble);
    // The instance's metadata is the last source of all: when it fails, none before it had any.
    let last_source = chain(trouble).any(<dyn StdError>::is::<ImdsError>) || why.contains("IMDS");
    match (trouble, asked.profile) {
        (CredentialsError::CredentialsNotLoaded(_), Some(profile)) => format!(
            "the profile \"{profile}\" gives no credentials ({why}): check it in ~/.aws/config and ~/.aws/credentials, or run `aws sso login --profile {profile}`"
        ),
        (CredentialsError::CredentialsNotLoaded(_), None) => NO_CREDENTIALS.to_owned(),
        _ if last_source => format!("{NO_CREDENTIALS} (the instance's metadata: {why})"),
        (CredentialsError::ProviderTimedOut(_), _) => {
            "the source of the credentials did not answer in time: try again, or log in anew"
                .to_owned()
        }
        (CredentialsError::InvalidConfiguration(_), _) => {
            format!("the credentials' configuration is wrong: {why}")
        }
        (CredentialsError::ProviderError(_) | CredentialsError::Unhandled(_) | _, _) => {
            let profile = asked.profile.map(|name| format!(" --profile {name}"));
            let login = format!("aws sso login{}", profile.unwrap_or_default());
            format!(
                "the source of the credentials refused: {why}; logging in anew may help (`{login}`)"
            )
        }
    }
}

fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let this = next?;
        next = this.source();
        Some(this)
    })
}

/// The words of the last cause, safe for a terminal.
pub(in crate::backend) fn innermost(error: &(dyn StdError + 'static)) -> String {
    let words = chain(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default();
    printable(words.as_bytes()).chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::operation::get_object::GetObjectError;

    use super::{Asked, CredentialsError, Error, FailureKind, Operation, SdkError};

    fn told(trouble: CredentialsError, profile: Option<&str>) -> Error {
        let asked = Asked {
            operation: Operation::GetObject,
            bucket: "photos",
            key: Some("a"),
            region: "us-east-1",
            endpoint: None,
            profile,
        };
        Error::sdk::<GetObjectError>(&asked, &SdkError::construction_failure(trouble))
    }

    #[test]
    fn missing_credentials_name_the_sources_that_were_tried() {
        let none = CredentialsError::not_loaded("no providers in chain provided credentials");
        let forbidden = CredentialsError::provider_error("request forbidden: IMDS is disabled");
        for trouble in [none, forbidden] {
            let error = told(trouble, None);
            assert_eq!(error.failure_kind(), FailureKind::Credentials);
            for word in [
                "AWS_ACCESS_KEY_ID",
                "AWS_PROFILE",
                "instance's role",
                "--profile",
            ] {
                assert!(error.reason.contains(word), "{error}");
            }
        }
    }

    #[test]
    fn a_named_profile_is_named_with_its_remedy() {
        let error = told(CredentialsError::not_loaded("no such profile"), Some("lab"));
        assert!(
            error.reason.contains("aws sso login --profile lab"),
            "{error}"
        );
        let error = told(
            CredentialsError::provider_error("the SSO session has expired"),
            Some("lab"),
        );
        assert!(error.reason.contains("SSO session has expired"), "{error}");
        assert!(
            error.reason.contains("aws sso login --profile lab"),
            "{error}"
        );
    }
}
