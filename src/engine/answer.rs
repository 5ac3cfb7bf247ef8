//! `Answer`: the way back to the place that asked. What is told here stops with the question.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::{
    command::View,
    event::{Body, Event, Failed, FailedClass},
    room::Room,
};

/// The way back to one question's place.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    view: View,
    events: mpsc::Sender<Event>,
}

impl Answer {
    pub(super) fn new(room: &Room, view: View) -> Self {
        Self {
            view,
            events: room.events.clone(),
        }
    }

    /// Tells a part of the answer; waits while the reader is slow.
    pub(super) async fn tell(&self, body: Body) {
        let event = Event::View {
            view: self.view,
            body,
        };
        // Where nobody reads any more, nobody misses it.
        self.events.send(event).await.unwrap_or_default();
    }

    /// Tells the answer, or why there is none.
    pub(super) async fn finish(&self, result: Result<Body, Failed>) {
        self.tell(result.unwrap_or_else(Body::Failed)).await;
    }
}

/// Works on a question until it is answered, stopped, or replaced by a newer one of its place.
pub(super) async fn until_stopped(
    room: Arc<Room>,
    view: View,
    work: impl Future<Output = Result<Body, Failed>>,
) {
    let Some(token) = room.views.begin(view) else {
        return;
    };
    let answer = Answer::new(&room, view);
    if let Some(result) = token.run_until_cancelled(work).await {
        answer.finish(result).await;
    } else if room.views.is_current(view) {
        answer.finish(Err(stopped())).await;
    }
}

fn stopped() -> Failed {
    Failed {
        class: FailedClass::Cancelled,
        message: "stopped".to_owned(),
        help: None,
        request_id: None,
    }
}
