//! Words from outside that a command should stop: Ctrl-C, SIGTERM, SIGHUP. Listened to from the beginning to the end,
//! so that none is lost while the command is busy with an answer.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that stop a command; each is told once.
#[derive(Debug)]
pub struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
    /// `None` where no terminal belongs to the command.
    hangup: Option<Signal>,
}

/// What was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupt {
    /// To stop.
    Stop,
    /// That the terminal is gone: an ssh session was lost.
    Hangup,
}

impl Interrupts {
    /// Begins to listen, inside a runtime; from now on these signals no longer end the process by themselves.
    ///
    /// # Errors
    /// Where the system takes no handler.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: Some(signal(SignalKind::hangup())?),
        })
    }

    /// A terminal that is gone means nothing from now on.
    pub fn ignore_hangup(&mut self) {
        self.hangup = None;
    }

    /// Until the next one; one that came in the meantime counts.
    pub async fn next(&mut self) -> Interrupt {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => Interrupt::Stop,
            _ = self.terminate.recv() => Interrupt::Stop,
            _ = hangup => Interrupt::Hangup,
        }
    }
}
