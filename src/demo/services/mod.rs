//! The wires of what AWS runs beside instances: Elastic Load Balancing and Auto Scaling (forms, answered in XML), EFS (paths and JSON),
//! FSx, SageMaker, tags and quotas (JSON 1.1), and the names of the account by IAM. All over the world of `cloud`, and each refuses in its own words.

mod efs;
mod fsx;
mod iam;
mod query;
mod quotas;
mod sagemaker;
mod scaling;
mod tags;

mod balancing;

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header, request::Parts};
use serde_json::{Value, json};

use super::{
    cloud::{Cloud, Refusal, World},
    ec2::Form,
    json,
    logs::Logs,
    uri,
};

/// A service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Balancing,
    Scaling,
    Efs,
    Fsx,
    SageMaker,
    Tagging,
    Quotas,
    Iam,
}

/// What a request stands in.
pub(super) struct Ask<'a> {
    pub(super) form: &'a Form,
    body: &'a Value,
    path: &'a str,
    query: &'a str,
    region: &'a str,
    now: SystemTime,
    logs: &'a Logs,
}

/// A request, before it is read.
pub(super) struct Request<'a> {
    pub(super) operation: &'static str,
    pub(super) parts: &'a Parts,
    pub(super) form: &'a Form,
    pub(super) body: &'a Bytes,
    pub(super) region: &'a str,
    pub(super) known: bool,
}

/// What an operation tells: XML or JSON, as the service speaks.
pub(super) enum Said {
    Xml(String),
    Json(Value),
    Nothing,
}

type Told = Result<Said, Refusal>;

