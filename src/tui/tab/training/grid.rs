//! The grid of charts: training and validation of a quantity together, marked runs beside the one under the cursor.

use std::{ops::Range, sync::Arc};

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line as Text, Span},
};

use crate::domain::{
    text::printable,
    training::{
        charts::{Chart, Part},
        series::{By, Series},
    },
};
use crate::engine::training::Followed;
use crate::humanize;

use crate::tui::{
    shell::Shell,
    tab::training::Training,
    theme::Theme,
    widget::{
        paint::{put, put_line, put_right, row as line_of, slice},
        plot::{Axis, Line, Plot, SCALE},
    },
};

/// The least columns and rows of a chart.
const LEAST: (u16, u16) = (34, 7);
/// The most charts side by side.
const ABREAST: usize = 4;

/// One metric of one run.
struct Metric<'a> {
    label: String,
    series: &'a Series,
    style: Style,
    is_dotted: bool,
}

/// Draws the charts that fit; the chosen one is among them.
pub(super) fn draw(training: &Training, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let charts = training.charts();
    if charts.is_empty() {
        return draw_nothing(training, shell, area, buffer);
    }
    let chosen = training.chosen(&charts);
    let span = training.span();
    if training.look.is_large {
        let cell = Cell {
            training,
            shell,
            span: &span,
        };
        if let Some(chart) = charts.get(chosen) {
            cell.draw(chart, true, area, buffer);
        }
        return;
    }
    let highest = usize::from(area.height / LEAST.1).max(1);
    let widest = usize::from(area.width / LEAST.0).clamp(1, ABREAST);
    // As many beside as below each other, unless that leaves some out.
    let square = charts.len().isqrt() + usize::from(charts.len().isqrt().pow(2) < charts.len());
    let abreast = square.max(charts.len().div_ceil(highest)).min(widest);
    let rows = highest.min(charts.len().div_ceil(abreast));
    let page = abreast * rows;
    let first = chosen / page * page;
    let width = area.width / u16::try_from(abreast).unwrap_or(1);
    let height = area.height / u16::try_from(rows).unwrap_or(1);
    for (at, chart) in charts.iter().skip(first).take(page).enumerate() {
        let [column, row] =
            [at % abreast, at / abreast].map(|place| u16::try_from(place).unwrap_or(0));
        let place = Rect {
            x: area.x + column * width,
            y: area.y + row * height,
            width: width.saturating_sub(2),
            height,
        };
        let cell = Cell {
            training,
            shell,
            span: &span,
        };
        cell.draw(chart, first + at == chosen, place, buffer);
    }
}

/// What is known before the first number came.
fn draw_nothing(training: &Training, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let polled = training.current().is_some_and(|followed| followed.polled);
    let text = if polled {
        "No numbers were told yet; i tells what its sources are."
    } else {
        "Reading its sources…"
    };
    put(buffer, line_of(area, 1), text, shell.theme.dim);
}

/// Where a chart is drawn from.
struct Cell<'a> {
    training: &'a Training,
    shell: &'a Shell,
    span: &'a Range<u64>,
}

