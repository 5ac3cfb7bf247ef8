//! Several lines over steps in braille on one scale, linear or logarithmic, with a cursor. What is drawn comes as columns
//! with the least and the greatest value of each, so that no peak is lost however many points there are.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::domain::training::series::Column;

use crate::humanize;

use crate::tui::{
    theme::Theme,
    widget::paint::{put, put_right, row, slice},
};

/// Columns of the scale at the left.
pub const SCALE: u16 = 9;

/// One line.
#[derive(Debug, Clone)]
pub struct Line {
    /// Two for each column of the plot; `None` where there is no value.
    pub columns: Vec<Option<Column>>,
    /// Its colour.
    pub style: Style,
    /// Drawn with gaps, so that it is told apart without colours.
    pub is_dotted: bool,
}

/// What all lines of a plot are measured by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Axis {
    /// The value at the bottom.
    pub low: f64,
    /// The value at the top.
    pub high: f64,
    /// Whether it is logarithmic.
    pub is_log: bool,
}

impl Axis {
    /// The axis on which all values of some lines lie, its ends on round numbers. Values up to zero have no place on a
    /// logarithmic one.
    pub fn of(lines: &[Line], is_log: bool) -> Option<Self> {
        let shown = |value: &f64| value.is_finite() && (!is_log || *value > 0.0);
        let columns = || lines.iter().flat_map(|line| line.columns.iter().flatten());
        let least = columns().map(|column| column.least).filter(shown);
        let most = columns().map(|column| column.most).filter(shown);
        let low = least.chain(most.clone()).fold(f64::INFINITY, f64::min);
        let high = most.fold(f64::NEG_INFINITY, f64::max);
        if low > high {
            return None;
        }
        if is_log {
            let [low, high] = [low.log10(), high.log10()];
            let (low, high) = if high - low > 1.0 {
                (low.floor(), high.ceil())
            } else {
                widened(low, high)
            };
            return Some(Self {
                low: 10_f64.powf(low),
                high: 10_f64.powf(high),
                is_log,
            });
        }
        let (low, high) = rounded(low, high);
        Some(Self { low, high, is_log })
    }

    /// Where a value lies, from 0 at the bottom to 1 at the top; `None` where it has no place.
    pub fn place(&self, value: f64) -> Option<f64> {
        let share = if self.is_log {
            (value.log10() - self.low.log10()) / (self.high.log10() - self.low.log10())
        } else {
            (value - self.low) / (self.high - self.low)
        };
        share.is_finite().then_some(share)
    }

    /// The value in the middle.
    fn middle(&self) -> f64 {
        if self.is_log {
            (self.low * self.high).sqrt()
        } else {
            f64::midpoint(self.low, self.high)
        }
    }
}

/// The ends of a scale in steps of 1, 2 and 5.
fn rounded(low: f64, high: f64) -> (f64, f64) {
    let (low, high) = widened(low, high);
    let raw = (high - low) / 4.0;
    let power = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|step| step * power)
        .find(|step| *step >= raw)
        .unwrap_or(raw);
    ((low / step).floor() * step, (high / step).ceil() * step)
}

/// A scale of no height gets one.
fn widened(low: f64, high: f64) -> (f64, f64) {
    if high > low {
        return (low, high);
    }
    let by = if low == 0.0 { 1.0 } else { low.abs() * 0.1 };
    (low - by, high + by)
}

/// A plot's inputs.
#[derive(Debug, Clone, Copy)]
pub struct Plot<'a> {
    /// The last one lies on top.
    pub lines: &'a [Line],
    /// By what they are measured.
    pub axis: Axis,
    /// The dot column of the cursor.
    pub cursor: Option<usize>,
}

