//! What is asked of the destination by every write: the condition of the plan and what the object shall bear.

use crate::backend::store::{Condition, Headers, Pin, WriteQuery};
use crate::domain::{
    plan::{Existing, Plan, Step},
    retry::FailureKind,
};

use super::halt::Halt;

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
        content_type: None,
        content_encoding: None,
        metadata,
        class: options.storage_class.clone(),
        sse: options.sse.clone(),
        tags: options.tags.clone(),
    }
}

/// What an object bears that is made anew of another one: what that bore, but for what the options ask.
/// The class is the one asked for, as with a copy by the server.
pub(super) fn headers_of(plan: &Plan, source: &Headers) -> Headers {
    let options = &plan.options;
    let mut headers = Headers {
        class: options.storage_class.clone(),
        sse: options.sse.clone().or_else(|| source.sse.clone()),
        tags: options.tags.clone(),
        ..source.clone()
    };
    if !options.metadata.is_empty() {
        headers.metadata.clone_from(&options.metadata);
    }
    headers
}

/// How this step writes a content of this checksum that is copied from an object or, where `bears` is `None`, a file.
pub(super) fn query(
    plan: &Plan,
    step: &Step,
    bears: Option<&Headers>,
    checksum: Option<u64>,
) -> WriteQuery {
    let headers = match bears {
        Some(source) => headers_of(plan, source),
        None => headers(plan, step),
    };
    WriteQuery {
        condition: condition(step),
        headers,
        checksum,
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
