//! A frame: title in its border at the left, totals at the right, accent when focused. Everything framed uses it.

use std::borrow::Cow;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    widgets::{Block, BorderType, Widget},
};

use crate::tui::{
    theme::Theme,
    widget::paint::{columns, put, put_middle, put_right, route, row, slice},
};

/// A frame's inputs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Panel<'a> {
    /// A word before the title, in weight: `LEFT`.
    pub label: &'a str,
    /// Cut in its middle where it does not fit.
    pub title: &'a str,
    /// Where it goes from what the title names: behind an arrow, each of both cut in its own middle.
    pub toward: &'a str,
    /// Left out where it does not fit.
    pub totals: &'a str,
    /// What can be done, in the lower border at the right.
    pub foot: &'a str,
    /// Whether keys go here.
    pub focused: bool,
}

impl Panel<'_> {
    /// Draws the frame, and tells what is inside: a column of air on both sides.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) -> Rect {
        let area = area.intersection(buffer.area);
        if area.width < 2 || area.height < 2 {
            return Rect { height: 0, ..area };
        }
        let edge = if self.focused {
            theme.accent
        } else {
            theme.dim
        };
        let block = Block::bordered()
            .border_type(BorderType::Rounded)
            .border_style(edge);
        let inner = block.inner(area);
        block.render(area, buffer);
        self.draw_titles(row(area, 0), buffer, theme);
        if !self.foot.is_empty() {
            let foot = row(area, area.height - 1);
            bordered(
                buffer,
                slice(foot, 2, foot.width.saturating_sub(4)),
                self.foot,
                theme.dim,
            );
        }
        slice(inner, 1, inner.width.saturating_sub(2))
    }

    fn draw_titles(&self, line: Rect, buffer: &mut Buffer, theme: &Theme) {
        let line = slice(line, 2, line.width.saturating_sub(4));
        let totals = columns(self.totals) + 2;
        let label = if self.label.is_empty() {
            0
        } else {
            columns(self.label) + 2
        };
        let whole = if self.toward.is_empty() {
            Cow::Borrowed(self.title)
        } else {
            Cow::Owned(route([self.title, self.toward], '→', u16::MAX))
        };
        let wanted = label + columns(&whole).min(24) + 3;
        let rest = if !self.totals.is_empty() && wanted + totals <= line.width {
            bordered(buffer, line, self.totals, theme.dim);
            slice(line, 0, line.width - totals - 1)
        } else {
            line
        };
        if rest.width < 5 || label + columns(&whole) == 0 {
            return;
        }
        put(buffer, slice(rest, 0, 1), " ", Style::new());
        let name = if self.focused {
            theme.accent.patch(theme.strong)
        } else {
            theme.strong
        };
        let mut at = 1;
        if label > 0 {
            at += put(buffer, slice(rest, at, rest.width), self.label, name);
            at += put(buffer, slice(rest, at, 1), " ", Style::new());
        }
        let room = slice(rest, at, rest.width.saturating_sub(at + 1));
        let style = if label > 0 { Style::new() } else { name };
        at += if self.toward.is_empty() {
            put_middle(buffer, room, self.title, style)
        } else {
            let route = route([self.title, self.toward], '→', room.width);
            put(buffer, room, &route, style)
        };
        put(buffer, slice(rest, at, 1), " ", Style::new());
    }
}

/// A text in the border, to the right, with a blank on both sides.
fn bordered(buffer: &mut Buffer, area: Rect, text: &str, style: Style) {
    put_right(buffer, area, &format!(" {text} "), style);
}
