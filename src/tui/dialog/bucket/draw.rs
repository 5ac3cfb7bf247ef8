//! How a bucket is drawn: its settings, what it holds by class, its lifecycle rules.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::domain::{
    bucket::{Known, LifecycleRule, Metrics, Settings},
    entry::{End, Tally},
    text::printable,
};

use crate::humanize;

use crate::tui::{
    dialog::centred,
    shell::Shell,
    theme::Theme,
    widget::{
        paint::{put, put_middle, put_right, row as line_of, select, slice},
        panel::Panel,
    },
};

use super::BucketDialog;

/// Columns of a fact's name.
const NAME: u16 = 16;
/// The most classes that are shown.
const CLASSES: usize = 4;

impl BucketDialog {
    pub(in crate::tui::dialog) fn draw(&self, shell: &Shell, screen: Rect, buffer: &mut Buffer) {
        let theme = &shell.theme;
        let height = self.height().min(screen.height.saturating_sub(2));
        let area = centred(screen, (104, height), buffer);
        let name = self.bucket.s3().map_or("", |prefix| &prefix.bucket);
        let inner = Panel {
            label: "bucket",
            title: &printable(name.as_bytes()),
            totals: &self.totals(shell),
            foot: self.foot(shell),
            focused: true,
            ..Panel::default()
        }
        .draw(area, buffer, theme);
        let Some(settings) = &self.settings else {
            let (words, style) = match &self.trouble {
                Some(why) => (format!("! {why}"), theme.missing),
                None => (format!("{} asking", shell.spinner()), theme.dim),
            };
            put_middle(buffer, line_of(inner, 0), &words, style);
            return;
        };
        let mut at = draw_settings(settings, inner, buffer, theme) + 1;
        at += self.draw_counted((inner, at), shell, buffer);
        self.draw_metrics(line_of(inner, at), shell, buffer);
        at += 2;
        self.draw_rules(settings, (inner, at), buffer, theme);
    }

    /// Rows that all of it takes, with its frame.
    fn height(&self) -> u16 {
        let classes = self
            .counted
            .as_ref()
            .map_or(0, |counted| counted.holds.classes.len().min(CLASSES + 1));
        let rows = if self.settings.is_some() {
            5 + 1 + classes + 2 + 1 + 1 + self.rules().len() + 1
        } else {
            3
        };
        u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2)
    }

    fn totals(&self, shell: &Shell) -> String {
        match &self.counted {
            Some(counted) if counted.end.is_some() => {
                let month = humanize::about(&humanize::money(counted.holds.month()));
                format!("{month} a month")
            }
            Some(_) | None if self.trouble.is_some() => String::new(),
            Some(_) | None => shell.spinner().to_owned(),
        }
    }

    fn foot(&self, shell: &Shell) -> &'static str {
        let at_rule = self.cursor < self.rules().len();
        match (shell.settings.read_only, self.seen().is_some(), at_rule) {
            (false, true, true) => "x takes the rule away · Esc back",
            (false, true, false) => "Enter adds a rule · Esc back",
            (true, ..) | (false, false, _) => "Esc back",
        }
    }

    /// What it holds by class; gives back the rows that it took.
    fn draw_counted(&self, (area, top): (Rect, u16), shell: &Shell, buffer: &mut Buffer) -> u16 {
        let theme = &shell.theme;
        let Some(counted) = &self.counted else {
            let words = match &self.trouble {
                Some(why) => format!("! {why}"),
                None => format!("{} counting what it holds", shell.spinner()),
            };
            put(buffer, line_of(area, top), &words, theme.dim);
            return 1;
        };
        let holds = &counted.holds;
        let mut at = top;
        for (class, tally, cost) in holds.classes.iter().take(CLASSES) {
            draw_tally(
                (class, *tally, *cost),
                line_of(area, at),
                buffer,
                Style::new(),
            );
            at += 1;
        }
        if let Some(more) = holds
            .classes
            .len()
            .checked_sub(CLASSES)
            .filter(|more| *more > 0)
        {
            put(
                buffer,
                line_of(area, at),
                &format!("and {more} more classes"),
                theme.dim,
            );
            at += 1;
        }
        let word = match &counted.end {
            Some(End::Complete) => "all",
            Some(End::Broken { .. }) => "as far as listed",
            None => "so far",
        };
        let all = (word, holds.total(), holds.month());
        draw_tally(all, line_of(area, at), buffer, theme.strong);
        let (words, style) = match (counted.uploads, &counted.end) {
            (Some(0), _) => ("no unfinished uploads".to_owned(), theme.dim),
            (Some(n), _) => {
                let uploads = humanize::counted(n, "unfinished upload");
                (format!("{uploads}: hidden bytes that cost"), theme.differs)
            }
            (None, Some(_)) => ("unfinished uploads may not be listed".to_owned(), theme.dim),
            (None, None) => (String::new(), theme.dim),
        };
        put(buffer, line_of(area, at + 1), &words, style);
        at + 2 - top
    }

    /// What CloudWatch knows of it, on one line: it is known before all is counted, and a day or two old.
    fn draw_metrics(&self, line: Rect, shell: &Shell, buffer: &mut Buffer) {
        let theme = &shell.theme;
        let words = match &self.metrics {
            None => format!("{} asking", shell.spinner()),
            Some(Err(why)) => why.clone(),
            Some(Ok(told)) => measured(told, shell),
        };
        put(buffer, line, "CloudWatch", theme.dim);
        let words = printable(words.as_bytes());
        put_middle(buffer, slice(line, NAME, line.width), &words, Style::new());
    }

    fn draw_rules(
        &self,
        settings: &Settings,
        (area, top): (Rect, u16),
        buffer: &mut Buffer,
        theme: &Theme,
    ) {
        let rows = Rect {
            y: area.y + top.min(area.height),
            height: area.height.saturating_sub(top),
            ..area
        };
        if let Err(why) = &settings.lifecycle {
            put(buffer, line_of(rows, 0), "lifecycle", theme.dim);
            put_middle(
                buffer,
                slice(line_of(rows, 0), NAME, rows.width),
                why,
                theme.differs,
            );
            return;
        }
        let rules = self.rules();
        let shown = self.window.show(self.cursor, rules.len() + 1, rows.height);
        for (at, number) in (0..).zip(shown) {
            let line = line_of(rows, at);
            match rules.get(number) {
                Some(rule) => draw_rule(rule, line, buffer, theme),
                None => {
                    put(
                        buffer,
                        slice(line, 2, line.width),
                        "add a lifecycle rule …",
                        theme.accent,
                    );
                }
            }
            if number == self.cursor {
                select(buffer, line, theme);
            }
        }
    }
}

