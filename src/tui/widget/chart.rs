//! A line over time in braille, with its scale at the left and what is measured above.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::tui::{
    theme::Theme,
    widget::paint::{put, put_right, row, slice},
};

/// A chart's inputs; the newest value is the last one and stands at the right edge.
#[derive(Clone, Copy)]
pub struct Chart<'a> {
    /// Evenly spaced.
    pub values: &'a [f64],
    /// How many values the whole width stands for.
    pub span: usize,
    /// The top of the scale.
    pub top: f64,
    /// What is measured.
    pub title: &'a str,
    /// The value of now, as text.
    pub now: &'a str,
    /// A value as text.
    pub label: fn(f64) -> String,
}

/// Columns of the scale at the left.
const SCALE: u16 = 11;

impl Chart<'_> {
    /// Draws a heading, the scale and the line.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        if area.height < 3 || area.width <= SCALE + 2 {
            return;
        }
        let heading = slice(row(area, 0), SCALE, area.width);
        put(buffer, heading, self.title, theme.dim);
        put_right(buffer, heading, self.now, theme.accent);
        let area = Rect {
            y: area.y + 1,
            height: area.height - 1,
            ..area
        };
        let middle = (area.height - 1) / 2;
        for at in 0..area.height {
            let text = match at {
                0 => (self.label)(self.top),
                at if at == area.height - 1 => "0".to_owned(),
                at if at == middle && area.height > 4 => (self.label)(self.top / 2.0),
                _ => String::new(),
            };
            let line = row(area, at);
            put_right(buffer, slice(line, 0, SCALE - 2), &text, theme.dim);
            let tick = if text.is_empty() { "│" } else { "┤" };
            put(buffer, slice(line, SCALE - 1, 1), tick, theme.dim);
        }
        self.draw_line(slice(area, SCALE, area.width), buffer, (self.top, theme));
    }

    fn draw_line(&self, plot: Rect, buffer: &mut Buffer, (top, theme): (f64, &Theme)) {
        let dots = usize::from(plot.width) * 2;
        let levels = usize::from(plot.height) * 4;
        let heights: Vec<Option<usize>> = (0..dots)
            .map(|dot| self.height_at(dot, dots, (top, levels)))
            .collect();
        for column in 0..plot.width {
            for line in 0..plot.height {
                let floor = usize::from(plot.height - 1 - line) * 4;
                let bits = cell_bits(&heights, usize::from(column) * 2, floor);
                let glyph = char::from_u32(0x2800 + bits).filter(|_| bits > 0);
                let text = glyph.map(String::from).unwrap_or_default();
                put(
                    buffer,
                    slice(row(plot, line), column, 1),
                    &text,
                    theme.accent,
                );
            }
        }
    }

    /// How high the line is at a dot; `None` before the first value.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a few hundred dots, saturating"
    )]
    fn height_at(&self, dot: usize, dots: usize, (top, levels): (f64, usize)) -> Option<usize> {
        let span = self.span.max(2);
        let back = (dots - 1 - dot) * (span - 1) / (dots - 1).max(1);
        let value = self.values.get(self.values.len().checked_sub(back + 1)?)?;
        Some(((value / top) * (levels - 1) as f64).round() as usize)
    }
}

/// The dots of the cell whose left dots stand at `first`: each reaches from the height before to its own.
fn cell_bits(heights: &[Option<usize>], first: usize, floor: usize) -> u32 {
    let height = |dot: usize| heights.get(dot).copied().flatten();
    let side_bits = |(side, dot): (usize, usize)| {
        let here = height(dot)?;
        let before = dot.checked_sub(1).and_then(height).unwrap_or(here);
        Some(dots_between(
            here.min(before + 1),
            here.max(before.saturating_sub(1)),
            floor,
            side,
        ))
    };
    [first, first + 1]
        .into_iter()
        .enumerate()
        .filter_map(side_bits)
        .sum()
}

/// The dots of one cell column that lie between two heights; `floor` is the height of the cell's lowest dot.
fn dots_between(low: usize, high: usize, floor: usize, side: usize) -> u32 {
    const BITS: [[u32; 4]; 2] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]];
    let Some(bits) = BITS.get(side) else { return 0 };
    let (low, high) = (low.min(high), low.max(high));
    bits.iter()
        .enumerate()
        .filter(|(at, _)| (low..=high).contains(&(floor + at)))
        .map(|(_, bit)| bit)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::ThemeName;

    #[test]
    fn a_rising_line_rises() {
        let values: Vec<f64> = (0..=10).map(f64::from).collect();
        let chart = Chart {
            values: &values,
            span: 11,
            top: 10.0,
            title: "bytes",
            now: "10",
            label: |v| format!("{v:.0}"),
        };
        let area = Rect::new(0, 0, 30, 5);
        let mut buffer = Buffer::empty(area);
        chart.draw(area, &mut buffer, &Theme::of(ThemeName::Plain));
        let dots = |x: u16, y: u16| {
            buffer.cell((x, y)).is_some_and(|cell| {
                cell.symbol()
                    .starts_with(|c| ('\u{2800}'..='\u{28ff}').contains(&c))
            })
        };
        assert!(dots(SCALE, 4) && !dots(SCALE, 1), "{buffer:?}");
        assert!(dots(29, 1) && !dots(29, 4), "{buffer:?}");
    }
}