impl Cell<'_> {
    fn draw(&self, chart: &Chart, chosen: bool, area: Rect, buffer: &mut Buffer) {
        let theme = &self.shell.theme;
        let metrics = self.metrics(chart);
        let dots = usize::from(area.width.saturating_sub(SCALE)) * 2;
        self.training.dots.set(dots);
        let lines: Vec<Line> = metrics
            .iter()
            .flat_map(|metric| self.lines(metric, dots))
            .collect();
        let title = printable(chart.title.as_bytes());
        let style = if chosen {
            theme.accent.patch(theme.strong)
        } else {
            theme.strong
        };
        let heading = line_of(area, 0);
        let used = put(buffer, heading, &title, style);
        let values = self.values(&metrics);
        let width = u16::try_from(values.width()).unwrap_or(u16::MAX);
        let room = slice(heading, used + 2, heading.width);
        put_line(
            buffer,
            slice(room, room.width.saturating_sub(width), room.width),
            &values,
        );
        let plot = Rect {
            y: area.y + 1,
            height: area.height.saturating_sub(3),
            ..area
        };
        if let Some(axis) = Axis::of(&lines, self.training.look.is_log) {
            let step = self.training.look.step;
            let cursor = step.map(|step| self.dot_of(step, dots));
            let lines = &lines;
            Plot {
                lines,
                axis,
                cursor,
            }
            .draw(plot, buffer, theme);
        } else {
            let line = line_of(plot, plot.height / 2);
            let why = self.missing(&metrics, &lines);
            put(buffer, slice(line, SCALE, line.width), &why, theme.dim);
        }
        self.draw_ends(line_of(area, area.height.saturating_sub(2)), buffer, theme);
    }

    /// Why there is no curve.
    fn missing(&self, metrics: &[Metric<'_>], lines: &[Line]) -> String {
        let look = &self.training.look;
        let is_told = |metric: &Metric<'_>| metric.series.span(look.by).is_some();
        let place = match look.by {
            By::Time if !metrics.iter().any(is_told) => {
                return "the log tells no time of its values".to_owned();
            }
            By::Time => "at these times",
            By::Step => "in these steps",
        };
        let mut columns = lines.iter().flat_map(|line| line.columns.iter().flatten());
        let what = if look.is_log {
            "no value above 0"
        } else if columns.any(|column| column.odd > 0) {
            "no finite value"
        } else {
            "no value"
        };
        format!("{what} {place}")
    }

    /// The first and the last step or time below a plot.
    fn draw_ends(&self, line: Rect, buffer: &mut Buffer, theme: &Theme) {
        let line = slice(line, SCALE - 1, line.width);
        let told = |place| humanize::training::place(self.training.look.by, place);
        let used = put(buffer, line, &told(self.span.start), theme.dim);
        let rest = slice(line, used + 1, line.width);
        put_right(
            buffer,
            rest,
            &told(self.span.end.saturating_sub(1)),
            theme.dim,
        );
    }

    /// The metrics of a chart in all runs that are drawn: one colour each, or one a run where there are several.
    fn metrics(&self, chart: &Chart) -> Vec<Metric<'_>> {
        let runs = self.training.drawn();
        let several = runs.len() > 1;
        let each = runs.into_iter().enumerate();
        each.flat_map(|(at, followed)| self.of_run(chart, followed, several.then_some(at)))
            .collect()
    }

    fn of_run<'f>(
        &self,
        chart: &Chart,
        followed: &'f Followed,
        at: Option<usize>,
    ) -> Vec<Metric<'f>> {
        let theme = &self.shell.theme;
        let styles = [theme.accent, theme.differs, theme.odd, theme.strong];
        let metrics = chart.metrics.iter().enumerate();
        let metric = |(number, (part, name)): (usize, &(Part, Arc<str>))| {
            Some(Metric {
                series: followed.run.metric(name)?,
                // Runs are told apart by numbers; the frame's title names them.
                label: at.map_or_else(|| label(*part, chart, name), |at| (at + 1).to_string()),
                style: styles[at.unwrap_or(number) % styles.len()],
                is_dotted: *part == Part::Validation,
            })
        };
        metrics.filter_map(metric).collect()
    }

    /// A metric as it is drawn: smoothed above what it was.
    fn lines(&self, metric: &Metric<'_>, dots: usize) -> Vec<Line> {
        let weight = self.training.look.weight();
        let raw = Line {
            columns: metric
                .series
                .columns(self.training.look.by, self.span, dots),
            style: if weight > 0.0 {
                self.shell.theme.dim
            } else {
                metric.style
            },
            is_dotted: metric.is_dotted,
        };
        if weight == 0.0 {
            return vec![raw];
        }
        let smooth = Line {
            columns: metric
                .series
                .smoothed((self.training.look.by, self.span), dots, weight),
            style: metric.style,
            is_dotted: metric.is_dotted,
        };
        vec![raw, smooth]
    }

    /// The values of now, or at the cursor.
    fn values(&self, metrics: &[Metric<'_>]) -> Text<'static> {
        let mut spans = Vec::new();
        for metric in metrics {
            let point = match self.training.look.step {
                Some(place) => metric.series.at(self.training.look.by, place),
                None => metric.series.last(),
            };
            let Some(point) = point else { continue };
            if !spans.is_empty() {
                spans.push(Span::raw("  "));
            }
            let sign = if metric.is_dotted { "┄" } else { "─" };
            let label = if metrics.len() > 1 {
                format!("{sign} {} ", metric.label)
            } else {
                String::new()
            };
            spans.push(Span::styled(
                label + &humanize::training::value(point.value),
                metric.style,
            ));
        }
        Text::from(spans)
    }

    /// The dot column of a step or time.
    fn dot_of(&self, step: u64, dots: usize) -> usize {
        let width = (self.span.end - self.span.start).max(1);
        let from = u128::from(step.saturating_sub(self.span.start));
        usize::try_from(from * dots as u128 / u128::from(width))
            .unwrap_or(dots)
            .min(dots.saturating_sub(1))
    }
}

/// What a metric is called beside others of its chart.
fn label(part: Part, chart: &Chart, name: &str) -> String {
    let alike = chart
        .metrics
        .iter()
        .filter(|(other, _)| *other == part)
        .count();
    if alike > 1 {
        return printable(name.as_bytes()).into_owned();
    }
    match part {
        Part::Train => "train".to_owned(),
        Part::Validation => "val".to_owned(),
    }
}
