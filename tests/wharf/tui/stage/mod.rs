//! A stage for the screen: a state without an engine, fed with keys and facts, drawn into text.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a stage that cannot be set must stop the test"
)]

mod story;
mod watching;

use std::sync::Arc;

use jiff::Timestamp;
use ratatui::{buffer::Buffer, layout::Rect};
use wharf::{
    domain::{
        diff::Sign,
        entry::End,
        key::Key,
        location::Location,
        plan::{Group, Op, Plan},
        preview::Glance,
        progress::{Requests, TaskEvent, TaskId, TaskSnapshot},
        side::Side,
    },
    engine::{Body, Command, Event, Snapshot, View},
    tui::{
        keymap::{Keymap, Sequence},
        msg::{Effect, Msg},
        scene::Scene,
        shell::Settings,
        state::State,
        theme::{Theme, ThemeName},
        update::update,
        view::draw,
    },
};

pub(super) use story::{
    arrived, compared, local, pairs, plan, plan as story_plan, remote, settings, task,
};
use story::{listing, looked_at};

/// The three sizes that every screen is looked at.
pub(super) const SIZES: [(u16, u16); 3] = [(80, 24), (132, 36), (200, 60)];

/// Screens by name, for `state_on`.
pub(crate) const SCREENS: [&str; 8] = [
    "browse", "gaps", "plan", "tasks", "log", "help", "palette", "places",
];

/// The state of the screen with this name.
pub(crate) fn state_on(screen: &str) -> State {
    let mut stage = Stage::new();
    stage.list();
    match screen {
        "gaps" => stage.compare().press("i"),
        "plan" => stage.compare().press("s").plan(),
        "tasks" => stage.press("2"),
        "log" => stage.press("6"),
        "help" => stage.press("?"),
        "palette" => stage.press(":"),
        "places" => stage.press("m"),
        _ => &mut stage,
    };
    stage.state
}

/// A moment of the story.
pub(super) fn now() -> Timestamp {
    "2026-01-11T17:04:00Z".parse().unwrap()
}

/// A state with what it asked for.
pub(super) struct Stage {
    pub(super) state: State,
    pub(super) effects: Vec<Effect>,
    seconds: i64,
    snapshot: Snapshot,
}

impl Stage {
    /// Both places of the story, apart.
    pub(super) fn new() -> Self {
        Self::with(settings(), ThemeName::Plain)
    }

    pub(super) fn with(settings: Settings, theme: ThemeName) -> Self {
        let keymap = Keymap::new(None).unwrap();
        let mut state = State::new(settings, keymap, Theme::of(theme), now());
        let effects = state.open([Some(local()), Some(remote())], None);
        Self {
            state,
            effects,
            seconds: 0,
            snapshot: Snapshot::default(),
        }
    }

    /// What a scene of an earlier session shows.
    pub(super) fn with_scene(scene: &Scene) -> Self {
        let mut stage = Self::new();
        stage.effects = stage.state.open([None, None], Some(scene));
        stage
    }

    /// Presses keys, one name each: `c`, `Enter`, `g g`.
    pub(super) fn press(&mut self, keys: &str) -> &mut Self {
        for chord in Sequence::parse(keys)
            .unwrap_or_else(|| panic!("{keys} are no keys"))
            .chords()
        {
            self.send(Msg::Key(chord.event()));
        }
        self
    }

