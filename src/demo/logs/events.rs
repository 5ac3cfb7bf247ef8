//! `GetLogEvents`: a page of a stream from its newest end, from its beginning, or from where a token points. At either end the
//! same token is given back, which is how a reader knows.

use serde_json::{Value, json};

use super::{Ask, Told, bad_token, store::World};
use crate::demo::cloud::Refusal;

/// Events of a page.
const EVENTS: usize = 10_000;
/// Bytes of a page, as events are counted.
const BYTES: usize = 1 << 20;

pub(super) fn get(ask: &Ask<'_>, world: &mut World) -> Told {
    let group = ask.group(world)?;
    let name = ask.text("logStreamName").unwrap_or_default();
    let Some(stream) = group.streams.get(name) else {
        let message = "The specified log stream does not exist.";
        return Err(Refusal::new("ResourceNotFoundException", message));
    };
    let events = &stream.events;
    let limit = ask.limit(EVENTS)?.min(world.page.unwrap_or(EVENTS));
    let from_head = ask.body.get("startFromHead").and_then(Value::as_bool) == Some(true);
    let (at, forward) = match ask.text("nextToken") {
        None if from_head => (0, true),
        None => (events.len(), false),
        Some(token) => place(token, stream.made)?,
    };
    let at = at.min(events.len());
    let size = |at: usize| events.get(at).map_or(0, super::store::Event::size);
    let mut bytes = 0;
    let mut fits = |index: &usize| {
        bytes += size(*index);
        bytes <= BYTES
    };
    let (begin, end) = if forward {
        let taken = (at..events.len()).take(limit).take_while(&mut fits).count();
        (at, at + taken)
    } else {
        let taken = (0..at).rev().take(limit).take_while(&mut fits).count();
        (at - taken, at)
    };
    // A page may be empty though more follows: only a token that stays the same tells the end.
    let hollow = world.hollow && forward && begin % 2 == 1 && end > begin && !is_second(ask);
    let (begin, end, mark) = if hollow {
        (begin, begin, "h")
    } else {
        (begin, end, "")
    };
    let told: Vec<Value> = events
        .get(begin..end)
        .unwrap_or_default()
        .iter()
        .map(|event| {
            json!({ "timestamp": event.at, "ingestionTime": event.at, "message": event.message })
        })
        .collect();
    Ok(json!({
        "events": told,
        "nextForwardToken": format!("f{mark}/{:08}{end:048}", stream.made),
        "nextBackwardToken": format!("b/{:08}{begin:048}", stream.made),
    }))
}

/// Whether a token was given with an empty page.
fn is_second(ask: &Ask<'_>) -> bool {
    ask.text("nextToken")
        .is_some_and(|token| token.starts_with("fh/"))
}

/// Where a token points, and whether forward.
fn place(token: &str, made: u64) -> Result<(usize, bool), Refusal> {
    let (way, at) = token.split_once('/').ok_or_else(bad_token)?;
    let own = format!("{made:08}");
    let at = at.strip_prefix(&*own).ok_or_else(bad_token)?;
    let at = at.parse().map_err(|_why| bad_token())?;
    match way {
        "f" | "fh" => Ok((at, true)),
        "b" => Ok((at, false)),
        _ => Err(bad_token()),
    }
}
