//! How the layout is drawn: a treemap of what is in the folder, and bars by extension, size, age and class.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::domain::{
    entry::Tally,
    estimate::Prices,
    makeup::{Facet, Makeup},
    side::Side,
    text::printable,
};

use crate::humanize;

use crate::tui::{
    action::Browsing,
    keymap::Context,
    shell::Shell,
    tab::browse::{
        Browse, contents,
        layout::{LayoutPanel, Stage, Subject, Uploads},
    },
    theme::Theme,
    widget::{
        paint::{columns, put, put_middle, put_right, row as line_of, slice, wrap},
        panel::Panel,
        treemap::{self, Tile},
    },
};

/// Columns of a block of bars.
const BLOCK: u16 = 30;
/// The least lines of a block: its heading, two bars, a line of air.
const LINES: u16 = 4;
/// Columns of a label.
const LABEL: u16 = 13;
/// The least columns that hold the maps of both sides.
const BOTH: u16 = 60;
/// Columns of the bytes.
const BYTES: u16 = 9;

impl Browse {
    /// The rows that the layout, or the preview, takes of an area.
    pub(super) fn panel_height(&self, area: Rect) -> u16 {
        match area.height {
            _ if !self.layout.shown && !self.preview.shown => 0,
            ..30 => area.height / 2,
            30.. => area.height * 2 / 5,
        }
    }

    /// Draws the panel.
    pub(super) fn draw_layout(&self, shell: &Shell, area: Rect, buffer: &mut Buffer) {
        let makeup = self.layout.makeup.as_ref();
        let totals = makeup.map(|makeup| totals(makeup.total()));
        let growing = matches!(self.layout.stage, Stage::Waiting | Stage::Counting(_));
        let spinner = if growing { shell.spinner() } else { "" };
        let totals = format!("{spinner} {}", totals.unwrap_or_default());
        let subject = self.layout.subject.as_ref();
        let panel = Panel {
            label: "layout",
            title: &subject.map(title).unwrap_or_default(),
            totals: totals.trim(),
            foot: &foot(shell, self.layout.by_count),
            ..Panel::default()
        };
        let inner = panel.draw(area, buffer, &shell.theme);
        let words = match (&self.layout.stage, makeup) {
            (Stage::TooMany, _) => Some(
                "Too many objects to be counted at once: open the folder and choose one in it.",
            ),
            (Stage::Broken(reason), _) => Some(reason.as_str()),
            (Stage::Whole, Some(makeup)) if makeup.total().objects == 0 => {
                Some("No objects are here on this side.")
            }
            (Stage::Whole, None) => Some("No objects are here on this side."),
            (Stage::Waiting | Stage::Counting(_) | Stage::Whole, _) => None,
        };
        if let Some(words) = words {
            for (at, line) in (0..).zip(wrap(words, inner.width)) {
                put(buffer, line_of(inner, at), &line, shell.theme.dim);
            }
        } else if let Some(makeup) = makeup {
            let remarks = self.layout.remarks(makeup);
            let remarks: Vec<String> = remarks
                .iter()
                .flat_map(|text| wrap(text, inner.width))
                .collect();
            let lines = u16::try_from(remarks.len()).unwrap_or(0);
            let above = inner.height.saturating_sub(lines);
            for (at, text) in (above..).zip(&remarks) {
                put(buffer, line_of(inner, at), text, shell.theme.differs);
            }
            let area = Rect {
                height: above,
                ..inner
            };
            self.layout.draw_makeup(makeup, area, buffer, &shell.theme);
        }
    }
}

fn foot(shell: &Shell, by_count: bool) -> String {
    let key = |action: Browsing| shell.keymap.key_text(Context::Browse, action);
    let [turn, other, open] = [Browsing::Layout, Browsing::OtherSide, Browsing::Open].map(key);
    let turns = if by_count {
        "closes it"
    } else {
        "counts objects"
    };
    format!("{open} goes into the greatest · {other} the other side · {turn} {turns}")
}

fn title(subject: &Subject) -> String {
    let folder = if subject.folder.is_empty() {
        "all".into()
    } else {
        subject.folder.printable()
    };
    format!("{folder} · {} side", subject.side.word())
}

fn totals(total: Tally) -> String {
    let objects = humanize::counted(total.objects, "object");
    format!("{objects} · {}", humanize::bytes(total.bytes))
}

impl LayoutPanel {
    /// What no tile shows: contents that stand several times, and uploads that nobody finished.
    fn remarks(&self, makeup: &Makeup) -> Vec<String> {
        let mut remarks = Vec::new();
        let again = makeup.copies().filter(|again| again.extra.objects > 0);
        remarks.extend(again.as_ref().map(contents::words));
        remarks.extend(self.contents.words());
        if let Uploads::Told(count @ 1.., bytes) = self.uploads {
            let uploads = humanize::counted(count, "unfinished upload");
            let month = Prices::embedded().of(None, None).month(bytes);
            let month = humanize::about(&humanize::money(month));
            let bytes = humanize::bytes(bytes);
            remarks.push(format!("{uploads}: {bytes} hidden, {month} a month"));
        }
        remarks
    }

