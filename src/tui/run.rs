//! The loop: keys, facts of the engine, signals and time become messages; effects are carried out; frames are drawn.
//! The only place in this room that waits. A frame is drawn only when something changed, at most 30 times a second.

use std::{
    future::pending,
    io::{self, Write},
    path::Path,
    process,
    sync::Arc,
    time::Duration,
};

use crossterm::event::{Event as Input, EventStream};
use futures::StreamExt;
use jiff::Timestamp;
use ratatui::layout::Size;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Instant, sleep_until},
};

use crate::domain::log::Ring;
use crate::domain::progress::TaskId;
use crate::engine::{Engine, Events, View, cloud::Opening, picture::Pixels};
use crate::tui::{
    brush::{self, Brush},
    kept::{Keeper, Kept},
    keymap::{Keymap, KeymapError},
    msg::{Effect, Msg, ShellOver},
    options::Options,
    scene::Scene,
    state::State,
    terminal::{self, Screen},
    theme::Theme,
    update::update,
};

/// The least time between two frames.
const FRAME: Duration = Duration::from_millis(33);
/// How often time goes on while something moves.
const BUSY: Duration = Duration::from_millis(100);
/// How often time goes on while nothing does.
const IDLE: Duration = Duration::from_secs(1);
/// The most facts taken between two frames, so that a flood of them leaves the keys alive.
const FACTS: usize = 256;

/// Why the interface ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The key map is wrong.
    #[error(transparent)]
    Keymap(#[from] KeymapError),
    /// No worker goes on with what ran; the journal knows how far it came.
    #[error("{0}; wharf tasks resume goes on with what ran")]
    HandOver(String),
    /// The terminal does not do what is asked of it.
    #[error("the terminal cannot be used: {0}")]
    Terminal(#[from] io::Error),
}

/// Runs the interface until it is left; then stops the engine and waits for it to clean up.
pub async fn run(
    engine: Engine,
    events: Events,
    options: Options,
) -> Result<Option<Handed>, Error> {
    let keymap = Keymap::new(options.keymap.as_deref())?;
    let theme = Theme::of(options.theme);
    let mut state = Box::new(State::new(
        options.settings,
        keymap,
        theme,
        Timestamp::now(),
    ));
    let kept = state.take_kept(options.keeps.as_deref().map(Kept::read));
    let last = kept.filter(|_| options.restores);
    let opening = state.open([options.left, options.right], last.as_ref());
    let screen = Screen::take(options.mouse, options.telling)?;
    let mut player = Player::new((engine.clone(), events), screen, options.records)?;
    player.keeper = options
        .keeps
        .map(|file| Keeper::start(file, player.sender.clone()));
    let ended = Box::pin(player.play(&mut state, opening)).await;
    let hangup = player.is_gone(&ended);
    if let Some(keeper) = player.keeper.take() {
        keeper.close(Scene::of(&state.browse));
    }
    let Player {
        screen,
        mut events,
        detaches,
        ..
    } = player;
    drop(screen);
    let left = if detaches || (hangup && state.running() > 0 && engine.can_hand_over()) {
        Some(Box::pin(engine.hand_over(&mut events)).await)
    } else {
        None
    };
    Box::pin(engine.close(events)).await;
    match left {
        Some(Ok((process, tasks))) => Ok(Some(Handed { process, tasks })),
        Some(Err(failed)) => Err(Error::HandOver(failed.message)),
        None => ended.map(|()| None),
    }
}

/// Tasks that go on without a screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// The process that goes on with them.
    pub process: u32,
    /// Which.
    pub tasks: Vec<TaskId>,
}

