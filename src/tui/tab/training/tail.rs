//! The last lines of a run's log, with a search.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::domain::text::readable;
use crate::engine::training::Followed;

use crate::tui::{
    shell::Shell,
    tab::training::{Tail, Training},
    widget::paint::{put, row as line_of, select, widen},
};

impl Tail {
    /// The lines that are shown, oldest first: of the stream that told most.
    pub(super) fn lines<'f>(&self, followed: &'f Followed) -> Vec<&'f str> {
        let wanted = self.text.to_lowercase();
        let streams = (0..followed.run.streams()).filter_map(|at| followed.run.lines(at));
        let lines = streams.max_by_key(|lines| lines.len());
        let lines = lines.into_iter().flatten().map(|line| &**line);
        lines
            .filter(|line| wanted.is_empty() || line.to_lowercase().contains(&wanted))
            .collect()
    }
}

/// Draws the lines, the newest at the foot.
pub(super) fn draw(
    training: &Training,
    followed: &Followed,
    shell: &Shell,
    area: Rect,
    buffer: &mut Buffer,
) {
    let (tail, theme) = (&training.tail, &shell.theme);
    let lines = tail.lines(followed);
    if lines.is_empty() {
        let text = if tail.text.is_empty() {
            "Its sources hold no lines."
        } else {
            "No line contains that; Esc takes the search off."
        };
        put(buffer, line_of(area, 1), text, theme.dim);
        return;
    }
    let cursor = lines.len() - 1 - tail.back.min(lines.len() - 1);
    let shown = tail.window.show(cursor, lines.len(), area.height);
    for (at, number) in shown.enumerate() {
        let line = line_of(area, u16::try_from(at).unwrap_or(u16::MAX));
        let text = lines
            .get(number)
            .map(|line| readable(line))
            .unwrap_or_default();
        put(buffer, line, &text, Style::new());
        if number == cursor {
            select(buffer, widen(line), theme);
        }
    }
}
