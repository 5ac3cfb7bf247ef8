//! S3 Batch Operations of the embedded AWS, by the SDK's client of S3 Control: jobs that run over its buckets, and what is
//! refused.

use std::time::{Duration, SystemTime};

use aws_sdk_s3control::{
    Client,
    config::{
        BehaviorVersion, Credentials, Region,
        endpoint::{Endpoint, EndpointFuture, Params, ResolveEndpoint},
        retry::RetryConfig,
    },
    operation::{create_job::builders::CreateJobFluentBuilder, describe_job::DescribeJobOutput},
    types::{
        JobManifest, JobManifestFieldName, JobManifestFormat, JobManifestLocation, JobManifestSpec,
        JobOperation, JobReport, JobReportFormat, JobReportScope, JobStatus, RequestedJobStatus,
        S3CopyObjectOperation, S3StorageClass,
    },
};
use serde_json::Value;
use wharf::demo::{
    ACCESS_KEY, Demo, Fault, Jobs, REGION, Rule, SECRET_KEY,
    batch::{Pace, State},
    s3::Denial,
};

use super::{BUCKET, code, demo};

const ACCOUNT: &str = "123456789012";
const SECOND: Duration = Duration::from_secs(1);

/// The endpoint as it is: the SDK would put the account before the host's name.
#[derive(Debug)]
struct Here(String);

impl ResolveEndpoint for Here {
    fn resolve_endpoint<'a>(&'a self, _params: &'a Params) -> EndpointFuture<'a> {
        EndpointFuture::ready(Ok(Endpoint::builder().url(self.0.clone()).build()))
    }
}