fn measured(told: &Metrics, shell: &Shell) -> String {
    let Some(at) = told.at else {
        return "has told nothing yet: it does so once a day".to_owned();
    };
    let objects = told
        .objects
        .map(|objects| humanize::counted(objects, "object"));
    let requests: u64 = told.requests.iter().map(|(_, requests)| requests).sum();
    let requests = (!told.requests.is_empty())
        .then(|| format!("{} in 24 h", humanize::counted(requests, "request")));
    let facts = [
        Some(humanize::bytes(told.bytes())),
        objects,
        Some(format!(
            "{} a month",
            humanize::about(&humanize::money(told.month()))
        )),
        requests,
        Some(format!("as of {}", humanize::age_of(at, shell.now))),
    ];
    facts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn draw_settings(settings: &Settings, area: Rect, buffer: &mut Buffer, theme: &Theme) -> u16 {
    let access = settings.public_access.as_ref();
    let open = access.is_ok_and(|access| !access.is_whole());
    let tiers = settings.tiering.as_ref().map(|tiers| {
        if tiers.is_empty() {
            "no archive tiers".to_owned()
        } else {
            tiers.join("; ")
        }
    });
    let public = access.map(|access| access.words());
    let public = public.map_err(Clone::clone);
    let facts: [(&str, Known<String>, Style); 5] = [
        ("region", Ok(settings.region.to_string()), Style::new()),
        (
            "public access",
            public,
            if open { theme.missing } else { theme.proven },
        ),
        ("encryption", text(&settings.encryption), Style::new()),
        ("versions", text(&settings.versioning), Style::new()),
        ("archive tiers", tiers.map_err(Clone::clone), Style::new()),
    ];
    for (at, (name, fact, style)) in (0..).zip(facts) {
        let line = line_of(area, at);
        put(buffer, line, name, theme.dim);
        let (words, style) = match fact {
            Ok(words) => (words, style),
            Err(why) => (why.to_string(), theme.differs),
        };
        let words = printable(words.as_bytes());
        put_middle(buffer, slice(line, NAME, line.width), &words, style);
    }
    5
}

fn text<T: ToString>(known: &Known<T>) -> Known<String> {
    known
        .as_ref()
        .map(ToString::to_string)
        .map_err(Clone::clone)
}

fn draw_tally(
    (name, tally, cost): (&str, Tally, f64),
    line: Rect,
    buffer: &mut Buffer,
    style: Style,
) {
    put_middle(
        buffer,
        slice(line, 0, 22),
        &printable(name.as_bytes()),
        style,
    );
    let objects = humanize::counted(tally.objects, "object");
    put_right(buffer, slice(line, 23, 20), &objects, style);
    put_right(
        buffer,
        slice(line, 44, 12),
        &humanize::bytes(tally.bytes),
        style,
    );
    let month = format!("{} a month", humanize::about(&humanize::money(cost)));
    put_right(buffer, slice(line, 57, 20), &month, style);
}

fn draw_rule(rule: &LifecycleRule, line: Rect, buffer: &mut Buffer, theme: &Theme) {
    let style = if rule.enabled {
        Style::new()
    } else {
        theme.dim
    };
    let off = if rule.enabled { "" } else { "off: " };
    let words = format!(
        "{off}{}: {}, {}",
        printable(rule.id.as_bytes()),
        rule.scope(),
        rule.words()
    );
    put_middle(buffer, slice(line, 2, line.width), &words, style);
}