/// Everything that the loop waits for and acts on.
struct Player {
    screen: Screen,
    /// A worker goes on with what runs.
    detaches: bool,
    /// Who keeps bookmarks and the last scene.
    keeper: Option<Keeper>,
    engine: Engine,
    events: Events,
    /// What the program tells about itself, and the number of the next record to read.
    records: Option<(Ring, u64)>,
    /// The keys; `None` while a shell on an instance has them.
    input: Option<EventStream>,
    signals: Signals,
    later: UnboundedReceiver<Msg>,
    sender: UnboundedSender<Msg>,
    next_tick: Instant,
    next_frame: Instant,
    /// A shell on an instance that the screen is to be put aside for.
    lends: Option<(Arc<str>, Box<Opening>)>,
}

/// Signals that concern the screen.
struct Signals {
    ends: [Signal; 3],
    stop: Signal,
}

/// What a wait brought.
enum Woken {
    Msg(Msg),
    Suspend,
    Redraw,
    Time,
}

impl Player {
    fn new(
        (engine, events): (Engine, Events),
        screen: Screen,
        records: Option<Ring>,
    ) -> Result<Self, Error> {
        let ends = [
            SignalKind::terminate(),
            SignalKind::interrupt(),
            SignalKind::hangup(),
        ];
        let [terminate, interrupt, hangup] = ends.map(signal);
        let signals = Signals {
            ends: [terminate?, interrupt?, hangup?],
            stop: signal(SignalKind::from_raw(TSTP))?,
        };
        let (sender, later) = unbounded_channel();
        Ok(Self {
            screen,
            detaches: false,
            keeper: None,
            engine,
            events,
            records: records.map(|ring| (ring, 0)),
            input: Some(EventStream::new()),
            signals,
            later,
            sender,
            next_tick: Instant::now(),
            next_frame: Instant::now(),
            lends: None,
        })
    }

    /// Whether the terminal does not answer any more.
    fn is_gone(&self, ended: &Result<(), Error>) -> bool {
        !self.detaches && matches!(ended, Err(Error::Terminal(_)))
    }

    /// Plays until an effect ends it.
    async fn play(&mut self, state: &mut State, opening: Vec<Effect>) -> Result<(), Error> {
        if self.carry_out(opening)? {
            return Ok(());
        }
        let mut dirty = true;
        loop {
            let now = Instant::now();
            if dirty && now >= self.next_frame {
                self.screen.draw(state)?;
                self.next_frame = now + FRAME;
                dirty = false;
            }
            let woken = self.wait(dirty).await;
            let mut effects = Vec::new();
            dirty |= !matches!(woken, Woken::Time);
            match woken {
                Woken::Msg(msg) => effects.extend(update(state, msg)),
                Woken::Suspend => self.suspend()?,
                Woken::Redraw => self.screen.redraw()?,
                Woken::Time => {}
            }
            dirty |= self.catch_up(state, &mut effects);
            if self.carry_out(effects)? || self.lent(state).await? {
                return Ok(());
            }
        }
    }

    /// Puts the screen aside where that is wanted; `true` where the interface is left after it.
    async fn lent(&mut self, state: &mut State) -> Result<bool, Error> {
        let Some((name, opening)) = self.lends.take() else {
            return Ok(false);
        };
        let effects = Box::pin(self.lend(state, (name, &opening))).await?;
        // Time went on, and all of it is drawn.
        self.next_tick = Instant::now();
        self.carry_out(effects)
    }

    /// Puts the screen aside for a shell on an instance, and takes it back when that is over. What the engine tells meanwhile is
    /// taken, so that tasks go on; what that wants done waits.
    async fn lend(
        &mut self,
        state: &mut State,
        (name, opening): (Arc<str>, &Opening),
    ) -> Result<Vec<Effect>, Error> {
        let mut effects = Vec::new();
        // Whoever reads keys would take them away from it, and two readers would wait for each other.
        self.input = None;
        self.screen.leave()?;
        let ended = match opening.start().await {
            Err(failed) => Err(failed),
            Ok(mut opened) => {
                let ended = loop {
                    let [terminate, interrupt, hangup] = &mut self.signals.ends;
                    tokio::select! {
                        ended = opened.ended() => break ended,
                        _ = terminate.recv() => {
                            opened.kill();
                            effects.extend(update(state, Msg::Terminate));
                        }
                        _ = hangup.recv() => {
                            opened.kill();
                            effects.extend(update(state, Msg::Hangup));
                        }
                        // It is meant for the shell.
                        _ = interrupt.recv() => {}
                        _ = self.signals.stop.recv() => stop()?,
                        Some(event) = self.events.recv() => {
                            effects.extend(update(state, Msg::Event(Box::new(event))));
                        }
                    }
                };
                Ok((ended?.code(), opened.last_words()))
            }
        };
        self.screen.come_back()?;
        self.input = Some(EventStream::new());
        let over = Msg::ShellOver(Box::new(ShellOver { name, ended }));
        effects.extend(update(state, over));
        Ok(effects)
    }

