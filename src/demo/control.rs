//! The way of requests to the small services (EC2, CloudWatch and its Logs, SSM, S3 Control, what runs beside instances): their bodies are read first, because the operation may stand
//! there; log and faults see them as they see those of S3, and a fault is told in the service's own words.

use super::answer::{Answer, Harm, Watched};
use super::call::Call;
use super::cloud::Refusal;
use super::fault::Fault;
use super::front::{Hangup, Service, signed_at};
use super::services::{self, Which};
use super::{batch, cloudwatch, ec2, json, logs, ssm};
use bytes::Bytes;
use http::{Response, StatusCode, request::Parts};
use http_body_util::{BodyExt as _, Limited};

/// The largest body of a request.
const LARGEST: usize = 4 << 20;

/// A service of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Small {
    Ec2,
    CloudWatch,
    Logs,
    Ssm,
    /// It signs as S3 does, and is known by its path.
    S3Control,
    /// What AWS runs beside instances.
    Beside(Which),
}

impl Small {
    /// The service of a signature's scope, where it is one of these.
    /// CloudWatch is spoken to in CBOR only: who speaks an older wire of it is told that it is not served.
    pub(super) fn of(service: &str, parts: &Parts) -> Option<Self> {
        let headers = &parts.headers;
        match service {
            "s3" => {
                batch::operation(&parts.method, parts.uri.path())?;
                Some(Self::S3Control)
            }
            "ec2" => Some(Self::Ec2),
            "logs" => Some(Self::Logs),
            "ssm" => Some(Self::Ssm),
            "monitoring" if headers.contains_key("smithy-protocol") => Some(Self::CloudWatch),
            other => Which::of(other).map(Self::Beside),
        }
    }

    fn refuse(self, refusal: &Refusal) -> Response<s3s::Body> {
        match self {
            Self::Ec2 => ec2::refuse(refusal),
            Self::CloudWatch => cloudwatch::refuse(refusal),
            Self::Logs | Self::Ssm => json::refuse(refusal),
            Self::S3Control => batch::refuse(refusal),
            Self::Beside(which) => which.refuse(refusal),
        }
    }

    /// How a signature of another time is refused: EC2 tells it from wrong keys in no way.
    fn untimely(self) -> Refusal {
        let (code, message) = match self {
            Self::Ec2 => (
                "AuthFailure",
                "AWS was not able to validate the provided access credentials",
            ),
            Self::S3Control => (
                "RequestTimeTooSkewed",
                "The difference between the request time and the server's time is too large.",
            ),
            Self::CloudWatch | Self::Logs | Self::Ssm => {
                ("InvalidSignatureException", "Signature expired")
            }
            Self::Beside(_) => ("SignatureDoesNotMatch", "Signature expired"),
        };
        Refusal::new(code, message).with_status(StatusCode::FORBIDDEN)
    }

    /// What a fault answers in place of the operation, in the words of this service.
    fn hurt(self, fault: Fault) -> Option<Refusal> {
        let (status, code, message) = fault.refusal()?;
        let code = match (self, fault) {
            (Self::Ec2, Fault::SlowDown) => "RequestLimitExceeded",
            (Self::CloudWatch, Fault::SlowDown) => "Throttling",
            (Self::Logs | Self::Ssm, Fault::SlowDown) => "ThrottlingException",
            (Self::Beside(which), Fault::SlowDown) => which.throttles(),
            _ => code,
        };
        // An error inside a 200 is S3's way alone.
        let status = StatusCode::from_u16(status)
            .ok()
            .filter(|status| *status != StatusCode::OK);
        let refusal = Refusal::new(code, message);
        Some(refusal.with_status(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)))
    }
}

impl Service {
    /// Answers a request to a small service.
    pub(super) async fn small(
        &self,
        small: Small,
        (parts, body): (Parts, Watched),
        mut call: Call,
        connection: u64,
    ) -> Result<Response<Answer>, Hangup> {
        let body = Limited::new(body, LARGEST).collect().await;
        let body = body.map_err(|_broken| Hangup)?.to_bytes();
        let form = ec2::Form::read(&String::from_utf8_lossy(&body));
        call.bucket = String::new();
        if matches!(small, Small::Ec2) {
            call.query = String::from_utf8_lossy(&body).into_owned();
        }
        (call.operation, call.key) = match small {
            Small::Ec2 => (ec2::operation(&form), ids(&form)),
            Small::CloudWatch => (cloudwatch::operation(parts.uri.path()), String::new()),
            Small::Logs => logs::gist(&parts.headers, &body),
            Small::Ssm => ssm::gist(&parts.headers, &body),
            Small::S3Control => batch::operation(&parts.method, parts.uri.path())
                .unwrap_or(("Unknown", String::new())),
            Small::Beside(which) => which.gist(&parts, &form, &body),
        };
        let record = self.front.log.open(call, connection);
        self.front.log.tell();
        let sentence = self.front.faults.judge(&record.call);
        if let Some(fault) = sentence.fault {
            record.hurt_by(fault.name());
        }
        tokio::time::sleep(sentence.delay).await;
        self.front.faults.show(&record.call);
        match sentence.fault {
            Some(Fault::Reset) => return Err(Hangup),
            Some(Fault::Stall) => self.front.faults.stall().await,
            _ => {}
        }
        let response = match sentence.fault.and_then(|fault| small.hurt(fault)) {
            Some(refusal) => small.refuse(&refusal),
            None => self.small_answer(small, &record.call, (&form, &body, &parts)),
        };
        if matches!(sentence.fault, Some(Fault::Lost | Fault::Cut)) {
            return Err(Hangup);
        }
        record.answered(response.status().as_u16());
        self.front.log.tell();
        Ok(self.finish(response, &record, Harm::default()))
    }

    fn small_answer(
        &self,
        small: Small,
        call: &Call,
        (form, body, parts): (&ec2::Form, &Bytes, &Parts),
    ) -> Response<s3s::Body> {
        let date = parts.headers.get("x-amz-date").and_then(signed_at);
        if !self.front.store.is_timely(date) {
            return small.refuse(&small.untimely());
        }
        let region = call.region.as_deref().unwrap_or_default();
        let key = call.access_key.as_deref();
        let known = key.is_some_and(|key| self.front.store.knows_key(key));
        let cloud = &self.front.cloud;
        match small {
            Small::Ec2 => ec2::answer(cloud, form, region, known),
            Small::CloudWatch => cloudwatch::answer(cloud, (call.operation, body), region, known),
            Small::Logs => {
                let world = (cloud, &self.front.logs);
                logs::answer(world, (call.operation, body), region, known)
            }
            Small::Ssm => ssm::answer(cloud, (call.operation, body), region, known),
            Small::S3Control => self.front.jobs.answer(&batch::Request {
                operation: call.operation,
                job: &call.key,
                query: &call.query,
                headers: &parts.headers,
                body: &String::from_utf8_lossy(body),
                region,
                key: key.filter(|_| known),
            }),
            Small::Beside(which) => which.answer(
                (cloud, &self.front.logs),
                &services::Request {
                    operation: call.operation,
                    parts,
                    form,
                    body,
                    region,
                    known,
                },
            ),
        }
    }
}

/// The ids that a form names: what rules of faults match on, and the log shows.
fn ids(form: &ec2::Form) -> String {
    let lists = ["InstanceId", "VolumeId", "SnapshotId", "AllocationId"];
    let listed = lists.iter().flat_map(|name| form.list(name));
    let single = lists.iter().chain(&["ClientToken"]);
    let single = single.filter_map(|name| form.get(name));
    listed.chain(single).collect::<Vec<_>>().join(",")
}
