//! What a person's actions do in Browse.

use crate::domain::{
    key::Key,
    location::Location,
    side::Side,
    tree::{NodeId, Show, SignSet, Sort, SortBy, Toward},
};

use crate::engine::Command;

use crate::tui::{
    action::Browsing,
    dialog::{
        Dialog,
        input::{InputDialog, Purpose},
        menu::MenuDialog,
        picker::PickerDialog,
        plan::PlanDialog,
    },
    shell::{Question, Shell},
    tab::{
        browse::{Across, Browse, Undo, Way},
        log::Weight,
    },
};

impl Browse {
    /// Does what the person means.
    pub fn act(&mut self, action: Browsing, shell: &mut Shell) {
        match action {
            Browsing::Compare if self.comparison.is_some() => self.part(shell),
            Browsing::Compare => self.compare(shell),
            Browsing::Sync => self.plan(self.focus, Vec::new(), Across::Copy, shell),
            Browsing::CopyAcross => self.carry_across(Across::Copy, shell),
            Browsing::MoveAcross => self.carry_across(Across::Move, shell),
            Browsing::Delete => self.delete(shell),
            Browsing::Rename => self.ask_name(shell),
            Browsing::NewFolder => self.ask_folder(shell),
            Browsing::Edit => self.edit_menu(shell),
            Browsing::Find => self.find(shell),
            Browsing::Bucket => self.show_bucket(shell),
            Browsing::Versions => self.show_versions(shell),
            Browsing::Migrate => self.migrate(shell),
            Browsing::Verify => self.verify(self.rows().tree.marked_keys(), shell),
            Browsing::Filter => self.ask_filter(shell),
            Browsing::KindNext => self.show_kind(1, shell),
            Browsing::KindPrevious => self.show_kind(usize::MAX, shell),
            Browsing::DifferenceNext => self.seek(Toward::Next, shell),
            Browsing::DifferencePrevious => self.seek(Toward::Previous, shell),
            Browsing::Gaps => self.toggle_gaps(shell),
            Browsing::Layout => self.turn_layout(shell),
            Browsing::Preview => self.toggle_preview(shell),
            Browsing::Mark => self.mark(),
            Browsing::Places => PickerDialog::open(shell),
            Browsing::OpenLocation => self.ask_place(shell),
            Browsing::Bookmarks => MenuDialog::bookmarks(shell),
            Browsing::CopyMenu => self.copy_menu(shell),
            Browsing::OtherSide => self.change_focus(),
            Browsing::Open => self.open(shell),
            Browsing::Close => self.close(shell),
            Browsing::Parent => self.leave(shell),
            Browsing::InvertMarks => self.invert_marks(),
            Browsing::Undo => self.undo(shell),
            Browsing::Back => self.travel(Way::Back, shell),
            Browsing::Forward => self.travel(Way::Forward, shell),
            Browsing::Link => self.toggle_link(shell),
            Browsing::Refresh => self.refresh(shell),
            Browsing::Sort => self.sort(shell),
            Browsing::CopyGaps => self.copy_gaps(shell),
            Browsing::ExportGaps => self.export_gaps(shell),
        }
    }

    /// Backs out of what is in front: the panel's focus, the filter, marks, the comparison. `false` when nothing is.
    pub fn back(&mut self, shell: &mut Shell) -> bool {
        if self.gaps.focused {
            self.gaps.focused = false;
        } else if self.rows().tree.show() != Show::default() {
            self.set_show(Show::default());
        } else if !self.rows().tree.marked_keys().is_empty() {
            self.rows_mut().tree.clear_marks();
        } else if self.preview.shown {
            self.toggle_preview(shell);
        } else if self.layout.shown {
            self.toggle_layout(shell);
        } else if self.gaps.shown {
            self.gaps.shown = false;
        } else if self.comparison.is_some() {
            self.part(shell);
        } else {
            return false;
        }
        true
    }

    fn is_in_s3(&self) -> bool {
        let place = self.place(self.focus);
        place.is_some_and(|place| place.s3().is_some())
    }

