//! A thin bar that only grows.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::tui::{
    theme::Theme,
    widget::paint::{put, slice},
};

/// Draws how much of a whole is done; full only at the end.
pub fn gauge(buffer: &mut Buffer, area: Rect, (part, whole): (u64, u64), theme: &Theme) {
    let width = u64::from(area.width);
    let filled = part
        .min(whole)
        .saturating_mul(width)
        .checked_div(whole)
        .unwrap_or(width);
    let filled = u16::try_from(filled).unwrap_or(area.width);
    let style = if part >= whole {
        theme.proven
    } else {
        theme.accent
    };
    put(
        buffer,
        slice(area, 0, filled),
        &"━".repeat(usize::from(filled)),
        style,
    );
    let rest = slice(area, filled, area.width);
    put(
        buffer,
        rest,
        &"─".repeat(usize::from(rest.width)),
        theme.dim,
    );
}