    /// Types a text, letter by letter.
    pub(super) fn type_text(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            let name = if letter == ' ' {
                "Space".to_owned()
            } else {
                letter.to_string()
            };
            self.press(&name);
        }
        self
    }

    pub(super) fn send(&mut self, msg: Msg) -> &mut Self {
        self.effects.extend(update(&mut self.state, msg));
        self
    }

    pub(super) fn tell(&mut self, view: View, body: Body) -> &mut Self {
        self.send(Msg::Event(Box::new(Event::View { view, body })))
    }

    pub(super) fn tell_task(&mut self, id: TaskId, event: TaskEvent) -> &mut Self {
        self.send(Msg::Event(Box::new(Event::Task { id, event })))
    }

    /// A second goes by.
    pub(super) fn tick(&mut self) -> &mut Self {
        self.seconds += 1;
        let now = now() + jiff::SignedDuration::from_secs(self.seconds);
        self.send(Msg::Tick {
            now,
            snapshot: Box::new(self.snapshot.clone()),
        })
    }

    /// What the engine counts from now on.
    pub(super) fn count(&mut self, tasks: Vec<TaskSnapshot>) -> &mut Self {
        let by_operation = vec![("GetObject".into(), 3), ("ListObjectsV2".into(), 61)];
        self.snapshot = Snapshot {
            tasks,
            requests: Requests { by_operation },
            notices: Vec::new(),
        };
        self.tick()
    }

    /// All questions that are of a kind.
    pub(super) fn all_asked<T>(&self, kind: impl Fn(&Command) -> Option<T>) -> Vec<T> {
        let command = |effect: &Effect| {
            if let Effect::Engine(command) = effect {
                kind(command)
            } else {
                None
            }
        };
        self.effects.iter().filter_map(command).collect()
    }

    /// The last question that is of a kind, with its view.
    pub(super) fn asked<T>(&self, kind: impl Fn(&Command) -> Option<T>) -> T {
        let command = |effect: &Effect| {
            if let Effect::Engine(command) = effect {
                kind(command)
            } else {
                None
            }
        };
        self.effects
            .iter()
            .rev()
            .find_map(command)
            .expect("the question was asked")
    }

    /// Answers the listings that wait with the story's folders.
    pub(super) fn list(&mut self) -> &mut Self {
        let listings: Vec<(View, Location, Key)> = self
            .effects
            .iter()
            .filter_map(|effect| {
                let Effect::Engine(Command::List {
                    view,
                    location,
                    folder,
                    ..
                }) = effect
                else {
                    return None;
                };
                Some((*view, location.clone(), folder.clone()))
            })
            .collect();
        self.effects.clear();
        for (view, location, folder) in listings {
            let side = if matches!(location, Location::Disk(_)) {
                Side::Left
            } else {
                Side::Right
            };
            let entries = listing(side, &folder);
            self.tell(
                view,
                Body::Listed {
                    folder,
                    entries,
                    end: Some(End::Complete),
                },
            );
        }
        self
    }

    /// Compares, and tells the story's pairs.
    pub(super) fn compare(&mut self) -> &mut Self {
        self.press("c").tell_compared()
    }

    /// Tells the story's pairs to the comparison that waits.
    pub(super) fn tell_compared(&mut self) -> &mut Self {
        let view = self.asked(|command| {
            if let Command::Compare { view, .. } = command {
                Some(*view)
            } else {
                None
            }
        });
        self.tell(view, Body::Pairs(pairs()));
        self.tell(view, Body::Compared(compared()))
    }

    /// The plan that was asked for arrives.
    pub(super) fn plan(&mut self) -> &mut Self {
        let (view, only) = self.asked(|command| {
            let Command::Plan { view, only, .. } = command else {
                return None;
            };
            Some((*view, only.clone()))
        });
        let plan = plan(&only);
        self.tell(view, Body::Planned(Arc::new(plan)))
    }

    /// The look that was asked for arrives.
    pub(super) fn preview(&mut self, content: Result<Glance, Box<str>>) -> &mut Self {
        let (view, key) = self.asked(|command| {
            let Command::Preview { view, key, .. } = command else {
                return None;
            };
            Some((*view, key.clone()))
        });
        self.tell(view, Body::Preview(Box::new(looked_at(&key, content))))
    }

    /// The plan that was asked for arrives, as that of a move.
    pub(super) fn plan_of_a_move(&mut self) -> &mut Self {
        let view = self.asked(|command| {
            let Command::Plan { view, .. } = command else {
                return None;
            };
            Some(*view)
        });
        let mut plan = plan(&[]);
        let mut steps: Vec<_> = plan.steps().cloned().collect();
        for step in &mut steps {
            step.op = Op::Remove;
        }
        plan.groups.push(Group {
            sign: Sign::OnlyLeft,
            op: Op::Remove,
            why: None,
            overwrites: false,
            selected: true,
            steps,
        });
        self.tell(view, Body::Planned(Arc::new(plan)))
    }

    /// The plan that was approved is taken as task 1.
    pub(super) fn accept(&mut self) -> Arc<Plan> {
        let (view, plan) = self.asked(|command| {
            let Command::Run { view, plan } = command else {
                return None;
            };
            Some((*view, Arc::clone(plan)))
        });
        self.tell(view, Body::Accepted(TaskId(1)));
        plan
    }

    /// The screen as text.
    pub(super) fn text(&self, (width, height): (u16, u16)) -> String {
        text_of(&self.buffer((width, height)))
    }

    pub(super) fn buffer(&self, (width, height): (u16, u16)) -> Buffer {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        draw(&self.state, area, &mut buffer);
        buffer
    }
}

/// A buffer as lines; what wide characters hide is left out.
pub(super) fn text_of(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut skip = 0_usize;
        for x in 0..buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            if skip > 0 {
                skip -= 1;
                continue;
            }
            skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
            line.push_str(symbol);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
