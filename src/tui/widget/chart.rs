//! A line over time in braille, with its scale at the left and what is measured above.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

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

/// A line of values over the whole width, oldest first; where a value is missing, nothing is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Curve<'a> {
    /// Two for each column.
    pub values: &'a [Option<f64>],
    /// Its colour.
    pub style: Style,
}

/// Draws lines over each other, the first one in front; times of which nobody told anything are marked at the foot.
pub fn curves(all: &[Curve<'_>], top: f64, plot: Rect, (buffer, theme): (&mut Buffer, &Theme)) {
    if plot.is_empty() {
        return;
    }
    let foot = row(plot, plot.height - 1);
    for column in 0..plot.width {
        let first = usize::from(column) * 2;
        let told = |curve: &Curve<'_>| {
            let mut dots = curve.values.iter().skip(first).take(2);
            dots.any(Option::is_some)
        };
        if !all.iter().any(told) {
            put(buffer, slice(foot, column, 1), "╌", theme.dim);
        }
    }
    for curve in all.iter().rev() {
        let levels = usize::from(plot.height) * 4;
        let values = curve.values.iter();
        let heights: Vec<Option<usize>> = values
            .map(|value| value.map(|value| level(value / top, levels)))
            .collect();
        for (column, line) in (0..plot.width).flat_map(|c| (0..plot.height).map(move |l| (c, l))) {
            let floor = usize::from(plot.height - 1 - line) * 4;
            let bits = cell_bits(&heights, usize::from(column) * 2, floor);
            if let Some(glyph) = char::from_u32(0x2800 + bits).filter(|_| bits > 0) {
                let place = slice(row(plot, line), column, 1);
                put(buffer, place, &glyph.to_string(), curve.style);
            }
        }
    }
}

/// How high a share of the whole stands.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a few hundred dots, held between 0 and 1"
)]
fn level(share: f64, levels: usize) -> usize {
    (share.clamp(0.0, 1.0) * levels.saturating_sub(1) as f64).round() as usize
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
    fn a_gap_is_a_gap_and_bears_its_mark() {
        let values = [Some(10.0), Some(10.0), None, None, Some(0.0), Some(0.0)];
        let curve = Curve {
            values: &values,
            style: Style::new(),
        };
        let area = Rect::new(0, 0, 3, 2);
        let mut buffer = Buffer::empty(area);
        let theme = Theme::of(ThemeName::Plain);
        curves(&[curve], 10.0, area, (&mut buffer, &theme));
        let at = |x: u16, y: u16| buffer.cell((x, y)).map(|cell| cell.symbol().to_owned());
        assert_eq!(at(0, 0).as_deref(), Some("⠉"));
        assert_eq!(at(1, 0).as_deref(), Some(" "));
        assert_eq!(at(1, 1).as_deref(), Some("╌"));
        assert_eq!(at(2, 1).as_deref(), Some("⣀"));
    }

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
