//! `DescribeAlarms`.

use crate::demo::cloud::Alarm;
use crate::demo::sts::ACCOUNT;

use super::{
    Ask, Told, World,
    cbor::{Value, map, text},
    dimensions_told, token,
};

/// Alarms on a page where the request says nothing.
const PAGE: usize = 50;

pub(super) fn describe(ask: &Ask<'_>, world: &World) -> Told {
    let state = ask.body.text("StateValue");
    let wanted = |alarm: &&Alarm| {
        alarm.region == ask.region && state.is_none_or(|state| state == alarm.state)
    };
    let found: Vec<&Alarm> = world.alarms.iter().filter(wanted).collect();
    let from = ask.offset()?;
    let most = ask.body.count("MaxRecords");
    let most = most.and_then(|most| usize::try_from(most).ok());
    let most = most.unwrap_or(PAGE);
    let page = found.iter().skip(from).take(most).map(|alarm| told(alarm));
    let mut members = vec![("MetricAlarms".to_owned(), Value::List(page.collect()))];
    if from + most < found.len() {
        members.push(token(from + most));
    }
    Ok(Value::Map(members))
}

fn told(alarm: &Alarm) -> Value {
    let arn = format!(
        "arn:aws:cloudwatch:{}:{ACCOUNT}:alarm:{}",
        alarm.region, alarm.name
    );
    map([
        ("AlarmName", text(&alarm.name)),
        ("AlarmArn", text(arn)),
        ("StateValue", text(&alarm.state)),
        ("StateReason", text(&alarm.reason)),
        ("StateUpdatedTimestamp", Value::Time(alarm.since)),
        ("Namespace", text(&alarm.metric.0)),
        ("MetricName", text(&alarm.metric.1)),
        ("Dimensions", dimensions_told(&alarm.dimensions)),
    ])
}
