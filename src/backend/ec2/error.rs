//! What EC2, CloudWatch and its Logs answered → kind of failure and words for a person: the one table of their error codes.

use std::error::Error as StdError;

use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::RequestId as _,
};

use crate::backend::{
    counter::Operation,
    error::{self, Error, ErrorKind},
};
use crate::domain::{retry::FailureKind, text::printable};

/// What was asked.
#[derive(Debug, Clone, Copy)]
pub(in crate::backend) struct Asked<'a> {
    /// The operation.
    pub(in crate::backend) operation: &'static str,
    /// `EC2`, `CloudWatch`, `Auto Scaling`, ….
    pub(in crate::backend) service: &'static str,
    /// The thing that was named; empty where none was.
    pub(in crate::backend) target: &'a str,
}

/// Where it was asked.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) region: String,
    pub(super) endpoint: Option<String>,
    pub(super) profile: Option<String>,
}

impl Asked<'_> {
    /// The thing that was named, safe for a terminal; the service where none was.
    pub(super) fn shown(&self) -> String {
        let target = if self.target.is_empty() {
            self.service
        } else {
            self.target
        };
        printable(target.as_bytes()).into_owned()
    }

    /// The error of one request.
    pub(super) fn told<E>(&self, place: &Place, error: &SdkError<E, HttpResponse>) -> Error
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let code = error.code().unwrap_or_default();
        if matches!(error, SdkError::ServiceError(_)) && !code.is_empty() {
            let message = error.message().unwrap_or_default();
            let status = error.raw_response().map_or(0, |raw| raw.status().as_u16());
            let kind = kind(code, status);
            return Error {
                op: self.operation,
                target: self.shown(),
                kind: ErrorKind::Failure(kind),
                reason: self.words(place, kind, (code, message)),
                request_id: error.request_id().map(Box::from),
            };
        }
        // No answer, or none of this service: the same words as for any other.
        let asked = error::Asked {
            operation: Operation::GetCallerIdentity,
            bucket: "",
            key: None,
            region: &place.region,
            endpoint: place.endpoint.as_deref(),
            profile: place.profile.as_deref(),
        };
        let told = Error::sdk(&asked, error);
        // What speaks of S3 means whoever was asked.
        let reason = match told.reason.strip_prefix("S3 ") {
            Some(rest) => format!("{} {rest}", self.service),
            None => told
                .reason
                .replacen("S3 in", &format!("{} in", self.service), 1),
        };
        Error {
            op: self.operation,
            target: self.shown(),
            reason,
            ..told
        }
    }

    fn words(&self, place: &Place, kind: FailureKind, (code, message): (&str, &str)) -> String {
        let service = self.service;
        let quoted = format!(
            "{} ({})",
            printable(message.trim_end_matches('.').as_bytes()),
            printable(code.as_bytes())
        );
        match kind {
            FailureKind::Throttled => format!("{service} asks to slow down: {quoted}"),
            FailureKind::Transient => format!("{service} failed for a moment: {quoted}"),
            FailureKind::Denied => format!(
                "the credentials lack {}:{}: ask for it in their policy. {quoted}",
                policy(service),
                self.operation
            ),
            FailureKind::Credentials if code == "AuthFailure" => format!(
                "EC2 in {} does not take the credentials: they are wrong, or the region is switched off for this account. {quoted}",
                place.region
            ),
            FailureKind::Credentials => format!(
                "{service} does not take the credentials; log in anew (`aws sso login`), or name others with --profile. {quoted}"
            ),
            FailureKind::NotFound => format!(
                "there is none of this id in {}: it is gone, or in another region (--region). {quoted}",
                place.region
            ),
            FailureKind::Corrupt
            | FailureKind::Changed
            | FailureKind::DiskFull
            | FailureKind::Archived
            | FailureKind::Refused
            | FailureKind::Cancelled => match remedy(service, code) {
                Some(remedy) => format!("{service} refuses: {quoted}; {remedy}"),
                None => format!("{service} refuses: {quoted}"),
            },
        }
    }
}

