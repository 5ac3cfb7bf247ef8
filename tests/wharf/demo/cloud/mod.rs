//! EC2, CloudWatch and SSM of the embedded AWS, by their own SDK clients.

mod checks;
mod endings;
mod instances;
mod launch;
mod metrics;
mod refusals;
mod ssm;

use std::time::{Duration, SystemTime};

use aws_sdk_ec2::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use wharf::demo::{ACCESS_KEY, Demo, Options, REGION, SECRET_KEY};

use super::code;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// A demo whose clock stands.
fn still() -> Demo {
    let demo = Demo::start(Options::default()).unwrap();
    demo.clock().hold(SystemTime::UNIX_EPOCH + 491_148 * HOUR);
    demo
}

fn credentials() -> Credentials {
    Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "test")
}

fn ec2_in(demo: &Demo, region: &'static str) -> aws_sdk_ec2::Client {
    let config = aws_sdk_ec2::config::Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(demo.endpoint())
        .region(Region::new(region))
        .credentials_provider(credentials())
        .retry_config(RetryConfig::disabled())
        .build();
    aws_sdk_ec2::Client::from_conf(config)
}

fn ec2(demo: &Demo) -> aws_sdk_ec2::Client {
    ec2_in(demo, REGION)
}

fn cloudwatch(demo: &Demo) -> aws_sdk_cloudwatch::Client {
    let config = aws_sdk_cloudwatch::config::Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(demo.endpoint())
        .region(Region::new(REGION))
        .credentials_provider(credentials())
        .retry_config(RetryConfig::disabled())
        .build();
    aws_sdk_cloudwatch::Client::from_conf(config)
}

/// The state of an instance as EC2 tells it.
async fn state(client: &aws_sdk_ec2::Client, id: &str) -> String {
    let told = client.describe_instances().instance_ids(id).send().await;
    let told = told.unwrap();
    let instance = &told.reservations()[0].instances()[0];
    let state = instance.state().unwrap().name().unwrap();
    state.as_str().to_owned()
}
