//! Training runs: JSON lines read on one core, and a frame of the tab with 1,000,000 points of 40 metrics, with the bytes that a
//! point takes. `cargo bench --bench training`; `cargo bench --profile dev --bench training` builds faster.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and stops at the first surprise"
)]

use std::{
    fmt::Write as _,
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{Timestamp, tz::TimeZone};
use ratatui::{Terminal, backend::TestBackend};
use wharf::{
    config::{Config, Env},
    domain::training::{read::Reader, run::Stream},
    engine::{
        Body, Command, Event, View,
        training::{News, RunNews},
    },
    tui::{
        keymap::{Keymap, Sequence},
        msg::{Effect, Msg},
        shell::Settings,
        state::State,
        tab::Tab,
        theme::{Theme, ThemeName},
        update::update,
        view::view,
    },
};

/// Metrics of the run that is drawn, and points of each.
const METRICS: usize = 40;
const POINTS: usize = 25_000;
/// Bytes of JSON lines that are read.
const BYTES: usize = 64 << 20;
/// Bytes that are handed over at once, as the engine does.
const PIECE: usize = 1 << 20;
/// Columns and rows of the terminal.
const TERMINAL: (u16, u16) = (200, 60);
/// Frames of each kind.
const FRAMES: usize = 300;
/// What a frame may take.
const LIMIT: Duration = Duration::from_millis(8);
/// Megabytes a second that are owed.
const OWED: f64 = 200.0;

fn main() {
    for metrics in [4, METRICS] {
        reading(metrics);
    }
    drawing();
}

/// JSON lines of so many metrics, at least so many bytes.
fn lines(metrics: usize, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 4096);
    let mut step = 0_u64;
    while text.len() < bytes {
        step += 1;
        let at = 1_768_140_000.0 + step as f64 * 0.4;
        write!(text, "{{\"step\": {step}, \"timestamp\": {at:.3}").unwrap();
        for metric in 0..metrics {
            let value = 2.3 / (step as f64 + 1.0).sqrt() + metric as f64 * 0.01;
            write!(text, ", \"train/metric_{metric}\": {value:.6}").unwrap();
        }
        text.push_str("}\n");
    }
    text
}

fn reading(metrics: usize) {
    let text = lines(metrics, BYTES);
    let mut best = Duration::MAX;
    for _ in 0..3 {
        let mut reader = Reader::new(None);
        let start = Instant::now();
        for piece in text.as_bytes().chunks(PIECE) {
            black_box(reader.feed(piece, false));
        }
        best = best.min(start.elapsed());
    }
    let rate = text.len() as f64 / best.as_secs_f64() / 1e6;
    let verdict = if rate >= OWED { "at least" } else { "UNDER" };
    println!(
        "JSON lines of {metrics:>2} metrics: {rate:>6.0} MB/s on one core, {verdict} {OWED:.0}"
    );
}

/// A screen that watches one run, and the question by which it does.
fn watching(now: Timestamp) -> (State, View) {
    let text = "[runs.run]\nmetrics = [{ from = \"/log\" }]\n";
    let config = Config::of_text(None, text, &Env::default()).unwrap();
    let settings = Settings {
        zone: Some(TimeZone::UTC),
        config: Arc::new(config),
        ..Settings::default()
    };
    let keymap = Keymap::new(None).unwrap();
    let mut state = State::new(settings, keymap, Theme::of(ThemeName::Dark), now);
    let snapshot = Box::default();
    let effects = update(&mut state, Msg::Tick { now, snapshot });
    let asked = effects.iter().find_map(|effect| {
        let Effect::Engine(Command::Watch { view, .. }) = effect else {
            return None;
        };
        Some(*view)
    });
    (state, asked.unwrap())
}

/// The same with all points of the run.
fn filled() -> State {
    let now = Timestamp::from_second(1_768_150_100).unwrap();
    let (mut state, view) = watching(now);
    let text = lines(METRICS, POINTS * 1300);
    let text: Vec<&str> = text.lines().take(POINTS).collect();
    let batch = Reader::new(None).feed((text.join("\n") + "\n").as_bytes(), true);
    let stream = Stream {
        number: 0,
        source: 0,
        label: "".into(),
    };
    let told = News::Told {
        stream,
        batch,
        written: now,
    };
    for news in [told, News::Polled { looked: Some(now) }] {
        let body = Body::Run(Box::new(RunNews { run: 0, news }));
        let event = Event::View { view, body };
        update(&mut state, Msg::Event(Box::new(event)));
    }
    press(&mut state, "4");
    assert_eq!(state.tab, Tab::Training);
    state
}

fn drawing() {
    let mut state = filled();
    let run = &state.training.current().unwrap().run;
    let points: usize = run.metrics().map(|(_, series)| series.len()).sum();
    let bytes: usize = run.metrics().map(|(_, series)| series.bytes()).sum();
    let metrics = run.metrics().count();
    let each = bytes as f64 / points as f64;
    println!("{points} points of {metrics} metrics: {each:.1} bytes a point");
    let mut terminal = Terminal::new(TestBackend::new(TERMINAL.0, TERMINAL.1)).unwrap();
    let mut worst = Duration::ZERO;
    for (name, keys) in [
        ("a frame alone", [].as_slice()),
        ("the next chart", &["Tab"]),
        ("values of an earlier step", &["h"]),
        ("smoothed", &["m"]),
        ("half of the steps, and back", &["+", "-"]),
        ("one chart in the room of all", &["Enter"]),
    ] {
        let frame = || {
            let start = Instant::now();
            for key in keys {
                press(&mut state, key);
            }
            terminal.draw(|frame| view(&state, frame)).unwrap();
            start.elapsed()
        };
        let mut times: Vec<Duration> = std::iter::repeat_with(frame).take(FRAMES).collect();
        times.sort_unstable();
        let [middle, late] =
            [FRAMES / 2, FRAMES * 99 / 100].map(|at| times[at].as_secs_f64() * 1e3);
        worst = worst.max(times[FRAMES / 2]);
        println!("{name:<34} p50 {middle:>6.2} ms  p99 {late:>6.2} ms");
    }
    let verdict = if worst < LIMIT { "under" } else { "OVER" };
    println!("the slowest p50 is {verdict} {} ms", LIMIT.as_millis());
}

fn press(state: &mut State, keys: &str) {
    for chord in Sequence::parse(keys).unwrap().chords() {
        update(state, Msg::Key(chord.event()));
    }
}