    fn draw_makeup(&self, makeup: &Makeup, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let across = ((area.width / 2) / (BLOCK + 2)).clamp(1, 2);
        let map = slice(area, 0, area.width.saturating_sub(across * (BLOCK + 2)));
        match (&self.other, &self.subject) {
            (Some(other), Some(subject)) if map.width >= BOTH => {
                let half = map.width / 2;
                let [left, right] = [0, half].map(|at| slice(map, at, half.saturating_sub(1)));
                let (own, opposite) = match subject.side {
                    Side::Left => (left, right),
                    Side::Right => (right, left),
                };
                self.draw_side((subject.side, makeup), own, (buffer, theme));
                self.draw_side((subject.side.other(), other), opposite, (buffer, theme));
            }
            _ => treemap::draw(&self.tiles(makeup), map, buffer, theme),
        }
        draw_bars(makeup, (area, map.width + 2, across), (buffer, theme));
    }

    /// One side of two, below what it holds.
    fn draw_side(
        &self,
        (side, makeup): (Side, &Makeup),
        area: Rect,
        (buffer, theme): (&mut Buffer, &Theme),
    ) {
        let head = format!("{} · {}", side.word(), totals(makeup.total()));
        put(buffer, line_of(area, 0), &head, theme.dim);
        let below = Rect {
            y: area.y + 1.min(area.height),
            height: area.height.saturating_sub(1),
            ..area
        };
        treemap::draw(&self.tiles(makeup), below, buffer, theme);
    }

    fn tiles(&self, makeup: &Makeup) -> Vec<Tile> {
        let tile = |(name, tally): (&[u8], Tally)| {
            let (weight, size) = if self.by_count {
                (tally.objects, humanize::counted(tally.objects, "object"))
            } else {
                (tally.bytes, humanize::bytes(tally.bytes))
            };
            Tile {
                name: printable(name).into_owned(),
                size,
                weight,
            }
        };
        let tiles = makeup.children().into_iter().map(tile);
        let mut tiles: Vec<Tile> = tiles.filter(|tile| tile.weight > 0).collect();
        tiles.sort_by_key(|tile| std::cmp::Reverse(tile.weight));
        tiles
    }
}

/// Bars by each facet, in blocks right of the map.
fn draw_bars(
    makeup: &Makeup,
    (area, from, across): (Rect, u16, u16),
    (buffer, theme): (&mut Buffer, &Theme),
) {
    let blocks: Vec<(Facet, Vec<(String, Tally)>)> = Facet::ALL
        .into_iter()
        .map(|facet| (facet, makeup.counts(facet)))
        .filter(|(_, rows)| !rows.is_empty())
        .collect();
    let wanted = u16::try_from(blocks.len()).unwrap_or(1).div_ceil(across);
    let down = wanted.min(area.height / LINES).max(1);
    let height = area.height / down;
    for (at, (facet, rows)) in (0..across * down).zip(&blocks) {
        let place = Rect {
            y: area.y + at / across * height,
            height,
            ..slice(area, from + at % across * (BLOCK + 2), BLOCK)
        };
        draw_block(*facet, rows, place, (buffer, theme));
    }
}

/// The greatest of a facet, each with a bar; the rest in one row.
fn draw_block(
    facet: Facet,
    rows: &[(String, Tally)],
    area: Rect,
    (buffer, theme): (&mut Buffer, &Theme),
) {
    put(buffer, line_of(area, 0), facet.word(), theme.dim);
    let room = usize::from(area.height.saturating_sub(2));
    let shown = if rows.len() > room {
        room.saturating_sub(1)
    } else {
        room
    };
    let most = rows.iter().map(|(_, tally)| tally.bytes).max().unwrap_or(0);
    for (at, (label, tally)) in (1..).zip(rows.iter().take(shown)) {
        let line = line_of(area, at);
        put_middle(buffer, slice(line, 0, LABEL), label, Style::new());
        let width = area.width.saturating_sub(LABEL + BYTES + 2);
        let bar = bar(tally.bytes, most, width);
        put(buffer, slice(line, LABEL + 1, width), &bar, theme.accent);
        put_right(buffer, line, &humanize::bytes(tally.bytes), theme.dim);
    }
    if let Some(rest) = rows.len().checked_sub(shown).filter(|rest| *rest > 0) {
        let line = line_of(area, u16::try_from(shown + 1).unwrap_or(u16::MAX));
        put(buffer, line, &format!("and {rest} more"), theme.dim);
    }
}

/// A bar of eighths of a column; what is more than nothing is seen.
fn bar(bytes: u64, most: u64, width: u16) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if bytes == 0 || most == 0 {
        return String::new();
    }
    let eighths = u128::from(bytes) * u128::from(width) * 8 / u128::from(most);
    let eighths = usize::try_from(eighths.max(1)).unwrap_or(0);
    let part = PARTS.get(eighths % 8).copied().unwrap_or_default();
    let text = format!("{}{part}", "█".repeat(eighths / 8));
    debug_assert!(columns(&text) <= width.max(1));
    text
}
