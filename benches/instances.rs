//! The tab Instances with 500 instances, each with charts of an hour, as the loop draws it into a terminal's buffer: the time from
//! the key to the finished frame (under 4 ms), and what a look that arrives costs.
//! `cargo bench --bench instances`; `cargo bench --profile dev --bench instances` builds faster.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and stops at the first surprise"
)]

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use ratatui::{Terminal, backend::TestBackend};
use wharf::{
    domain::{
        cloud::{
            Attached, Check, Checks, Gauge, Instance, Observed, Point, Rates, Series, Span, State,
            Survey,
        },
        health::{self, Limits},
    },
    engine::{Body, Command, Event, Snapshot, View, cloud::CloudTold},
    tui::{
        keymap::{Keymap, Sequence},
        msg::{Effect, Msg},
        shell::Settings,
        state::State as Screen,
        theme::{Theme, ThemeName},
        update::update,
        view::view,
    },
};

const INSTANCES: usize = 500;
/// Columns and rows of the terminal.
const TERMINAL: (u16, u16) = (200, 60);
/// Frames of each kind.
const FRAMES: usize = 500;
/// What a frame may take.
const LIMIT: Duration = Duration::from_millis(4);

fn main() {
    println!(
        "{INSTANCES} instances    {:<28} {:>9} {:>9}",
        "", "p50 ms", "p99 ms"
    );
    let mut stage = Stage::new();
    let mut worst = Duration::ZERO;
    for (name, keys) in [
        ("a frame alone", [].as_slice()),
        ("cursor down", &["j"]),
        ("a page down", &["Ctrl-d"]),
        ("to the end and back", &["G", "g g"]),
    ] {
        worst = worst.max(stage.measure(name, |stage, at| {
            if let Some(key) = keys.get(at % keys.len().max(1)) {
                stage.press(key);
            }
        }));
    }
    let looks = Arc::new(survey());
    stage.measure("a look arrives", |stage, _| stage.tell(&looks));
    let verdict = if worst < LIMIT { "under" } else { "OVER" };
    println!(
        "the slowest p99 of a key is {verdict} {} ms",
        LIMIT.as_millis()
    );
}

struct Stage {
    screen: Screen,
    terminal: Terminal<TestBackend>,
    view: View,
}

impl Stage {
    fn new() -> Self {
        let settings = Settings {
            zone: Some(TimeZone::UTC),
            ..Settings::default()
        };
        let theme = Theme::of(ThemeName::Dark);
        let now = Timestamp::UNIX_EPOCH;
        let mut screen = Screen::new(settings, Keymap::new(None).unwrap(), theme, now);
        screen.open([None, None], None);
        press(&mut screen, "3");
        let tick = Msg::Tick {
            now,
            snapshot: Box::new(Snapshot::default()),
        };
        let asked = update(&mut screen, tick);
        let view = asked.iter().find_map(watch).unwrap();
        let mut stage = Self {
            screen,
            terminal: Terminal::new(TestBackend::new(TERMINAL.0, TERMINAL.1)).unwrap(),
            view,
        };
        stage.tell(&Arc::new(survey()));
        stage
    }

    fn tell(&mut self, survey: &Arc<Survey>) {
        let event = Event::View {
            view: self.view,
            body: Body::Cloud(CloudTold::Survey(Arc::clone(survey))),
        };
        update(&mut self.screen, Msg::Event(Box::new(event)));
    }

    fn press(&mut self, keys: &str) {
        press(&mut self.screen, keys);
    }

    /// Prints p50 and p99 of some work and the frame after it; returns p99.
    fn measure(&mut self, name: &str, work: impl Fn(&mut Self, usize)) -> Duration {
        let mut times: Vec<Duration> = (0..FRAMES)
            .map(|at| {
                let began = Instant::now();
                work(self, at);
                let screen = &self.screen;
                self.terminal.draw(|frame| view(screen, frame)).unwrap();
                began.elapsed()
            })
            .collect();
        times.sort_unstable();
        let (middle, late) = (times[FRAMES / 2], times[FRAMES * 99 / 100]);
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        println!(
            "                 {name:<28} {:>9.2} {:>9.2}",
            ms(middle),
            ms(late)
        );
        late
    }
}

fn press(screen: &mut Screen, keys: &str) {
    for chord in Sequence::parse(keys).unwrap().chords() {
        update(screen, Msg::Key(chord.event()));
    }
}

fn watch(effect: &Effect) -> Option<View> {
    if let Effect::Engine(Command::Cloud { view, .. }) = effect {
        Some(*view)
    } else {
        None
    }
}

fn survey() -> Survey {
    let at = Timestamp::UNIX_EPOCH;
    let seen = (0..INSTANCES).map(|number| {
        let mut seen = observed(number, at);
        seen.findings = health::findings(&seen, at, &Limits::default());
        seen
    });
    Survey {
        at,
        regions: vec!["us-east-2".into()],
        span: Span::Hour,
        seen: seen.collect(),
        next: Some(60),
        ..Survey::default()
    }
}

fn observed(number: usize, now: Timestamp) -> Observed {
    let points = (0..60).map(|minute| Point {
        at: now - SignedDuration::from_mins(60 - minute),
        value: 20.0 + f64::from(i32::try_from(minute).unwrap_or(0) % 7) * 9.0,
    });
    let series = Series {
        period: 60,
        points: points.collect(),
    };
    let gauges = Gauge::ALL.into_iter();
    Observed {
        instance: Instance {
            region: "us-east-2".into(),
            id: format!("i-{number:017x}").into(),
            kind: "g5.xlarge".into(),
            zone: "us-east-2a".into(),
            state: State::Running,
            launched: Some(now - SignedDuration::from_hours(6)),
            platform: "Linux/UNIX".into(),
            tags: vec![("Name".into(), format!("worker-{number:03}").into())],
            volumes: vec![Attached {
                device: "/dev/xvda".into(),
                volume: "vol-1".into(),
                goes_with_instance: true,
            }],
            ..Instance::default()
        },
        price: Rates::embedded().instance("g5.xlarge", "us-east-2", "Linux/UNIX"),
        checks: Checks {
            system: Check::Ok,
            instance: Check::Ok,
            ebs: Check::Ok,
        },
        gauges: gauges
            .map(|gauge| (gauge, series.clone()))
            .collect::<BTreeMap<_, _>>(),
        ..Observed::default()
    }
}
