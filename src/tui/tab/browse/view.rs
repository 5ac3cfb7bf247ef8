//! How Browse is drawn: two frames with the diff between them, the details below, the gap panel at the bottom.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::domain::{
    side::Side,
    tree::{Listed, NodeId, Row, Totals, Tree},
};

use crate::humanize;

use crate::tui::{
    shell::Shell,
    tab::browse::{Browse, Comparison, Pane, Progress, Rows, details},
    widget::{
        diff_tree::{DiffTree, natural_width},
        paint::{put, put_middle, row as line_of, slice, widen},
        panel::Panel,
    },
};

/// Columns of the diff between the frames.
const DIFF: u16 = 8;

/// Draws the tab.
pub fn draw(browse: &Browse, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let gaps = browse.gap_height(area);
    let details = if area.height > 9 { 2 } else { 0 };
    let upper = Rect {
        height: area.height.saturating_sub(gaps + details),
        ..area
    };
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
    browse.draw_gaps(shell, bottom, buffer);
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
    let left = area.width.saturating_sub(right + gap);
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
        draw_empty(left, buffer, compared_words(comparison, tree, shell), shell);
    }
}

fn draw_apart(browse: &Browse, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let half = area.width / 2;
    let areas = [slice(area, 0, half), slice(area, half, area.width)];
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
    let (window, selected) = window(&pane.rows, inner.height.saturating_sub(1));
    let view = diff_tree(
        tree,
        (&window, selected.filter(|_| focused)),
        &|_| None,
        shell,
    );
    view.draw_side(widen(inner), buffer, (pane.side, true));
    view.draw_selection(widen(inner), buffer, true);
    if window.is_empty() {
        draw_empty(inner, buffer, pane_words(pane, shell), shell);
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
fn draw_empty(area: Rect, buffer: &mut Buffer, (what, next): (String, String), shell: &Shell) {
    let area = slice(area, 2, area.width.saturating_sub(2));
    put(buffer, line_of(area, 2), &what, shell.theme.dim);
    put_middle(buffer, line_of(area, 3), &next, shell.theme.dim);
}

fn compared_words(comparison: &Comparison, tree: &Tree, shell: &Shell) -> (String, String) {
    match &comparison.progress {
        Progress::Running => (
            format!("{} listing both sides", shell.spinner()),
            String::new(),
        ),
        Progress::Failed(failed) => (
            failed.message.clone(),
            failed.help.clone().unwrap_or_default(),
        ),
        Progress::Done(_) => {
            filtered(tree).unwrap_or_else(|| ("Both sides are empty.".to_owned(), String::new()))
        }
    }
}

fn pane_words(pane: &Pane, shell: &Shell) -> (String, String) {
    let tree = &pane.rows.tree;
    if let Some(failed) = &pane.trouble {
        return (
            failed.message.clone(),
            failed.help.clone().unwrap_or_default(),
        );
    }
    if pane.place.is_none() {
        return (
            "No place yet.".to_owned(),
            "o types a location, m chooses one".to_owned(),
        );
    }
    match pane.listed(NodeId::ROOT) {
        Listed::Running => (format!("{} listing", shell.spinner()), String::new()),
        Listed::Broken => ("The listing broke.".to_owned(), "r lists afresh".to_owned()),
        Listed::Unknown | Listed::Complete => filtered(tree).unwrap_or_else(|| {
            (
                "Nothing is here.".to_owned(),
                "o types another location".to_owned(),
            )
        }),
    }
}

/// The words for a filter that lets nothing through.
fn filtered(tree: &Tree) -> Option<(String, String)> {
    (tree.matching() == Some(0)).then(|| {
        (
            "The filter lets nothing through.".to_owned(),
            "Esc takes it off".to_owned(),
        )
    })
}
