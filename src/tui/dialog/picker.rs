//! The picker: mappings, remotes and their buckets as a small tree; buckets are asked for when a remote is opened.

use std::{cell::RefCell, collections::HashMap, sync::Arc};

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::StatefulWidget,
};
use tui_tree_widget::{Tree, TreeItem, TreeState};

use crate::config::mapping::Direction;
use crate::domain::location::{Location, Prefix, Remote};

use crate::engine::{
    Command,
    event::{Bucket, Failed},
};

use crate::humanize;

use crate::tui::{
    action::{Answer, Move},
    dialog::{Decision, Dialog, centred},
    shell::{Question, Shell},
    tab::tasks::ask_past,
    widget::{
        paint::{BAR, columns, paint_bar, put, put_middle, route, row as line_of, slice},
        panel::Panel,
    },
};

/// Columns before the name of a mapping: the mark, the level, and where a folder's sign would stand.
const INDENT: usize = 6;

/// What a row of the picker is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// The heading above the mappings.
    Mappings,
    /// A mapping, by its number.
    Mapping(usize),
    /// The heading above the groups.
    Groups,
    /// A group, by its number.
    Group(usize),
    /// The heading above the remotes.
    Remotes,
    /// A remote, by its number.
    Remote(usize),
    /// A bucket of the remote above.
    Bucket(Arc<str>),
    /// Words in place of buckets.
    Words,
}

/// What is known of a remote's buckets.
#[derive(Debug, Clone)]
enum Buckets {
    Asked,
    Known(Vec<Bucket>),
    Failed(String),
}

impl Buckets {
    /// The rows that they take.
    fn rows(&self) -> usize {
        match self {
            Self::Known(buckets) => buckets.len(),
            Self::Asked | Self::Failed(_) => 1,
        }
    }
}

/// Remotes, buckets and mappings to choose from.
#[derive(Debug)]
pub struct PickerDialog {
    remotes: Vec<Remote>,
    buckets: HashMap<Remote, Buckets>,
    state: RefCell<TreeState<Place>>,
}

impl PickerDialog {
    /// Lays the picker over the screen.
    pub fn open(shell: &mut Shell) {
        let mut remotes = shell.settings.remotes.clone();
        if remotes.is_empty() {
            remotes.push(Remote::default());
        }
        let mut state = TreeState::default();
        state.open(vec![Place::Mappings]);
        state.open(vec![Place::Groups]);
        state.open(vec![Place::Remotes]);
        let first = if shell.settings.mappings.is_empty() {
            vec![Place::Remotes, Place::Remote(0)]
        } else {
            vec![Place::Mappings, Place::Mapping(0)]
        };
        state.select(first);
        let mut picker = Self {
            remotes,
            buckets: HashMap::new(),
            state: RefCell::new(state),
        };
        if picker.remotes.len() == 1 {
            picker.unfold(0, shell);
        }
        if shell.settings.remembers && !shell.settings.mappings.is_empty() {
            ask_past(shell);
        }
        shell.dialogs.push(Dialog::Picker(Box::new(picker)));
    }

    /// Takes the buckets of a remote.
    pub fn absorb(&mut self, remote: &Remote, answer: Result<Vec<Bucket>, &Failed>) {
        let buckets = match answer {
            Ok(buckets) => Buckets::Known(buckets),
            Err(failed) => {
                let help = failed.help.as_deref().unwrap_or_default();
                Buckets::Failed(format!("{} {help}", failed.message))
            }
        };
        self.buckets.insert(remote.clone(), buckets);
    }

    fn unfold(&mut self, at: usize, shell: &mut Shell) {
        let Some(remote) = self.remotes.get(at).cloned() else {
            return;
        };
        self.state
            .get_mut()
            .open(vec![Place::Remotes, Place::Remote(at)]);
        if !matches!(
            self.buckets.get(&remote),
            Some(Buckets::Asked | Buckets::Known(_))
        ) {
            self.buckets.insert(remote.clone(), Buckets::Asked);
            let asked = remote.clone();
            shell.ask(Question::Choices(asked), |view| Command::Buckets {
                view,
                remote,
            });
        }
    }

    pub(super) fn walk(&mut self, step: Move) {
        let state = self.state.get_mut();
        let page = 10;
        match step {
            Move::Up => state.key_up(),
            Move::Down => state.key_down(),
            Move::PageUp => (0..page).any(|_| !state.key_up()),
            Move::PageDown => (0..page).any(|_| !state.key_down()),
            Move::Top => state.select_first(),
            Move::Bottom => state.select_last(),
        };
    }

