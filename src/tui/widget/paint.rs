//! Text at its place: cut with `…` where it does not fit, never beyond its area. All widgets draw through this.

use std::borrow::Cow;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Style},
    text::Line,
};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::domain::text::middle;

use crate::tui::theme::Theme;

/// Marks the line under the cursor.
pub const BAR: &str = "▌";

/// How many columns a text takes.
pub fn columns(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// One row of an area, counted from its top; empty when there is none.
pub fn row(area: Rect, at: u16) -> Rect {
    if at < area.height {
        Rect {
            y: area.y + at,
            height: 1,
            ..area
        }
    } else {
        Rect { height: 0, ..area }
    }
}

/// `width` columns of an area from column `at` on, as far as there are any.
pub fn slice(area: Rect, at: u16, width: u16) -> Rect {
    let at = at.min(area.width);
    Rect {
        x: area.x + at,
        width: width.min(area.width - at),
        ..area
    }
}

/// The text, cut at its end where it is too wide.
pub fn end(text: &str, width: u16) -> Cow<'_, str> {
    if columns(text) <= width {
        return Cow::Borrowed(text);
    }
    let mut left = width.saturating_sub(1);
    let kept = text.graphemes(true).take_while(|part| {
        let fits = columns(part) <= left;
        left = left.saturating_sub(columns(part));
        fits
    });
    let mut out: String = kept.collect();
    out.extend((width > 0).then_some('…'));
    Cow::Owned(out)
}

/// The text in lines of at most `width` columns, broken between words; a word that is too wide stays whole.
pub fn wrap(text: &str, width: u16) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if columns(line).saturating_add(columns(word) + 1) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Two places with an arrow between them; where they are too wide each is cut in its middle, and what one does not need
/// the other has.
pub fn route([one, other]: [&str; 2], arrow: char, width: u16) -> String {
    let room = usize::from(width.saturating_sub(3));
    let widths = [one, other].map(|text| usize::from(columns(text)));
    let first = widths[0].min((room / 2).max(room.saturating_sub(widths[1])));
    let [one, other] = [middle(one, first), middle(other, room - first)];
    format!("{one} {arrow} {other}")
}

/// Draws a text from the left, cut at its end; tells how many columns it took.
pub fn put(buffer: &mut Buffer, area: Rect, text: &str, style: Style) -> u16 {
    place(buffer, area, &end(text, area.width), style)
}

/// Draws a text from the left, cut in its middle: for keys and locations.
pub fn put_middle(buffer: &mut Buffer, area: Rect, text: &str, style: Style) -> u16 {
    place(buffer, area, &middle(text, usize::from(area.width)), style)
}

/// Draws a text to the right edge, cut at its end.
pub fn put_right(buffer: &mut Buffer, area: Rect, text: &str, style: Style) {
    let text = end(text, area.width);
    let indent = area.width.saturating_sub(columns(&text));
    place(buffer, slice(area, indent, area.width), &text, style);
}

/// Draws a line of several styles; what does not fit is cut with `…`.
pub fn put_line(buffer: &mut Buffer, area: Rect, line: &Line<'_>) {
    let mut at = 0;
    for span in line {
        let rest = slice(area, at, area.width);
        if rest.width == 0 {
            return;
        }
        at += put(buffer, rest, &span.content, line.style.patch(span.style));
    }
}

fn place(buffer: &mut Buffer, area: Rect, text: &str, style: Style) -> u16 {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return 0;
    }
    let (after, _) = buffer.set_stringn(area.x, area.y, text, usize::from(area.width), style);
    after - area.x
}

/// Lays the selection over a line: a soft background, letters that have no colour in one that suits it, and a bar in its first
/// column.
pub fn select(buffer: &mut Buffer, line: Rect, theme: &Theme) {
    let line = line.intersection(buffer.area);
    if line.is_empty() {
        return;
    }
    let over = Style {
        fg: None,
        ..theme.selection
    };
    for place in line.positions() {
        let cell = &mut buffer[place];
        let bare = cell.fg == Color::Reset;
        cell.set_style(if bare { theme.selection } else { over });
    }
    put(
        buffer,
        slice(line, 0, 1),
        BAR,
        theme.accent.patch(theme.selection),
    );
}

/// A tree draws its bar in the colour of the text; here it takes the accent.
pub fn paint_bar(area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let bar = theme.accent.patch(theme.selection);
    for y in area.top()..area.bottom() {
        let cell = buffer.cell_mut((area.left(), y));
        if let Some(cell) = cell.filter(|cell| cell.symbol() == BAR) {
            cell.set_style(bar);
        }
    }
}

/// A column more at the left, where the bar of the selection stands.
pub fn widen(area: Rect) -> Rect {
    Rect {
        x: area.x.saturating_sub(1),
        width: area.width + 1,
        ..area
    }
}

/// Empties an area, so that what lies behind does not shine through.
pub fn clear(buffer: &mut Buffer, area: Rect) {
    let area = area.intersection(buffer.area);
    for position in area.positions() {
        if let Some(cell) = buffer.cell_mut(position) {
            cell.reset();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_bears_its_sign() {
        assert_eq!(end("harbour", 7), "harbour");
        assert_eq!(end("harbour", 4), "har…");
        assert_eq!(end("日本語", 4), "日…");
        assert_eq!(end("harbour", 0), "");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(
            wrap("a ship in the harbour", 9),
            ["a ship in", "the", "harbour"]
        );
        assert_eq!(wrap("harbours", 3), ["harbours"]);
    }

    #[test]
    fn nothing_is_drawn_outside() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 4, 1));
        put(&mut buffer, Rect::new(2, 0, 10, 1), "harbour", Style::new());
        put(&mut buffer, Rect::new(0, 5, 10, 1), "harbour", Style::new());
        put_right(&mut buffer, Rect::new(9, 0, 3, 1), "x", Style::new());
        assert_eq!(buffer, Buffer::with_lines(["  ha"]));
    }
}
