//! What CloudWatch tells of a bucket, in the bucket's own region.

use aws_sdk_cloudwatch::types::{DimensionFilter, Metric};
use jiff::{SignedDuration, Timestamp};

use crate::backend::error::Error;
use crate::domain::bucket::{Measured, Reading};

use super::{
    Ec2,
    metrics::{BATCH, dimensions, query},
    more, watches,
};

/// The namespace of what S3 tells.
const OF_S3: &str = "AWS/S3";
/// How far back is asked: what is measured once a day is told a day or two late.
const BACK: SignedDuration = SignedDuration::from_hours(72);
/// Seconds of what is measured once a day.
const DAY: i32 = 86_400;
/// Seconds of what is counted all the time.
const HOUR: i32 = 3600;

impl Ec2 {
    /// What was told of a bucket in the last days.
    pub async fn bucket_metrics(
        &self,
        bucket: &str,
        now: Timestamp,
    ) -> Result<Vec<Reading>, Error> {
        let listed = self.metrics_of(bucket).await?;
        let mut readings = Vec::new();
        for batch in listed.chunks(BATCH) {
            self.read(batch, now, &mut readings).await?;
        }
        Ok(readings)
    }

    async fn read(
        &self,
        batch: &[(Metric, Measured)],
        now: Timestamp,
        into: &mut Vec<Reading>,
    ) -> Result<(), Error> {
        let queries = batch.iter().zip(0..);
        let queries =
            queries.map(|((metric, measured), at)| query(metric.clone(), asked(measured), at));
        let queries = queries.collect();
        self.data(queries, (now - BACK, now), |at, points| {
            let measured = batch.get(at).map(|(_, measured)| measured);
            into.extend(points.filter_map(|(at, value)| {
                let measured = measured?.clone();
                Some(Reading {
                    measured,
                    value,
                    at,
                })
            }));
        })
        .await
    }

    /// The metrics of a bucket that are of use here.
    async fn metrics_of(&self, bucket: &str) -> Result<Vec<(Metric, Measured)>, Error> {
        let client = self.cloudwatch().await;
        let filter = DimensionFilter::builder().name("BucketName").value(bucket);
        let filter = filter.build();
        let mut token: Option<String> = None;
        let mut all = Vec::new();
        loop {
            let request = client
                .list_metrics()
                .namespace(OF_S3)
                .dimensions(filter.clone())
                .set_next_token(token.take());
            let asked = watches("ListMetrics");
            let page = self.call(asked, request.send()).await?;
            let metrics = page.metrics().iter();
            all.extend(metrics.filter_map(|one| Some((one.clone(), measured(one)?))));
            token = more(page.next_token());
            if token.is_none() {
                return Ok(all);
            }
        }
    }
}

/// What a metric measures; `None` where that is not shown.
fn measured(metric: &Metric) -> Option<Measured> {
    let dimensions = dimensions(metric.dimensions());
    let of = |wanted: &str| {
        let found = dimensions.iter().find(|(name, _)| **name == *wanted);
        found.map(|(_, value)| value.clone())
    };
    match metric.metric_name()? {
        "BucketSizeBytes" => of("StorageType").map(Measured::Bytes),
        "NumberOfObjects" => Some(Measured::Objects),
        "AllRequests" => of("FilterId").map(Measured::Requests),
        _ => None,
    }
}

/// The statistic that is asked for, and the seconds of each value.
fn asked(measured: &Measured) -> (&'static str, i32) {
    match measured {
        Measured::Bytes(_) | Measured::Objects => ("Average", DAY),
        Measured::Requests(_) => ("Sum", HOUR),
    }
}
