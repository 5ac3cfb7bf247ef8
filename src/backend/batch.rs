//! `Jobs`: the door to S3 Batch Operations of one account in one region. Types of the SDK stop here; every request is counted,
//! bounded in time, and its failure told with what to do next. Nothing is tried twice here: the engine does.

use std::{error::Error as StdError, sync::Arc};

use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use aws_sdk_s3control::{
    config::endpoint::{Endpoint, EndpointFuture, Params, ResolveEndpoint},
    operation::describe_job::DescribeJobOutput,
    types::{
        JobDescriptor, JobManifest, JobManifestFieldName, JobManifestFormat, JobManifestLocation,
        JobManifestSpec, JobOperation, JobProgressSummary, JobReport, JobReportFormat,
        JobReportScope, JobStatus, RequestedJobStatus, S3CopyObjectOperation, S3StorageClass,
        S3Tag,
    },
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::backend::{
    counter::{Operation, RequestCounter},
    error::{Asked, Error},
    session::{Session, Sessions},
};
use crate::domain::{batch::Role, location::Prefix, retry::FailureKind, text::printable};

/// Jobs of other owners' priorities come before or behind this one.
const PRIORITY: i32 = 10;

/// Jobs of one account in the region of one bucket.
#[derive(Debug, Clone)]
pub struct Jobs {
    session: Arc<Session>,
    region: Arc<str>,
    bucket: Arc<str>,
    account: Arc<str>,
    counter: Option<RequestCounter>,
}

/// A job that copies, as it is asked for; asked once more with the same token it is the same job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobAsk {
    /// Names the request: who asks again gets the same job.
    pub token: Box<str>,
    /// What a person sees in the console.
    pub description: Box<str>,
    /// What it runs as.
    pub role: Role,
    /// Bucket and key of its manifest.
    pub manifest: (Box<str>, Box<str>),
    /// ETag of the manifest, without quotes.
    pub etag: Box<str>,
    /// The bucket that is written.
    pub bucket: Box<str>,
    /// What comes before the sources' keys, without its last slash; empty for nothing.
    pub prefix: Box<str>,
    /// The class that is written; S3's own default where `None`.
    pub class: Option<Box<str>>,
    /// The key of KMS that encrypts what is written.
    pub kms_key: Option<Box<str>>,
    /// Tags in place of the sources'.
    pub tags: Vec<(String, String)>,
    /// A source that changed after this is not copied.
    pub unmodified_since: Option<Timestamp>,
    /// Bucket and prefix of its report, the prefix without its last slash.
    pub report: (Box<str>, Box<str>),
    /// Whether the account pays for what it reads.
    pub requester_pays: bool,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Its manifest is read, or it waits for its turn.
    Preparing,
    /// It waits for somebody's word.
    Suspended,
    /// It copies.
    Active,
    /// It writes its report, or ends otherwise.
    Ending,
    /// Over: every task was tried.
    Complete,
    /// Over: it could not begin, or too much failed.
    Failed,
    /// Over: somebody stopped it.
    Cancelled,
}

impl JobState {
    /// Whether nothing more happens.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Complete | Self::Failed | Self::Cancelled)
    }

    fn of(status: &JobStatus) -> Self {
        match status.as_str() {
            "Suspended" => Self::Suspended,
            "Active" => Self::Active,
            "Complete" => Self::Complete,
            "Failed" => Self::Failed,
            "Cancelled" => Self::Cancelled,
            "Completing" | "Failing" | "Cancelling" | "Pausing" => Self::Ending,
            // New, Preparing, Ready, Paused, and what AWS may add.
            _ => Self::Preparing,
        }
    }
}

/// What is told of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobSight {
    /// Where it stands.
    pub state: JobState,
    /// Its tasks; 0 until its manifest was read.
    pub total: u64,
    /// Tasks that succeeded.
    pub succeeded: u64,
    /// Tasks that failed.
    pub failed: u64,
    /// Why it failed as a whole, safe for a terminal.
    pub failures: Vec<Box<str>>,
}

/// The endpoint as the remote names it: the SDK would put the account before its host, where nobody answers on loopback.
#[derive(Debug)]
struct Here(String);

impl ResolveEndpoint for Here {
    fn resolve_endpoint<'a>(&'a self, _params: &'a Params) -> EndpointFuture<'a> {
        EndpointFuture::ready(Ok(Endpoint::builder().url(self.0.clone()).build()))
    }
}