/// What rights of a service begin with.
fn policy(service: &str) -> String {
    match service {
        "CloudWatch Logs" => "logs".to_owned(),
        "EFS" => "elasticfilesystem".to_owned(),
        "Resource Groups Tagging" => "tag".to_owned(),
        service => service.to_lowercase().replace(' ', ""),
    }
}

/// What can be done about a refusal.
fn remedy(service: &str, code: &str) -> Option<&'static str> {
    Some(match code {
        "OperationNotPermitted" if service == "EC2" => {
            "termination protection is on: `aws ec2 modify-instance-attribute --no-disable-api-termination --instance-id ID` switches it off"
        }
        "UnsupportedOperation" => "a one-time spot instance can only be terminated",
        "IncorrectInstanceState" => "look again: its state has changed",
        "VolumeInUse" => "stop or terminate its instance first, or detach it",
        "InvalidIPAddress.InUse" => "untie it first, or terminate its instance",
        "InvalidSnapshot.InUse" => "deregister its image first",
        "InvalidInstanceId" => {
            "no agent of SSM takes a command there: wharf instances show ID tells whether it runs"
        }
        "InsufficientInstanceCapacity" => {
            "another zone or type may have room, and this one later: try again"
        }
        "ScalingActivityInProgress" => "it still launches or ends instances: try again in a moment",
        "FileSystemInUse" => "something is still mounted on it: end that first",
        "InvalidAction" => "the endpoint may be no AWS: instances are asked of AWS itself",
        _ => return None,
    })
}

fn kind(code: &str, status: u16) -> FailureKind {
    match code {
        "RequestLimitExceeded"
        | "Throttling"
        | "ThrottlingException"
        | "RequestThrottled"
        | "Unavailable"
        | "ServiceUnavailable"
        | "SlowDown" => FailureKind::Throttled,
        "InternalError" | "InternalFailure" | "InternalServiceFault" | "RequestTimeout" => {
            FailureKind::Transient
        }
        "UnauthorizedOperation" | "AccessDenied" | "AccessDeniedException" => FailureKind::Denied,
        "AuthFailure"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "MissingAuthenticationToken"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "OptInRequired" => FailureKind::Credentials,
        "ResourceNotFoundException" | "NoSuchResourceException" | "NoSuchEntity" => {
            FailureKind::NotFound
        }
        _ if code.ends_with("NotFound") => FailureKind::NotFound,
        // Told with a 500, and yet an answer: nothing was made.
        _ if code.starts_with("Insufficient") && code.ends_with("Capacity") => FailureKind::Refused,
        _ if status >= 500 => FailureKind::Transient,
        _ => FailureKind::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, FailureKind, Place, kind};

    #[test]
    fn codes_have_their_kinds() {
        for (code, status, wanted) in [
            ("RequestLimitExceeded", 503, FailureKind::Throttled),
            ("Throttling", 400, FailureKind::Throttled),
            ("InternalError", 500, FailureKind::Transient),
            ("UnauthorizedOperation", 403, FailureKind::Denied),
            ("AuthFailure", 401, FailureKind::Credentials),
            ("InvalidVolume.NotFound", 400, FailureKind::NotFound),
            ("InvalidInstanceID.Malformed", 400, FailureKind::Refused),
            ("InsufficientInstanceCapacity", 500, FailureKind::Refused),
            ("SomethingNew", 503, FailureKind::Transient),
        ] {
            assert_eq!(kind(code, status), wanted, "{code}");
        }
    }

    #[test]
    fn words_name_the_right_that_is_missing_and_the_way_out() {
        let asked = Asked {
            operation: "TerminateInstances",
            service: "EC2",
            target: "i-1\u{1b}",
        };
        let place = Place {
            region: "us-east-1".into(),
            endpoint: None,
            profile: None,
        };
        let words = |kind, code| asked.words(&place, kind, (code, "no\u{7}."));
        let denied = words(FailureKind::Denied, "UnauthorizedOperation");
        assert!(denied.contains("ec2:TerminateInstances"), "{denied}");
        let protected = words(FailureKind::Refused, "OperationNotPermitted");
        assert!(protected.contains("protection") && !protected.contains('\u{7}'));
        assert!(!asked.shown().contains('\u{1b}'));
    }
}
