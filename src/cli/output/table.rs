//! Columns that stand under each other, whatever is in them; names may be wider than their letters are many.

use unicode_width::UnicodeWidthStr as _;

/// On which side a column's texts begin to differ in length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Texts.
    Left,
    /// Numbers.
    Right,
}

/// The lines of a table, its head first; the last column is not filled up.
pub fn table<const N: usize>(head: [(&str, Align); N], rows: &[[String; N]]) -> Vec<String> {
    let mut widths = head.map(|(name, _)| name.width());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let names = head.map(|(name, _)| name.to_owned());
    let line = |row: &[String; N]| {
        let mut line = String::new();
        for ((cell, width), (_, align)) in row.iter().zip(widths).zip(head) {
            if !line.is_empty() {
                line.push_str("  ");
            }
            let room = " ".repeat(width - cell.width());
            match align {
                Align::Left => line.extend([cell.as_str(), &room]),
                Align::Right => line.extend([&room, cell.as_str()]),
            }
        }
        line.trim_end().to_owned()
    };
    std::iter::once(&names).chain(rows).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::{Align, table};

    #[test]
    fn columns_stand_under_each_other() {
        let head = [("name", Align::Left), ("n", Align::Right)];
        let row = |name: &str, n: &str| [name.to_owned(), n.to_owned()];
        let lines = table(head, &[row("日本", "7"), row("b", "1,024")]);
        assert_eq!(lines, ["name      n", "日本      7", "b     1,024"]);
    }
}
