//! The key map: `config/keymap.toml` read, overridden by the user's, searched with what is active.
//! Hints, help and palette are made from it, so that no screen tells of a key that does not work.

mod chord;

use std::collections::HashMap;

use serde::Deserialize;

use crate::tui::action::Action;
pub use crate::tui::keymap::chord::{Chord, Sequence};

/// The embedded key map.
const DEFAULT: &str = include_str!("../../../config/keymap.toml");

/// A table of the key map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Context {
    /// Everywhere but in dialogs.
    Global,
    /// Wherever rows are.
    List,
    /// The tab Browse.
    Browse,
    /// The gap panel, while it has the focus.
    Gaps,
    /// The tab Tasks.
    Tasks,
    /// The tab Instances.
    Instances,
    /// The tab Training.
    Training,
    /// The tab Wrap-up.
    WrapUp,
    /// The tab Log.
    Log,
    /// The plan dialog.
    Plan,
    /// The launch dialog.
    Launch,
    /// Menus and pickers.
    Menu,
    /// A line to type in.
    Input,
    /// Texts to read.
    Pages,
}

/// What is active together, in front first. Only the focused gap panel may take keys from what lies behind it.
pub const STACKS: [&[Context]; 12] = [
    &[Context::Browse, Context::List, Context::Global],
    &[
        Context::Gaps,
        Context::Browse,
        Context::List,
        Context::Global,
    ],
    &[Context::Tasks, Context::List, Context::Global],
    &[Context::Instances, Context::List, Context::Global],
    &[Context::Training, Context::List, Context::Global],
    &[Context::WrapUp, Context::List, Context::Global],
    &[Context::Log, Context::List, Context::Global],
    &[Context::Plan],
    &[Context::Launch],
    &[Context::Menu],
    &[Context::Input],
    &[Context::Pages],
];

/// One row: keys, action, words.
#[derive(Debug, Clone)]
pub struct Binding {
    /// Any of these.
    pub on: Vec<Sequence>,
    /// What they mean.
    pub run: Action,
    /// What the help says.
    pub desc: String,
    /// The word in the last line of the screen.
    pub hint: Option<String>,
}

/// What the keys pressed so far mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// This.
    Action(Action),
    /// The beginning of something.
    Prefix,
    /// Nothing.
    Nothing,
}

/// Why a key map cannot be used; says what to change.
#[derive(Debug, thiserror::Error)]
pub enum KeymapError {
    /// No TOML, or no such table or field.
    #[error("the key map cannot be read: {0}")]
    Syntax(#[from] toml::de::Error),
    /// A key that does not exist.
    #[error(
        "\"{text}\" (for {run}) is no key; write letters, Enter, Esc, Tab, Space, PageUp, F1 …, with Ctrl- or Alt- before"
    )]
    Key {
        /// As written.
        text: String,
        /// The action it should run.
        run: String,
    },
    /// An action that does not exist.
    #[error("there is no action \"{0}\"")]
    Action(String),
    /// Keys that mean two things at once.
    #[error("keys that mean two things at once: {}", .0.join("; "))]
    Clash(Vec<String>),
}

