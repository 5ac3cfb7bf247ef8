//! `GetMetricData`: up to 500 metrics in a question, up to 100,800 values in an answer.

use std::time::SystemTime;

use crate::demo::cloud::{Metric, Refusal, Span, Statistic};

use super::{
    Ask, Told, World,
    cbor::{Value, map, text},
    dimensions, token,
};

/// The most metrics of a question.
const METRICS: usize = 500;
/// The most values of an answer.
const VALUES: usize = 100_800;

/// One metric of a question.
struct Query<'a> {
    id: &'a str,
    metric: String,
    label: &'a str,
    statistic: Statistic,
    span: Span,
}

pub(super) fn get(ask: &Ask<'_>, world: &World) -> Told {
    let asked = ask.body.list("MetricDataQueries");
    if asked.is_empty() || asked.len() > METRICS {
        let message = format!(
            "The collection MetricDataQueries must have from 1 to {METRICS} members; it has {}",
            asked.len()
        );
        return Err(Refusal::new("ValidationError", message));
    }
    let queries = asked.iter().map(|query| read(ask, query));
    let queries = queries.collect::<Result<Vec<_>, _>>()?;
    let newest_first = ask.body.text("ScanBy") != Some("TimestampAscending");
    let from = ask.offset()?;
    let (mut results, mut values) = (Vec::new(), 0);
    for query in queries.iter().skip(from) {
        let mut found = values_of(ask, world, query);
        if values > 0 && values + found.len() > VALUES {
            break;
        }
        values += found.len();
        if newest_first {
            found.reverse();
        }
        results.push(told(query, &found));
    }
    let reached = from + results.len();
    let mut members = vec![("MetricDataResults".to_owned(), Value::List(results))];
    if reached < queries.len() {
        members.push(token(reached));
    }
    Ok(Value::Map(members))
}

fn read<'a>(ask: &Ask<'a>, query: &'a Value) -> Result<Query<'a>, Refusal> {
    let missing = |what: &str| {
        Refusal::new(
            "MissingParameter",
            format!("The request must contain the parameter {what}"),
        )
    };
    let stat = query
        .get("MetricStat")
        .ok_or_else(|| missing("MetricStat"))?;
    let metric = stat.get("Metric").ok_or_else(|| missing("Metric"))?;
    let namespace = metric
        .text("Namespace")
        .ok_or_else(|| missing("Namespace"))?;
    let name = metric
        .text("MetricName")
        .ok_or_else(|| missing("MetricName"))?;
    let word = stat.text("Stat").ok_or_else(|| missing("Stat"))?;
    let wrong = |what: String| Refusal::new("InvalidParameterValue", what);
    let statistic = Statistic::read(word);
    let period = stat.count("Period").filter(|seconds| *seconds > 0);
    Ok(Query {
        id: query.text("Id").ok_or_else(|| missing("Id"))?,
        metric: Metric::key(ask.region, namespace, name, &dimensions(metric)),
        label: name,
        statistic: statistic.ok_or_else(|| wrong(format!("Invalid statistic: {word}")))?,
        span: Span {
            from: ask
                .body
                .time("StartTime")
                .ok_or_else(|| missing("StartTime"))?,
            to: ask.body.time("EndTime").ok_or_else(|| missing("EndTime"))?,
            period: period.ok_or_else(|| wrong("Invalid period".to_owned()))?,
        },
    })
}

fn values_of(ask: &Ask<'_>, world: &World, query: &Query<'_>) -> Vec<(SystemTime, f64)> {
    let metric = world.metrics.get(&query.metric);
    metric.map_or_else(Vec::new, |metric| {
        world.values(metric, query.span, query.statistic, ask.now)
    })
}

fn told(query: &Query<'_>, found: &[(SystemTime, f64)]) -> Value {
    let times = found.iter().map(|(at, _)| Value::Time(*at)).collect();
    let values = found
        .iter()
        .map(|(_, value)| Value::Number(*value))
        .collect();
    map([
        ("Id", text(query.id)),
        ("Label", text(query.label)),
        ("Timestamps", Value::List(times)),
        ("Values", Value::List(values)),
        ("StatusCode", text("Complete")),
    ])
}