impl Plot<'_> {
    /// Draws scale, lines and cursor.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        if area.height < 2 || area.width <= SCALE + 2 {
            return;
        }
        let middle = (area.height - 1) / 2;
        for at in 0..area.height {
            let text = match at {
                0 => label(self.axis.high),
                at if at == area.height - 1 => label(self.axis.low),
                at if at == middle && area.height > 5 => label(self.axis.middle()),
                _ => String::new(),
            };
            let line = row(area, at);
            put_right(buffer, slice(line, 0, SCALE - 2), &text, theme.dim);
            let tick = if text.is_empty() { "│" } else { "┤" };
            put(buffer, slice(line, SCALE - 1, 1), tick, theme.dim);
        }
        let plot = slice(area, SCALE, area.width);
        if let Some(cursor) = self.cursor {
            let column = u16::try_from(cursor / 2).unwrap_or(u16::MAX);
            for at in 0..plot.height {
                put(buffer, slice(row(plot, at), column, 1), "│", theme.dim);
            }
        }
        self.lines
            .iter()
            .for_each(|line| self.draw_line(line, plot, buffer, theme));
    }

    fn draw_line(&self, line: &Line, plot: Rect, buffer: &mut Buffer, theme: &Theme) {
        let levels = usize::from(plot.height) * 4;
        let spans = self.spans(line, levels);
        for column in 0..plot.width {
            let first = usize::from(column) * 2;
            let odd = [first, first + 1].into_iter().any(|dot| {
                let column = line.columns.get(dot).copied().flatten();
                column.is_some_and(|column| column.odd > 0)
            });
            if odd {
                // What is no number has no height: it is marked at the foot.
                put(
                    buffer,
                    slice(row(plot, plot.height - 1), column, 1),
                    "×",
                    theme.odd,
                );
            }
            if line.is_dotted && column % 3 == 2 {
                continue;
            }
            for at in 0..plot.height {
                let floor = usize::from(plot.height - 1 - at) * 4;
                let bits = bits(&spans, first, floor);
                add(buffer, slice(row(plot, at), column, 1), (bits, line.style));
            }
        }
    }

    /// The lowest and highest dot of each dot column, lines between known columns filled in.
    fn spans(&self, line: &Line, levels: usize) -> Vec<Option<(usize, usize)>> {
        let mut spans: Vec<Option<(usize, usize)>> = Vec::with_capacity(line.columns.len());
        // Where the line was last, and at which dot column.
        let mut before: Option<(usize, f64)> = None;
        for (dot, column) in line.columns.iter().enumerate() {
            let known = column.as_ref().and_then(|column| self.heights(column));
            let Some([low, high, last]) = known else {
                spans.push(None);
                continue;
            };
            if let Some((from, height)) = before {
                let target = f64::midpoint(low, high);
                fill(&mut spans, (from, height), (dot, target), levels);
            }
            spans.push(Some((level(low, levels), level(high, levels))));
            before = Some((dot, last));
        }
        spans
    }

    fn heights(&self, column: &Column) -> Option<[f64; 3]> {
        let [low, high] = [column.least, column.most].map(|value| self.axis.place(value));
        let high = high?;
        let low = low.unwrap_or(high);
        let last = self.axis.place(column.last).unwrap_or(high);
        Some([low, high, last])
    }
}

/// A value of the scale, without zeros that say nothing: `2.5`, `5e-4`.
fn label(value: f64) -> String {
    let text = humanize::training::value(value);
    let (number, power) = text
        .split_once('e')
        .map_or((&*text, None), |(number, power)| (number, Some(power)));
    let number = if number.contains('.') {
        number.trim_end_matches('0').trim_end_matches('.')
    } else {
        number
    };
    power.map_or_else(|| number.to_owned(), |power| format!("{number}e{power}"))
}

/// Fills the dot columns between two known ones with the line that joins them.
fn fill(
    spans: &mut [Option<(usize, usize)>],
    (from, start): (usize, f64),
    (to, end): (usize, f64),
    levels: usize,
) {
    let width = (to - from).max(1) as f64;
    let height = |dot: usize| start + (end - start) * ((dot - from) as f64 / width);
    for dot in from + 1..to {
        let sides = [height(dot), height(dot + 1)].map(|height| level(height, levels));
        if let Some(span) = spans.get_mut(dot) {
            *span = Some((sides[0].min(sides[1]), sides[0].max(sides[1])));
        }
    }
    // The last known column reaches to where the line goes on.
    let next = level(height(from + 1), levels);
    if let Some(Some((low, high))) = spans.get_mut(from) {
        *low = (*low).min(next);
        *high = (*high).max(next);
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a few hundred dots, saturating"
)]
fn level(share: f64, levels: usize) -> usize {
    ((share * (levels - 1) as f64).round().max(0.0) as usize).min(levels - 1)
}

