//! What is asked of the destination by every write: the condition of the plan and what the object shall bear.

use std::sync::Arc;

use crate::backend::{
    Error,
    store::{Condition, Headers, Pin, WriteQuery},
};
use crate::domain::{
    key::Key,
    plan::{Edit, Existing, Plan, Step, kept_class, merged},
    retry::FailureKind,
    sse::is_customer,
};

use super::{halt::Halt, worker::Work};

/// What must hold at the destination: nothing there, or still exactly what the plan saw.
pub(super) fn condition(step: &Step) -> Condition {
    match &step.destination {
        None => Condition::Absent,
        Some(facts) => Pin::of(facts).map_or(Condition::None, Condition::Unchanged),
    }
}

/// The exact source that the plan saw.
pub(super) fn source_pin(step: &Step) -> Option<Pin> {
    step.source.as_ref().and_then(Pin::of)
}

/// What an object written by this step shall bear; a file's mtime as rclone writes it.
pub(super) fn headers(plan: &Plan, step: &Step) -> Headers {
    let options = &plan.options;
    let mut metadata = options.metadata.clone();
    let file = step.source.as_ref().and_then(|facts| facts.file());
    if let Some(id) = file
        && !metadata.iter().any(|(name, _)| name == "mtime")
    {
        metadata.push(("mtime".to_owned(), seconds(id.mtime_ns)));
    }
    Headers {
        content_type: content_type(&step.key),
        metadata,
        class: options.storage_class.clone(),
        sse: asked_sse(plan),
        tags: options.tags.clone(),
        ..Headers::default()
    }
}

/// The encryption that requests name: a customer's key goes with the store instead.
fn asked_sse(plan: &Plan) -> Option<Arc<str>> {
    let asked = plan.options.sse.clone();
    asked.filter(|sse| !is_customer(sse))
}

/// The type that a file's extension tells; S3's own default, where it tells none.
fn content_type(key: &Key) -> Option<String> {
    let name = std::str::from_utf8(key.name_bytes()).ok()?;
    mime_guess::from_path(name).first_raw().map(str::to_owned)
}

/// What an object bears that is made anew of another one: what that bore, tags included, but for what the options ask.
pub(super) fn headers_of(plan: &Plan, source: &Headers) -> Headers {
    let options = &plan.options;
    let mut headers = source.clone();
    let class = options.storage_class.clone();
    headers.class = class.or_else(|| kept_class(source.class.as_ref()));
    // A customer's key goes with the store, and what it encrypted bears it no further.
    headers.sse = if options.sse.is_some() {
        asked_sse(plan)
    } else {
        headers.sse.filter(|sse| !is_customer(sse))
    };
    if !options.tags.is_empty() {
        headers.tags.clone_from(&options.tags);
    }
    if !options.metadata.is_empty() {
        headers.metadata = match plan.edit {
            // What is not named stays.
            Some(Edit::Rewrite) => merged(headers.metadata, &options.metadata),
            Some(_) | None => options.metadata.clone(),
        };
    }
    headers
}

/// What a copy by the server must say: the class, which would be STANDARD otherwise, and what the options ask. All else
/// S3 takes over by itself.
pub(super) fn headers_of_copy(plan: &Plan, step: &Step) -> Headers {
    Headers {
        class: plan.class_of_copy(step),
        sse: asked_sse(plan),
        tags: plan.options.tags.clone(),
        ..Headers::default()
    }
}

/// How this step writes a content of this checksum that shall bear these headers.
pub(super) fn query(step: &Step, headers: Headers, checksum: Option<u64>) -> WriteQuery {
    WriteQuery {
        condition: condition(step),
        headers,
        checksum,
    }
}

/// A write that failed; a refused one by what that means.
pub(super) fn failed(work: &Work, error: Error) -> Halt {
    if error.failure_kind() == FailureKind::Changed {
        refused(&work.ctx.plan, &work.step)
    } else {
        error.into()
    }
}

/// A refused write: what the destination holds now is not what the plan saw.
pub(super) fn refused(plan: &Plan, step: &Step) -> Halt {
    match (&step.destination, plan.options.existing) {
        (None, Existing::Keep) => {
            Halt::Skipped("it appeared at the destination since the plan, and is kept".into())
        }
        (None, Existing::Update | Existing::Newest | Existing::Always) => Halt::failed(
            FailureKind::Changed,
            "it appeared at the destination since the plan: compare again",
        ),
        (Some(_), _) => Halt::changed("the destination"),
    }
}

/// Seconds since 1970 with nine decimals.
fn seconds(ns: i128) -> String {
    const SECOND: i128 = 1_000_000_000;
    let whole = ns.div_euclid(SECOND);
    let rest = ns.rem_euclid(SECOND);
    if whole < 0 && rest > 0 {
        // Before 1970 the decimals count away from zero.
        let (whole, rest) = (whole + 1, SECOND - rest);
        return format!("-{}.{rest:09}", -whole);
    }
    format!("{whole}.{rest:09}")
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn times_keep_every_nanosecond() {
        for (ns, text) in [
            (0, "0.000000000"),
            (1_700_000_000_123_456_789, "1700000000.123456789"),
            (-1, "-0.000000001"),
            (-1_500_000_000, "-1.500000000"),
            (-2_000_000_000, "-2.000000000"),
        ] {
            assert_eq!(seconds(ns), text);
        }
    }
}
