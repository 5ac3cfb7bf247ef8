//! Metrics: gaps where nothing was, one value a period by each statistic, pages, alarms.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat, ScanBy};
use wharf::demo::cloud::{Alarm, Load, NewInstance, Shape};
use wharf::demo::{Demo, REGION};

use super::{HOUR, MINUTE, cloudwatch, code, ec2, still};

const NOON: i64 = 1_768_132_800;

fn query(number: usize, instance: &str, name: &str, stat: &str) -> MetricDataQuery {
    let metric = Metric::builder()
        .namespace("AWS/EC2")
        .metric_name(name)
        .dimensions(
            Dimension::builder()
                .name("InstanceId")
                .value(instance)
                .build(),
        )
        .build();
    let stat = MetricStat::builder()
        .metric(metric)
        .period(300)
        .stat(stat)
        .build();
    MetricDataQuery::builder()
        .id(format!("m{number}"))
        .metric_stat(stat)
        .build()
}

/// Minutes before noon with the values of a metric, oldest first.
async fn values(client: &Client, query: MetricDataQuery, minutes: i64) -> Vec<(i64, f64)> {
    let told = client
        .get_metric_data()
        .metric_data_queries(query)
        .start_time(DateTime::from_secs(NOON - minutes * 60))
        .end_time(DateTime::from_secs(NOON + 3600))
        .scan_by(ScanBy::TimestampAscending)
        .send()
        .await
        .unwrap();
    let result = &told.metric_data_results()[0];
    let times = result.timestamps().iter().map(|at| (NOON - at.secs()) / 60);
    let values = result.values().iter();
    times
        .zip(values.map(|value| (value * 1e6).round() / 1e6))
        .collect()
}

fn ramping(demo: &Demo) -> String {
    let id = demo.cloud().add_instance(NewInstance {
        age: 30 * MINUTE,
        detailed: true,
        ..NewInstance::default()
    });
    let cpu = Shape::Ramp {
        from: 0.0,
        hourly: 60.0,
        at: demo.clock().now() - 30 * MINUTE,
    };
    demo.cloud().set_load(
        &id,
        Load {
            cpu,
            ..Load::default()
        },
    );
    id
}

#[tokio::test]
async fn each_period_has_one_value_and_a_gap_has_none() {
    let demo = still();
    let id = ramping(&demo);
    demo.cloud().silence(&id, 15 * MINUTE, 5 * MINUTE);
    let client = cloudwatch(&demo);
    let cpu = |stat| query(1, &id, "CPUUtilization", stat);
    let average = values(&client, cpu("Average"), 60).await;
    assert_eq!(average, [(30, 2.0), (25, 7.0), (20, 12.0), (5, 27.0)]);
    let highest = values(&client, cpu("Maximum"), 60).await;
    assert_eq!(highest[0], (30, 4.0));
    assert_eq!(values(&client, cpu("p50"), 60).await[1], (25, 7.0));
    assert_eq!(values(&client, cpu("SampleCount"), 60).await[1], (25, 5.0));
    assert_eq!(values(&client, cpu("Sum"), 60).await[0], (30, 10.0));
    let wrong = client
        .get_metric_data()
        .metric_data_queries(cpu("Mean"))
        .start_time(DateTime::from_secs(NOON - 60))
        .end_time(DateTime::from_secs(NOON))
        .send();
    assert_eq!(code(wrong.await), "InvalidParameterValue");
}

#[tokio::test]
async fn an_instance_that_stands_tells_nothing() {
    let demo = still();
    let id = ramping(&demo);
    ec2(&demo)
        .stop_instances()
        .instance_ids(&id)
        .send()
        .await
        .unwrap();
    demo.clock().advance(HOUR);
    let told = values(
        &cloudwatch(&demo),
        query(1, &id, "CPUUtilization", "Average"),
        60,
    )
    .await;
    assert_eq!(told.last().unwrap().0, 5);
}

#[tokio::test]
async fn a_question_has_five_hundred_metrics_at_most_and_a_page_so_many_values() {
    let demo = still();
    let id = demo.cloud().add_instance(NewInstance {
        age: 48 * HOUR,
        ..NewInstance::default()
    });
    demo.cloud().set_load(&id, Load::default());
    let client = cloudwatch(&demo);
    let ask = |count: usize| {
        let queries = (0..count).map(|number| query(number, &id, "CPUUtilization", "Average"));
        client
            .get_metric_data()
            .set_metric_data_queries(Some(queries.collect()))
            .start_time(DateTime::from_secs(NOON - 48 * 3600))
            .end_time(DateTime::from_secs(NOON))
    };
    assert_eq!(code(ask(501).send().await), "ValidationError");
    let first = ask(300).send().await.unwrap();
    let token = first.next_token().unwrap();
    let second = ask(300).next_token(token).send().await.unwrap();
    assert_eq!(second.next_token(), None);
    let count = first.metric_data_results().len() + second.metric_data_results().len();
    assert_eq!(count, 300);
    assert_eq!(first.metric_data_results()[0].values().len(), 576);
}

#[tokio::test]
async fn what_an_agent_tells_is_found_with_its_dimensions() {
    let demo = still();
    let mut gpus = Vec::new();
    for _ in 0..101 {
        let id = demo.cloud().add_instance(NewInstance::default());
        let load = Load {
            memory: Some(Shape::Flat(50.0)),
            gpus: vec![Shape::Flat(90.0); 4],
            ..Load::default()
        };
        demo.cloud().set_load(&id, load);
        gpus.push(id);
    }
    let client = cloudwatch(&demo);
    let mut pages = client
        .list_metrics()
        .namespace("CWAgent")
        .into_paginator()
        .send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        found.extend(page.unwrap().metrics().to_vec());
    }
    assert_eq!((found.len(), demo.log().count("ListMetrics")), (505, 2));
    let gpu = &found[1];
    assert_eq!(gpu.metric_name(), Some("nvidia_smi_utilization_gpu"));
    let names: Vec<&str> = gpu
        .dimensions()
        .iter()
        .filter_map(|one| one.name())
        .collect();
    assert_eq!(
        names,
        ["InstanceId", "InstanceType", "index", "name", "arch"]
    );
}

#[tokio::test]
async fn alarms_are_told_by_state() {
    let demo = still();
    for (name, state) in [("disk", "OK"), ("status", "ALARM")] {
        demo.cloud().set_alarm(Alarm {
            region: REGION.to_owned(),
            name: name.to_owned(),
            state: state.to_owned(),
            reason: "because".to_owned(),
            metric: ("AWS/EC2".to_owned(), "StatusCheckFailed".to_owned()),
            dimensions: vec![("InstanceId".to_owned(), "i-1".to_owned())],
            since: demo.clock().now(),
        });
    }
    let client = cloudwatch(&demo);
    let all = client.describe_alarms().send().await.unwrap();
    assert_eq!(all.metric_alarms().len(), 2);
    let loud = client
        .describe_alarms()
        .state_value("ALARM".into())
        .send()
        .await;
    let loud = loud.unwrap();
    assert_eq!(loud.metric_alarms()[0].alarm_name(), Some("status"));
    assert_eq!(loud.metric_alarms()[0].dimensions()[0].value(), Some("i-1"));
}