    /// Waits for whatever comes first.
    async fn wait(&mut self, dirty: bool) -> Woken {
        let [terminate, interrupt, hangup] = &mut self.signals.ends;
        let wake = if dirty {
            self.next_frame.min(self.next_tick)
        } else {
            self.next_tick
        };
        tokio::select! {
            biased;
            _ = terminate.recv() => Woken::Msg(Msg::Terminate),
            _ = interrupt.recv() => Woken::Msg(Msg::Terminate),
            _ = hangup.recv() => Woken::Msg(Msg::Hangup),
            _ = self.signals.stop.recv() => Woken::Suspend,
            event = typing(self.input.as_mut()) => typed(event),
            Some(msg) = self.later.recv() => Woken::Msg(msg),
            Some(event) = self.events.recv() => Woken::Msg(Msg::Event(Box::new(event))),
            () = sleep_until(wake) => Woken::Time,
        }
    }

    fn due(&self) -> bool {
        Instant::now() >= self.next_tick
    }

    /// Takes facts that wait already, and lets time go on where that is due; `true` where anything changed.
    fn catch_up(&mut self, state: &mut State, effects: &mut Vec<Effect>) -> bool {
        let mut changed = false;
        for _ in 0..FACTS {
            let Some(event) = self.events.try_recv() else {
                break;
            };
            effects.extend(update(state, Msg::Event(Box::new(event))));
            changed = true;
        }
        if self.due() {
            effects.extend(self.told().into_iter().flat_map(|msg| update(state, msg)));
            let snapshot = Box::new(self.engine.snapshot());
            effects.extend(update(
                state,
                Msg::Tick {
                    now: Timestamp::now(),
                    snapshot,
                },
            ));
            let pace = if state.is_busy() { BUSY } else { IDLE };
            self.next_tick = Instant::now() + pace;
            changed = true;
        }
        changed
    }

    /// What the program told about itself since the last look.
    fn told(&mut self) -> Option<Msg> {
        let (ring, from) = self.records.as_mut()?;
        let (records, next) = ring.since(*from);
        *from = next;
        (!records.is_empty()).then_some(Msg::Records(records))
    }

    /// Does what `update` wants done; `true` where that is to leave.
    fn carry_out(&mut self, effects: Vec<Effect>) -> Result<bool, Error> {
        for effect in effects {
            match effect {
                Effect::Engine(command) => {
                    self.engine.submit(command);
                    self.next_tick = self.next_tick.min(Instant::now() + BUSY);
                }
                Effect::Consent(remote) => self.engine.confirm(remote),
                Effect::Clipboard(text) => self.screen.copy(&text)?,
                Effect::Notify(text) => self.screen.notify(&text)?,
                Effect::Save { name, content } => self.save(name, content),
                Effect::Keep(change) => self
                    .keeper
                    .iter()
                    .for_each(|keeper| keeper.keep(change.clone())),
                Effect::Paint { of, pixels, brush } => self.paint(of, pixels, brush),
                Effect::Redraw => self.screen.redraw()?,
                Effect::Suspend => self.suspend()?,
                Effect::Lend { name, opening } => self.lends = Some((name, opening)),
                Effect::Detach => {
                    self.detaches = true;
                    return Ok(true);
                }
                Effect::Quit => return Ok(true),
            }
        }
        Ok(false)
    }

