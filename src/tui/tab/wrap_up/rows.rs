//! What still costs as a tree: by who made it, what hangs on an instance below it. Each row has the same columns, at any depth.

use std::io;

use ratatui::{
    style::Style,
    text::{Line, Span},
};
use tui_tree_widget::TreeItem;

use crate::domain::{
    cloud::Price,
    text::{middle, printable},
    wrap_up::{Fate, Kind, Origin, Resource, cost},
};
use crate::humanize::{
    self,
    wrap_up::{a_day, an_hour, holds},
};
use crate::tui::{
    shell::Shell,
    widget::paint::{columns, end},
};

use super::{
    filter::words,
    stand::{Course, Stand},
};

/// A row of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Node {
    /// What was made by the same.
    Origin(Origin),
    /// A thing.
    Thing(Kind, Box<str>),
}

/// A thing with what hangs on it, and on that.
struct Branch<'a> {
    thing: &'a Resource,
    below: Vec<Self>,
}

/// Columns that the tree itself takes before the text of a row of the first depth, and more for each depth.
const BEFORE: u16 = 3;
const STEP: u16 = 2;
/// How deep what hangs on something is shown below it.
const DEEPEST: usize = 4;
/// Columns of a price.
const PRICE: u16 = 12;
/// Columns of a day's price behind it.
const DAY: u16 = 12;
/// From this width on ids are shown whole, and prices of a day.
const WIDE: u16 = 104;

impl Node {
    fn of(one: &Resource) -> Self {
        Self::Thing(one.kind, one.id.clone())
    }
}

/// The origins that there are, in their order.
pub(super) fn origins(resources: &[Resource]) -> Vec<Origin> {
    let mut all: Vec<Origin> = resources.iter().map(|one| one.origin.clone()).collect();
    let rank = |origin: &Origin| match origin {
        Origin::ThisRun => 0,
        Origin::Unknown => 1,
        Origin::OtherRun(_) => 2,
        Origin::Gone => 3,
    };
    all.sort_by(|a, b| (rank(a), a).cmp(&(rank(b), b)));
    all.dedup();
    all
}

/// What one made, each thing with what hangs on it, as far as the same made that.
fn branches<'a>(resources: &'a [Resource], origin: &Origin) -> Vec<Branch<'a>> {
    let own: Vec<&Resource> = resources
        .iter()
        .filter(|one| one.origin == *origin)
        .collect();
    let holds = |on: &str| own.iter().any(|one| *one.id == *on);
    let hangs = |one: &Resource| one.on.as_deref().is_some_and(holds);
    let tops = own.iter().filter(|one| !hangs(one));
    tops.map(|thing| branch(thing, &own, DEEPEST)).collect()
}

fn branch<'a>(thing: &'a Resource, own: &[&'a Resource], depth: usize) -> Branch<'a> {
    let on = |one: &&&Resource| depth > 0 && one.on.as_deref() == Some(&*thing.id);
    let below = own.iter().filter(on);
    Branch {
        thing,
        below: below.map(|one| branch(one, own, depth - 1)).collect(),
    }
}

impl Branch<'_> {
    /// The paths of its rows, below `above`.
    fn paths(&self, above: &[Node], paths: &mut Vec<Vec<Node>>) {
        let mut path = above.to_vec();
        path.push(Node::of(self.thing));
        paths.push(path.clone());
        for branch in &self.below {
            branch.paths(&path, paths);
        }
    }
}

/// The paths of all rows, in their order.
pub(super) fn paths(stand: &Stand) -> Vec<Vec<Node>> {
    let resources = &stand.told.resources;
    let mut paths = Vec::new();
    let shown = origins(resources).into_iter();
    for origin in shown.filter(|origin| stand.shows(origin)) {
        let top = vec![Node::Origin(origin.clone())];
        paths.push(top.clone());
        for branch in branches(resources, &origin) {
            branch.paths(&top, &mut paths);
        }
    }
    paths
}

/// What rows are drawn with.
pub(super) struct Rows<'a> {
    pub(super) stand: &'a Stand,
    pub(super) shell: &'a Shell,
    pub(super) width: u16,
}

