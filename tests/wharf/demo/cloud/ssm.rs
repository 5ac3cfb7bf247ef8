//! SSM by its own client: commands with what is cut off their output, agents that do not answer, parameters.

use std::time::Duration;

use aws_sdk_ssm::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use aws_sdk_ssm::types::{CommandInvocationStatus, InstanceInformationStringFilter, PingStatus};
use wharf::demo::cloud::{NewInstance, Parameter, Reply};
use wharf::demo::{ACCESS_KEY, Demo, Fault, REGION, Rule, SECRET_KEY};

use super::{MINUTE, code, still};

fn ssm(demo: &Demo) -> aws_sdk_ssm::Client {
    let credentials = Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "test");
    let config = aws_sdk_ssm::config::Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(demo.endpoint())
        .region(Region::new(REGION))
        .credentials_provider(credentials)
        .retry_config(RetryConfig::disabled())
        .build();
    aws_sdk_ssm::Client::from_conf(config)
}

async fn send(client: &aws_sdk_ssm::Client, id: &str, script: &str) -> String {
    let request = client
        .send_command()
        .document_name("AWS-RunShellScript")
        .instance_ids(id)
        .parameters("commands", vec![script.to_owned()])
        .parameters("executionTimeout", vec!["60".to_owned()]);
    let told = request.send().await.unwrap();
    told.command().unwrap().command_id().unwrap().to_owned()
}

type Told = aws_sdk_ssm::operation::get_command_invocation::GetCommandInvocationOutput;

/// How a command stands; the first look of all finds nothing, as on AWS.
async fn look(client: &aws_sdk_ssm::Client, command: &str, id: &str) -> Told {
    let ask = || {
        client
            .get_command_invocation()
            .command_id(command)
            .instance_id(id)
            .send()
    };
    match ask().await {
        Ok(told) => told,
        Err(error) => {
            assert_eq!(code::<Told, _>(Err(error)), "InvocationDoesNotExist");
            ask().await.unwrap()
        }
    }
}

#[tokio::test]
async fn a_command_is_sent_followed_and_told_with_what_is_cut_off() {
    let demo = still();
    let id = demo.cloud().add_instance(NewInstance::default());
    demo.cloud().set_shell(|_, script| match script {
        "long" => Reply {
            stdout: "ä".repeat(24_001),
            stderr: "e".repeat(8_000),
            code: 3,
            takes: Duration::from_secs(20),
        },
        _ => Reply::said("hello\n"),
    });
    let client = ssm(&demo);
    let quick = send(&client, &id, "hello").await;
    let told = look(&client, &quick, &id).await;
    assert_eq!(told.status(), Some(&CommandInvocationStatus::Success));
    assert_eq!(told.standard_output_content(), Some("hello\n"));
    let long = send(&client, &id, "long").await;
    let told = look(&client, &long, &id).await;
    assert_eq!(told.status(), Some(&CommandInvocationStatus::InProgress));
    assert_eq!(told.standard_output_content(), Some(""));
    demo.clock().advance(Duration::from_secs(20));
    let told = look(&client, &long, &id).await;
    assert_eq!(told.status(), Some(&CommandInvocationStatus::Failed));
    assert_eq!(told.response_code(), 3);
    let output = told.standard_output_content().unwrap();
    assert_eq!(output.chars().count(), 24_000);
    assert!(output.ends_with("ä--output truncated--"));
    assert_eq!(told.standard_error_content().map(str::len), Some(8_000));
}

#[tokio::test]
async fn a_command_that_takes_too_long_is_stopped_and_one_can_be_called_off() {
    let demo = still();
    let id = demo.cloud().add_instance(NewInstance::default());
    demo.cloud().set_shell(|_, _| Reply {
        takes: Duration::from_hours(1),
        ..Reply::default()
    });
    let client = ssm(&demo);
    let (slow, other) = (send(&client, &id, "a").await, send(&client, &id, "b").await);
    client
        .cancel_command()
        .command_id(&other)
        .send()
        .await
        .unwrap();
    let told = look(&client, &other, &id).await;
    assert_eq!(told.status(), Some(&CommandInvocationStatus::Cancelled));
    demo.clock().advance(2 * MINUTE);
    let told = look(&client, &slow, &id).await;
    assert_eq!(told.status(), Some(&CommandInvocationStatus::TimedOut));
}

#[tokio::test]
async fn who_does_not_answer_gets_no_command() {
    let demo = still();
    let id = demo.cloud().add_instance(NewInstance::default());
    let bare = demo.cloud().add_instance(NewInstance {
        unmanaged: true,
        ..NewInstance::default()
    });
    let client = ssm(&demo);
    let by = |id: &str| {
        client
            .send_command()
            .document_name("AWS-RunShellScript")
            .instance_ids(id)
            .parameters("commands", vec!["true".to_owned()])
            .send()
    };
    assert_eq!(code(by(&bare).await), "InvalidInstanceId");
    let filter = |id: &str| {
        InstanceInformationStringFilter::builder()
            .key("InstanceIds")
            .values(id)
            .build()
            .unwrap()
    };
    let ping = async |id: &str| {
        let told = client.describe_instance_information().filters(filter(id));
        let told = told.send().await.unwrap();
        let list = told.instance_information_list().first().cloned();
        list.and_then(|one| one.ping_status().cloned())
    };
    assert_eq!(ping(&bare).await, None);
    assert_eq!(ping(&id).await, Some(PingStatus::Online));
    demo.cloud().change(&id, |one| one.unreachable = true);
    assert_eq!(ping(&id).await, Some(PingStatus::ConnectionLost));
    assert_eq!(code(by(&id).await), "InvalidInstanceId");
    demo.cloud().change(&id, |one| one.unreachable = false);
    demo.cloud().deny("ssm:SendCommand");
    assert_eq!(code(by(&id).await), "AccessDeniedException");
    demo.cloud().allow("ssm:SendCommand");
    demo.faults().add(
        Rule::new(Fault::SlowDown)
            .on("SendCommand")
            .key("i-*")
            .times(1),
    );
    assert_eq!(code(by(&id).await), "ThrottlingException");
    by(&id).await.unwrap();
}

#[tokio::test]
async fn a_secret_parameter_is_clear_only_where_that_is_asked_for() {
    let demo = still();
    let key = Parameter {
        value: "-----BEGIN KEY-----\nabc\n".to_owned(),
        secret: true,
    };
    demo.cloud().set_parameter(REGION, "/wharf/deploy-key", key);
    let client = ssm(&demo);
    let by = |name: &str, clear| {
        client
            .get_parameter()
            .name(name)
            .with_decryption(clear)
            .send()
    };
    let told = by("/wharf/deploy-key", true).await.unwrap();
    let value = told.parameter().unwrap().value().unwrap();
    assert!(value.starts_with("-----BEGIN"));
    let told = by("/wharf/deploy-key", false).await.unwrap();
    assert!(!told.parameter().unwrap().value().unwrap().contains("BEGIN"));
    assert_eq!(code(by("/wharf/other", true).await), "ParameterNotFound");
}