    /// Writes a file beside all else, and tells how that went.
    fn save(&self, name: String, content: String) {
        let sender = self.sender.clone();
        tokio::task::spawn_blocking(move || {
            let saved = write_new(&name, &content).map_err(|why| Arc::from(why.to_string()));
            // Nobody is left to be told when the interface has been left meanwhile.
            sender.send(Msg::Saved(saved)).ok();
        });
    }

    /// Paints beside all else, and tells what came of it.
    fn paint(&self, of: (View, Size), pixels: Pixels, brush: Brush) {
        let sender = self.sender.clone();
        let cell = terminal::cell();
        tokio::task::spawn_blocking(move || {
            let painted = brush::paint(&pixels, (brush, cell), of.1);
            // As above.
            sender.send(Msg::Painted { of, painted }).ok();
        });
    }

    /// Gives the terminal back and stops; goes on here after `fg`.
    fn suspend(&mut self) -> Result<(), Error> {
        self.screen.leave()?;
        stop()?;
        self.screen.come_back()?;
        Ok(())
    }
}

/// Stops this process, until it is told to go on.
fn stop() -> io::Result<()> {
    let own = process::id().to_string();
    let kill = process::Command::new("kill").args(["-STOP", &own]).status();
    kill.map(drop)
}

/// SIGTSTP on Linux and macOS.
const TSTP: i32 = if cfg!(target_os = "linux") { 20 } else { 18 };

/// The next event of the terminal, where it is ours.
async fn typing(input: Option<&mut EventStream>) -> Option<io::Result<Input>> {
    match input {
        Some(input) => input.next().await,
        None => pending().await,
    }
}

/// What a terminal's event means here.
fn typed(event: Option<io::Result<Input>>) -> Woken {
    match event {
        Some(Ok(Input::Key(key))) => Woken::Msg(Msg::Key(key)),
        Some(Ok(Input::Paste(text))) => Woken::Msg(Msg::Paste(text)),
        Some(Ok(Input::Resize(width, height))) => Woken::Msg(Msg::Resize(width, height)),
        Some(Ok(Input::FocusGained)) => Woken::Redraw,
        Some(Ok(Input::Mouse(event))) => Woken::Msg(Msg::Mouse(event)),
        Some(Ok(Input::FocusLost)) => Woken::Time,
        // The terminal is gone.
        Some(Err(_)) | None => Woken::Msg(Msg::Hangup),
    }
}

/// Writes a file that did not exist: `gaps.tsv`, or else `gaps-2.tsv` and so on; returns its name.
fn write_new(name: &str, content: &str) -> io::Result<Arc<str>> {
    let path = Path::new(name);
    let part = |part: Option<&std::ffi::OsStr>| {
        part.map(|part| part.to_string_lossy().into_owned())
            .unwrap_or_default()
    };
    let (stem, extension) = (part(path.file_stem()), part(path.extension()));
    for number in 1..1000 {
        let name = match number {
            1 => path.to_path_buf(),
            number => path.with_file_name(format!("{stem}-{number}.{extension}")),
        };
        match std::fs::File::create_new(&name) {
            Ok(mut file) => {
                file.write_all(content.as_bytes())?;
                return Ok(name.to_string_lossy().into());
            }
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {}
            Err(why) => {
                return Err(io::Error::new(
                    why.kind(),
                    format!("{}: {why}", name.display()),
                ));
            }
        }
    }
    Err(io::Error::new(
        io::ErrorKind::AlreadyExists,
        format!("there are too many files like {name}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().join("gaps.tsv");
        let name = name.to_str().unwrap();
        assert_eq!(&*write_new(name, "one").unwrap(), name);
        std::fs::write(name, "mine").unwrap();
        assert!(write_new(name, "two").is_ok());
        assert_eq!(std::fs::read_to_string(name).unwrap(), "mine");
    }
}
