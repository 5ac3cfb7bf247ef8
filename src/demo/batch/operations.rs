//! S3 Control's wire: `/v20180820/jobs` with the account in a header, XML both ways.

use std::sync::atomic::Ordering;
use std::time::SystemTime;

use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use jiff::Timestamp;

use crate::demo::{cloud::Refusal, sts::ACCOUNT, uri};

use super::{
    Books, Jobs,
    asked::{self, Asked},
    job::{Job, State, World},
    tree::{Tag, leaf, node},
};

const NAMESPACE: &str = "http://awss3control.amazonaws.com/doc/2018-08-20/";
/// Jobs on a page of a list.
const PAGE: usize = 1000;

/// A request to S3 Control.
pub(in crate::demo) struct Request<'a> {
    pub(in crate::demo) operation: &'static str,
    pub(in crate::demo) job: &'a str,
    pub(in crate::demo) query: &'a str,
    pub(in crate::demo) headers: &'a HeaderMap,
    pub(in crate::demo) body: &'a str,
    pub(in crate::demo) region: &'a str,
    /// The key that signed; `None` for an unknown one.
    pub(in crate::demo) key: Option<&'a str>,
}

/// The operation of a method and a path, and the job that it names; `None` where the path is not of S3 Control.
pub(in crate::demo) fn operation(method: &Method, path: &str) -> Option<(&'static str, String)> {
    let rest = path.strip_prefix("/v20180820/jobs")?;
    if !(rest.is_empty() || rest.starts_with('/')) {
        return None;
    }
    let parts: Vec<&str> = rest.split('/').skip(1).collect();
    let is = |wanted: Method| *method == wanted;
    let (name, job) = match parts.as_slice() {
        [] if rest.is_empty() && is(Method::POST) => ("CreateJob", ""),
        [] if rest.is_empty() && is(Method::GET) => ("ListJobs", ""),
        [job] if is(Method::GET) => ("DescribeJob", *job),
        [job, "status"] if is(Method::POST) => ("UpdateJobStatus", *job),
        [job, "priority"] if is(Method::POST) => ("UpdateJobPriority", *job),
        _ => ("Unknown", ""),
    };
    Some((name, uri::decode(job)?))
}

/// A refusal in the words of S3 Control.
pub(in crate::demo) fn refuse(refusal: &Refusal) -> Response<s3s::Body> {
    let error = node(
        "Error",
        vec![
            leaf("Code", &refusal.code),
            leaf("Message", &refusal.message),
        ],
    );
    let root = node("ErrorResponse", vec![error, leaf("RequestId", "none")]);
    respond(refusal.status, &root)
}

fn respond(status: StatusCode, root: &Tag) -> Response<s3s::Body> {
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    root.write(&mut xml);
    let open = format!("<{}>", root.name);
    let named = format!("<{} xmlns=\"{NAMESPACE}\">", root.name);
    let mut response = Response::new(s3s::Body::from(xml.replacen(&open, &named, 1)));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/xml"),
    );
    response
}

fn invalid(message: &str) -> Refusal {
    Refusal::new("InvalidRequest", message)
}

fn denied(operation: &str) -> Refusal {
    let message = format!("User is not authorized to perform: s3:{operation}");
    Refusal::new("AccessDenied", message).with_status(StatusCode::FORBIDDEN)
}

impl Jobs {
    /// Answers a request.
    pub(in crate::demo) fn answer(&self, request: &Request<'_>) -> Response<s3s::Body> {
        match self.told(request) {
            Ok(below) => {
                let name = format!("{}Result", request.operation);
                respond(StatusCode::OK, &node(&name, below))
            }
            Err(refusal) => refuse(&refusal),
        }
    }