/// The dots of a cell whose left dots stand at `first` and whose lowest dot is at `floor`.
fn bits(spans: &[Option<(usize, usize)>], first: usize, floor: usize) -> u32 {
    const BITS: [[u32; 4]; 2] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]];
    let side = |side: usize| {
        let (low, high) = spans.get(first + side).copied().flatten()?;
        let dots = BITS.get(side)?.iter().enumerate();
        let within = dots.filter(|(at, _)| (low..=high).contains(&(floor + at)));
        Some(within.map(|(_, bit)| bit).sum::<u32>())
    };
    side(0).unwrap_or(0) | side(1).unwrap_or(0)
}

/// Adds dots to what stands in a cell already.
fn add(buffer: &mut Buffer, cell: Rect, (bits, style): (u32, Style)) {
    let Some(there) = buffer.cell((cell.x, cell.y)).filter(|_| bits > 0) else {
        return;
    };
    let letter = there.symbol().chars().next().map_or(0, u32::from);
    let before = if (0x2800..0x2900).contains(&letter) {
        letter - 0x2800
    } else {
        0
    };
    if let Some(letter) = char::from_u32(0x2800 + (before | bits)) {
        put(buffer, cell, letter.encode_utf8(&mut [0; 4]), style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::ThemeName;

    fn line(values: &[Option<f64>]) -> Line {
        let column = |value: &Option<f64>| {
            value.map(|value| Column {
                least: value,
                most: value,
                last: value,
                odd: 0,
            })
        };
        Line {
            columns: values.iter().map(column).collect(),
            style: Style::new(),
            is_dotted: false,
        }
    }

    #[test]
    fn axes_end_on_round_numbers() {
        let axis = |values: &[f64], is_log| {
            let values: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
            Axis::of(&[line(&values)], is_log).map(|axis| (axis.low, axis.high))
        };
        assert_eq!(axis(&[0.13, 1.9], false), Some((0.0, 2.0)));
        let (low, high) = axis(&[3.0, 3.0], false).unwrap();
        assert!(low < 3.0 && high > 3.0, "{low} {high}");
        let (low, high) = axis(&[0.013, 1.9, -1.0, 0.0], true).unwrap();
        assert!(
            (low - 0.01).abs() < 1e-9 && (high - 10.0).abs() < 1e-9,
            "{low} {high}"
        );
        assert_eq!(axis(&[f64::NAN], false), None);
    }

    #[test]
    fn gaps_between_few_points_are_lines_and_no_number_is_marked() {
        let mut values = vec![None; 40];
        values[0] = Some(0.0);
        values[39] = Some(1.0);
        let mut line = line(&values);
        line.columns[20] = Some(Column {
            least: f64::INFINITY,
            most: f64::NEG_INFINITY,
            last: f64::NAN,
            odd: 1,
        });
        let lines = [line];
        let axis = Axis::of(&lines, false).unwrap();
        let area = Rect::new(0, 0, 20 + SCALE, 4);
        let mut buffer = Buffer::empty(area);
        Plot {
            lines: &lines,
            axis,
            cursor: None,
        }
        .draw(area, &mut buffer, &Theme::of(ThemeName::Plain));
        let is_drawn =
            |x: u16| (0..4).any(|y| !matches!(buffer[(SCALE + x, y)].symbol(), " " | "×"));
        assert!((0..20).all(is_drawn), "{buffer:?}");
        assert_eq!(buffer[(SCALE + 10, 3)].symbol(), "×");
    }
}
