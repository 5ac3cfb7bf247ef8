//! Words from outside that a command should stop: Ctrl-C, SIGTERM, SIGHUP. Listened to from the beginning to the end,
//! so that none is lost while the command is busy with an answer.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that stop a command; each is told once.
#[derive(Debug)]
pub struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
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
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Until the next one; one that came in the meantime counts.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}
