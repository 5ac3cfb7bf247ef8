//! Which part of a long list is on the screen: the only thing that drawing may move.

use std::{cell::Cell, ops::Range};

/// Where a list is scrolled to, and how many rows the screen showed last.
#[derive(Debug, Clone, Default)]
pub struct Window {
    offset: Cell<usize>,
    height: Cell<usize>,
}

impl Window {
    /// The rows to draw, so that `cursor` is among them.
    pub fn show(&self, cursor: usize, len: usize, height: u16) -> Range<usize> {
        let height = usize::from(height);
        self.height.set(height);
        let margin = (height / 4).min(3);
        let lowest = (cursor + margin + 1).saturating_sub(height);
        let highest = cursor.saturating_sub(margin);
        let offset = self
            .offset
            .get()
            .clamp(lowest.min(highest), highest.max(lowest));
        let offset = offset.min(len.saturating_sub(height));
        self.offset.set(offset);
        offset..(offset + height).min(len)
    }

    /// The row at the top of the screen.
    pub fn top(&self) -> usize {
        self.offset.get()
    }

    /// How far a page goes: what was shown last but one row.
    pub fn page(&self) -> usize {
        self.height.get().saturating_sub(1).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_is_always_shown() {
        let window = Window::default();
        for height in [0_u16, 1, 2, 3, 10, 60] {
            for cursor in [0_usize, 1, 5, 50, 99, 98, 3, 0] {
                let shown = window.show(cursor, 100, height);
                assert!(
                    height == 0 || shown.contains(&cursor),
                    "{cursor} is not in {shown:?}"
                );
            }
        }
    }

    #[test]
    fn a_small_step_does_not_scroll() {
        let window = Window::default();
        let before = window.show(50, 100, 20);
        assert_eq!(window.show(48, 100, 20), before);
        assert_eq!(window.page(), 19);
    }
}
