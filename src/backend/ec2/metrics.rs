//! What CloudWatch tells of instances: metrics in batches, the agent's with the dimensions that it chose, alarms.

use aws_sdk_cloudwatch::types::{
    Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, RecentlyActive, ScanBy,
    StateValue,
};
use aws_sdk_s3::primitives::DateTime;
use jiff::Timestamp;

use crate::backend::error::Error;
use crate::domain::cloud::{Alarm, Gauge, Point, Series};

use super::{Ec2, more, watches, wire};

/// The most metrics that one question may name.
pub(super) const BATCH: usize = 500;

/// The namespace of what every instance tells.
const OF_EC2: &str = "AWS/EC2";
/// The namespace of the agent.
const OF_AGENT: &str = "CWAgent";

/// A metric that an agent tells of an instance, with its own dimensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentMetric {
    /// The instance.
    pub instance: Box<str>,
    /// What it measures.
    pub gauge: Gauge,
    /// All its dimensions, in CloudWatch's order.
    pub dimensions: Vec<(Box<str>, Box<str>)>,
}

/// One series to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// The instance.
    pub instance: Box<str>,
    /// What is measured.
    pub gauge: Gauge,
    /// The agent's dimensions; none where EC2 itself tells it.
    pub dimensions: Vec<(Box<str>, Box<str>)>,
    /// Seconds of a value.
    pub period: u32,
}

impl Measure {
    /// The name that CloudWatch knows it by.
    fn name(&self) -> &'static str {
        match self.gauge {
            Gauge::Cpu => "CPUUtilization",
            Gauge::NetworkIn => "NetworkIn",
            Gauge::NetworkOut => "NetworkOut",
            Gauge::DiskRead => "EBSReadBytes",
            Gauge::DiskWrite => "EBSWriteBytes",
            Gauge::Memory => "mem_used_percent",
            Gauge::Disk => "disk_used_percent",
            Gauge::Gpu => "nvidia_smi_utilization_gpu",
        }
    }

    fn query(&self, number: usize) -> MetricDataQuery {
        let dimension = |(name, value): &(Box<str>, Box<str>)| {
            Dimension::builder().name(&**name).value(&**value).build()
        };
        let own = ("InstanceId".into(), self.instance.clone());
        let of_agent = self.gauge.is_of_agent();
        let dimensions: Vec<Dimension> = if of_agent {
            self.dimensions.iter().map(dimension).collect()
        } else {
            vec![dimension(&own)]
        };
        let metric = Metric::builder()
            .namespace(if of_agent { OF_AGENT } else { OF_EC2 })
            .metric_name(self.name())
            .set_dimensions(Some(dimensions))
            .build();
        let statistic = if self.gauge.is_percent() {
            "Average"
        } else {
            "Sum"
        };
        let period = i32::try_from(self.period).unwrap_or(300);
        query(metric, (statistic, period), number)
    }

    /// A value as it is told: sums become rates.
    fn value(&self, told: f64) -> f64 {
        if self.gauge.is_percent() {
            told
        } else {
            told / f64::from(self.period.max(1))
        }
    }
}