fn client(demo: &Demo) -> Client {
    let config = aws_sdk_s3control::config::Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_resolver(Here(demo.endpoint()))
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

/// A demo whose clock stands, with some objects and a manifest of them; jobs do two tasks a second.
fn world(manifest: &str) -> (Demo, String) {
    let demo = demo();
    demo.clock()
        .hold(SystemTime::UNIX_EPOCH + 1_768_000_000 * SECOND);
    demo.jobs().set_pace(Pace {
        preparing: SECOND,
        tasks_per_second: 2.0,
    });
    let store = demo.store();
    store.create_bucket("to", REGION);
    for key in ["data/a", "data/b c", "data/é"] {
        store.put(BUCKET, key, key.to_owned()).unwrap();
    }
    store
        .put(BUCKET, "m.csv", manifest.replace("B,", "pics,"))
        .unwrap();
    let etag = store.object(BUCKET, "m.csv").unwrap().etag;
    (demo, etag)
}

const MANIFEST: &str = "B,data/a\nB,data/b%20c\nB,data/%C3%A9\nB,data/missing\n";

fn job(client: &Client, etag: &str) -> CreateJobFluentBuilder {
    let spec = JobManifestSpec::builder()
        .format(JobManifestFormat::S3BatchOperationsCsv20180820)
        .fields(JobManifestFieldName::Bucket)
        .fields(JobManifestFieldName::Key);
    let location = JobManifestLocation::builder()
        .object_arn(format!("arn:aws:s3:::{BUCKET}/m.csv"))
        .e_tag(etag);
    let manifest = JobManifest::builder()
        .spec(spec.build().unwrap())
        .location(location.build().unwrap());
    let copy = S3CopyObjectOperation::builder()
        .target_resource("arn:aws:s3:::to")
        .target_key_prefix("new")
        .storage_class(S3StorageClass::StandardIa);
    let report = JobReport::builder()
        .enabled(true)
        .bucket("arn:aws:s3:::to")
        .prefix("reports")
        .format(JobReportFormat::ReportCsv20180820)
        .report_scope(JobReportScope::AllTasks);
    client
        .create_job()
        .account_id(ACCOUNT)
        .client_request_token("token")
        .priority(10)
        .role_arn(Jobs::role("wharf-batch"))
        .description("four")
        .confirmation_required(false)
        .manifest(manifest.build())
        .operation(
            JobOperation::builder()
                .s3_put_object_copy(copy.build())
                .build(),
        )
        .report(report.build())
}

async fn begun(job: CreateJobFluentBuilder) -> String {
    let made = job.send().await.unwrap();
    made.job_id().unwrap().to_owned()
}

async fn look(client: &Client, id: &str) -> DescribeJobOutput {
    let asked = client.describe_job().account_id(ACCOUNT).job_id(id);
    asked.send().await.unwrap()
}

/// Where a job stands, and its tasks: in all, done, failed.
fn standing(told: &DescribeJobOutput) -> (JobStatus, [i64; 3]) {
    let job = told.job().unwrap();
    let progress = job.progress_summary().unwrap();
    let tasks = [
        progress.total_number_of_tasks(),
        progress.number_of_tasks_succeeded(),
        progress.number_of_tasks_failed(),
    ];
    (
        job.status().unwrap().clone(),
        tasks.map(Option::unwrap_or_default),
    )
}

#[tokio::test]
async fn a_job_copies_by_the_clock_and_writes_its_report() {
    let (demo, etag) = world(MANIFEST);
    let client = client(&demo);
    let id = begun(job(&client, &etag)).await;
    let again = begun(job(&client, &etag)).await;
    assert_eq!(id, again, "the token names the job");
    let told = look(&client, &id).await;
    assert_eq!(standing(&told), (JobStatus::Preparing, [0, 0, 0]));
    demo.clock().advance(2 * SECOND);
    let told = look(&client, &id).await;
    assert_eq!(standing(&told), (JobStatus::Active, [4, 2, 0]));
    assert_eq!(
        demo.store().keys("to", "new/"),
        ["new/data/a", "new/data/b c"]
    );
    demo.clock().advance(10 * SECOND);
    let told = look(&client, &id).await;
    assert_eq!(standing(&told), (JobStatus::Complete, [4, 3, 1]));
    let job = told.job().unwrap();
    assert_eq!((job.priority(), job.description()), (10, Some("four")));
    assert!(job.manifest().unwrap().location().unwrap().e_tag() == etag);
    let copied = demo.store().object("to", "new/data/é").unwrap();
    assert_eq!((copied.class, copied.size), ("STANDARD_IA", 7));
    reported(&demo, &id);
    assert_eq!(demo.log().count("CopyObject"), 0);
}

/// The report of the job above.
fn reported(demo: &Demo, id: &str) {
    let store = demo.store();
    let text = store
        .body("to", &format!("reports/job-{id}/manifest.json"))
        .unwrap();
    let manifest: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(manifest["Format"], "Report_CSV_20180820");
    let parts = manifest["Results"].as_array().unwrap();
    let row = |part: &Value| {
        let body = store.body("to", part["Key"].as_str().unwrap()).unwrap();
        assert_eq!(part["Bucket"], "to");
        String::from_utf8(body.to_vec()).unwrap()
    };
    assert_eq!(parts[0]["TaskExecutionStatus"], "succeeded");
    assert!(row(&parts[0]).contains("pics,data/%C3%A9,,succeeded,200,,"));
    assert!(row(&parts[1]).starts_with("pics,data/missing,,failed,404,NoSuchKey,\""));
}

#[tokio::test]
async fn a_job_that_waits_for_a_yes_can_be_confirmed_or_stopped() {
    let (demo, etag) = world(MANIFEST);
    let client = client(&demo);
    let id = begun(job(&client, &etag).confirmation_required(true)).await;
    let other = job(&client, &etag).client_request_token("other");
    let other = begun(other.confirmation_required(true)).await;
    demo.clock().advance(5 * SECOND);
    assert_eq!(
        standing(&look(&client, &id).await),
        (JobStatus::Suspended, [4, 0, 0])
    );
    let turn = |id: &str, to: RequestedJobStatus| {
        let asked = client.update_job_status().account_id(ACCOUNT).job_id(id);
        asked.requested_job_status(to).send()
    };
    turn(&id, RequestedJobStatus::Ready).await.unwrap();
    demo.clock().advance(SECOND);
    assert_eq!(
        standing(&look(&client, &id).await),
        (JobStatus::Active, [4, 2, 0])
    );
    turn(&id, RequestedJobStatus::Cancelled).await.unwrap();
    turn(&other, RequestedJobStatus::Cancelled).await.unwrap();
    demo.clock().advance(60 * SECOND);
    assert_eq!(
        standing(&look(&client, &id).await),
        (JobStatus::Cancelled, [4, 2, 0])
    );
    assert_eq!(demo.store().keys("to", "new/").len(), 2);
    assert_eq!(
        demo.store().keys("to", &format!("reports/job-{id}/")).len(),
        3
    );
    assert!(
        demo.store()
            .keys("to", &format!("reports/job-{other}/"))
            .is_empty()
    );
    let again = turn(&id, RequestedJobStatus::Ready).await;
    assert_eq!(code(again), "JobStatusException");
    let listed = client.list_jobs().account_id(ACCOUNT);
    let listed = listed.job_statuses(JobStatus::Cancelled).send().await;
    assert_eq!(listed.unwrap().jobs().len(), 2);
}

#[tokio::test]
async fn tasks_fail_by_what_the_role_may_not_do_and_by_faults_of_their_keys() {
    let (demo, etag) = world(MANIFEST);
    let client = client(&demo);
    demo.faults()
        .add(Rule::new(Fault::InternalError).key("new/data/a"));
    demo.store().deny(Denial {
        operation: Some("GetObject".to_owned()),
        prefix: "data/b".to_owned(),
        access_key: Some(Jobs::role("wharf-batch")),
        ..Denial::default()
    });
    let id = begun(job(&client, &etag)).await;
    demo.clock().advance(60 * SECOND);
    assert_eq!(
        standing(&look(&client, &id).await),
        (JobStatus::Complete, [4, 1, 3])
    );
    let failed = demo
        .store()
        .keys("to", &format!("reports/job-{id}/results/"));
    let rows: String = failed
        .iter()
        .map(|key| String::from_utf8(demo.store().body("to", key).unwrap().to_vec()).unwrap())
        .collect();
    assert!(rows.contains("data/a,,failed,500,InternalError"), "{rows}");
    assert!(
        rows.contains("data/b%20c,,failed,403,AccessDenied"),
        "{rows}"
    );
}

#[tokio::test]
async fn what_cannot_run_fails_with_a_reason_and_what_is_no_job_is_refused() {
    let (demo, etag) = world(MANIFEST);
    let client = client(&demo);
    let failing = async |token: &str, job: CreateJobFluentBuilder, told: &str| {
        let id = begun(job.client_request_token(token)).await;
        demo.clock().advance(5 * SECOND);
        let found = look(&client, &id).await;
        assert_eq!(standing(&found).0, JobStatus::Failed, "{token}");
        let failure = &found.job().unwrap().failure_reasons()[0];
        let reason = failure.failure_reason().unwrap();
        assert!(reason.contains(told), "{reason}");
    };
    failing("etag", job(&client, "0123"), "ETag").await;
    let stranger = job(&client, &etag).role_arn(Jobs::role("stranger"));
    failing("role", stranger, "cannot assume").await;
    let copy = S3CopyObjectOperation::builder().target_resource("arn:aws:s3:::nowhere");
    let operation = JobOperation::builder().s3_put_object_copy(copy.build());
    let nowhere = job(&client, &etag).operation(operation.build());
    failing("target", nowhere, "does not exist").await;

    let refused = async |job: CreateJobFluentBuilder| code(job.send().await);
    let stranger = job(&client, &etag).account_id("210987654321");
    assert_eq!(refused(stranger).await, "AccessDenied");
    let below = job(&client, &etag).priority(-1);
    assert_eq!(refused(below).await, "InvalidRequest");
    let user = job(&client, &etag).role_arn("arn:aws:iam::123456789012:user/ada");
    assert_eq!(refused(user).await, "InvalidRequest");
    let other = job(&client, &etag).client_request_token("etag");
    assert_eq!(refused(other).await, "IdempotencyException");
    demo.store().deny(Denial {
        operation: Some("CreateJob".to_owned()),
        ..Denial::default()
    });
    assert_eq!(refused(job(&client, &etag)).await, "AccessDenied");
    let unknown = client.describe_job().account_id(ACCOUNT).job_id("x").send();
    assert_eq!(code(unknown.await), "NoSuchJob");
}

#[tokio::test]
async fn a_job_of_which_most_fails_is_given_up() {
    use std::fmt::Write as _;
    let mut manifest = String::new();
    for n in 0..1500 {
        writeln!(manifest, "B,missing/{n}").unwrap();
    }
    let (demo, etag) = world(&manifest);
    let client = client(&demo);
    let id = begun(job(&client, &etag)).await;
    demo.clock().advance(1000 * SECOND);
    assert_eq!(
        standing(&look(&client, &id).await),
        (JobStatus::Failed, [1500, 0, 1000])
    );
    let view = &demo.jobs().all()[0];
    assert_eq!((view.state, view.tasks), (State::Failed, [1500, 0, 1000]));
}