    /// Whether an action would have an effect now.
    pub fn offers(&self, action: Browsing, shell: &Shell) -> bool {
        let comparing = self.comparison.is_some();
        let both = Side::BOTH.iter().all(|side| self.place(*side).is_some());
        match action {
            Browsing::Migrate => {
                let in_s3 = |side: &Side| matches!(self.place(*side), Some(Location::S3(_)));
                Side::BOTH.iter().all(in_s3) && !shell.settings.read_only
            }
            Browsing::Sync | Browsing::CopyAcross | Browsing::MoveAcross => {
                both && !shell.settings.read_only
            }
            Browsing::Edit => self.is_in_s3() && !shell.settings.read_only,
            Browsing::Versions => self.is_in_s3(),
            Browsing::Bucket => matches!(
                self.place(self.focus),
                Some(Location::S3(_) | Location::Buckets(_))
            ),
            Browsing::Find => !matches!(self.place(self.focus), Some(Location::Buckets(_)) | None),
            Browsing::CopyGaps => comparing && !shell.settings.read_only,
            Browsing::Delete | Browsing::Rename | Browsing::NewFolder => {
                let in_buckets =
                    matches!(self.place(self.focus), Some(Location::Buckets(_)) | None);
                !in_buckets && !shell.settings.read_only
            }
            Browsing::Compare | Browsing::Verify => both,
            Browsing::KindNext
            | Browsing::KindPrevious
            | Browsing::DifferenceNext
            | Browsing::DifferencePrevious
            | Browsing::Gaps
            | Browsing::ExportGaps => comparing,
            Browsing::Undo => !self.undo.is_empty(),
            Browsing::Back => self.pane().history.leads(Way::Back),
            Browsing::Forward => self.pane().history.leads(Way::Forward),
            Browsing::Link => !comparing,
            Browsing::Layout
            | Browsing::Preview
            | Browsing::Mark
            | Browsing::InvertMarks
            | Browsing::Filter
            | Browsing::CopyMenu => self.rows().position().is_some(),
            Browsing::Places
            | Browsing::OpenLocation
            | Browsing::Bookmarks
            | Browsing::OtherSide
            | Browsing::Open
            | Browsing::Close
            | Browsing::Parent
            | Browsing::Refresh
            | Browsing::Sort => true,
        }
    }

    fn carry_across(&mut self, across: Across, shell: &mut Shell) {
        let keys = self.chosen();
        if keys.is_empty() {
            return shell.say(
                Weight::Warning,
                "There is nothing under the cursor to take across.",
            );
        }
        self.plan(self.focus, keys, across, shell);
    }

    fn delete(&mut self, shell: &mut Shell) {
        let only = self.chosen();
        let place = self.place(self.focus).cloned();
        let place = place.filter(|place| !matches!(place, Location::Buckets(_)));
        let (Some(place), false) = (place, only.is_empty()) else {
            let text = "There is nothing under the cursor to delete.";
            return shell.say(Weight::Warning, text);
        };
        let options = self.options(shell);
        shell.stop(|question| matches!(question, Question::Plan));
        let route = (place.clone(), place.clone());
        let view = shell.ask(Question::Plan, |view| Command::PlanDeletion {
            view,
            place,
            only,
            options,
        });
        let dialog = PlanDialog::waiting(view, route).called("delete from");
        shell.dialogs.push(Dialog::Plan(Box::new(dialog)));
    }

    fn ask_filter(&mut self, shell: &mut Shell) {
        let text = self.rows().tree.show().text;
        shell
            .dialogs
            .push(Dialog::Input(InputDialog::line(Purpose::Filter, text)));
    }

    /// Shows only names that contain a text.
    pub fn filter(&mut self, text: &str) {
        let show = Show {
            text: text.to_owned(),
            ..self.rows().tree.show()
        };
        self.set_show(show);
    }

    fn set_show(&mut self, show: Show) {
        let before = self.rows().tree.show();
        if before == show {
            return;
        }
        // Typing a text is one step back, not one for each letter.
        let typing = matches!(self.undo.last(), Some(Undo::Show(last)) if last.signs == show.signs && last.text != before.text);
        if !typing {
            self.undo.push(Undo::Show(before));
        }
        self.rows_mut().set_show(show);
    }

    fn show_kind(&mut self, by: usize, shell: &mut Shell) {
        let Some(comparison) = &self.comparison else {
            return shell.say(
                Weight::Warning,
                "Kinds of difference are known while comparing: press c.",
            );
        };
        let kinds = comparison.kinds();
        let show = comparison.rows.tree.show();
        let at = kinds
            .iter()
            .position(|kind| *kind == show.signs)
            .unwrap_or(0);
        let next = at.wrapping_add(by.wrapping_add(kinds.len())) % kinds.len();
        if let Some(&signs) = kinds.get(next) {
            self.set_show(Show { signs, ..show });
        }
    }

    fn seek(&mut self, toward: Toward, shell: &mut Shell) {
        let Some(comparison) = &mut self.comparison else {
            return shell.say(
                Weight::Warning,
                "Differences are known while comparing: press c.",
            );
        };
        let rows = &mut comparison.rows;
        let from = rows.current().unwrap_or(NodeId::ROOT);
        let signs = SignSet::differences();
        match rows
            .tree
            .seek(from, signs, toward)
            .or_else(|| rows.tree.seek(NodeId::ROOT, signs, toward))
        {
            Some(id) => rows.put_on(id),
            None => shell.say(Weight::Good, "No differences."),
        }
    }

