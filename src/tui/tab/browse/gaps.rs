//! What is missing on either side, and what can be done about it. The explanation is that of the comparison; the
//! counts are those of now, so that the set of gaps is seen to shrink.

use std::fmt::Write as _;

use crate::domain::{
    diff::Sign,
    gaps::{Explanation, Gaps},
    key::Key,
    side::Side,
    tree::Tree,
};

use crate::humanize;

use crate::tui::{
    msg::Effect,
    shell::Shell,
    tab::{
        browse::{Across, Browse},
        log::Weight,
    },
};

/// The panel's state.
#[derive(Debug, Default)]
pub struct GapPanel {
    /// Whether it is on the screen.
    pub shown: bool,
    /// Whether Enter and e go to it.
    pub focused: bool,
    /// What the left side lacks, and what the right side lacks.
    told: [Explanation; 2],
}

/// The sign of what `side` lacks.
fn sign_of_gap(side: Side) -> Sign {
    match side {
        Side::Left => Sign::OnlyRight,
        Side::Right => Sign::OnlyLeft,
    }
}

impl GapPanel {
    /// Looks for what separates the missing from the present.
    pub fn explain(&mut self, tree: &Tree) {
        self.told = Side::BOTH.map(|side| Gaps::of_tree(tree, side).explain());
    }

    /// Looks again where something is still missing; else what was missing stays told.
    pub fn explain_rest(&mut self, tree: &Tree) {
        for side in Side::BOTH {
            if tree.signs().of(sign_of_gap(side)) > 0 {
                self.told[side.index()] = Gaps::of_tree(tree, side).explain();
            }
        }
    }

    /// Shows itself when there is something to show.
    pub fn open_if_any(&mut self) {
        self.shown |= self.told.iter().any(|told| told.missing.objects > 0);
    }

    /// Whether anything is missing now.
    pub(super) fn any(tree: &Tree) -> bool {
        Side::BOTH
            .iter()
            .any(|&side| tree.signs().of(sign_of_gap(side)) > 0)
    }

    /// What the panel says, sentence by sentence.
    pub(super) fn lines(&self, tree: &Tree) -> Vec<String> {
        let mut lines = Vec::new();
        for side in [Side::Right, Side::Left] {
            let told = &self.told[side.index()];
            let now = tree.signs().of(sign_of_gap(side));
            lines.extend(sentences(told, now, side));
        }
        if lines.is_empty() {
            lines.push("No gaps: both sides have the same names.".to_owned());
        }
        lines
    }

    /// What the panel says where it has one line: how much, and what they have in common.
    pub(super) fn short(&self, tree: &Tree) -> String {
        let side = [Side::Right, Side::Left]
            .into_iter()
            .find(|side| tree.signs().of(sign_of_gap(*side)) > 0);
        let Some(side) = side else {
            return self.lines(tree).join(" ");
        };
        let told = &self.told[side.index()];
        let missing = humanize::count(tree.signs().of(sign_of_gap(side)));
        let rule = told.rules.first().map(|rule| {
            let matched = humanize::count(rule.matched_missing);
            let names = humanize::counted(rule.missing, "name");
            format!("; {matched} of {names} {}", rule.text_of_many())
        });
        format!(
            "{missing} missing on the {}{}",
            side.word(),
            rule.unwrap_or_default()
        )
    }

    /// What a side lacks: folders that are missing as a whole, and single keys.
    fn names(side: Side, tree: &Tree) -> Vec<Key> {
        let folders = Gaps::of_tree(tree, side).explain().whole_folders;
        let sign = sign_of_gap(side);
        let mut names = folders.clone();
        tree.each_entry(|key, row| {
            let after = folders.partition_point(|folder| folder.as_bytes() <= key);
            let inside = after.checked_sub(1).and_then(|at| folders.get(at));
            if row.sign == Some(sign)
                && !inside.is_some_and(|folder| key.starts_with(folder.as_bytes()))
            {
                names.push(Key::new(key));
            }
        });
        names.sort_unstable();
        names
    }
}

/// What was missing, as the comparison told; its first sentence counts what is missing now.
fn sentences(told: &Explanation, now: u64, side: Side) -> Vec<String> {
    let mut sentences = humanize::explain_gap(told, side);
    let was = told.missing.objects;
    if now != was {
        sentences.drain(if now == 0 { 0.. } else { sentences.len().. });
        sentences.drain(..sentences.len().min(1));
        sentences.insert(0, counts(was, now, side));
    }
    sentences
}

/// How much is missing, of how much that was.
fn counts(was: u64, now: u64, side: Side) -> String {
    let on = format!("missing on the {}", side.word());
    let all = humanize::counted(was, "object");
    if now == 0 {
        let words = if was == 1 {
            ("was", "is")
        } else {
            ("were", "are")
        };
        return format!(
            "No gap is left: {all} that {} {on} {} there now.",
            words.0, words.1
        );
    }
    format!("{} of {all} are still {on}.", humanize::count(now))
}

impl Browse {
    pub(super) fn toggle_gaps(&mut self, shell: &mut Shell) {
        let Some(comparison) = &self.comparison else {
            return shell.say(Weight::Warning, "Gaps are known while comparing: press c.");
        };
        self.layout.shown = false;
        self.preview.shown = false;
        if self.gaps.focused {
            self.gaps.shown = false;
            self.gaps.focused = false;
            return;
        }
        if !self.gaps.shown {
            self.gaps.explain(&comparison.rows.tree);
        }
        self.gaps.shown = true;
        self.gaps.focused = true;
    }

    pub(super) fn copy_gaps(&mut self, shell: &mut Shell) {
        let Some(comparison) = &self.comparison else {
            return;
        };
        let lacking = self.focus.other();
        let keys = GapPanel::names(lacking, &comparison.rows.tree);
        if keys.is_empty() {
            let text = format!(
                "Nothing is missing on the {}; Tab changes the direction.",
                lacking.word()
            );
            return shell.say(Weight::Info, text);
        }
        self.plan(self.focus, keys, Across::Copy, shell);
    }

    pub(super) fn export_gaps(&mut self, shell: &mut Shell) {
        let Some(comparison) = &self.comparison else {
            return;
        };
        let mut content = String::from("missing_on\tbytes\tkey\n");
        comparison.rows.tree.each_entry(|key, row| {
            let lacking = Side::BOTH
                .into_iter()
                .find(|&side| row.sign == Some(sign_of_gap(side)));
            if let Some(side) = lacking {
                let bytes = row.cell(side.other()).map_or(0, |cell| cell.size);
                writeln!(content, "{}\t{bytes}\t{}", side.word(), Key::new(key)).ok();
            }
        });
        shell.effects.push(Effect::Save {
            name: "gaps.tsv".to_owned(),
            content,
        });
    }
}
