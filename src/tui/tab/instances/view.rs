//! How Instances is drawn: the table above, below it the instance under the cursor: what is wrong, what it is, its charts.

use jiff::Timestamp;
use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::domain::{
    cloud::{Check, CheckKind, Observed, State, Survey},
    text::printable,
};
use crate::humanize;

use crate::tui::{
    shell::Shell,
    theme::Theme,
    widget::{
        paint::{put, put_right, row as line_of, select, slice, widen, wrap},
        panel::Panel,
    },
};

use super::{
    Instances, charts,
    columns::{Placed, cell, gravity_style, placed},
};

/// Rows of the lower part where there is room for it.
const LOWER: u16 = 12;

/// Draws the tab.
pub fn draw(instances: &Instances, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let lower = if area.height >= 18 && instances.current().is_some() {
        LOWER.max(area.height / 3).min(area.height / 2)
    } else {
        0
    };
    let table = Rect {
        height: area.height - lower,
        ..area
    };
    draw_table(instances, shell, table, buffer);
    if let Some(seen) = instances.current().filter(|_| lower > 0) {
        let below = Rect {
            y: area.y + table.height,
            height: lower,
            ..area
        };
        draw_one(instances, seen, shell, (below, buffer));
    }
}

fn draw_table(instances: &Instances, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let theme = &shell.theme;
    let totals = instances.survey().map(totals).unwrap_or_default();
    let inner = Panel {
        title: "instances",
        totals: &totals,
        focused: true,
        ..Panel::default()
    }
    .draw(area, buffer, theme);
    let Some(survey) = instances.survey() else {
        return draw_nothing(instances, inner, (buffer, theme));
    };
    let troubles = troubles(instances, survey);
    let launches = instances.launches().map(|text| (text, theme.accent));
    let troubles = troubles.into_iter().map(|text| (text, theme.differs));
    let told: Vec<(String, Style)> = launches.chain(troubles).collect();
    let foot = u16::try_from(told.len()).unwrap_or(3).min(3);
    for ((text, style), at) in told.iter().zip(0..foot) {
        let line = line_of(inner, inner.height.saturating_sub(foot) + at);
        put(buffer, line, text, *style);
    }
    let body = Rect {
        y: inner.y + 1,
        height: inner.height.saturating_sub(1 + foot),
        ..inner
    };
    let columns = placed(inner.width);
    for column in &columns {
        let place = slice(line_of(inner, 0), column.at, column.width);
        in_column(column, place, column.head, (buffer, theme.dim));
    }
    let rows: Vec<&Observed> = instances.rows().collect();
    if rows.is_empty() {
        let words = if survey.seen.is_empty() {
            let regions = survey.regions.join(", ");
            format!("No instances in {regions}.")
        } else {
            format!(
                "No instance holds \"{}\".",
                printable(instances.filter.as_bytes())
            )
        };
        put(buffer, line_of(body, 1), &words, theme.dim);
        return;
    }
    let position = instances.position();
    let now = instances.there(shell.now);
    let shown = instances.window.show(position, rows.len(), body.height);
    for (number, at) in shown.zip(0_u16..) {
        let Some(seen) = rows.get(number) else { break };
        let line = line_of(body, at);
        for column in &columns {
            let (text, style) = cell(column, seen, now, theme);
            let place = slice(line, column.at, column.width);
            in_column(column, place, &text, (buffer, style));
        }
        if number == position {
            select(buffer, widen(line), theme);
        }
    }
}

fn in_column(column: &Placed, place: Rect, text: &str, (buffer, style): (&mut Buffer, Style)) {
    if column.is_number() {
        put_right(buffer, place, text, style);
    } else {
        put(buffer, place, text, style);
    }
}

/// How many run, and what they cost.
fn totals(survey: &Survey) -> String {
    let running = survey.seen.iter();
    let running = running.filter(|seen| seen.instance.state == State::Running);
    let cost = humanize::amount(Some(survey.hourly()));
    let regions = match &survey.regions[..] {
        few @ ([] | [_] | [_, _]) => few.join(", "),
        many => format!("{} regions", many.len()),
    };
    format!(
        "{regions} · {} of {} running · {cost}/h",
        running.count(),
        survey.seen.len()
    )
}

/// What could not be had, in lines.
fn troubles(instances: &Instances, survey: &Survey) -> Vec<String> {
    let whole = instances.unanswered.as_ref();
    let whole = whole.map(|(failed, _)| format!("! {}", failed.message));
    let parts = survey.troubles.iter().map(|trouble| {
        format!(
            "! {} in {}: {}",
            trouble.operation, trouble.region, trouble.words
        )
    });
    whole.into_iter().chain(parts).collect()
}

/// Nothing was answered yet.
fn draw_nothing(instances: &Instances, inner: Rect, (buffer, theme): (&mut Buffer, &Theme)) {
    let Some((failed, next)) = &instances.unanswered else {
        put(buffer, line_of(inner, 1), "Asking EC2 …", theme.dim);
        return;
    };
    let mut lines = wrap(&format!("! {}", failed.message), inner.width);
    lines.extend(failed.help.iter().flat_map(|help| wrap(help, inner.width)));
    let mut at = 1;
    for line in lines {
        put(buffer, line_of(inner, at), &line, theme.missing);
        at += 1;
    }
    let again = format!("It is tried again in {next} s; r tries at once.");
    put(buffer, line_of(inner, at + 1), &again, theme.dim);
}