/// The resolver for a custom endpoint.
pub(in crate::backend) fn endpoint(url: &str) -> impl ResolveEndpoint + 'static {
    Here(url.to_owned())
}

impl Sessions {
    /// The jobs that write to this bucket, of the account that `role` is in; `region` is the bucket's, where it is known. Sends
    /// nothing.
    ///
    /// # Errors
    /// `Refused` where the configuration has no such remote, or the remote signs nothing.
    pub async fn jobs(
        &self,
        destination: &Prefix,
        role: &Role,
        region: Option<&str>,
    ) -> Result<Jobs, Error> {
        let session = self.session(&destination.remote)?;
        if session.options().anonymous {
            let reason = "a job of S3 Batch Operations is begun by nobody without a signature";
            let place = destination.to_string();
            return Err(Error::new("open", place, FailureKind::Refused, reason));
        }
        let region = match region {
            Some(region) => region.into(),
            None => session.region_of(&destination.bucket).await?,
        };
        Ok(Jobs {
            region,
            session,
            bucket: Arc::clone(&destination.bucket),
            account: role.account().into(),
            counter: None,
        })
    }
}

impl Jobs {
    /// The same door, whose requests also count into `counter`.
    #[must_use]
    pub fn with_counter(self, counter: RequestCounter) -> Self {
        Self {
            counter: Some(counter),
            ..self
        }
    }

    /// Asks for a job; gives its id.
    ///
    /// # Errors
    /// `Denied` where the credentials lack `s3:CreateJob` or `iam:PassRole`, `Refused` where S3 takes the job for no job.
    pub async fn create(&self, ask: &JobAsk) -> Result<Box<str>, Error> {
        let client = self.client().await;
        let request = client
            .create_job()
            .account_id(&*self.account)
            .client_request_token(&*ask.token)
            .description(&*ask.description)
            .confirmation_required(false)
            .priority(PRIORITY)
            .role_arn(ask.role.arn())
            .manifest(self.built(manifest(ask))?)
            .operation(self.built(operation(ask))?)
            .report(report(ask));
        let made = self
            .call(Operation::CreateJob, Box::pin(request.send()))
            .await?;
        let id = made.job_id().filter(|id| !id.is_empty());
        id.map(Box::from).ok_or_else(|| {
            let reason = "the answer names no job: ask again";
            let place = self.target();
            Error::new("CreateJob", place, FailureKind::Transient, reason)
        })
    }

    /// Where a job stands.
    ///
    /// # Errors
    /// `NotFound` where there is none of this id (any more).
    pub async fn look(&self, id: &str) -> Result<JobSight, Error> {
        let client = self.client().await;
        let request = client.describe_job().account_id(&*self.account).job_id(id);
        let told = self
            .call(Operation::DescribeJob, Box::pin(request.send()))
            .await?;
        Ok(sight(&told))
    }

    /// Stops a job; what it copied stays.
    ///
    /// # Errors
    /// `Refused` where it is over already.
    pub async fn cancel(&self, id: &str) -> Result<(), Error> {
        let client = self.client().await;
        let request = client
            .update_job_status()
            .account_id(&*self.account)
            .job_id(id)
            .requested_job_status(RequestedJobStatus::Cancelled)
            .status_update_reason("its task was cancelled");
        self.call(Operation::UpdateJobStatus, Box::pin(request.send()))
            .await
            .map(drop)
    }

    /// Stops the job that was asked for so, by its id where somebody heard it. One whose answer was lost is asked for once more:
    /// the same token names the same job.
    ///
    /// # Errors
    /// As `create` and `cancel`.
    pub async fn stop(&self, ask: &JobAsk, id: Option<&str>) -> Result<(), Error> {
        match id {
            Some(id) => self.cancel(id).await,
            None => self.cancel(&self.create(ask).await?).await,
        }
    }

    async fn client(&self) -> aws_sdk_s3control::Client {
        self.session.connection().await.s3control(&self.region)
    }

    fn target(&self) -> String {
        format!("s3://{}/", self.bucket)
    }

