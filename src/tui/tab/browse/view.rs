//! How Browse is drawn: two frames with the diff between them, the details below, the gap panel at the bottom.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::domain::{
    side::Side,
    tree::{Listed, NodeId, Row, Totals, Tree},
};

use crate::engine::event::Failed;
use crate::humanize;

use crate::tui::{
    shell::Shell,
    tab::browse::{Browse, Comparison, Pane, Progress, Rows, details},
    widget::{
        diff_tree::{DiffTree, natural_width},
        paint::{put_middle, row as line_of, slice, widen, wrap},
        panel::Panel,
    },
};

/// Seconds from which on a listing that nothing answers says so.
const SILENT: i64 = 10;
/// Columns of the diff between the frames.
const DIFF: u16 = 8;

/// Draws the tab.
pub fn draw(browse: &Browse, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let panel = browse.panel_height(area);
    let gaps = if panel > 0 {
        panel
    } else {
        browse.gap_height(area)
    };
    let details = if area.height > 9 { 2 } else { 0 };
    let upper = Rect {
        height: area.height.saturating_sub(gaps + details),
        ..area
    };
    browse.width.set(area.width);
    match &browse.comparison {
        Some(comparison) => draw_compared(browse, comparison, shell, upper, buffer),
        None => draw_apart(browse, shell, upper, buffer),
    }
    let below = Rect {
        y: upper.bottom(),
        height: details,
        ..area
    };
    details::draw(browse, shell, below, buffer);
    let bottom = Rect {
        y: below.bottom(),
        height: gaps,
        ..area
    };
    if browse.preview.shown {
        browse.draw_preview(shell, bottom, buffer);
    } else if browse.layout.shown {
        browse.draw_layout(shell, bottom, buffer);
    } else {
        browse.draw_gaps(shell, bottom, buffer);
    }
}

fn draw_compared(
    browse: &Browse,
    comparison: &Comparison,
    shell: &Shell,
    area: Rect,
    buffer: &mut Buffer,
) {
    let gap = if area.width >= 100 { DIFF } else { DIFF - 2 };
    let most = area.width.saturating_sub(gap + 4) * 11 / 20;
    let right = (natural_width(most) + 4).clamp(
        31.min(area.width / 2),
        area.width.saturating_sub(gap) / 2 + 8,
    );
    let room = area.width.saturating_sub(gap);
    let left = browse
        .split
        .map_or(room.saturating_sub(right), |split| share(room, split));
    let right = room - left;
    browse.border.set(slice(area, left, gap));
    let areas = [slice(area, 0, left), slice(area, left + gap, right)];
    let tree = &comparison.rows.tree;
    let mut inside = Vec::new();
    for (side, area) in Side::BOTH.into_iter().zip(areas) {
        let panel = Panel {
            label: if side == Side::Left { "LEFT" } else { "RIGHT" },
            title: &shell.shown(comparison.place(side)),
            totals: &totals(tree.totals(), side),
            focused: side == browse.focus && !browse.gaps.focused,
            ..Panel::default()
        };
        inside.push(panel.draw(area, buffer, &shell.theme));
    }
    let [left, right] = [inside[0], inside[1]];
    let height = left.height.saturating_sub(1);
    let (window, selected) = window(&comparison.rows, height);
    comparison.rows.area.set(Rect {
        y: left.y + 1,
        height,
        ..area
    });
    let flights = &browse.flights;
    let percent = |row: &Row<'_>| {
        flights
            .any()
            .then(|| flights.percent(&tree.key_of(row.id)))
            .flatten()
    };
    let view = diff_tree(tree, (&window, selected), &percent, shell);
    let view = DiffTree {
        comparing: true,
        ..view
    };
    view.draw_side(widen(left), buffer, (Side::Left, true));
    view.draw_side(right, buffer, (Side::Right, false));
    let middle = Rect {
        y: left.y,
        height: left.height,
        ..slice(area, areas[0].width + 1, gap - 2)
    };
    view.draw_diff(middle, buffer);
    view.draw_selection(widen(left), buffer, true);
    view.draw_selection(middle, buffer, false);
    view.draw_selection(right, buffer, false);
    if window.is_empty() {
        let words = compared_words(comparison, tree, shell);
        draw_empty(left, buffer, &words, shell);
    }
}

/// So many percent of a width.
fn share(width: u16, percent: u16) -> u16 {
    let part = u32::from(width) * u32::from(percent.min(100)) / 100;
    u16::try_from(part).unwrap_or(width)
}

fn draw_apart(browse: &Browse, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let half = browse
        .split
        .map_or(area.width / 2, |split| share(area.width, split));
    let areas = [slice(area, 0, half), slice(area, half, area.width)];
    browse.border.set(slice(area, half.saturating_sub(1), 2));
    for (pane, area) in browse.panes.iter().zip(areas) {
        let focused = pane.side == browse.focus;
        draw_pane(pane, focused, (area, buffer), (browse, shell));
    }
}

