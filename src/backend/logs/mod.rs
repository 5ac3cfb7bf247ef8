//! `Logs`: the door to CloudWatch Logs in one region: groups, streams, and their events a page at a time. Types of the SDK
//! stop here; requests are counted, bounded and their failures told as those to EC2 are.

use aws_sdk_cloudwatchlogs::types::{OrderBy, OutputLogEvent};
use jiff::Timestamp;

use crate::backend::{
    ec2::{Asked, Ec2},
    error::Error,
    session::Sessions,
};
use crate::domain::location::Remote;

/// The logs of one region.
#[derive(Debug, Clone)]
pub struct Logs {
    /// Counts, bounds and tells what goes wrong.
    door: Ec2,
}

/// A stream of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogStream {
    /// Its name.
    pub name: Box<str>,
    /// When its newest event was written, as far as is known yet: AWS tells it late.
    pub last: Option<Timestamp>,
}

/// From where events are read.
#[derive(Debug, Clone, Copy)]
pub enum Cursor<'a> {
    /// The newest page.
    Newest,
    /// The oldest page.
    First,
    /// What came behind a page that was read.
    Forward(&'a str),
    /// What lies before one.
    Backward(&'a str),
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEvent {
    /// Milliseconds since 1970, by the clock of who wrote it.
    pub at: i64,
    /// Its lines. Foreign text.
    pub message: Box<str>,
}

/// A page of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPage {
    /// Oldest first; none says nothing of what follows.
    pub events: Vec<LogEvent>,
    /// What comes behind; the same that was asked with at the end.
    pub forward: Box<str>,
    /// What lies before; the same that was asked with at the beginning.
    pub backward: Box<str>,
}

impl Sessions {
    /// The logs of a remote, in its own region. Sends nothing.
    ///
    /// # Errors
    /// As `ec2`'s.
    pub async fn logs(&self, remote: &Remote) -> Result<Logs, Error> {
        let door = self.ec2(remote, None).await?;
        Ok(Logs { door })
    }
}

impl Logs {
    /// The region.
    pub fn region(&self) -> &str {
        self.door.region()
    }

    /// The names of groups that contain a text; one page of them.
    pub async fn groups_with(&self, text: &str) -> Result<Vec<Box<str>>, Error> {
        let request = self.client().await.describe_log_groups();
        let request = request.log_group_name_pattern(text).limit(50);
        let asked = asks("DescribeLogGroups", text);
        let told = self.door.call(asked, request.send()).await?;
        let names = told.log_groups().iter();
        Ok(names
            .filter_map(|group| Some(group.log_group_name()?.into()))
            .collect())
    }

    /// Streams of a group, the newest first: those whose names begin with `prefix` (of these one page by name, because AWS sorts
    /// either way only), or all.
    ///
    /// # Errors
    /// `NotFound` where there is no such group.
    pub async fn streams(
        &self,
        group: &str,
        prefix: Option<&str>,
    ) -> Result<Vec<LogStream>, Error> {
        let request = self.client().await.describe_log_streams();
        let request = request.log_group_name(group).limit(50).descending(true);
        let request = match prefix {
            Some(prefix) => request.log_stream_name_prefix(prefix),
            None => request.order_by(OrderBy::LastEventTime),
        };
        let asked = asks("DescribeLogStreams", group);
        let told = self.door.call(asked, request.send()).await?;
        let streams = told.log_streams().iter();
        let mut streams: Vec<LogStream> = streams
            .filter_map(|stream| {
                let last = stream.last_event_timestamp();
                Some(LogStream {
                    name: stream.log_stream_name()?.into(),
                    last: last.and_then(|at| Timestamp::from_millisecond(at).ok()),
                })
            })
            .collect();
        streams.sort_by_key(|stream| std::cmp::Reverse(stream.last));
        Ok(streams)
    }

    /// A page of a stream's events.
    ///
    /// # Errors
    /// `NotFound` where group or stream are gone.
    pub async fn events(
        &self,
        (group, stream): (&str, &str),
        cursor: Cursor<'_>,
    ) -> Result<EventPage, Error> {
        let request = self.client().await.get_log_events();
        let request = request.log_group_name(group).log_stream_name(stream);
        // AWS wants the way told with every token.
        let request = match cursor {
            Cursor::Newest => request.start_from_head(false),
            Cursor::First => request.start_from_head(true),
            Cursor::Forward(token) => request.next_token(token).start_from_head(true),
            Cursor::Backward(token) => request.next_token(token).start_from_head(false),
        };
        let target = format!("{group}:{stream}");
        let asked = asks("GetLogEvents", &target);
        let told = self.door.call(asked, request.send()).await?;
        Ok(EventPage {
            events: told.events().iter().map(event).collect(),
            forward: told.next_forward_token().unwrap_or_default().into(),
            backward: told.next_backward_token().unwrap_or_default().into(),
        })
    }

    async fn client(&self) -> aws_sdk_cloudwatchlogs::Client {
        self.door.connection().await.logs(self.door.region())
    }
}

fn event(told: &OutputLogEvent) -> LogEvent {
    LogEvent {
        at: told.timestamp().unwrap_or_default(),
        message: told.message().unwrap_or_default().into(),
    }
}

fn asks<'a>(operation: &'static str, target: &'a str) -> Asked<'a> {
    Asked {
        operation,
        service: "CloudWatch Logs",
        target,
    }
}
