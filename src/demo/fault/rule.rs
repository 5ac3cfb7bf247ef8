//! One kind of fault and the rule that says whom it hits.

use super::Call;

/// What can be done to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// 500 `InternalError` in place of the operation.
    InternalError,
    /// 503 `SlowDown` in place of the operation.
    SlowDown,
    /// 409 `ConditionalRequestConflict` in place of the operation.
    Conflict,
    /// 400 `RequestTimeout` in place of the operation.
    Timeout,
    /// 400 `ExpiredToken` in place of the operation.
    ExpiredToken,
    /// The connection is reset before the operation.
    Reset,
    /// The body breaks off in the middle: the answer's, or the request's in an upload.
    Cut,
    /// Nothing moves any more (in the middle of an answer with a body, else before the operation) until released.
    Stall,
    /// 200 with an `<Error>` inside in place of a copy or a completion.
    Error200,
    /// One bit of the body is flipped: the answer's, or the request's in an upload.
    Flip,
    /// The operation is done, but the connection is reset before its answer.
    Lost,
}

impl Fault {
    /// Every fault, in the order in which a SPEC's message names them.
    pub const ALL: [Self; 11] = [
        Self::InternalError,
        Self::SlowDown,
        Self::Conflict,
        Self::Timeout,
        Self::ExpiredToken,
        Self::Reset,
        Self::Cut,
        Self::Stall,
        Self::Error200,
        Self::Flip,
        Self::Lost,
    ];

    /// Its word in a SPEC and in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::InternalError => "500",
            Self::SlowDown => "503",
            Self::Conflict => "409",
            Self::Timeout => "timeout",
            Self::ExpiredToken => "expired",
            Self::Reset => "reset",
            Self::Cut => "cut",
            Self::Stall => "stall",
            Self::Error200 => "error200",
            Self::Flip => "flip",
            Self::Lost => "lost",
        }
    }

    /// The status and the code of an answer that takes the operation's place.
    pub(in crate::demo) fn refusal(self) -> Option<(u16, &'static str, &'static str)> {
        match self {
            Self::InternalError => Some((
                500,
                "InternalError",
                "We encountered an internal error. Please try again.",
            )),
            Self::SlowDown => Some((503, "SlowDown", "Please reduce your request rate.")),
            Self::Conflict => Some((
                409,
                "ConditionalRequestConflict",
                "The conditional request cannot succeed due to a conflicting operation against this resource.",
            )),
            Self::Timeout => Some((
                400,
                "RequestTimeout",
                "Your socket connection to the server was not read from or written to within the timeout period.",
            )),
            Self::ExpiredToken => Some((400, "ExpiredToken", "The provided token has expired.")),
            Self::Error200 => Some((
                200,
                "InternalError",
                "We encountered an internal error. Please try again.",
            )),
            Self::Reset | Self::Cut | Self::Stall | Self::Flip | Self::Lost => None,
        }
    }

    fn suits(self, operation: &str) -> bool {
        match self {
            Self::Error200 => {
                ["CopyObject", "UploadPartCopy", "CompleteMultipartUpload"].contains(&operation)
            }
            Self::Flip => ["GetObject", "PutObject", "UploadPart"].contains(&operation),
            Self::Conflict => !["GetObject", "HeadObject"].contains(&operation),
            Self::InternalError
            | Self::SlowDown
            | Self::Timeout
            | Self::ExpiredToken
            | Self::Reset
            | Self::Cut
            | Self::Stall
            | Self::Lost => true,
        }
    }
}

/// Whom a fault hits: by operation, key, share, number and count.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What is done.
    pub fault: Fault,
    operation: Option<String>,
    key: Option<String>,
    share: f64,
    nth: Option<u64>,
    from: u64,
    times: Option<u64>,
}

impl Rule {
    /// Hits every request that the fault can hit at all.
    pub fn new(fault: Fault) -> Self {
        Self {
            fault,
            operation: None,
            key: None,
            share: 1.0,
            nth: None,
            from: 1,
            times: None,
        }
    }

    /// Only requests of this operation, named as in the SDK.
    #[must_use]
    pub fn on(mut self, operation: &str) -> Self {
        self.operation = Some(operation.to_owned());
        self
    }

    /// Only keys (prefixes, in listings) that match; `*` stands for anything, `/` included.
    #[must_use]
    pub fn key(mut self, pattern: &str) -> Self {
        self.key = Some(pattern.to_owned());
        self
    }

    /// Only this share of the requests, from 0 to 1, by seeded luck.
    #[must_use]
    pub fn share(mut self, share: f64) -> Self {
        self.share = share;
        self
    }

    /// Only the `nth` matching request, counted from 1.
    #[must_use]
    pub fn nth(mut self, nth: u64) -> Self {
        self.nth = Some(nth);
        self
    }

    /// Only the `nth` matching request, counted from 1, and all after it.
    #[must_use]
    pub fn from(mut self, nth: u64) -> Self {
        self.from = nth;
        self
    }

    /// At most so many requests.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    pub(super) fn concerns(&self, call: &Call) -> bool {
        let named = |wanted: &String| wanted == call.operation;
        self.fault.suits(call.operation)
            && self.operation.as_ref().is_none_or(named)
            && self
                .key
                .as_ref()
                .is_none_or(|pattern| matches(pattern, &call.key))
    }

    pub(super) fn chooses(&self, seen: u64, fired: u64, luck: u64) -> bool {
        let by_luck = self.share >= 1.0 || (luck >> 11) as f64 / (1_u64 << 53) as f64 <= self.share;
        self.nth.is_none_or(|nth| nth == seen)
            && seen >= self.from
            && self.times.is_none_or(|times| fired < times)
            && by_luck
            && self.share > 0.0
    }
}

/// Whether `text` is `pattern`, where `*` stands for any run of characters.
pub(in crate::demo) fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|head| text.strip_prefix(head)) else {
        return false;
    };
    let Some(tail) = pieces.next_back() else {
        return rest.is_empty();
    };
    for piece in pieces {
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_keys() {
        assert!(matches("raw/*", "raw/a/b.png"));
        assert!(matches("*/M*.png", "raw/Mew.png"));
        assert!(matches("a", "a") && !matches("a", "ab") && !matches("a", "b"));
        assert!(matches("a*b*c", "a--b--b--c") && !matches("a*b*c", "a--c"));
        assert!(!matches("ab*bc", "abc"));
        assert!(matches("*", ""));
    }

    #[test]
    fn every_fault_has_its_own_word() {
        let mut words: Vec<_> = Fault::ALL.iter().map(|fault| fault.name()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Fault::ALL.len());
    }
}
