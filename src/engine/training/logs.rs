//! A stream of CloudWatch Logs that grows: its newest pages at first, then what comes, by the token of the last page.

use std::sync::Arc;

use jiff::Timestamp;

use crate::backend::{
    Error,
    logs::{Cursor, EventPage, LogEvent, Logs},
};
use crate::domain::{
    retry::FailureKind,
    text::printable,
    training::{origin::LogPlace, run::Stream},
};
use crate::engine::cloud::patient;

use super::{Manner, Teller, intake::Intake};

/// Pages of a large stream that are read at first; each holds a megabyte at most.
const TAIL: usize = 16;
/// Pages that one look reads at most; the next one goes on.
const PAGES: usize = 200;
/// The most streams of a group that are read.
pub(super) const STREAMS: usize = 20;

/// A stream that is tailed.
#[derive(Debug)]
pub(super) struct LogTail {
    pub(super) name: Box<str>,
    pub(super) intake: Intake,
    logs: Logs,
    group: Box<str>,
    /// What leads to what comes next; `None` before it was read.
    token: Option<Box<str>>,
}

impl LogTail {
    pub(super) fn new(
        logs: Logs,
        (group, name): (&str, &str),
        stream: Stream,
        pattern: Option<Arc<str>>,
    ) -> Self {
        Self {
            name: name.into(),
            intake: Intake::new(stream, pattern),
            logs,
            group: group.into(),
            token: None,
        }
    }

    /// Looks for what came, and tells it.
    ///
    /// # Errors
    /// Where it cannot be read now; the next look goes on from the same place.
    pub(super) async fn look(&mut self, manner: Manner, teller: &mut Teller) -> Result<(), Error> {
        let Some(token) = self.token.clone() else {
            return self.first(manner, teller).await;
        };
        match self.onward(token, teller).await {
            // A token holds for a day, and for its stream alone: who slept longer begins again.
            Err(error) if error.failure_kind() == FailureKind::Refused => {
                self.token = None;
                self.intake.begin_again();
                self.intake.anew = true;
                self.first(manner, teller).await
            }
            other => other,
        }
    }

    /// Reads it for the first time: all, or its newest pages.
    async fn first(&mut self, manner: Manner, teller: &mut Teller) -> Result<(), Error> {
        if manner.whole {
            let page = self.page(Cursor::First).await?;
            // Known before anything is told: whatever fails from here on, the next look goes on behind this page.
            self.token = Some(page.forward.clone());
            self.take(&page.events, teller).await;
            return self.onward(page.forward, teller).await;
        }
        let newest = self.page(Cursor::Newest).await?;
        let (next, mut before) = (newest.forward, newest.backward);
        let mut pages = vec![newest.events];
        self.intake.earlier = true;
        while pages.len() < TAIL {
            let page = self.page(Cursor::Backward(&before)).await?;
            if page.backward == before {
                self.intake.earlier = false;
                break;
            }
            before = page.backward;
            pages.push(page.events);
        }
        self.token = Some(next);
        for events in pages.iter().rev() {
            self.take(events, teller).await;
        }
        if self.intake.size == 0 {
            self.intake.trouble = Some("it is empty so far".into());
        }
        Ok(())
    }

    /// Reads from a token to the end, where the same one comes back.
    async fn onward(&mut self, mut token: Box<str>, teller: &mut Teller) -> Result<(), Error> {
        for _ in 0..PAGES {
            let page = self.page(Cursor::Forward(&token)).await?;
            let is_end = page.forward == token;
            token = page.forward;
            self.token = Some(token.clone());
            if !page.events.is_empty() {
                self.take(&page.events, teller).await;
            }
            if is_end {
                return Ok(());
            }
        }
        // More waits: the next look goes on.
        self.intake.came = true;
        Ok(())
    }

    async fn page(&self, cursor: Cursor<'_>) -> Result<EventPage, Error> {
        let place = (&*self.group, &*self.name);
        patient(|| self.logs.events(place, cursor)).await
    }

    async fn take(&mut self, events: &[LogEvent], teller: &mut Teller) {
        let intake = &mut self.intake;
        let bytes: usize = events.iter().map(|event| event.message.len() + 1).sum();
        intake.size += bytes as u64;
        if let Some(last) = events.last() {
            let written = Timestamp::from_millisecond(last.at).ok();
            intake.written = written.or(intake.written);
        }
        let lines = events.iter().map(|event| (event.at, &*event.message));
        let batch = intake.reader.feed_lines(lines);
        intake.tell(batch, teller).await;
    }
}

/// The streams of a place, the newest ones; whether the place is one stream alone.
///
/// # Errors
/// Words for a person; where there is no such group, with those that have a like name.
pub(super) async fn found(
    logs: &Logs,
    place: &LogPlace,
) -> Result<(Vec<Box<str>>, bool), Box<str>> {
    let prefix = place.stream.as_deref();
    let streams = patient(|| logs.streams(&place.group, prefix)).await;
    let streams = match streams {
        Ok(streams) => streams,
        Err(error) if error.failure_kind() == FailureKind::NotFound => {
            return Err(nowhere(logs, place).await);
        }
        Err(error) => return Err(error.reason.into()),
    };
    let names = streams.into_iter().map(|stream| stream.name);
    let mut names: Vec<Box<str>> = names.collect();
    let exact = names.iter().any(|name| Some(&**name) == prefix);
    if exact {
        names.retain(|name| Some(&**name) == prefix);
    }
    names.truncate(STREAMS);
    Ok((names, exact))
}

async fn nowhere(logs: &Logs, place: &LogPlace) -> Box<str> {
    let missing = format!("there is no log group {} in {}", place.group, logs.region());
    let word = place.group.rsplit('/').find(|part| !part.is_empty());
    let like = match word {
        Some(word) => logs.groups_with(word).await.unwrap_or_default(),
        None => Vec::new(),
    };
    if like.is_empty() {
        return format!("{missing} yet: check its name and the remote's region").into();
    }
    let like = like.join(", ");
    format!("{missing}; there are {}", printable(like.as_bytes())).into()
}