    pub(super) fn answer(&mut self, answer: Answer, shell: &mut Shell) -> Decision {
        match answer {
            Answer::Accept => self.accept(shell),
            Answer::Fold => {
                self.state.get_mut().key_left();
                Decision::Stay
            }
            Answer::Tick
            | Answer::ExportPlan
            | Answer::StartAt
            | Answer::Batch
            | Answer::Complete
            | Answer::Remove => Decision::Stay,
        }
    }

    fn accept(&mut self, shell: &mut Shell) -> Decision {
        let path = self.state.get_mut().selected().to_vec();
        match path.as_slice() {
            [Place::Mappings, Place::Mapping(at)] => Decision::AskMapping(*at),
            [Place::Groups, Place::Group(at)] => {
                let group = shell.settings.groups.get(*at);
                let names = group.map(|(name, _)| name.to_string());
                Decision::Ways(names.into_iter().collect(), Vec::new())
            }
            [Place::Remotes, Place::Remote(at)] => {
                if self.state.get_mut().opened().contains(&path) {
                    self.state.get_mut().close(&path);
                } else {
                    self.unfold(*at, shell);
                }
                Decision::Stay
            }
            [Place::Remotes, Place::Remote(at), Place::Bucket(bucket)] => {
                let remote = self.remotes.get(*at).cloned().unwrap_or_default();
                Decision::Choose(Location::S3(Prefix {
                    remote,
                    bucket: Arc::clone(bucket),
                    path: "".into(),
                }))
            }
            _ => {
                self.state.get_mut().toggle_selected();
                Decision::Stay
            }
        }
    }