    fn told(&self, request: &Request<'_>) -> Result<Vec<Tag>, Refusal> {
        let Some(key) = request.key else {
            let message = "The AWS Access Key Id you provided does not exist in our records.";
            let refusal = Refusal::new("InvalidAccessKeyId", message);
            return Err(refusal.with_status(StatusCode::FORBIDDEN));
        };
        let account = request.headers.get("x-amz-account-id");
        match account.and_then(|account| account.to_str().ok()) {
            None => return Err(invalid("Missing required header: x-amz-account-id")),
            Some(account) if account != ACCOUNT => return Err(denied(request.operation)),
            Some(_) => {}
        }
        if !self.store.may(request.operation, key) {
            return Err(denied(request.operation));
        }
        match request.operation {
            "CreateJob" => self.create(request),
            "ListJobs" => self.list(request),
            "DescribeJob" => self.with_job(request, |job, world| {
                Ok(vec![node("Job", describe(job, world.now))])
            }),
            "UpdateJobStatus" => self.with_job(request, |job, world| {
                turn(job, request.query, world)?;
                Ok(vec![leaf("JobId", &job.id), status(job)])
            }),
            "UpdateJobPriority" => self.with_job(request, |job, _world| {
                let asked = uri::query_value(request.query, "priority").unwrap_or_default();
                job.priority = asked::priority(&asked)?;
                Ok(vec![leaf("JobId", &job.id), leaf("Priority", job.priority)])
            }),
            _ => Err(invalid("This operation is not served here")),
        }
    }

    fn create(&self, request: &Request<'_>) -> Result<Vec<Tag>, Refusal> {
        let asked = Asked::read(request.body)?;
        let mut books = self.settled();
        let known = books.jobs.iter();
        let mut known = known.filter(|job| job.asked.token == asked.token);
        if let Some(job) = known.next() {
            if job.asked.is_again(&asked) {
                return Ok(vec![leaf("JobId", &job.id)]);
            }
            let message = "This ClientRequestToken was used for another job";
            return Err(Refusal::new("IdempotencyException", message));
        }
        let id = id(books.jobs.len());
        let region = request.region.to_owned();
        let job = Job::new(id.clone(), region, asked, self.clock.now());
        books.jobs.push(job);
        self.busy.store(true, Ordering::Release);
        Ok(vec![leaf("JobId", id)])
    }

    fn list(&self, request: &Request<'_>) -> Result<Vec<Tag>, Refusal> {
        let asked = |name| uri::query_value(request.query, name);
        let from = asked("nextToken").and_then(|token| token.parse().ok());
        let from: usize = from.unwrap_or(0);
        let most = match asked("maxResults") {
            None => PAGE,
            Some(most) => most
                .parse()
                .ok()
                .filter(|most| (1..=PAGE).contains(most))
                .ok_or_else(|| invalid("maxResults must be from 1 to 1000"))?,
        };
        let wanted = |job: &&Job| {
            let mut words = request
                .query
                .split('&')
                .filter_map(|pair| pair.strip_prefix("jobStatuses="))
                .peekable();
            words.peek().is_none() || words.any(|word| word == job.state.word())
        };
        let books = self.settled();
        let all: Vec<&Job> = books
            .jobs
            .iter()
            .rev()
            .filter(|job| job.region == request.region)
            .filter(wanted)
            .collect();
        let page = all.iter().skip(from).take(most);
        let jobs = page.map(|job| node("member", listed(job, self.clock.now())));
        let mut told = vec![node("Jobs", jobs.collect())];
        if from + most < all.len() {
            told.push(leaf("NextToken", from + most));
        }
        Ok(told)
    }

