//! Small charts of the instance under the cursor, side by side: lines over the span, and where nothing was told, nothing.

use jiff::Timestamp;
use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::domain::cloud::{Gauge, Observed, Span};
use crate::humanize;

use crate::tui::{
    theme::Theme,
    widget::{
        chart::{Curve, curves},
        paint::{put, put_right, row as line_of, slice},
        panel::Panel,
    },
};

/// The least columns of a chart.
const LEAST: u16 = 22;

/// What one chart shows.
struct Chart {
    title: &'static str,
    gauges: [Option<Gauge>; 2],
}

/// All charts, weightiest first; one without data is left out, CPU is always there.
const CHARTS: [Chart; 5] = [
    Chart {
        title: "CPU",
        gauges: [Some(Gauge::Cpu), None],
    },
    Chart {
        title: "GPU",
        gauges: [Some(Gauge::Gpu), None],
    },
    Chart {
        title: "memory",
        gauges: [Some(Gauge::Memory), Some(Gauge::Disk)],
    },
    Chart {
        title: "network",
        gauges: [Some(Gauge::NetworkIn), Some(Gauge::NetworkOut)],
    },
    Chart {
        title: "disk",
        gauges: [Some(Gauge::DiskRead), Some(Gauge::DiskWrite)],
    },
];

/// Draws as many charts as there is room for, from this one on.
pub(super) fn draw(
    seen: &Observed,
    (span, now, first): (Span, Timestamp, usize),
    area: Rect,
    (buffer, theme): (&mut Buffer, &Theme),
) {
    let has = |chart: &&Chart| {
        let mut gauges = chart.gauges.iter().flatten();
        chart.title == "CPU" || gauges.any(|gauge| seen.gauges.contains_key(gauge))
    };
    let fit = usize::from(area.width / LEAST);
    let all: Vec<&Chart> = CHARTS.iter().filter(has).collect();
    let first = if all.len() > fit {
        first % all.len()
    } else {
        0
    };
    let around = all.iter().cycle().skip(first);
    let charts: Vec<&Chart> = around.take(fit.min(all.len())).copied().collect();
    let rest = all.len() - charts.len();
    let count = u16::try_from(charts.len()).unwrap_or(1).max(1);
    for (chart, number) in charts.iter().zip(0_u16..) {
        let (from, to) = (
            area.width * number / count,
            area.width * (number + 1) / count,
        );
        let place = slice(area, from, to - from);
        let is_last = number + 1 == count;
        let more = if is_last { rest } else { 0 };
        chart.draw(seen, (span, now, more), place, (buffer, theme));
    }
}

impl Chart {
    fn draw(
        &self,
        seen: &Observed,
        (span, now, more): (Span, Timestamp, usize),
        area: Rect,
        (buffer, theme): (&mut Buffer, &Theme),
    ) {
        let gauges: Vec<Gauge> = self.gauges.iter().flatten().copied().collect();
        let percent = gauges.iter().all(|gauge| gauge.is_percent());
        let from = now - span.length();
        let width = usize::from(area.width.saturating_sub(4)) * 2;
        let parts: Vec<Vec<Option<f64>>> = gauges
            .iter()
            .map(|gauge| match seen.gauges.get(gauge) {
                Some(series) => series.parts(from, now, width),
                None => vec![None; width],
            })
            .collect();
        let highest = parts
            .iter()
            .flatten()
            .flatten()
            .copied()
            .fold(0.0, f64::max);
        let top = if percent { 100.0 } else { steady(highest) };
        let scale = if percent {
            "100 %".to_owned()
        } else {
            humanize::rate(top)
        };
        let foot = match more {
            0 => span.word().to_owned(),
            more => format!("{} · {more} more", span.word()),
        };
        let inner = Panel {
            title: self.title,
            totals: &scale,
            foot: &foot,
            ..Panel::default()
        }
        .draw(area, buffer, theme);
        let mut at = 0;
        let styles = [theme.accent, theme.odd];
        for (gauge, style) in gauges.iter().zip(styles) {
            legend(
                seen,
                (*gauge, now),
                line_of(inner, at),
                (buffer, theme, style),
            );
            at += 1;
        }
        let plot = Rect {
            y: inner.y + at.min(inner.height),
            height: inner.height.saturating_sub(at),
            ..inner
        };
        let lines: Vec<Curve<'_>> = parts
            .iter()
            .zip(styles)
            .map(|(values, style)| Curve { values, style })
            .collect();
        curves(&lines, top, plot, (buffer, theme));
    }
}

/// What a line stands for, and its value now; a value that does not hold any more is told with its age.
fn legend(
    seen: &Observed,
    (gauge, now): (Gauge, Timestamp),
    line: Rect,
    (buffer, theme, style): (&mut Buffer, &Theme, Style),
) {
    let name = match gauge {
        Gauge::NetworkIn => "in",
        Gauge::NetworkOut => "out",
        Gauge::DiskRead => "read",
        Gauge::DiskWrite => "write",
        Gauge::Cpu | Gauge::Gpu | Gauge::Memory => "used",
        Gauge::Disk => "disk",
    };
    put(buffer, line, name, style);
    let series = seen.gauges.get(&gauge);
    let (text, style) = match series.map(|series| (series.now(now), series.told_until())) {
        Some((Some(value), _)) => (humanize::gauged(gauge, Some(value)), Style::new()),
        Some((None, Some(until))) => {
            let age = humanize::length(now.duration_since(until));
            (format!("silent for {age}"), theme.differs)
        }
        Some((None, None)) | None => ("not told".to_owned(), theme.dim),
    };
    put_right(buffer, line, &text, style);
}

/// The next of 1, 2, 5, 10, … of a binary unit: a scale that seldom moves.
fn steady(highest: f64) -> f64 {
    let mut unit = 1024.0;
    loop {
        for step in [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0] {
            if highest <= unit * step {
                return unit * step;
            }
        }
        unit *= 1024.0;
    }
}

#[cfg(test)]
mod tests {
    use super::steady;

    #[test]
    fn the_scale_goes_by_one_two_and_five() {
        for (highest, top) in [
            (0.0, 1.0),
            (1500.0 / 1024.0, 2.0),
            (3.0, 5.0),
            (700.0, 1024.0),
        ] {
            assert!(
                (steady(highest * 1024.0) / 1024.0 - top).abs() < 1e-9,
                "{highest}"
            );
        }
    }
}