impl Ec2 {
    /// The series of all measures, in their order; 500 metrics at most are asked at once.
    pub async fn series(
        &self,
        measures: &[Measure],
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Vec<Series>, Error> {
        let mut series: Vec<Series> = measures
            .iter()
            .map(|measure| Series {
                period: measure.period,
                points: Vec::new(),
            })
            .collect();
        for (number, batch) in measures.chunks(BATCH).enumerate() {
            let into = series.get_mut(number * BATCH..).unwrap_or_default();
            self.batch(batch, (from, to), into).await?;
        }
        Ok(series)
    }

    async fn batch(
        &self,
        batch: &[Measure],
        span: (Timestamp, Timestamp),
        into: &mut [Series],
    ) -> Result<(), Error> {
        let queries = batch.iter().zip(0..);
        let queries = queries.map(|(one, number)| one.query(number)).collect();
        self.data(queries, span, |at, points| {
            let Some((measure, series)) = batch.get(at).zip(into.get_mut(at)) else {
                return;
            };
            series.points.extend(points.map(|(at, value)| Point {
                at,
                value: measure.value(value),
            }));
        })
        .await
    }

    /// Asks for the values of up to 500 metrics, whose queries are named `m0`, `m1`, …; `take` gets those of each by its number.
    pub(super) async fn data(
        &self,
        queries: Vec<MetricDataQuery>,
        (from, to): (Timestamp, Timestamp),
        mut take: impl FnMut(usize, &mut dyn Iterator<Item = (Timestamp, f64)>),
    ) -> Result<(), Error> {
        let client = self.cloudwatch().await;
        let mut token: Option<String> = None;
        loop {
            self.counter.count_metrics(queries.len());
            let request = client
                .get_metric_data()
                .set_metric_data_queries(Some(queries.clone()))
                .start_time(DateTime::from_secs(from.as_second()))
                .end_time(DateTime::from_secs(to.as_second()))
                .scan_by(ScanBy::TimestampAscending)
                .set_next_token(token.take());
            let asked = watches("GetMetricData");
            let page = self.call(asked, request.send()).await?;
            for (number, result) in page.metric_data_results().iter().filter_map(numbered) {
                take(number, &mut points(result));
            }
            token = more(page.next_token());
            if token.is_none() {
                return Ok(());
            }
        }
    }

    /// What agents have told lately of any instance: memory, file systems, GPUs.
    pub async fn agent_metrics(&self) -> Result<Vec<AgentMetric>, Error> {
        let mut all = Vec::new();
        for (name, gauge) in [
            ("mem_used_percent", Gauge::Memory),
            ("disk_used_percent", Gauge::Disk),
            ("nvidia_smi_utilization_gpu", Gauge::Gpu),
        ] {
            self.agents_tell(name, gauge, &mut all).await?;
        }
        Ok(all)
    }

    async fn agents_tell(
        &self,
        name: &str,
        gauge: Gauge,
        into: &mut Vec<AgentMetric>,
    ) -> Result<(), Error> {
        let client = self.cloudwatch().await;
        let mut token: Option<String> = None;
        loop {
            let request = client
                .list_metrics()
                .namespace(OF_AGENT)
                .metric_name(name)
                .recently_active(RecentlyActive::Pt3H)
                .set_next_token(token.take());
            let asked = watches("ListMetrics");
            let page = self.call(asked, request.send()).await?;
            let found = page.metrics().iter().filter_map(|metric| {
                let dimensions = dimensions(metric.dimensions());
                let instance = dimensions.iter().find(|(name, _)| &**name == "InstanceId");
                Some(AgentMetric {
                    instance: instance?.1.clone(),
                    gauge,
                    dimensions,
                })
            });
            into.extend(found);
            token = more(page.next_token());
            if token.is_none() {
                return Ok(());
            }
        }
    }

    /// The alarms that ring now.
    pub async fn alarms(&self) -> Result<Vec<Alarm>, Error> {
        let client = self.cloudwatch().await;
        let mut token: Option<String> = None;
        let mut all = Vec::new();
        loop {
            let request = client
                .describe_alarms()
                .state_value(StateValue::Alarm)
                .max_records(100)
                .set_next_token(token.take());
            let asked = watches("DescribeAlarms");
            let page = self.call(asked, request.send()).await?;
            all.extend(page.metric_alarms().iter().map(alarm));
            token = more(page.next_token());
            if token.is_none() {
                return Ok(all);
            }
        }
    }
}

/// The question for a metric, a value each `period` seconds; `data` tells the answer by its number.
pub(super) fn query(
    metric: Metric,
    (statistic, period): (&str, i32),
    number: usize,
) -> MetricDataQuery {
    let stat = MetricStat::builder()
        .metric(metric)
        .period(period)
        .stat(statistic)
        .build();
    MetricDataQuery::builder()
        .id(format!("m{number}"))
        .metric_stat(stat)
        .build()
}

/// A result with the number of its query.
fn numbered(result: &MetricDataResult) -> Option<(usize, &MetricDataResult)> {
    let number = result.id()?.strip_prefix('m')?.parse().ok()?;
    Some((number, result))
}

/// The values of a result that are numbers.
fn points(result: &MetricDataResult) -> impl Iterator<Item = (Timestamp, f64)> {
    let points = result.timestamps().iter().zip(result.values());
    let points = points.filter(|(_, value)| value.is_finite());
    points.filter_map(|(at, value)| Some((wire::timestamp(at)?, *value)))
}

/// The dimensions of a metric, in CloudWatch's order.
pub(super) fn dimensions(told: &[Dimension]) -> Vec<(Box<str>, Box<str>)> {
    told.iter()
        .filter_map(|one| Some((one.name()?.into(), one.value().unwrap_or_default().into())))
        .collect()
}

fn alarm(told: &aws_sdk_cloudwatch::types::MetricAlarm) -> Alarm {
    let of = dimensions(told.dimensions())
        .into_iter()
        .find(|(name, _)| &**name == "InstanceId");
    Alarm {
        name: told.alarm_name().unwrap_or_default().into(),
        instance: of.map(|(_, id)| id),
        reason: told.state_reason().unwrap_or_default().into(),
        since: told.state_updated_timestamp().and_then(wire::timestamp),
    }
}
