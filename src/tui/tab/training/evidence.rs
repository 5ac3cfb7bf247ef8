//! What stands behind what is shown: lamps, checkpoints, sources, and what is odd about the log.

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use crate::domain::{
    text::readable,
    training::{lamp::Light, origin::Origin},
};
use crate::engine::training::Followed;
use crate::humanize;

use crate::tui::{action::Global, keymap::Context, shell::Shell, widget::paint::wrap};

/// Columns of what is read in a box.
const READ: u16 = 70;
/// Columns before what is said of a lamp.
const LAMP: u16 = 11;

/// The lines below the charts, so many columns wide: checkpoints, then what needs a person, then remarks.
pub(super) fn foot(followed: &Followed, shell: &Shell, width: u16) -> Vec<Line<'static>> {
    let theme = &shell.theme;
    let unsaved = followed.run.is_unsaved(shell.now);
    let (sign, style) = if unsaved {
        ("! ", theme.differs)
    } else {
        ("", Style::new())
    };
    let mut texts: Vec<(String, Style)> = Vec::new();
    let kept = checkpoints(followed, shell).into_iter();
    texts.extend(kept.map(|text| (format!("{sign}{text}"), style)));
    let key = shell.keymap.key_text(Context::Training, Global::WrapUp);
    if followed.run.ended().is_some() && !key.is_empty() {
        let text = format!("it is over: {key} wraps it up (proof, costs, deletion)");
        texts.push((text, theme.accent));
    }
    let troubles = troubles(followed, shell).into_iter();
    texts.extend(troubles.map(|text| (format!("! {text}"), theme.missing)));
    let remarks = followed.run.remarks().join(" · ");
    texts.extend((!remarks.is_empty()).then_some((remarks, theme.odd)));
    let lines = texts.into_iter().flat_map(|(text, style)| {
        let parts = wrap(&text, width).into_iter();
        parts.map(move |part| Line::from(Span::styled(part, style)))
    });
    lines.collect()
}

fn checkpoints(followed: &Followed, shell: &Shell) -> Vec<String> {
    let places = followed.ask.checkpoints.iter().enumerate();
    places
        .map(|(at, place)| {
            let place = (at, place, followed.has_listed(at));
            humanize::training::checkpoint(&followed.run, place, shell.now)
        })
        .collect()
}

/// Where a source or a place of checkpoints is.
fn from(origin: &Origin, shell: &Shell) -> String {
    match origin {
        Origin::Place(place) => shell.shown(place),
        origin @ (Origin::Logs(_) | Origin::OnBox(_)) => origin.to_string(),
    }
}

/// Lamps of the machine that are out, while the run is not over.
fn dark(followed: &Followed) -> impl Iterator<Item = String> {
    let goes_on = followed.run.ended().is_none();
    let lamps = followed.machine.each().into_iter();
    lamps
        .filter(move |(_, seen)| goes_on && seen.light == Light::Off)
        .map(|(name, seen)| format!("{name}: {}", seen.words))
}

fn troubles(followed: &Followed, shell: &Shell) -> Vec<String> {
    let sources = followed.ask.sources.iter().zip(&followed.standings);
    let sources = sources.filter_map(|(ask, standing)| {
        let trouble = readable(standing.trouble.as_ref()?);
        Some(format!("{}: {trouble}", from(&ask.from, shell)))
    });
    let places = followed.ask.checkpoints.iter().zip(&followed.unlisted);
    let places = places
        .filter_map(|(place, why)| Some(format!("{}: {}", from(place, shell), why.as_ref()?)));
    let launch = followed.ask.launches.iter().zip(&followed.launch_failed);
    let launch = launch.map(|(place, why)| format!("{}: {why}", shell.shown(place)));
    let own = dark(followed).chain(launch);
    own.chain(sources).chain(places).collect()
}

/// All of it, to be read.
pub(super) fn lines(followed: &Followed, shell: &Shell) -> Vec<Line<'static>> {
    let theme = &shell.theme;
    let heading = |text: &str| Line::from(Span::styled(text.to_owned(), theme.strong));
    let mut lines = vec![heading("lamps")];
    for (name, seen) in followed.machine.each() {
        let told = humanize::training::evidence(seen, shell.now);
        let parts = wrap(&told, READ - LAMP).into_iter().enumerate();
        lines.extend(parts.map(|(at, part)| {
            let name = if at == 0 { name } else { "" };
            Line::from(format!("  {name:<7}  {part}"))
        }));
    }
    let step = followed.run.step_lamp(shell.now);
    lines.push(Line::from(format!(
        "  step     {}: {}",
        step.light.word(),
        humanize::training::step_lamp(&followed.run, shell.now)
    )));
    if let Some(usual) = followed.run.usual() {
        lines.push(Line::from(format!(
            "           a usual step takes {}",
            humanize::training::step_time(usual.step)
        )));
    }
    if let Some(launch) = &followed.run.launch {
        let told = humanize::training::launch(launch, shell.now);
        lines.push(Line::from(format!("  launch   {told}")));
    }
    lines.push(Line::default());
    lines.push(heading("checkpoints"));
    let told = checkpoints(followed, shell);
    if told.is_empty() {
        lines.push(Line::from(
            "  none are looked at: write checkpoints = [\"…\"] into the run",
        ));
    }
    let told = told.iter().flat_map(|text| wrap(text, READ));
    lines.extend(told.map(|text| Line::from(format!("  {text}"))));
    lines.push(Line::default());
    lines.push(heading("sources"));
    for (ask, standing) in followed.ask.sources.iter().zip(&followed.standings) {
        lines.push(Line::from(format!("  {}", from(&ask.from, shell))));
        lines.push(Line::from(format!(
            "    {}",
            humanize::training::source(standing, "a", shell.now).join(" · ")
        )));
    }
    let troubles = troubles(followed, shell).into_iter();
    lines.extend(
        troubles.map(|text| Line::from(Span::styled(format!("  ! {text}"), theme.missing))),
    );
    let remarks = followed.run.remarks().into_iter();
    lines.extend(remarks.map(|text| Line::from(Span::styled(format!("  {text}"), theme.odd))));
    lines
}