    fn mark(&mut self) {
        let rows = self.rows();
        if let (Some(id), Some(key)) = (rows.current(), rows.current_key()) {
            self.rows_mut().tree.toggle_mark(id);
            self.undo.push(Undo::Mark(key));
            self.rows_mut().walk(crate::tui::action::Move::Down);
        }
    }

    fn invert_marks(&mut self) {
        self.rows_mut().tree.invert_marks();
        self.undo.push(Undo::Invert);
    }

    fn undo(&mut self, shell: &mut Shell) {
        match self.undo.pop() {
            Some(Undo::Show(show)) => self.rows_mut().set_show(show),
            Some(Undo::Mark(key)) => {
                let tree = &mut self.rows_mut().tree;
                if let Some(id) = tree.find(&key) {
                    tree.toggle_mark(id);
                }
            }
            Some(Undo::Invert) => self.rows_mut().tree.invert_marks(),
            None => shell.say(Weight::Info, "Nothing to take back."),
        }
    }

    fn ask_place(&mut self, shell: &mut Shell) {
        let text = match (
            &self.comparison,
            self.place(self.focus),
            self.rows().current_key(),
        ) {
            (None, Some(place), Some(key)) if key.is_folder() => place
                .child(&key)
                .map_or_else(|_| place.text(), |place| place.text()),
            (_, Some(place), _) => place.text(),
            (_, None, _) => String::new(),
        };
        shell.dialogs.push(Dialog::Input(InputDialog::boxed(
            Purpose::Place(self.focus),
            text,
        )));
    }

    fn change_focus(&mut self) {
        if self.gaps.focused {
            self.gaps.focused = false;
        } else {
            self.focus = self.focus.other();
            if self.comparison.is_none() {
                self.undo.clear();
            }
        }
    }

    fn open(&mut self, shell: &mut Shell) {
        let key = self.rows().current_key();
        let is_file = key.as_ref().is_some_and(|key| !key.is_folder());
        if is_file {
            return self.look(shell);
        }
        let greatest = self.greatest();
        if let Some(comparison) = &mut self.comparison {
            if let Some(id) = comparison.rows.current() {
                comparison.rows.tree.expand(id);
            }
            return self.drill(greatest);
        }
        self.panes[self.focus.index()].open(shell);
        if let Some(key) = key {
            self.open_there(&key, shell);
        }
        self.drill(greatest);
    }

    /// Goes to the greatest of the folder that was opened, where it is known: the layout goes with it.
    fn drill(&mut self, greatest: Option<Key>) {
        let rows = self.rows_mut();
        if let Some(id) = greatest.and_then(|key| rows.tree.find(&key)) {
            rows.put_on(id);
        }
    }

    fn close(&mut self, shell: &mut Shell) {
        if self.rows_mut().close() {
            self.close_there();
        } else if self.comparison.is_none() {
            self.leave(shell);
        }
    }

    /// Goes to the place that holds this one.
    fn leave(&mut self, shell: &mut Shell) {
        if self.comparison.is_some() {
            return shell.say(Weight::Info, "Press c to put the sides apart, then go up.");
        }
        let sides = if self.linked {
            vec![self.focus, self.focus.other()]
        } else {
            vec![self.focus]
        };
        for side in sides {
            let pane = self.pane_mut(side);
            let Some(place) = pane.place.clone() else {
                continue;
            };
            let Some(parent) = place.parent() else {
                continue;
            };
            pane.go(parent, shell);
            let goal = place.base_name().map(|name| name.join("/"));
            pane.rows.remember(std::collections::HashSet::new(), goal);
        }
        self.undo.clear();
    }

    fn sort(&mut self, shell: &mut Shell) {
        let before = self.rows().tree.sort();
        let (by, word) = match before.by {
            SortBy::Name => (SortBy::Natural, "name, numbers as people count"),
            SortBy::Natural => (SortBy::Size, "size, greatest first"),
            SortBy::Size => (SortBy::Count, "number of objects, most first"),
            SortBy::Count => (SortBy::Modified, "time, newest first"),
            SortBy::Modified if self.comparison.is_some() => (SortBy::Sign, "sign, gravest first"),
            SortBy::Modified | SortBy::Sign => (SortBy::Name, "name, as S3 orders"),
        };
        self.rows_mut().tree.set_sort(Sort {
            folders_first: before.folders_first,
            ..Sort::by(by)
        });
        shell.say(Weight::Info, format!("Ordered by {word}."));
    }
}
