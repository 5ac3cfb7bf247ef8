//! Tables of separated values: the first row as a heading, columns as wide as what is in them.

use csv::{ReaderBuilder, StringRecord};
use unicode_width::UnicodeWidthStr;

use crate::domain::text::{middle, readable};

use super::{Glance, LINES, Line};

/// The widest that a column is drawn.
const WIDEST: usize = 32;
/// Spaces between columns.
const BETWEEN: &str = "  ";

/// The rows of a table; the last one of a part is left out, as it may be cut.
pub(super) fn glance(text: &str, separator: u8, whole: bool) -> Glance {
    let mut reader = ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut rows: Vec<StringRecord> = reader
        .records()
        .take(LINES + 1)
        .map_while(Result::ok)
        .collect();
    let more = !whole || rows.len() > LINES;
    if more && rows.len() > 1 {
        rows.pop();
    }
    let columns = rows.iter().map(StringRecord::len).max().unwrap_or(0);
    let kind = if separator == b'\t' { "TSV" } else { "CSV" };
    let plural = if columns == 1 { "" } else { "s" };
    Glance {
        what: format!("{kind}, {columns} column{plural}"),
        lines: lines(&rows, columns),
        more,
        picture: None,
    }
}

fn lines(rows: &[StringRecord], columns: usize) -> Vec<Line> {
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(cell).collect())
        .collect();
    let width = |column: usize| {
        let widths = cells
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.width());
        widths.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let row = |(at, cells): (usize, &Vec<String>)| Line {
        text: aligned(cells, &widths),
        heading: at == 0,
    };
    cells.iter().enumerate().map(row).collect()
}

fn cell(text: &str) -> String {
    middle(&readable(text), WIDEST).into_owned()
}

/// Numbers stand to the right, words to the left.
fn aligned(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        let blanks = " ".repeat(width.saturating_sub(cell.width()));
        let (before, after) = if cell.parse::<f64>().is_ok() {
            (blanks.as_str(), "")
        } else {
            ("", blanks.as_str())
        };
        line.extend([before, cell, after, BETWEEN]);
    }
    line.truncate(line.trim_end().len());
    line
}
