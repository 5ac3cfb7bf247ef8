//! Exit codes: what a script learns from wharf when it reads nothing else.

/// How a command ended; the worst of several is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Exit {
    /// Done, or equal.
    #[default]
    Ok,
    /// A command on an instance ended with this code of its own.
    Ran(u8),
    /// Differences were found (diff, verify).
    Differences,
    /// Some objects failed, a listing broke, an endpoint did not answer.
    Failed,
    /// Content was disproven.
    Mismatch,
    /// A guard or a person refused.
    Refused,
    /// Stopped by a person.
    Cancelled,
    /// Wrong use, wrong configuration, no credentials, no bucket: nothing was begun.
    Usage,
}

impl Exit {
    /// The number that the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Ran(code) => code,
            Self::Differences => 1,
            Self::Usage => 2,
            Self::Failed => 3,
            Self::Mismatch => 4,
            Self::Refused => 5,
            Self::Cancelled => 130,
        }
    }

    /// The one that is told when both hold: 130 > 5 > 4 > 3 > 1 > 0; a usage error stands above all, since nothing was begun.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.max(other)
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn the_worst_is_told() {
        let ranked = [
            Exit::Ok,
            Exit::Differences,
            Exit::Failed,
            Exit::Mismatch,
            Exit::Refused,
            Exit::Cancelled,
        ];
        assert_eq!(ranked.map(Exit::code), [0, 1, 3, 4, 5, 130]);
        for (at, &exit) in ranked.iter().enumerate() {
            ranked[..at]
                .iter()
                .for_each(|&milder| assert_eq!(milder.and(exit), exit));
        }
    }
}
