//! A terminal that runs the real binary: keys go in, the screen comes out. Used by the journeys in a pty and by
//! the example that makes the pictures. Waiting is for text on the screen or the end of the program, never for time alone.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where its terminal fails"
)]

use std::{
    ffi::OsStr,
    io::{Read, Write},
    num::NonZeroU16,
    path::Path,
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use vt100::Parser;

/// How long a screen may take to show what is waited for, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A program in a terminal of its own.
pub(crate) struct Terminal {
    pub(crate) parser: Parser,
    pub(crate) output: Receiver<Vec<u8>>,
    raw: Vec<u8>,
    keys: Box<dyn Write + Send>,
    /// The terminal's modes before the program began.
    modes: String,
    child: Box<dyn Child + Send + Sync>,
    /// `None` once it was taken away.
    master: Option<Box<dyn MasterPty + Send>>,
}

impl Terminal {
    /// Starts `program` with `args` in a terminal of `columns` × `rows`, its home and state in `home`.
    pub(crate) fn start(
        program: &Path,
        args: &[&OsStr],
        home: &Path,
        (columns, rows): (u16, u16),
    ) -> Self {
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env_clear();
        for (name, value) in [
            ("TERM", "xterm-256color"),
            ("COLORTERM", "truecolor"),
            ("LANG", "C.UTF-8"),
        ] {
            command.env(name, value);
        }
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", home);
        command.env("WHARF_STATE", home.join("state"));
        command.env("AWS_EC2_METADATA_DISABLED", "true");
        command.cwd(home);
        Self::spawn(command, (columns, rows))
    }

    /// Starts a prepared command.
    pub(crate) fn spawn(command: CommandBuilder, (columns, rows): (u16, u16)) -> Self {
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let modes = modes(&*pair.master);
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || forward(&mut reader, &sender));
        Self {
            parser: Parser::new(
                NonZeroU16::new(rows).unwrap(),
                NonZeroU16::new(columns).unwrap(),
                0,
            ),
            output,
            raw: Vec::new(),
            keys: pair.master.take_writer().unwrap(),
            modes,
            child,
            master: Some(pair.master),
        }
    }

    /// The processor time that the program took so far, to a hundredth of a second (Linux).
    #[allow(dead_code, reason = "only a benchmark asks")]
    pub(crate) fn worked(&self) -> Duration {
        let process = self.child.process_id().unwrap();
        let told = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
        // Behind the name, which may hold anything: fields 14 and 15 of the whole, in ticks of a hundredth.
        let behind = told.rsplit(')').next().unwrap_or_default();
        let ticks = behind.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.map(|ticks| ticks.parse::<u64>().unwrap()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// Presses keys, as the bytes a terminal sends.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Changes the size, as a person who drags the window's corner.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        self.master.as_ref().unwrap().resize(size).unwrap();
        self.parser.screen_mut().set_size(
            NonZeroU16::new(rows).unwrap(),
            NonZeroU16::new(columns).unwrap(),
        );
    }

    /// Waits until the screen shows `text`; tells the screen when it never does.
    pub(crate) fn until(&mut self, text: &str) {
        self.wait_for(text, |screen| screen.contains(text));
    }

    /// Waits until the screen no longer shows `text`.
    pub(crate) fn until_gone(&mut self, text: &str) {
        self.wait_for(text, |screen| !screen.contains(text));
    }

    /// Waits until `holds` holds for the screen's text.
    pub(crate) fn wait_for(&mut self, what: &str, holds: impl Fn(&str) -> bool) {
        let limit = Instant::now() + PATIENCE;
        loop {
            // All that came: what holds of half a frame need not hold of the whole one.
            while let Ok(bytes) = self.output.try_recv() {
                self.take(&bytes);
            }
            if holds(&self.text()) {
                return;
            }
            let left = limit.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Timeout) => {
                    panic!("waited for {what:?}; the screen:\n{}", self.text())
                }
                Err(RecvTimeoutError::Disconnected) => {
                    assert!(
                        holds(&self.text()),
                        "the program ended before {what:?}; the screen:\n{}",
                        self.text()
                    );
                    return;
                }
            }
        }
    }

    /// Waits for the end of the program and tells its exit code.
    pub(crate) fn exit_code(&mut self) -> u32 {
        let limit = Instant::now() + PATIENCE;
        while let Ok(bytes) = self
            .output
            .recv_timeout(limit.saturating_duration_since(Instant::now()))
        {
            self.take(&bytes);
            // A program that stays draws on: its output alone must not keep the test waiting.
            assert!(Instant::now() < limit, "it does not end:\n{}", self.text());
        }
        assert!(Instant::now() < limit, "it does not end:\n{}", self.text());
        self.child.wait().unwrap().exit_code()
    }

    /// The process number of the program.
    pub(crate) fn process_id(&self) -> Option<u32> {
        self.child.process_id()
    }

    /// Waits until `holds` holds for what was written and for the terminal's modes.
    pub(crate) fn wait_raw(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let limit = Instant::now() + PATIENCE;
        while !holds(self) {
            let left = limit.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(silent) => panic!("waited for {what} ({silent}); the screen:\n{}", self.text()),
            }
        }
    }

    /// Takes the terminal away, as a lost connection does: what runs in it is told by SIGHUP and can write no more.
    pub(crate) fn hang_up(&mut self) {
        // Whoever reads leaves at the next byte, when nobody takes it, and the last hold of the terminal is gone.
        self.output = channel().1;
        self.keys = Box::new(std::io::sink());
        self.master = None;
    }

    /// Whether the terminal is as it was before: its modes, its own screen again, the cursor, and no marks around pastes.
    pub(crate) fn is_restored(&self) -> bool {
        let text = String::from_utf8_lossy(&self.raw);
        let last = |on: &str, off: &str| text.rfind(off) >= text.rfind(on);
        last("\x1b[?1049h", "\x1b[?1049l")
            && last("\x1b[?25l", "\x1b[?25h")
            && last("\x1b[?2004h", "\x1b[?2004l")
            && self.master.as_deref().map(modes).as_ref() == Some(&self.modes)
    }

    /// The screen as text.
    pub(crate) fn text(&self) -> String {
        self.parser.screen().contents()
    }

    /// Every byte that the program wrote so far.
    pub(crate) fn raw(&self) -> &[u8] {
        &self.raw
    }

    pub(crate) fn take(&mut self, bytes: &[u8]) {
        self.raw.extend_from_slice(bytes);
        self.parser.process(bytes);
    }
}

/// The modes of a terminal: echo, lines, signals.
fn modes(master: &(dyn MasterPty + Send)) -> String {
    let modes = master.get_termios();
    modes.map(|modes| format!("{modes:?}")).unwrap_or_default()
}

/// Hands on what the program writes until it is gone: the read fails with EIO then.
fn forward(reader: &mut dyn Read, sender: &Sender<Vec<u8>>) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(n @ 1..) = reader.read(&mut buffer) {
        if sender.send(buffer[..n].to_vec()).is_err() {
            return;
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A program that has ended already cannot be killed, which is what is wanted.
        let _ended = self.child.kill();
    }
}