/// An operation: it may change the world, and refuse.
type Act = fn(&Ask<'_>, &mut World) -> Told;

impl Which {
    /// The service of a signature's scope.
    pub(super) fn of(service: &str) -> Option<Self> {
        Some(match service {
            "elasticloadbalancing" => Self::Balancing,
            "autoscaling" => Self::Scaling,
            "elasticfilesystem" => Self::Efs,
            "fsx" => Self::Fsx,
            "sagemaker" => Self::SageMaker,
            "tagging" => Self::Tagging,
            "servicequotas" => Self::Quotas,
            "iam" => Self::Iam,
            _ => return None,
        })
    }

    /// What its rights begin with.
    fn rights(self) -> &'static str {
        match self {
            Self::Balancing => "elasticloadbalancing",
            Self::Scaling => "autoscaling",
            Self::Efs => "elasticfilesystem",
            Self::Fsx => "fsx",
            Self::SageMaker => "sagemaker",
            Self::Tagging => "tag",
            Self::Quotas => "servicequotas",
            Self::Iam => "iam",
        }
    }

    fn operations(self) -> &'static [(&'static str, Act)] {
        match self {
            Self::Balancing => &balancing::OPERATIONS,
            Self::Scaling => &scaling::OPERATIONS,
            Self::Efs => &efs::OPERATIONS,
            Self::Fsx => &fsx::OPERATIONS,
            Self::SageMaker => &sagemaker::OPERATIONS,
            Self::Tagging => &tags::OPERATIONS,
            Self::Quotas => &quotas::OPERATIONS,
            Self::Iam => &iam::OPERATIONS,
        }
    }

    fn is_query(self) -> bool {
        matches!(self, Self::Balancing | Self::Scaling | Self::Iam)
    }

    /// The operation of a request, and the thing that it names.
    pub(super) fn gist(self, parts: &Parts, form: &Form, body: &Bytes) -> (&'static str, String) {
        let name = match self {
            Self::Balancing | Self::Scaling | Self::Iam => form.get("Action").unwrap_or_default(),
            Self::Efs => efs::operation(&parts.method, parts.uri.path()),
            Self::Fsx | Self::SageMaker | Self::Tagging | Self::Quotas => {
                json::operation(&parts.headers)
            }
        };
        let mut known = self.operations().iter().map(|(known, _)| *known);
        let operation = known.find(|known| *known == name).unwrap_or("Unknown");
        (operation, self.names(parts, form, body))
    }

    fn names(self, parts: &Parts, form: &Form, body: &Bytes) -> String {
        if self == Self::Efs {
            let last = parts.uri.path().rsplit('/').next();
            return last.unwrap_or_default().to_owned();
        }
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let names = [
            "LoadBalancerArn",
            "LoadBalancerName",
            "BackupId",
            "AutoScalingGroupName",
            "FileSystemId",
            "EndpointName",
        ];
        let of = |name: &&str| {
            let in_form = form.get(name).map(str::to_owned);
            in_form.or_else(|| Some(body.get(*name)?.as_str()?.to_owned()))
        };
        names.iter().find_map(of).unwrap_or_default()
    }

    /// Writes a refusal as this service does.
    pub(super) fn refuse(self, refusal: &Refusal) -> Response<s3s::Body> {
        if self.is_query() {
            return query::refuse(refusal);
        }
        if self == Self::Efs {
            let told = json!({ "ErrorCode": refusal.code, "Message": refusal.message });
            let mut response = json::respond(refusal.status, &told);
            if let Ok(code) = HeaderValue::from_str(&refusal.code) {
                response.headers_mut().insert("x-amzn-errortype", code);
            }
            return response;
        }
        json::refuse(refusal)
    }

    /// The code with which it asks to slow down.
    pub(super) fn throttles(self) -> &'static str {
        if self.is_query() {
            "Throttling"
        } else {
            "ThrottlingException"
        }
    }

    /// Answers a request.
    pub(super) fn answer(
        self,
        (cloud, logs): (&Cloud, &Logs),
        request: &Request<'_>,
    ) -> Response<s3s::Body> {
        match self.told((cloud, logs), request) {
            Ok(Said::Xml(xml)) => query::respond(StatusCode::OK, xml),
            Ok(Said::Json(value)) => json::respond(StatusCode::OK, &value),
            Ok(Said::Nothing) => {
                let mut response = Response::new(s3s::Body::empty());
                *response.status_mut() = StatusCode::NO_CONTENT;
                response.headers_mut().insert(
                    header::CONTENT_TYPE,
                    HeaderValue::from_static("application/json"),
                );
                response
            }
            Err(refusal) => self.refuse(&refusal),
        }
    }

    fn told(self, (cloud, logs): (&Cloud, &Logs), request: &Request<'_>) -> Told {
        let mut world = cloud.settled();
        // The account's names are asked in one place for all regions.
        let on = self == Self::Iam || world.is_on(request.region);
        if !request.known || !on {
            let message = "The security token included in the request is invalid.";
            let code = if self.is_query() {
                "InvalidClientTokenId"
            } else {
                "UnrecognizedClientException"
            };
            return Err(Refusal::new(code, message).with_status(StatusCode::FORBIDDEN));
        }
        let mut all = self.operations().iter();
        let Some((name, act)) = all.find(|(known, _)| *known == request.operation) else {
            let message = format!("Could not find operation {}", request.operation);
            return Err(Refusal::new("InvalidAction", message));
        };
        if !world.allows(self.rights(), name) {
            let message = format!(
                "User is not authorized to perform: {}:{name}",
                self.rights()
            );
            let code = if self.is_query() {
                "AccessDenied"
            } else {
                "AccessDeniedException"
            };
            return Err(Refusal::new(code, message).with_status(StatusCode::FORBIDDEN));
        }
        let body: Value = serde_json::from_slice(request.body).unwrap_or_default();
        let ask = Ask {
            form: request.form,
            body: &body,
            path: request.parts.uri.path(),
            query: request.parts.uri.query().unwrap_or_default(),
            region: request.region,
            now: cloud.now(),
            logs,
        };
        act(&ask, &mut world)
    }
}

impl Ask<'_> {
    /// A word of the body in JSON.
    fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name)?.as_str()
    }

    /// The key of something of this name here.
    fn key(&self, name: &str) -> (String, String) {
        (self.region.to_owned(), name.to_owned())
    }

    /// The page of things that a token asks for, and the token of the next one; `most` things are on a page.
    fn page<T>(
        things: Vec<T>,
        token: Option<&str>,
        most: usize,
    ) -> Result<(Vec<T>, Option<String>), Refusal> {
        let from: usize = match token.filter(|token| !token.is_empty()) {
            None => 0,
            Some(token) => token
                .strip_prefix("page-")
                .and_then(|at| at.parse().ok())
                .ok_or_else(|| Refusal::new("InvalidNextToken", "The token is not valid."))?,
        };
        let end = from.saturating_add(most);
        let next = (end < things.len()).then(|| format!("page-{end}"));
        Ok((things.into_iter().skip(from).take(most).collect(), next))
    }
}

/// Tags as JSON has them.
fn tags_of(tags: &[(String, String)]) -> Value {
    let tags = tags
        .iter()
        .map(|(key, value)| json!({ "Key": key, "Value": value }));
    tags.collect()
}

/// A time as JSON has it.
fn seconds(at: SystemTime) -> f64 {
    at.duration_since(UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}
