//! The whole screen, as the loop draws it: Browse comparing 100,000 and 1,000,000 rows, all folders open, into a
//! terminal's buffer. Each row is one kind of key: the time from the key to the finished frame.
//! `cargo bench --bench screen`; `cargo bench --profile dev --bench screen` builds faster.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and stops at the first surprise"
)]

mod world;

use std::time::{Duration, Instant};

use jiff::{Timestamp, tz::TimeZone};
use ratatui::{Terminal, backend::TestBackend};
use wharf::{
    domain::{
        entry::End,
        location::Location,
        progress::Requests,
        tree::{NodeId, Tree},
    },
    engine::{Body, Command, Event, View, event::Compared},
    tui::{
        keymap::{Keymap, Sequence},
        msg::{Effect, Msg},
        shell::Settings,
        state::State,
        theme::{Theme, ThemeName},
        update::update,
        view::view,
    },
};

const SIZES: [u64; 2] = [100_000, 1_000_000];
/// Columns and rows of the terminal.
const TERMINAL: (u16, u16) = (200, 60);
/// Frames of each kind.
const FRAMES: usize = 500;
/// What a frame may take at 100,000 rows.
const LIMIT: Duration = Duration::from_millis(8);
/// Bytes that a row may take beside its name.
const ROOM: u64 = 120;

fn main() {
    println!(
        "{:>9}  {:<34} {:>9} {:>9}",
        "rows", "from key to frame", "p50 ms", "p99 ms"
    );
    for rows in SIZES {
        let mut stage = Stage::new(rows);
        let mut worst = Duration::ZERO;
        for (name, keys) in [
            ("a frame alone", [].as_slice()),
            ("cursor down", &["j"]),
            ("a page down", &["Ctrl-d"]),
            ("to the end and back", &["G", "g g"]),
            ("the next difference", &["n"]),
        ] {
            worst = worst.max(stage.measure(rows, name, keys));
        }
        let filtered = stage.timed(|stage| {
            for key in ["/", "p", "n", "g", "Enter"] {
                stage.press(key);
            }
        });
        println!(
            "{rows:>9}  {:<34} {:>9.2}",
            "a filter of three letters, typed",
            milliseconds(filtered)
        );
        worst = worst.max(stage.measure(rows, "cursor down among what it found", &["j"]));
        if rows == SIZES[0] {
            let verdict = if worst < LIMIT { "under" } else { "OVER" };
            println!(
                "{rows:>9}  the slowest p99 is {verdict} {} ms",
                LIMIT.as_millis()
            );
        }
    }
}

struct Stage {
    state: State,
    terminal: Terminal<TestBackend>,
}

impl Stage {
    /// The screen with so many rows compared, every folder open.
    fn new(rows: u64) -> Self {
        let settings = Settings {
            zone: Some(TimeZone::UTC),
            ..Settings::default()
        };
        let keymap = Keymap::new(None).unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let theme = Theme::of(ThemeName::Dark);
        let mut screen = State::new(settings, keymap, theme, now);
        let places = ["/data", "s3://bucket/data"].map(|text| Location::parse(text).ok());
        screen.open(places, None);
        let mut stage = Self {
            state: screen,
            terminal: Terminal::new(TestBackend::new(TERMINAL.0, TERMINAL.1)).unwrap(),
        };
        let asked = stage.press("c");
        let view = asked.iter().find_map(compared).unwrap();
        for batch in world::pairs(rows).chunks(1000) {
            stage.tell(view, Body::Pairs(batch.to_vec()));
        }
        let ended = Compared {
            left: End::Complete,
            right: End::Complete,
            totals: wharf::domain::diff::Totals::default(),
            requests: Requests::default(),
            seconds: 1.0,
        };
        stage.tell(view, Body::Compared(Box::new(ended)));
        let tree = &mut stage.state.browse.rows_mut().tree;
        tree.set_expanded_below(NodeId::ROOT, true);
        println!("{rows:>9}  {} a row with its name", memory(tree, rows));
        stage
    }

    fn tell(&mut self, view: View, body: Body) {
        update(
            &mut self.state,
            Msg::Event(Box::new(Event::View { view, body })),
        );
    }

    fn press(&mut self, keys: &str) -> Vec<Effect> {
        let keys = Sequence::parse(keys).unwrap();
        let pressed = keys.chords().iter().map(|chord| chord.event());
        pressed
            .flat_map(|event| update(&mut self.state, Msg::Key(event)))
            .collect()
    }

    /// The time of some work and the frame after it.
    fn timed(&mut self, work: impl FnOnce(&mut Self)) -> Duration {
        let began = Instant::now();
        work(self);
        let state = &self.state;
        self.terminal.draw(|frame| view(state, frame)).unwrap();
        began.elapsed()
    }

    /// Prints p50 and p99 of one kind of key; returns p99.
    fn measure(&mut self, rows: u64, name: &str, keys: &[&str]) -> Duration {
        self.press("g g");
        let mut times: Vec<Duration> = (0..FRAMES)
            .map(|at| {
                let key = keys.get(at % keys.len().max(1));
                self.timed(|stage| {
                    key.map(|key| stage.press(key));
                })
            })
            .collect();
        times.sort_unstable();
        let (middle, late) = (times[FRAMES / 2], times[FRAMES * 99 / 100]);
        println!(
            "{rows:>9}  {name:<34} {:>9.2} {:>9.2}",
            milliseconds(middle),
            milliseconds(late)
        );
        late
    }
}

fn compared(effect: &Effect) -> Option<View> {
    if let Effect::Engine(Command::Compare { view, .. }) = effect {
        Some(*view)
    } else {
        None
    }
}

fn memory(tree: &Tree, rows: u64) -> String {
    let each = |bytes: usize| bytes as u64 / rows;
    let (all, names) = (tree.memory(), tree.memory_of_names());
    let beside = each(all - names);
    let verdict = if beside <= ROOM { "within" } else { "OVER" };
    format!(
        "{} bytes, {beside} beside its name ({verdict} {ROOM}),",
        each(all)
    )
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