/// The instance under the cursor.
fn draw_one(
    instances: &Instances,
    seen: &Observed,
    shell: &Shell,
    (area, buffer): (Rect, &mut Buffer),
) {
    let width = match area.width {
        0..100 => area.width * 45 / 100,
        100..160 => 44,
        160.. => 56,
    };
    let now = instances.there(shell.now);
    draw_facts(
        instances,
        seen,
        (shell, now),
        (slice(area, 0, width), buffer),
    );
    let rest = slice(area, width, area.width);
    let shown = (instances.span, now, instances.chart);
    charts::draw(seen, shown, rest, (buffer, &shell.theme));
}

fn draw_facts(
    instances: &Instances,
    seen: &Observed,
    (shell, now): (&Shell, Timestamp),
    (area, buffer): (Rect, &mut Buffer),
) {
    let theme = &shell.theme;
    let instance = &seen.instance;
    let name = printable(instance.name().as_bytes());
    let inner = Panel {
        title: &name,
        totals: instance.state.word(),
        ..Panel::default()
    }
    .draw(area, buffer, theme);
    let mut at = 0;
    let mut line = |text: &str, style: Style| {
        for part in wrap(text, inner.width) {
            put(buffer, line_of(inner, at), &part, style);
            at += 1;
        }
    };
    if let Some((turn, state)) = instances.turning.get(&instance.id) {
        line(&format!("… {turn}: {}", state.word()), theme.accent);
    }
    line(&checks(seen), checks_style(seen, theme));
    for finding in &seen.findings {
        let text = format!("! {}", humanize::finding(finding, now));
        line(&text, gravity_style(finding.gravity(), theme));
    }
    if seen.findings.is_empty() && instance.state == State::Running {
        line("nothing is wrong that a rule knows", theme.dim);
    }
    for (text, style) in facts(seen, now, theme) {
        line(&text, style);
    }
}

/// What all checks say, with words.
fn checks(seen: &Observed) -> String {
    let told = seen.checks.each().into_iter();
    let said: Vec<String> = told
        .filter(|(_, says)| !matches!(says, Check::Unknown | Check::NotApplicable))
        .map(|(kind, says): (CheckKind, Check)| format!("{} {}", kind.word(), says.word()))
        .collect();
    if said.is_empty() {
        "checks say nothing: it does not run".to_owned()
    } else {
        said.join(" · ")
    }
}

fn checks_style(seen: &Observed, theme: &Theme) -> Style {
    let (ok, said) = seen.checks.passed();
    if ok == said { theme.dim } else { theme.differs }
}

/// What it is and costs.
fn facts(seen: &Observed, now: Timestamp, theme: &Theme) -> Vec<(String, Style)> {
    let instance = &seen.instance;
    let text = |text: &str| printable(text.as_bytes()).into_owned();
    let plain = Style::new();
    let price = match seen.so_far(now) {
        Some(so_far) => format!(
            "${}/h · {} since its start",
            humanize::hourly(seen.price),
            humanize::amount(Some(so_far))
        ),
        None => format!("${}/h while it runs", humanize::hourly(seen.price)),
    };
    let stays = instance.volumes.iter();
    let stays = stays.filter(|volume| !volume.goes_with_instance).count();
    let volumes = humanize::counted(instance.volumes.len() as u64, "volume");
    let volumes = match stays {
        0 => volumes,
        n => format!("{volumes}, {n} of which would stay"),
    };
    let mut facts = vec![
        (text(&instance.id), theme.dim),
        (
            format!("{} in {}", text(&instance.kind), text(&instance.zone)),
            plain,
        ),
        (price, plain),
        (volumes, plain),
    ];
    let addresses = [&instance.public_ip, &instance.private_ip]
        .into_iter()
        .flatten();
    let addresses: Vec<String> = addresses.map(|ip| text(ip)).collect();
    if !addresses.is_empty() {
        facts.push((addresses.join(" · "), theme.dim));
    }
    if let Some(run) = instance.run() {
        facts.push((format!("made by the run {}", text(run)), plain));
    }
    facts
}

impl Instances {
    /// The line at the foot: how old what is shown is, and what asking cost.
    pub fn status(&self, now: Timestamp) -> String {
        let Some(survey) = self.survey() else {
            return String::new();
        };
        let age = self
            .age(now)
            .map(|age| humanize::age(age.try_into().unwrap_or_default()));
        let next = survey.next.map(|seconds| {
            let gone = self.age(now).map_or(0, |age| age.as_secs());
            let left = i64::try_from(seconds).unwrap_or(0) - gone;
            format!(" · next in {} s", left.max(0))
        });
        format!(
            "as of {}{} · watch {}",
            age.unwrap_or_default(),
            next.unwrap_or_default(),
            humanize::spent(&survey.spent)
        )
    }
}
