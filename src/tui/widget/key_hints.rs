//! The last line of the screen: keys and their words. What is of least weight drops first where it is narrow.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::tui::{
    keymap::{Context, Keymap},
    theme::Theme,
    widget::paint::{columns, put, slice},
};

/// A key and its word.
pub type Hint = (String, String);

/// The hints of what is active, weightiest first; `offers` tells what would have an effect.
pub fn hints(
    keymap: &Keymap,
    stack: &[Context],
    offers: impl Fn(crate::tui::action::Action) -> bool,
) -> Vec<Hint> {
    stack
        .iter()
        .flat_map(|&context| keymap.rows(context))
        .filter(|row| offers(row.run))
        .filter_map(|row| Some((row.on.first()?.to_string(), row.hint.clone()?)))
        .collect()
}

/// Draws what fits of `hints`; those of `always` stay longest, at the right end.
pub fn draw(buffer: &mut Buffer, area: Rect, (hints, always): (&[Hint], &[Hint]), theme: &Theme) {
    let width = |hint: &Hint| columns(&hint.0) + columns(&hint.1) + 3;
    let mut room = area.width.saturating_sub(1);
    let mut fits = |hint: &&Hint| {
        let fits = width(hint) <= room;
        room = if fits { room - width(hint) } else { 0 };
        fits
    };
    let kept: Vec<&Hint> = always.iter().take_while(&mut fits).collect();
    let shown: Vec<&Hint> = hints.iter().take_while(&mut fits).collect();
    let mut at = 1;
    for (key, word) in shown.into_iter().chain(kept) {
        at += put(buffer, slice(area, at, area.width), key, theme.accent);
        at += put(buffer, slice(area, at + 1, area.width), word, theme.dim) + 3;
    }
}
