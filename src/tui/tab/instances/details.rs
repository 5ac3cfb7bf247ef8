//! One instance in full, as a text to read.

use jiff::{Timestamp, tz::TimeZone};
use ratatui::{
    style::Style,
    text::{Line, Span},
};

use crate::domain::{
    cloud::{Observed, Rates},
    text::printable,
};
use crate::engine::cloud::Details;
use crate::humanize;
use crate::tui::theme::Theme;

/// Lines of a text of somebody else's that are shown.
const LINES: usize = 400;

/// Everything about an instance: what was looked up, and what the last look at all of them told.
pub(super) fn lines(
    details: &Details,
    seen: Option<&Observed>,
    (now, zone): (Timestamp, &TimeZone),
    theme: &Theme,
) -> Vec<Line<'static>> {
    let mut page = Page {
        lines: Vec::new(),
        theme,
    };
    for finding in seen.iter().flat_map(|seen| &seen.findings) {
        let style = super::columns::gravity_style(finding.gravity(), theme);
        page.mark(&humanize::finding(finding, now), style);
    }
    page.facts(details, zone);
    page.hanging(details);
    for (key, value) in &details.instance.tags {
        let (key, value) = (printable(key.as_bytes()), printable(value.as_bytes()));
        page.fact("tag", &format!("{key} = {value}"));
    }
    if let Some((text, struck)) = details
        .user_data
        .as_ref()
        .filter(|(text, _)| !text.is_empty())
    {
        let note = match struck {
            0 => "user data".to_owned(),
            n => format!(
                "user data ({} struck out)",
                humanize::counted(*n as u64, "secret")
            ),
        };
        page.text(&note, text.as_bytes());
    }
    for trouble in &details.troubles {
        page.mark(&printable(trouble.message.as_bytes()), theme.differs);
    }
    page.lines
}

/// What an instance wrote to its console, its end first on the screen.
pub(super) fn console(details: &Details, theme: &Theme) -> Vec<Line<'static>> {
    let mut page = Page {
        lines: Vec::new(),
        theme,
    };
    match details.console.as_deref() {
        Some([]) => page.note("The console is empty: EC2 shows it a few minutes after the boot."),
        Some(text) => page.text("", text),
        None => {
            for trouble in &details.troubles {
                page.mark(&printable(trouble.message.as_bytes()), theme.missing);
            }
        }
    }
    page.lines
}

/// A text that is being written.
struct Page<'a> {
    lines: Vec<Line<'static>>,
    theme: &'a Theme,
}

impl Page<'_> {
    fn fact(&mut self, name: &str, value: &str) {
        self.lines.push(Line::from(vec![
            Span::styled(format!("{name:<12}"), self.theme.dim),
            Span::raw(value.to_owned()),
        ]));
    }

    fn note(&mut self, text: &str) {
        self.lines
            .push(Line::from(Span::styled(text.to_owned(), self.theme.dim)));
    }

    fn mark(&mut self, text: &str, style: Style) {
        self.lines
            .push(Line::from(Span::styled(format!("! {text}"), style)));
    }

    fn text(&mut self, head: &str, text: &[u8]) {
        if !head.is_empty() {
            self.lines.push(Line::default());
            self.note(head);
        }
        let lines = humanize::printable_lines(text);
        let from = lines.len().saturating_sub(LINES);
        let shown = lines.into_iter().skip(from).map(Line::from);
        self.lines.extend(shown);
    }

    fn facts(&mut self, details: &Details, zone: &TimeZone) {
        let instance = &details.instance;
        let text = |text: &str| printable(text.as_bytes()).into_owned();
        self.fact("id", &text(&instance.id));
        let kind = format!("{} in {}", text(&instance.kind), text(&instance.zone));
        self.fact("type", &kind);
        let state = instance.state.word();
        let reason = text(&instance.reason);
        let state = if reason.is_empty() {
            state.to_owned()
        } else {
            format!("{state}: {reason}")
        };
        self.fact("state", &state);
        if let Some(at) = instance.launched {
            self.fact("launched", &humanize::timestamp_exact(at, zone));
        }
        let given = [
            ("image", Some(&instance.image)),
            ("key", instance.key.as_ref()),
            ("profile", instance.profile.as_ref()),
            ("network", instance.vpc.as_ref()),
            ("subnet", instance.subnet.as_ref()),
            ("private ip", instance.private_ip.as_ref()),
            ("public ip", instance.public_ip.as_ref()),
        ];
        for (name, value) in given {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                self.fact(name, &text(value));
            }
        }
        for (id, name) in &instance.groups {
            self.fact("group", &format!("{} ({})", text(name), text(id)));
        }
        match details.protected {
            Some(true) => self.fact("protection", "on: AWS refuses to terminate it"),
            Some(false) => self.fact("protection", "off"),
            None => {}
        }
    }

    fn hanging(&mut self, details: &Details) {
        for volume in details.volumes.iter().flatten() {
            let goes = if volume.goes_with_instance {
                "goes with it"
            } else {
                "stays, and costs on"
            };
            let price = humanize::amount(Some(Rates::embedded().volume(volume)));
            self.fact(
                "volume",
                &format!(
                    "{goes}, {price}/h, {} GiB {} {} {}",
                    humanize::count(volume.gib),
                    printable(volume.kind.as_bytes()),
                    printable(volume.device.as_bytes()),
                    printable(volume.id.as_bytes()),
                ),
            );
        }
        for address in details.addresses.iter().flatten() {
            let price = humanize::amount(Some(Rates::embedded().address()));
            let ip = printable(address.ip.as_bytes());
            let id = printable(address.id.as_bytes());
            self.fact(
                "address",
                &format!("{ip}, stays, and costs on, {price}/h, {id}"),
            );
        }
    }
}