#[derive(Deserialize)]
struct Row {
    on: On,
    run: String,
    #[serde(default)]
    desc: String,
    hint: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum On {
    One(String),
    Any(Vec<String>),
}

impl Row {
    fn read(self) -> Result<Binding, KeymapError> {
        let texts = match self.on {
            On::One(text) => vec![text],
            On::Any(texts) => texts,
        };
        let run = Action::parse(&self.run).ok_or(KeymapError::Action(self.run))?;
        let on = texts
            .into_iter()
            .map(|text| {
                Sequence::parse(&text).ok_or_else(|| KeymapError::Key {
                    text,
                    run: run.name().to_owned(),
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Binding {
            on,
            run,
            desc: self.desc,
            hint: self.hint,
        })
    }
}

/// Keys and what they mean, by context.
#[derive(Debug, Clone, Default)]
pub struct Keymap(HashMap<Context, Vec<Binding>>);

impl Keymap {
    /// The embedded one, with the rows of `overrides` (a text of the same form) in place of its own.
    pub fn new(overrides: Option<&str>) -> Result<Self, KeymapError> {
        let mut map = Self(read(DEFAULT)?);
        for (context, bindings) in overrides.map(read).transpose()?.unwrap_or_default() {
            for binding in bindings {
                map.replace(context, binding);
            }
        }
        let clashes = map.clashes();
        if clashes.is_empty() {
            Ok(map)
        } else {
            Err(KeymapError::Clash(clashes))
        }
    }

    fn replace(&mut self, context: Context, binding: Binding) {
        let rows = self.0.entry(context).or_default();
        match rows.iter_mut().find(|row| row.run == binding.run) {
            Some(row) => row.on = binding.on,
            None => rows.push(binding),
        }
    }

    /// The rows of a context, as they stand in the file.
    pub fn rows(&self, context: Context) -> &[Binding] {
        self.0.get(&context).map_or(&[], Vec::as_slice)
    }

    /// What these keys mean where `stack` is active.
    pub fn find(&self, stack: &[Context], pressed: &[Chord]) -> Found {
        let rows = || stack.iter().flat_map(|&context| self.rows(context));
        let exact = |row: &&Binding| row.on.iter().any(|sequence| sequence.chords() == pressed);
        let begins = |row: &Binding| {
            row.on
                .iter()
                .any(|sequence| sequence.chords().starts_with(pressed))
        };
        match rows().find(exact) {
            Some(row) => Found::Action(row.run),
            None if rows().any(begins) => Found::Prefix,
            None => Found::Nothing,
        }
    }

    /// The first key of an action in a context.
    pub fn key_of(&self, context: Context, action: Action) -> Option<&Sequence> {
        self.rows(context)
            .iter()
            .find(|binding| binding.run == action)?
            .on
            .first()
    }

    /// The first key of an action in a context, as a person reads it; empty where it has none.
    pub fn key_text(&self, context: Context, action: impl Into<Action>) -> String {
        let key = self.key_of(context, action.into());
        key.map(ToString::to_string).unwrap_or_default()
    }

    /// Every pair of rows that one key would reach at once.
    pub fn clashes(&self) -> Vec<String> {
        let mut clashes = Vec::new();
        for stack in STACKS
            .iter()
            .filter(|stack| !stack.contains(&Context::Gaps))
        {
            let in_context = |&context| self.rows(context).iter().map(move |row| (context, row));
            let rows: Vec<_> = stack.iter().flat_map(in_context).collect();
            for (at, &one) in rows.iter().enumerate() {
                let others = rows.iter().skip(at + 1);
                clashes.extend(others.filter_map(|&other| clash(one, other)));
            }
        }
        clashes.dedup();
        clashes
    }
}

/// The first key that two rows share, in words.
fn clash(one: (Context, &Binding), other: (Context, &Binding)) -> Option<String> {
    let shared = |key: &&Sequence| other.1.on.iter().any(|taken| key.collides(taken));
    let key = one.1.on.iter().find(shared)?;
    let [one, other] =
        [one, other].map(|(context, row)| format!("{} ({context:?})", row.run.name()));
    Some(format!("{key} means {one} and {other}"))
}

fn read(text: &str) -> Result<HashMap<Context, Vec<Binding>>, KeymapError> {
    let tables: HashMap<Context, Vec<Row>> = toml::from_str(text)?;
    tables
        .into_iter()
        .map(|(context, rows)| {
            Ok((
                context,
                rows.into_iter().map(Row::read).collect::<Result<_, _>>()?,
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::action::{Browsing, Move};

    fn pressed(text: &str) -> Vec<Chord> {
        Sequence::parse(text).unwrap().chords().to_vec()
    }

    #[test]
    fn the_embedded_map_has_no_clashes() {
        let map = Keymap::new(None).unwrap();
        assert_eq!(map.clashes(), Vec::<String>::new());
    }

    #[test]
    fn every_action_has_a_key_somewhere() {
        let map = Keymap::new(None).unwrap();
        for action in Action::ALL {
            let keyed = map
                .0
                .values()
                .flatten()
                .any(|row| row.run == *action && !row.on.is_empty());
            assert!(keyed, "{} has no key", action.name());
        }
    }

    #[test]
    fn sequences_wait_for_their_end() {
        let map = Keymap::new(None).unwrap();
        let stack = STACKS[0];
        assert_eq!(map.find(stack, &pressed("g")), Found::Prefix);
        assert_eq!(
            map.find(stack, &pressed("g g")),
            Found::Action(Move::Top.into())
        );
        assert_eq!(map.find(stack, &pressed("g x")), Found::Nothing);
    }

    #[test]
    fn the_focused_panel_takes_its_keys_first() {
        let map = Keymap::new(None).unwrap();
        assert_eq!(
            map.find(STACKS[0], &pressed("Enter")),
            Found::Action(Browsing::Open.into())
        );
        assert_eq!(
            map.find(STACKS[1], &pressed("Enter")),
            Found::Action(Browsing::CopyGaps.into())
        );
    }

    #[test]
    fn users_replace_keys_and_hear_of_clashes() {
        let map = Keymap::new(Some("browse = [{ on = \"C\", run = \"compare\" }]")).unwrap();
        assert_eq!(
            map.find(STACKS[0], &pressed("C")),
            Found::Action(Browsing::Compare.into())
        );
        assert_eq!(map.find(STACKS[0], &pressed("c")), Found::Nothing);
        let clash = Keymap::new(Some("browse = [{ on = \"s\", run = \"compare\" }]"))
            .unwrap_err()
            .to_string();
        assert!(
            clash.contains("compare (Browse) and sync (Browse)"),
            "{clash}"
        );
        assert!(Keymap::new(Some("browse = [{ on = \"Hyper-s\", run = \"compare\" }]")).is_err());
        assert!(Keymap::new(Some("browse = [{ on = \"z\", run = \"dance\" }]")).is_err());
    }
}