fn draw_pane(
    pane: &Pane,
    focused: bool,
    (area, buffer): (Rect, &mut Buffer),
    (browse, shell): (&Browse, &Shell),
) {
    let tree = &pane.rows.tree;
    let place = pane.place.as_ref().map(|place| shell.shown(place));
    let place = place.unwrap_or_default();
    let listing = if browse.is_listing(pane.side, shell) {
        shell.spinner()
    } else {
        ""
    };
    let panel = Panel {
        label: if pane.side == Side::Left {
            "LEFT"
        } else {
            "RIGHT"
        },
        title: &place,
        totals: listing,
        focused,
        ..Panel::default()
    };
    let inner = panel.draw(area, buffer, &shell.theme);
    let height = inner.height.saturating_sub(1);
    let (window, selected) = window(&pane.rows, height);
    pane.rows.area.set(Rect {
        y: inner.y + 1,
        height,
        ..inner
    });
    let view = diff_tree(
        tree,
        (&window, selected.filter(|_| focused)),
        &|_| None,
        shell,
    );
    view.draw_side(widen(inner), buffer, (pane.side, true));
    view.draw_selection(widen(inner), buffer, true);
    if window.is_empty() {
        draw_empty(inner, buffer, &pane_words(pane, shell), shell);
    }
}

fn diff_tree<'a>(
    tree: &'a Tree,
    (rows, selected): (&'a [Row<'a>], Option<usize>),
    percent: &'a dyn Fn(&Row<'_>) -> Option<u64>,
    shell: &'a Shell,
) -> DiffTree<'a> {
    DiffTree {
        rows,
        selected,
        comparing: false,
        sort: tree.sort(),
        zone: &shell.zone,
        percent,
        theme: &shell.theme,
    }
}

/// The rows on the screen, and where the cursor stands among them.
fn window(rows: &Rows, height: u16) -> (Vec<Row<'_>>, Option<usize>) {
    let position = rows.position();
    let shown = rows
        .window
        .show(position.unwrap_or(0), rows.tree.len_visible(), height);
    let selected = position.and_then(|at| at.checked_sub(shown.start));
    (rows.tree.rows(shown.start, shown.len()), selected)
}

fn totals(totals: Totals, side: Side) -> String {
    format!(
        "{} · {}",
        humanize::count(totals.objects(side)),
        humanize::bytes(totals.bytes(side))
    )
}

/// What stands in an empty frame: what happened, and the next step.
struct Words {
    what: String,
    next: String,
    /// Something went wrong: told in full, and seen.
    trouble: bool,
}

impl Words {
    fn new(what: impl Into<String>, next: &str) -> Self {
        Self {
            what: what.into(),
            next: next.to_owned(),
            trouble: false,
        }
    }

    fn failed(failed: &Failed) -> Self {
        Self {
            what: format!("! {}", failed.message),
            next: failed.help.clone().unwrap_or_default(),
            trouble: true,
        }
    }
}

fn draw_empty(area: Rect, buffer: &mut Buffer, words: &Words, shell: &Shell) {
    let theme = &shell.theme;
    let area = slice(area, 2, area.width.saturating_sub(4));
    let style = if words.trouble {
        theme.missing
    } else {
        theme.dim
    };
    let what = wrap(&words.what, area.width);
    let what = what.iter().map(|line| (line, style));
    let next = wrap(&words.next, area.width);
    let next = next.iter().map(|line| (line, theme.dim));
    for (at, (line, style)) in (2..).zip(what.chain(next)) {
        put_middle(buffer, line_of(area, at), line, style);
    }
}

fn compared_words(comparison: &Comparison, tree: &Tree, shell: &Shell) -> Words {
    match &comparison.progress {
        Progress::Running => Words::new(format!("{} listing both sides", shell.spinner()), ""),
        Progress::Failed(failed) => Words::failed(failed),
        Progress::Done(_) => {
            filtered(tree).unwrap_or_else(|| Words::new("Both sides are empty.", ""))
        }
    }
}

fn pane_words(pane: &Pane, shell: &Shell) -> Words {
    let tree = &pane.rows.tree;
    if let Some(failed) = &pane.trouble {
        return Words::failed(failed);
    }
    if pane.place.is_none() {
        return Words::new("No place yet.", "o types a location, m chooses one");
    }
    match pane.listed(NodeId::ROOT) {
        Listed::Running => listing_words(pane, shell),
        Listed::Broken => Words::new("The listing broke.", "r lists afresh"),
        Listed::Unknown | Listed::Complete => filtered(tree)
            .unwrap_or_else(|| Words::new("Nothing is here.", "o types another location")),
    }
}

/// A listing under way; one that nothing answers says so, and that nothing has to wait for it.
fn listing_words(pane: &Pane, shell: &Shell) -> Words {
    let spinner = shell.spinner();
    let waited = shell.now.duration_since(pane.asked).as_secs();
    if waited < SILENT {
        return Words::new(format!("{spinner} listing"), "");
    }
    let what = format!("{spinner} nothing has answered for {waited} s; it is tried again");
    Words::new(what, "o types another location, r asks afresh")
}

/// The words for a filter that lets nothing through.
fn filtered(tree: &Tree) -> Option<Words> {
    let nothing = tree.matching() == Some(0);
    nothing.then(|| Words::new("The filter lets nothing through.", "Esc takes it off"))
}
