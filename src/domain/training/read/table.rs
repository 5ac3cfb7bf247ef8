//! CSV and TSV: a line of names, then a row a line. Empty cells tell nothing: Lightning writes train and validation so.

use super::build::Builder;

/// The names of a table and what stands between its cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    separator: u8,
    names: Vec<String>,
}

impl Table {
    /// The table whose first lines these are; `None` where they are none.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        let mut lines = head.split(|byte| *byte == b'\n');
        let (first, second) = (lines.next()?, lines.next());
        [b',', b'\t', b';'].into_iter().find_map(|separator| {
            let names = cells(first, separator)?;
            let is_name = |name: &String| {
                let letter = name
                    .chars()
                    .next()
                    .is_some_and(|c| c.is_alphabetic() || c == '_');
                letter && name.len() < 100 && !name.contains([':', '=', '{'])
            };
            let fits = names.len() > 1 && names.iter().all(is_name);
            let like_first = second.is_none_or(|line| {
                let values = cells(line, separator).unwrap_or_default();
                line.is_empty() || values.iter().any(|cell| cell.trim().parse::<f64>().is_ok())
            });
            (fits && like_first).then_some(Self { separator, names })
        })
    }

    /// Reads a line as a row; `false` where it has more cells than there are names.
    pub(super) fn line(&self, line: &[u8], builder: &mut Builder) -> bool {
        let Some(cells) = cells(line, self.separator) else {
            return false;
        };
        if cells == self.names {
            // The names again: the writer was started anew.
            return true;
        }
        if cells.len() > self.names.len() {
            return false;
        }
        for (name, cell) in self.names.iter().zip(&cells) {
            builder.text(name, cell.trim());
        }
        let any = builder.has_row();
        builder.end_row();
        any
    }
}

/// The cells of a line, quotes taken off.
fn cells(line: &[u8], separator: u8) -> Option<Vec<String>> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if !line.contains(&b'"') {
        let text = std::str::from_utf8(line).ok()?;
        return Some(
            text.split(char::from(separator))
                .map(|cell| cell.trim().to_owned())
                .collect(),
        );
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(separator)
        .from_reader(line);
    let record = reader.records().next()?.ok()?;
    Some(record.iter().map(|cell| cell.trim().to_owned()).collect())
}
