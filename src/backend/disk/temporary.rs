//! Names of files that are not finished yet. Such names are never listed and never uploaded.

use std::{
    ffi::OsString,
    hash::{BuildHasher as _, RandomState},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

const PREFIX: &[u8] = b".wharf-";
const SUFFIX: &[u8] = b".tmp";
const DIGITS: usize = 16;

/// A new name, unlike any other of this or another process.
pub(super) fn name() -> OsString {
    static SEED: OnceLock<RandomState> = OnceLock::new();
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let seed = SEED.get_or_init(RandomState::new);
    named(seed.hash_one((std::process::id(), COUNT.fetch_add(1, Relaxed))))
}

/// The name of this number: the same in every process, so that a later one finds the file again.
pub(super) fn named(number: u64) -> OsString {
    OsString::from(format!(".wharf-{number:016x}.tmp"))
}

/// Whether a name is one of ours.
pub(super) fn is_ours(name: &[u8]) -> bool {
    let inner = name
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.strip_suffix(SUFFIX));
    inner.is_some_and(|digits| digits.len() == DIGITS && digits.iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::{is_ours, name};

    #[test]
    fn ours_are_known_and_nothing_else_is() {
        let (one, two) = (name(), name());
        assert_ne!(one, two);
        assert!(is_ours(one.as_encoded_bytes()));
        for other in [
            &b".wharf-x.tmp"[..],
            b".wharf-",
            b".wharf-0123456789abcdef.tmp2",
            b"wharf.toml",
        ] {
            assert!(!is_ours(other));
        }
    }
}
