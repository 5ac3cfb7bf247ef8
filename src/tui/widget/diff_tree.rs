//! Rows of a tree in columns: two sides with the diff between them, or one side alone. Only the window is drawn.

use jiff::tz::TimeZone;
use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::domain::{
    diff::Sign,
    entry::Kind,
    side::Side,
    text::{middle, printable},
    tree::{Cell, Listed, Mark, Motion, Row, Sort, SortBy},
};

use crate::humanize;

use crate::tui::{
    theme::Theme,
    widget::badge::badge,
    widget::paint::{columns, end, put, put_right, row as line_of, select, slice},
};

/// What every part is drawn with.
#[derive(Clone, Copy)]
pub struct DiffTree<'a> {
    /// The window's rows.
    pub rows: &'a [Row<'a>],
    /// The row under the cursor, counted within the window.
    pub selected: Option<usize>,
    /// Whether both sides are merged.
    pub comparing: bool,
    /// The order of rows, told in the heading.
    pub sort: Sort,
    /// Where the reader's clock stands.
    pub zone: &'a TimeZone,
    /// How much of a row has moved, in percent.
    pub percent: &'a dyn Fn(&Row<'_>) -> Option<u64>,
    /// Colours.
    pub theme: &'a Theme,
}

/// Which columns a side has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Columns {
    name: u16,
    objects: u16,
    size: u16,
    modified: u16,
    class: u16,
}

/// The widths of columns, the gap before each included.
const OBJECTS: u16 = 11;
const SIZE: u16 = 10;
const MODIFIED: u16 = 18;
const CLASS: u16 = 21;
/// The name that lesser columns make way for.
const NAME: u16 = 26;

/// How wide a side without names is, for the columns that fit into `most`.
pub fn natural_width(most: u16) -> u16 {
    let base = OBJECTS + SIZE;
    [
        base + MODIFIED + CLASS,
        base + MODIFIED + 12,
        base + MODIFIED,
        base,
    ]
    .into_iter()
    .find(|width| *width <= most)
    .unwrap_or(SIZE)
}

impl Columns {
    /// The lesser columns go first: class, modified, objects.
    fn fit(width: u16, named: bool, comparing: bool) -> Self {
        let mut columns = Self {
            name: 0,
            objects: 0,
            size: SIZE.min(width),
            modified: 0,
            class: 0,
        };
        let mut left = width.saturating_sub(SIZE + if named { NAME } else { 0 });
        let mut take = |wanted: u16, least: u16| {
            let taken = if left >= wanted {
                wanted
            } else if left >= least {
                left
            } else {
                0
            };
            left -= taken;
            taken
        };
        let apart = named && !comparing;
        columns.objects = if apart { 0 } else { take(OBJECTS, OBJECTS) };
        columns.modified = if named && comparing {
            0
        } else {
            take(MODIFIED, MODIFIED)
        };
        columns.class = if named && comparing || columns.modified == 0 {
            0
        } else {
            take(CLASS, 12)
        };
        if !named && columns.objects > 0 && columns.modified == 0 {
            columns.objects += left;
        }
        if named {
            columns.name =
                width - columns.objects - columns.size - columns.modified - columns.class;
        }
        columns
    }
}