impl Rows<'_> {
    /// The rows as items of the tree.
    pub(super) fn items(&self) -> io::Result<Vec<TreeItem<'static, Node>>> {
        let shown = self.stand.shown();
        let mut items = Vec::new();
        let makers = origins(&shown).into_iter();
        for origin in makers.filter(|origin| self.stand.shows(origin)) {
            let things = branches(&shown, &origin).into_iter();
            let things = things.map(|branch| self.thing(&branch, &shown, BEFORE + STEP));
            let things = things.collect::<io::Result<Vec<_>>>()?;
            let head = self.head(&origin, &shown);
            items.push(TreeItem::new(Node::Origin(origin), head, things)?);
        }
        Ok(items)
    }

    fn thing(
        &self,
        branch: &Branch<'_>,
        shown: &[Resource],
        before: u16,
    ) -> io::Result<TreeItem<'static, Node>> {
        let below = branch.below.iter();
        let below = below.map(|branch| self.thing(branch, shown, before + STEP));
        let below = below.collect::<io::Result<Vec<_>>>()?;
        let line = self.line(branch.thing, shown, before);
        TreeItem::new(Node::of(branch.thing), line, below)
    }

    fn head(&self, origin: &Origin, shown: &[Resource]) -> Line<'static> {
        let theme = &self.shell.theme;
        let own = |one: &Resource| one.origin == *origin;
        let words = words(origin);
        let count = shown.iter().filter(|one| own(one)).count();
        let alone = self.stand.only.as_ref().map(|_| ", shown alone");
        let things = humanize::counted(count as u64, "thing");
        let things = format!("  {things}{}", alone.unwrap_or_default());
        let left = shown.iter().filter(|one| !self.stand.is_gone(one));
        let sum = match origin {
            Origin::Gone => String::new(),
            Origin::ThisRun | Origin::Unknown | Origin::OtherRun(_) => self.price(cost(left, own)),
        };
        let room = self.width.saturating_sub(BEFORE);
        let spans = vec![
            Span::styled(words, theme.strong),
            Span::styled(things, theme.dim),
        ];
        self.priced(spans, (&sum, theme.dim), room)
    }

    /// What an hour of something costs, and a day where there is room for it.
    fn price(&self, price: Price) -> String {
        let hour = an_hour(price);
        if self.width < WIDE {
            return hour;
        }
        let day = a_day(price);
        let day = if day.is_empty() {
            day
        } else {
            format!("{day}/d")
        };
        format!("{hour}{day:>width$}", width = usize::from(DAY))
    }

    /// Spans at the left, cut where they do not fit, and what it costs at the right of `room` columns.
    fn priced(&self, spans: Vec<Span<'static>>, right: (&str, Style), room: u16) -> Line<'static> {
        let day = if self.width < WIDE { 0 } else { DAY };
        priced(spans, right, (room, PRICE + day))
    }

    /// A row: tick, what, name, about; at its right what an hour of it costs, or what becomes of it.
    fn line(&self, one: &Resource, shown: &[Resource], before: u16) -> Line<'static> {
        let theme = &self.shell.theme;
        let room = self.width.saturating_sub(before);
        let course = self.stand.courses.get(&one.target());
        let (sign, style) = self.sign(one, course);
        let id = printable(one.id.as_bytes());
        let id = if self.width >= WIDE {
            id.into_owned()
        } else {
            middle(&id, 12).into_owned()
        };
        let mut spans = vec![
            Span::styled(format!("{sign} "), style),
            Span::styled(format!("{} ", one.kind.word()), theme.dim),
            Span::raw(id),
        ];
        if !one.name.is_empty() {
            let name = printable(one.name.as_bytes());
            spans.push(Span::styled(format!("  {name}"), theme.strong));
        }
        spans.extend(self.about(one, shown, course));
        let (price, price_style) = match course {
            Some(Course::Over(Fate::Gone)) => ("gone".to_owned(), theme.proven),
            Some(Course::Asked) => (format!("{} going", self.shell.spinner()), theme.accent),
            Some(Course::Over(Fate::Stays { .. })) => ("stays".to_owned(), theme.missing),
            None if !one.exists() => (String::new(), theme.dim),
            None => (self.price(one.price), Style::new()),
        };
        self.priced(spans, (&price, price_style), room)
    }

    /// What it is; below the instance that it hangs on that is not said again.
    fn told<'o>(&self, one: &'o Resource) -> &'o str {
        let on = one.on.as_deref().unwrap_or_default();
        let same = |other: &Resource| *other.id == *on && other.origin == one.origin;
        if !self.stand.told.resources.iter().any(same) {
            return &one.about;
        }
        let about = one.about.strip_suffix(on).unwrap_or(&one.about);
        about.trim_end_matches(" on ").trim_end_matches(" tied to ")
    }

    fn sign(&self, one: &Resource, course: Option<&Course>) -> (&'static str, Style) {
        let theme = &self.shell.theme;
        match course {
            Some(Course::Over(Fate::Gone)) => return (" ✓ ", theme.proven),
            Some(Course::Over(Fate::Stays { .. })) => return (" ! ", theme.missing),
            Some(Course::Asked) | None => {}
        }
        match (one.exists(), one.kept.is_some(), one.selected) {
            (false, _, _) => (" ✓ ", theme.dim),
            (true, true, _) => ("[k]", theme.dim),
            (true, false, true) => ("[x]", theme.missing),
            (true, false, false) => ("[ ]", theme.dim),
        }
    }

    fn about(
        &self,
        one: &Resource,
        shown: &[Resource],
        course: Option<&Course>,
    ) -> Vec<Span<'static>> {
        let theme = &self.shell.theme;
        if let Some(Course::Over(Fate::Stays { why })) = course {
            let why = printable(why.as_bytes());
            return vec![Span::styled(format!("  {why}"), theme.missing)];
        }
        let mut spans = Vec::new();
        if one.exists() {
            let about = printable(self.told(one).as_bytes()).into_owned();
            spans.push(Span::styled(format!("  {about}"), theme.dim));
        }
        let mut remark = |text: &str, style| spans.push(Span::styled(format!(", {text}"), style));
        if one.goes_with && one.selected {
            remark("goes with it", theme.dim);
        }
        if let Some(held) = &one.held_by {
            remark(&holds(held), theme.differs);
        }
        if let Some(kept) = one.kept {
            remark(kept.words(), theme.dim);
        }
        if one.is_left_behind(shown) {
            remark("stays and costs on", theme.differs);
        }
        spans
    }
}

/// Spans at the left, cut where they do not fit, and a word of at most `most` columns at the right of `room` columns.
fn priced(
    spans: Vec<Span<'static>>,
    (right, style): (&str, Style),
    (room, most): (u16, u16),
) -> Line<'static> {
    let text = room.saturating_sub(most + 2);
    let mut line = Vec::new();
    let mut used = 0;
    for span in spans {
        let left = text.saturating_sub(used);
        if left == 0 {
            break;
        }
        let cut = end(&span.content, left).into_owned();
        used += columns(&cut);
        line.push(Span::styled(cut, span.style));
    }
    let air = room.saturating_sub(used + columns(right));
    line.push(Span::raw(" ".repeat(usize::from(air))));
    line.push(Span::styled(right.to_owned(), style));
    Line::from(line)
}
