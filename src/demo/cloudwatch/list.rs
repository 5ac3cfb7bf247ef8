//! `ListMetrics`: which metrics there are; with which dimensions an agent reports is known from here alone.

use crate::demo::cloud::Metric;

use super::{
    Ask, Told, World,
    cbor::{Value, map, text},
    dimensions_told, token,
};

/// Metrics on a page.
const PAGE: usize = 500;

pub(super) fn list(ask: &Ask<'_>, world: &World) -> Told {
    let is = |wanted: Option<&str>, own: &str| wanted.is_none_or(|wanted| wanted == own);
    let wanted = |metric: &&Metric| {
        metric.region == ask.region
            && is(ask.body.text("Namespace"), &metric.namespace)
            && is(ask.body.text("MetricName"), &metric.name)
            && ask.body.list("Dimensions").iter().all(|filter| {
                metric.dimensions.iter().any(|(name, value)| {
                    is(filter.text("Name"), name) && is(filter.text("Value"), value)
                })
            })
    };
    let found: Vec<&Metric> = world.metrics.values().filter(wanted).collect();
    let from = ask.offset()?;
    let page = found.iter().skip(from).take(PAGE).map(|metric| {
        map([
            ("Namespace", text(&metric.namespace)),
            ("MetricName", text(&metric.name)),
            ("Dimensions", dimensions_told(&metric.dimensions)),
        ])
    });
    let mut members = vec![("Metrics".to_owned(), Value::List(page.collect()))];
    if from + PAGE < found.len() {
        members.push(token(from + PAGE));
    }
    Ok(Value::Map(members))
}