impl DiffTree<'_> {
    /// Draws headings and rows of one side.
    pub fn draw_side(&self, area: Rect, buffer: &mut Buffer, (side, named): (Side, bool)) {
        let columns = Columns::fit(area.width, named, self.comparing);
        self.draw_heading(line_of(area, 0), buffer, columns);
        for (at, row) in self.rows.iter().enumerate() {
            let Ok(at) = u16::try_from(at + 1) else {
                return;
            };
            let line = line_of(area, at);
            if line.height == 0 {
                return;
            }
            if named {
                self.draw_name(slice(line, 0, columns.name), buffer, row);
            }
            self.draw_cells(
                slice(line, columns.name, line.width),
                buffer,
                (row, side, columns),
            );
        }
    }

    /// Draws the sign of each row.
    pub fn draw_diff(&self, area: Rect, buffer: &mut Buffer) {
        put(buffer, line_of(area, 0), "diff", self.theme.dim);
        for (at, row) in self.rows.iter().enumerate() {
            let Ok(at) = u16::try_from(at + 1) else {
                return;
            };
            let (text, style) = badge(row, (self.percent)(row), area.width, self.theme);
            put(buffer, line_of(area, at), &text, style);
        }
    }

    /// Lays the selection over a whole line of the screen, with its bar at the left.
    pub fn draw_selection(&self, area: Rect, buffer: &mut Buffer, bar: bool) {
        let Some(at) = self.selected.and_then(|at| u16::try_from(at + 1).ok()) else {
            return;
        };
        if bar {
            select(buffer, line_of(area, at), self.theme);
        } else {
            buffer.set_style(line_of(area, at), self.theme.selection);
        }
    }

    fn draw_heading(&self, line: Rect, buffer: &mut Buffer, columns: Columns) {
        let arrow = |by: SortBy| match (self.sort.by == by, self.sort.descending) {
            (false, _) => "",
            (true, true) => " ↓",
            (true, false) => " ↑",
        };
        let dim = self.theme.dim;
        put(
            buffer,
            slice(line, 3, columns.name.saturating_sub(3)),
            &format!("name{}", arrow(SortBy::Natural)),
            dim,
        );
        let mut at = columns.name;
        if columns.objects > 0 {
            let text = format!("objects{}", arrow(SortBy::Count));
            put_right(buffer, slice(line, at, columns.objects), &text, dim);
            at += columns.objects;
        }
        put_right(
            buffer,
            slice(line, at, columns.size),
            &format!("size{}", arrow(SortBy::Size)),
            dim,
        );
        at += columns.size;
        if columns.modified > 0 {
            put(
                buffer,
                slice(line, at + 2, columns.modified - 2),
                &format!("modified{}", arrow(SortBy::Modified)),
                dim,
            );
            at += columns.modified;
        }
        if columns.class > 0 {
            put(buffer, slice(line, at + 2, columns.class - 2), "class", dim);
        }
    }

    fn draw_name(&self, area: Rect, buffer: &mut Buffer, row: &Row<'_>) {
        let mark = match row.mark {
            Mark::No => "",
            Mark::Yes => "●",
            Mark::Partly => "◦",
        };
        put(buffer, slice(area, 1, 1), mark, self.theme.accent);
        let indent = u16::try_from(row.depth * 2)
            .unwrap_or(u16::MAX)
            .min(area.width / 3);
        let handle = match row.folder {
            Some(below) if below.expanded => "▾",
            Some(_) => "▸",
            None => "",
        };
        put(buffer, slice(area, 3 + indent, 1), handle, self.theme.dim);
        let start = 5 + indent;
        let room = slice(area, start, area.width.saturating_sub(start));
        let text = if row.name.is_empty() {
            ".".into()
        } else {
            printable(row.name)
        };
        let shown = middle(&text, usize::from(room.width));
        put(buffer, room, &shown, self.name_style(row));
        if shown == text {
            for range in &row.matches {
                let before = columns(text.get(..range.start).unwrap_or_default());
                let found = text.get(range.clone()).unwrap_or_default();
                put(
                    buffer,
                    slice(room, before, room.width),
                    found,
                    self.theme.found,
                );
            }
        }
    }

    fn name_style(&self, row: &Row<'_>) -> Style {
        let settled = matches!(
            row.sign,
            Some(Sign::Same | Sign::Excluded | Sign::NotScanned)
        );
        if settled && row.folder.is_none() && row.motion == Motion::Still {
            self.theme.dim
        } else {
            Style::new()
        }
    }

    fn draw_cells(
        &self,
        area: Rect,
        buffer: &mut Buffer,
        (row, side, columns): (&Row<'_>, Side, Columns),
    ) {
        let bytes = slice(area, columns.objects, columns.size);
        let modified = slice(
            area,
            columns.objects + columns.size + 2,
            columns.modified.saturating_sub(2),
        );
        let Some(cell) = row.cell(side) else {
            let (word, style) = self.absent(row, side);
            put_right(
                buffer,
                bytes,
                if columns.modified > 0 { "—" } else { word },
                style,
            );
            put(buffer, modified, word, style);
            return;
        };
        let style = self.cell_style(row);
        if columns.objects > 0 && row.folder.is_some() {
            put_right(
                buffer,
                slice(area, 0, columns.objects),
                &humanize::count(cell.objects),
                style,
            );
        }
        put_right(buffer, bytes, &self.size_text(row, cell), style);
        if columns.modified > 0 {
            let time = cell
                .modified
                .map(|at| humanize::timestamp(at, self.zone))
                .unwrap_or_default();
            put(buffer, modified, &time, self.theme.dim);
        }
        if columns.class > 0 {
            let class = slice(
                area,
                columns.objects + columns.size + columns.modified + 2,
                columns.class - 2,
            );
            put(
                buffer,
                class,
                &end(cell.class.unwrap_or_default(), class.width),
                self.theme.dim,
            );
        }
    }

    fn size_text(&self, row: &Row<'_>, cell: &Cell<'_>) -> String {
        match (row.folder, cell.kind) {
            (Some(below), _) if !self.comparing => match below.listed {
                Listed::Running => "…".to_owned(),
                Listed::Broken => "broken".to_owned(),
                Listed::Unknown | Listed::Complete => String::new(),
            },
            (None, Kind::Symlink) => "link".to_owned(),
            (None, Kind::Special) => "special".to_owned(),
            (Some(_), _) | (None, Kind::Object | Kind::Folder) => humanize::bytes(cell.size),
        }
    }

    fn cell_style(&self, row: &Row<'_>) -> Style {
        match row.sign {
            Some(Sign::Same | Sign::Excluded | Sign::NotScanned) => self.theme.dim,
            Some(_) | None if row.folder.is_none() => Style::new(),
            Some(_) | None => self.theme.dim,
        }
    }

    /// What stands in the place of a side that is not there.
    fn absent(&self, row: &Row<'_>, side: Side) -> (&'static str, Style) {
        if !self.comparing {
            return ("", self.theme.dim);
        }
        let word = match (row.motion, row.sign) {
            (Motion::Queued | Motion::Copying | Motion::Failed, _) => row.motion.word(),
            (_, Some(Sign::NotScanned)) => "unknown",
            (_, Some(Sign::Excluded)) => "excluded",
            (_, Some(Sign::Clash)) => "clash",
            (_, Some(_) | None) => "missing",
        };
        let style = match row.motion {
            Motion::Still | Motion::Verified if side == Side::Right => row
                .sign
                .map_or(self.theme.dim, |sign| self.theme.sign(sign, row.level)),
            Motion::Still | Motion::Verified => self.theme.accent,
            Motion::Queued | Motion::Copying | Motion::Failed => self.theme.motion(row.motion),
        };
        (word, style)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lesser_columns_go_first() {
        let full = Columns::fit(80, false, true);
        assert!(full.class > 0 && full.modified > 0);
        let some = Columns::fit(45, false, true);
        assert!(some.class == 0 && some.modified > 0);
        let few = Columns::fit(21, false, true);
        assert_eq!((few.class, few.modified, few.objects), (0, 0, OBJECTS));
        let named = Columns::fit(40, true, true);
        assert_eq!(named.name + named.size + named.objects, 40);
        for width in 0..200 {
            for (named, comparing) in [(true, true), (true, false), (false, true), (false, false)] {
                let fit = Columns::fit(width, named, comparing);
                assert!(
                    fit.name + fit.objects + fit.size + fit.modified + fit.class <= width.max(1)
                );
            }
        }
    }
}