    fn items(&self, shell: &Shell, width: u16) -> std::io::Result<Vec<TreeItem<'static, Place>>> {
        let theme = &shell.theme;
        let heading = |text: &str| Line::from(Span::styled(text.to_owned(), theme.strong));
        let names = shell.settings.mappings.iter();
        let widest = names.map(|mapping| columns(&mapping.name)).max();
        let widest = usize::from(widest.unwrap_or(0));
        let mappings = shell
            .settings
            .mappings
            .iter()
            .enumerate()
            .map(|(at, mapping)| {
                let arrow = match mapping.direction {
                    Direction::Pull => '←',
                    Direction::Push => '→',
                    Direction::Both => '⇄',
                };
                let [left, right] = [&mapping.left, &mapping.right].map(|place| shell.shown(place));
                let space = widest.saturating_sub(usize::from(columns(&mapping.name)));
                let room = usize::from(width).saturating_sub(widest + INDENT);
                let room = u16::try_from(room).unwrap_or(u16::MAX).saturating_sub(2);
                let places = route([&left, &right], arrow, room);
                let line = Line::from(vec![
                    Span::raw(format!("{}{:space$}", mapping.name, "")),
                    Span::styled(format!("  {places}"), theme.dim),
                ]);
                TreeItem::new_leaf(Place::Mapping(at), line)
            });
        let mut items = Vec::new();
        let mappings: Vec<_> = mappings.collect();
        if !mappings.is_empty() {
            items.push(TreeItem::new(
                Place::Mappings,
                heading("mappings"),
                mappings,
            )?);
        }
        items.extend(group_items(shell)?);
        let remotes = self
            .remotes
            .iter()
            .enumerate()
            .map(|(at, remote)| {
                let name = remote
                    .name()
                    .unwrap_or("this machine's credentials")
                    .to_owned();
                TreeItem::new(Place::Remote(at), name, self.bucket_items(remote, shell))
            })
            .collect::<Result<Vec<_>, _>>()?;
        items.push(TreeItem::new(Place::Remotes, heading("remotes"), remotes)?);
        Ok(items)
    }

    fn bucket_items(&self, remote: &Remote, shell: &Shell) -> Vec<TreeItem<'static, Place>> {
        let theme = &shell.theme;
        let words = |text: String| {
            vec![TreeItem::new_leaf(
                Place::Words,
                Line::from(Span::styled(text, theme.dim)),
            )]
        };
        match self.buckets.get(remote) {
            None => words("Enter lists the buckets".to_owned()),
            Some(Buckets::Asked) => words(format!("{} listing buckets", shell.spinner())),
            Some(Buckets::Failed(text)) => words(format!("! {text}")),
            Some(Buckets::Known(buckets)) if buckets.is_empty() => words("no buckets".to_owned()),
            Some(Buckets::Known(buckets)) => buckets
                .iter()
                .map(|bucket| {
                    let region = bucket
                        .region
                        .as_deref()
                        .map(|region| format!("  {region}"))
                        .unwrap_or_default();
                    let line = Line::from(vec![
                        Span::raw(bucket.name.to_string()),
                        Span::styled(region, theme.dim),
                    ]);
                    TreeItem::new_leaf(Place::Bucket(Arc::clone(&bucket.name)), line)
                })
                .collect(),
        }
    }

    /// The last runs of the mapping under the cursor in the last row; what is left of the room.
    fn draw_runs(&self, shell: &Shell, inner: Rect, buffer: &mut Buffer) -> Rect {
        let state = self.state.borrow();
        let [Place::Mappings, Place::Mapping(at)] = state.selected() else {
            return inner;
        };
        let mapping = shell.settings.mappings.get(*at);
        let runs = mapping.and_then(|mapping| shell.runs.get(&mapping.name));
        let Some(runs) = runs.filter(|runs| !runs.0.is_empty()) else {
            return inner;
        };
        let style = if runs.is_unusual() {
            shell.theme.differs
        } else {
            shell.theme.dim
        };
        let last = line_of(inner, inner.height.saturating_sub(1));
        let room = last.width.saturating_sub(2);
        let fits = |line: String, part: String| {
            let longer = format!("{line}  {part}");
            // What has no room is left out as a whole.
            if columns(&longer) <= room {
                longer
            } else {
                line
            }
        };
        let line = humanize::runs(runs).into_iter().reduce(fits);
        put_middle(
            buffer,
            slice(last, 1, room),
            &line.unwrap_or_default(),
            style,
        );
        Rect {
            height: inner.height.saturating_sub(1),
            ..inner
        }
    }

    pub(super) fn draw(&self, shell: &Shell, screen: Rect, buffer: &mut Buffer) {
        let theme = &shell.theme;
        let known: usize = self.buckets.values().map(Buckets::rows).sum();
        let rows = shell.settings.mappings.len()
            + shell.settings.groups.len()
            + usize::from(!shell.settings.groups.is_empty())
            + self.remotes.len() * 2
            + known
            + usize::from(!shell.settings.mappings.is_empty())
            + 4;
        let height = u16::try_from(rows)
            .unwrap_or(u16::MAX)
            .clamp(8, (screen.height * 3 / 4).max(8));
        let area = centred(screen, (100, height), buffer);
        let inner = Panel {
            title: "places",
            focused: true,
            ..Panel::default()
        }
        .draw(area, buffer, theme);
        let inner = self.draw_runs(shell, inner, buffer);
        let items = self.items(shell, inner.width).unwrap_or_default();
        match Tree::new(&items) {
            Ok(tree) => {
                let tree = tree
                    .highlight_style(theme.selection)
                    .highlight_symbol(BAR)
                    .node_closed_symbol("▸ ")
                    .node_open_symbol("▾ ")
                    .node_no_children_symbol("  ");
                StatefulWidget::render(tree, inner, buffer, &mut self.state.borrow_mut());
                paint_bar(inner, buffer, theme);
            }
            Err(_) => {
                put(
                    buffer,
                    line_of(inner, 0),
                    "Two places bear one name.",
                    theme.missing,
                );
            }
        }
    }
}

/// The groups with their members; none where there is no group.
fn group_items(shell: &Shell) -> std::io::Result<Option<TreeItem<'static, Place>>> {
    let theme = &shell.theme;
    let item = |(at, (name, members)): (usize, &(Arc<str>, Vec<String>))| {
        let line = Line::from(vec![
            Span::raw(name.to_string()),
            Span::styled(format!("  {}", members.join(", ")), theme.dim),
        ]);
        TreeItem::new_leaf(Place::Group(at), line)
    };
    let groups: Vec<_> = shell.settings.groups.iter().enumerate().map(item).collect();
    if groups.is_empty() {
        return Ok(None);
    }
    let heading = Line::from(Span::styled("groups", theme.strong));
    TreeItem::new(Place::Groups, heading, groups).map(Some)
}
