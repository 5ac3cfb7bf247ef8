//! The columns of the table: what each says of an instance, in which style, and which go first where it is narrow.

use jiff::Timestamp;
use ratatui::style::Style;

use crate::domain::{
    cloud::{Check, Gauge, Observed, State},
    health::Gravity,
    text::{middle, printable},
};
use crate::humanize;
use crate::tui::theme::Theme;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Name,
    Id,
    Kind,
    Zone,
    State,
    Checks,
    Up,
    Hourly,
    SoFar,
    Gauge(Gauge),
    /// What goes over the network, both ways.
    Network,
    /// What volumes read and write.
    Volumes,
    Events,
    Alarms,
}

/// From left to right, each with its head, its width, and its rank: what ranks lowest goes first.
const COLUMNS: [(Column, &str, u16, u8); 17] = [
    (Column::Name, "name", 10, 17),
    (Column::Id, "id", 11, 7),
    (Column::Kind, "type", 11, 11),
    (Column::Zone, "zone", 14, 1),
    (Column::State, "state", 13, 16),
    (Column::Checks, "checks", 6, 15),
    (Column::Up, "up", 6, 12),
    (Column::Hourly, "$/h", 7, 14),
    (Column::SoFar, "so far", 8, 10),
    (Column::Gauge(Gauge::Cpu), "cpu", 4, 13),
    (Column::Gauge(Gauge::Gpu), "gpu", 4, 9),
    (Column::Gauge(Gauge::Memory), "mem", 4, 8),
    (Column::Gauge(Gauge::Disk), "disk", 4, 6),
    (Column::Network, "net", 10, 3),
    (Column::Volumes, "io", 10, 2),
    (Column::Events, "events", 14, 4),
    (Column::Alarms, "alarms", 10, 5),
];

/// Columns between two columns.
pub(super) const AIR: u16 = 2;

/// A column with its place in a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed {
    pub(super) column: Column,
    pub(super) head: &'static str,
    pub(super) at: u16,
    pub(super) width: u16,
}

impl Placed {
    /// Whether its text stands at its right edge.
    pub(super) fn is_number(&self) -> bool {
        matches!(
            self.column,
            Column::Up
                | Column::Hourly
                | Column::SoFar
                | Column::Gauge(_)
                | Column::Network
                | Column::Volumes
        )
    }
}

/// The columns that a width has room for; the name takes what is left.
pub(super) fn placed(width: u16) -> Vec<Placed> {
    let mut ranks: Vec<(u8, u16)> = COLUMNS.iter().map(|column| (column.3, column.2)).collect();
    ranks.sort_unstable_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    let mut used = 0;
    let mut least = u8::MAX;
    for (rank, wanted) in ranks {
        let wanted = wanted + if used == 0 { 0 } else { AIR };
        if used + wanted > width {
            break;
        }
        used += wanted;
        least = rank;
    }
    let spare = width.saturating_sub(used).min(30);
    let mut at = 0;
    let kept = COLUMNS.iter().filter(|column| column.3 >= least);
    kept.map(|(column, head, width, _)| {
        let width = width + if *column == Column::Name { spare } else { 0 };
        let placed = Placed {
            column: *column,
            head,
            at,
            width,
        };
        at += width + AIR;
        placed
    })
    .collect()
}

/// What a column says of an instance.
pub(super) fn cell(
    placed: &Placed,
    seen: &Observed,
    now: Timestamp,
    theme: &Theme,
) -> (String, Style) {
    let instance = &seen.instance;
    let plain = Style::new();
    let text = |text: &str| printable(text.as_bytes()).into_owned();
    match placed.column {
        Column::Name => (text(instance.name()), theme.strong),
        Column::Id => {
            let id = middle(&text(&instance.id), usize::from(placed.width)).into_owned();
            (id, theme.dim)
        }
        Column::Kind => (text(&instance.kind), plain),
        Column::Zone => (text(&instance.zone), theme.dim),
        Column::State => (
            instance.state.word().to_owned(),
            state_style(instance.state, theme),
        ),
        Column::Checks => (humanize::checks(&seen.checks), checks_style(seen, theme)),
        Column::Up => {
            let up = instance.up(now);
            (up.map_or_else(dash, humanize::length), theme.dim)
        }
        Column::Hourly => (humanize::hourly(seen.hourly()), plain),
        Column::SoFar => (humanize::amount(seen.so_far(now)), plain),
        Column::Gauge(gauge) => {
            let value = seen.now(gauge, now);
            (
                humanize::gauged(gauge, value),
                gauge_style(gauge, value, theme),
            )
        }
        Column::Network => rates(seen, [Gauge::NetworkIn, Gauge::NetworkOut], (now, theme)),
        Column::Volumes => rates(seen, [Gauge::DiskRead, Gauge::DiskWrite], (now, theme)),
        Column::Events => match seen.next_event() {
            Some(event) => (humanize::planned_in(event, now), theme.differs),
            None => (dash(), theme.dim),
        },
        Column::Alarms => match seen.alarms.len() {
            0 => (dash(), theme.dim),
            n => (format!("{n} IN ALARM"), theme.missing),
        },
    }
}

/// Both ways of something together.
fn rates(seen: &Observed, ways: [Gauge; 2], (now, theme): (Timestamp, &Theme)) -> (String, Style) {
    let told = ways.into_iter().filter_map(|gauge| seen.now(gauge, now));
    match told.reduce(|one, other| one + other) {
        Some(sum) => (humanize::rate(sum), Style::new()),
        None => (dash(), theme.dim),
    }
}

fn dash() -> String {
    "—".to_owned()
}

fn state_style(state: State, theme: &Theme) -> Style {
    match state {
        State::Running => Style::new(),
        State::Pending | State::Stopping | State::ShuttingDown => theme.accent,
        State::Stopped | State::Terminated => theme.dim,
        State::Unknown => theme.odd,
    }
}

fn checks_style(seen: &Observed, theme: &Theme) -> Style {
    let bad = |says: &Check| matches!(says, Check::Impaired { .. });
    let told = seen.checks.each().map(|(_, says)| says);
    if told.iter().any(bad) {
        return theme.missing;
    }
    let (ok, said) = seen.checks.passed();
    if ok < said { theme.differs } else { theme.dim }
}

fn gauge_style(gauge: Gauge, value: Option<f64>, theme: &Theme) -> Style {
    let fills = matches!(gauge, Gauge::Memory | Gauge::Disk);
    match value {
        Some(97.0..) if fills => theme.missing,
        Some(90.0..) if fills => theme.differs,
        Some(_) => Style::new(),
        None => theme.dim,
    }
}

/// The style of what a rule found.
pub(super) fn gravity_style(gravity: Gravity, theme: &Theme) -> Style {
    match gravity {
        Gravity::Warning => theme.differs,
        Gravity::Grave => theme.missing,
    }
}

#[cfg(test)]
mod tests {
    use super::{COLUMNS, Column, placed};

    #[test]
    fn what_ranks_lowest_goes_first_and_nothing_overlaps() {
        let mut before = 0;
        for width in 10..220 {
            let all = placed(width);
            assert!(all.len() >= before, "{width}");
            before = all.len();
            let ends = all
                .windows(2)
                .all(|pair| pair[0].at + pair[0].width < pair[1].at);
            assert!(ends, "{width}: {all:?}");
            let last = all.last().unwrap();
            assert!(last.at + last.width <= width, "{width}: {all:?}");
            assert_eq!(all[0].column, Column::Name);
        }
        assert_eq!(before, COLUMNS.len());
    }
}