    fn with_job(
        &self,
        request: &Request<'_>,
        act: impl FnOnce(&mut Job, &World<'_>) -> Result<Vec<Tag>, Refusal>,
    ) -> Result<Vec<Tag>, Refusal> {
        let mut books = self.settled();
        let Books { jobs, roles, pace } = &mut *books;
        let world = self.world(roles, *pace);
        let named = |job: &&mut Job| job.id == request.job && job.region == request.region;
        let Some(job) = jobs.iter_mut().find(named) else {
            let message = "The specified job does not exist";
            let refusal = Refusal::new("NoSuchJob", message);
            return Err(refusal.with_status(StatusCode::NOT_FOUND));
        };
        act(job, &world)
    }
}

/// A job's id in the form of AWS's.
fn id(number: usize) -> String {
    let noise = (number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let (high, low) = (noise >> 32, noise & 0xFFFF_FFFF);
    format!(
        "{high:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        low >> 16,
        low & 0xFFF,
        number & 0xFFF,
        noise >> 16
    )
}

/// Changes where a job stands, as far as that may be asked.
fn turn(job: &mut Job, query: &str, world: &World<'_>) -> Result<(), Refusal> {
    let asked = uri::query_value(query, "requestedJobStatus").unwrap_or_default();
    job.why = uri::query_value(query, "statusUpdateReason");
    match (asked.as_str(), job.state) {
        ("Ready", State::Suspended) => job.activate(world.now),
        ("Cancelled", state) if !state.is_over() => job.cancel(world),
        ("Ready" | "Cancelled", _) => {
            let message = format!("A job that is {} cannot become {asked}", job.state.word());
            return Err(Refusal::new("JobStatusException", message));
        }
        _ => return Err(invalid("requestedJobStatus must be Ready or Cancelled")),
    }
    Ok(())
}

fn status(job: &Job) -> Tag {
    leaf("Status", job.state.word())
}

fn time(at: SystemTime) -> String {
    Timestamp::try_from(at).unwrap_or_default().to_string()
}

/// What a list tells of a job.
fn listed(job: &Job, now: SystemTime) -> Vec<Tag> {
    let timers = leaf("ElapsedTimeInActiveSeconds", job.active_for(now));
    let progress = vec![
        leaf("TotalNumberOfTasks", job.total),
        leaf("NumberOfTasksSucceeded", job.ended.len() - job.failed),
        leaf("NumberOfTasksFailed", job.failed),
        node("Timers", vec![timers]),
    ];
    let mut told = vec![
        leaf("JobId", &job.id),
        status(job),
        leaf("Priority", job.priority),
        leaf("CreationTime", time(job.created)),
        node("ProgressSummary", progress),
    ];
    let description = job.asked.description.as_ref();
    told.extend(description.map(|text| leaf("Description", text)));
    told.extend(job.over.map(|at| leaf("TerminationDate", time(at))));
    told
}

/// All that is told of a job.
fn describe(job: &Job, now: SystemTime) -> Vec<Tag> {
    let mut told = listed(job, now);
    for name in ["Manifest", "Operation", "Report"] {
        told.extend(job.asked.whole.at(&[name]).cloned());
    }
    told.push(leaf("RoleArn", &job.asked.role));
    told.push(leaf("ConfirmationRequired", job.asked.confirmation));
    told.push(leaf(
        "JobArn",
        format!("arn:aws:s3:{}:{ACCOUNT}:job/{}", job.region, job.id),
    ));
    told.extend(job.why.as_ref().map(|why| leaf("StatusUpdateReason", why)));
    if job.state == State::Suspended {
        told.push(leaf("SuspendedCause", "AWAITING_CONFIRMATION"));
    }
    if let Some((code, reason)) = &job.failure {
        let failure = vec![leaf("FailureCode", code), leaf("FailureReason", reason)];
        told.push(node("FailureReasons", vec![node("member", failure)]));
    }
    told
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::{id, operation};

    #[test]
    fn operations_are_known_by_method_and_path() {
        let of = |method, path: &str| operation(&method, path).map(|(name, _)| name);
        assert_eq!(of(Method::POST, "/v20180820/jobs"), Some("CreateJob"));
        assert_eq!(of(Method::GET, "/v20180820/jobs"), Some("ListJobs"));
        assert_eq!(of(Method::GET, "/v20180820/jobs/x"), Some("DescribeJob"));
        let status = of(Method::POST, "/v20180820/jobs/x/status");
        assert_eq!(status, Some("UpdateJobStatus"));
        assert_eq!(of(Method::GET, "/v20180820/jobsx"), None);
        assert_eq!(of(Method::GET, "/bucket/v20180820/jobs"), None);
        assert_eq!(of(Method::DELETE, "/v20180820/jobs/x"), Some("Unknown"));
        assert_ne!(id(1), id(2));
        assert_eq!(id(7).len(), 36);
    }
}