    fn built<T>(&self, built: Result<T, impl StdError>) -> Result<T, Error> {
        built.map_err(|error| {
            let reason = format!("the job cannot be asked for: {error}");
            Error::new("CreateJob", self.target(), FailureKind::Refused, reason)
        })
    }

    /// The one way out: counts a request, bounds its time, and tells its failure in words.
    async fn call<T, E, F>(&self, operation: Operation, sent: F) -> Result<T, Error>
    where
        E: ProvideErrorMetadata + StdError + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let counters = std::iter::once(self.session.counter()).chain(&self.counter);
        counters.for_each(|counter| counter.count(operation));
        let connection = self.session.connection().await;
        let wait = self.session.options().read_timeout;
        let asked = Asked {
            operation,
            bucket: &self.bucket,
            key: None,
            region: &self.region,
            endpoint: connection.endpoint(),
            profile: self.session.options().profile.as_deref(),
        };
        let error = match tokio::time::timeout(wait, Box::pin(sent)).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => Error::sdk(&asked, &error),
            Err(_elapsed) => Error::timeout(&asked, wait.as_secs()),
        };
        Err(self.session.noted(&connection, error))
    }
}

fn manifest(ask: &JobAsk) -> Result<JobManifest, aws_sdk_s3control::error::BuildError> {
    let (bucket, key) = &ask.manifest;
    let spec = JobManifestSpec::builder()
        .format(JobManifestFormat::S3BatchOperationsCsv20180820)
        .fields(JobManifestFieldName::Bucket)
        .fields(JobManifestFieldName::Key);
    let location = JobManifestLocation::builder()
        .object_arn(ask.role.of_s3(&format!("{bucket}/{key}")))
        .e_tag(&*ask.etag);
    let manifest = JobManifest::builder().spec(spec.build()?);
    Ok(manifest.location(location.build()?).build())
}

fn operation(ask: &JobAsk) -> Result<JobOperation, aws_sdk_s3control::error::BuildError> {
    let mut copy = S3CopyObjectOperation::builder()
        .target_resource(ask.role.of_s3(&ask.bucket))
        .set_target_key_prefix((!ask.prefix.is_empty()).then(|| ask.prefix.to_string()))
        .set_storage_class(ask.class.as_deref().map(S3StorageClass::from))
        .set_sse_aws_kms_key_id(ask.kms_key.as_deref().map(str::to_owned))
        .requester_pays(ask.requester_pays)
        .set_un_modified_since_constraint(
            ask.unmodified_since
                .map(|at| aws_sdk_s3::primitives::DateTime::from_secs(at.as_second())),
        );
    for (name, value) in &ask.tags {
        let tag = S3Tag::builder().key(name).value(value).build()?;
        copy = copy.new_object_tagging(tag);
    }
    let operation = JobOperation::builder();
    Ok(operation.s3_put_object_copy(copy.build()).build())
}

fn report(ask: &JobAsk) -> JobReport {
    let (bucket, prefix) = &ask.report;
    JobReport::builder()
        .enabled(true)
        .bucket(ask.role.of_s3(bucket))
        .set_prefix((!prefix.is_empty()).then(|| prefix.to_string()))
        .format(JobReportFormat::ReportCsv20180820)
        .report_scope(JobReportScope::AllTasks)
        .build()
}

fn sight(told: &DescribeJobOutput) -> JobSight {
    let job = told.job();
    let progress = job.and_then(JobDescriptor::progress_summary);
    let count = |of: Option<i64>| of.and_then(|n| u64::try_from(n).ok()).unwrap_or_default();
    let words = |code: &str, reason: &str| {
        let text = format!("{reason} ({code})");
        Box::from(printable(text.as_bytes()).as_ref())
    };
    let failures = job.map(JobDescriptor::failure_reasons).unwrap_or_default();
    JobSight {
        state: job
            .and_then(JobDescriptor::status)
            .map_or(JobState::Preparing, JobState::of),
        total: count(progress.and_then(JobProgressSummary::total_number_of_tasks)),
        succeeded: count(progress.and_then(JobProgressSummary::number_of_tasks_succeeded)),
        failed: count(progress.and_then(JobProgressSummary::number_of_tasks_failed)),
        failures: failures
            .iter()
            .map(|failure| {
                words(
                    failure.failure_code().unwrap_or_default(),
                    failure.failure_reason().unwrap_or_default(),
                )
            })
            .collect(),
    }
}
