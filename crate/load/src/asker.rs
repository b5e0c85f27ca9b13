//! One connection of the load: sends a burst of questions, and checks what comes back.
//!
//! Knows nothing of slices or of other connections; who asks when is for `crowd` and
//! `conversations` to decide. Nagle's algorithm needs no switching off: a burst leaves in one send,
//! and only when the one before it is answered.

use crate::error::LoadError;
use crate::outcome::Faults;
use crate::questions::{Burst, Checker, Script};
use mio::event::Event;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Instant;

/// Room for one read; all connections use the same buffer in turn.
pub const READ_BYTES_MAX: usize = 64 * 1024;

/// Why a connection is of no more use, with the answers that this cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Wrong,
    Lost(usize),
}

impl Faults {
    pub fn add(&mut self, fault: Fault) {
        match fault {
            Fault::Wrong => self.wrong += 1,
            Fault::Lost(owed) => self.lost += owed as u64,
        }
    }
}

/// What one event brought.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Answers completed, all of them right.
    pub answered: usize,
    /// After a fault the asker is to be dropped.
    pub fault: Option<Fault>,
}

pub struct Asker {
    stream: TcpStream,
    /// Which burst of the script comes next. Askers begin at different ones, so that an answer
    /// which belongs to a neighbour is seen.
    next: usize,
    /// What is under way, or was last.
    burst: Rc<Burst>,
    /// How much of its questions was sent.
    sent: usize,
    sent_at: Instant,
    checker: Checker,
    busy: bool,
}

impl Asker {
    /// Takes over a stream that connects; questions asked meanwhile leave when it is connected.
    pub fn connect(
        address: SocketAddr,
        connecting: io::Result<TcpStream>,
        registry: &Registry,
        slot: usize,
    ) -> Result<Self, LoadError> {
        let refused = |error: io::Error| {
            let hint = "check that the server listens, and that ports and descriptors suffice";
            let message = format!("cannot connect to {address}: {error}; {hint}");
            LoadError::new("CANNOT_CONNECT", message)
        };
        let mut stream = connecting.map_err(refused)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        registry.register(&mut stream, Token(slot), interest).map_err(refused)?;
        Ok(Self {
            stream,
            next: slot,
            burst: Rc::default(),
            sent: 0,
            sent_at: Instant::now(),
            checker: Checker::default(),
            busy: false,
        })
    }

    /// Whether answers are owed to it.
    pub fn is_busy(&self) -> bool {
        self.busy
    }

    /// When the burst that is (or was last) under way was sent.
    pub fn sent_at(&self) -> Instant {
        self.sent_at
    }

    pub fn owed(&self) -> usize {
        if self.busy { self.checker.owed(&self.burst) } else { 0 }
    }

    /// Sends the next burst.
    pub fn ask(&mut self, script: &Script, now: Instant) -> Result<(), Fault> {
        script.put_burst(self.next, &mut self.burst);
        self.next = script.after(self.next);
        self.begin(now);
        self.flush()
    }

    /// Waits for what comes without being asked for.
    pub fn expect(&mut self, burst: Rc<Burst>, now: Instant) {
        self.burst = burst;
        self.begin(now);
    }

    fn begin(&mut self, now: Instant) {
        self.busy = true;
        self.sent = 0;
        self.sent_at = now;
        self.checker = Checker::default();
    }

    /// Handles one event: sends what is unsent, reads and checks what came.
    pub fn handle_ready(&mut self, event: &Event, buffer: &mut [u8]) -> Progress {
        let mut progress = Progress::default();
        if event.is_writable() && self.busy {
            if let Err(fault) = self.flush() {
                progress.fault = Some(fault);
                return progress;
            }
            // Who asks nothing is done once it is connected.
            self.busy = self.checker.owed(&self.burst) > 0;
        }
        if event.is_readable() || event.is_read_closed() || event.is_error() {
            self.read_all(event.is_read_closed(), buffer, &mut progress);
        }
        progress
    }

    /// Sends what is left of the burst, if anything is.
    fn flush(&mut self) -> Result<(), Fault> {
        let questions = &self.burst.questions;
        while self.sent < questions.len() {
            match self.stream.write(&questions[self.sent..]) {
                Ok(sent) => self.sent += sent,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Not connected yet, or no room: an event tells when.
                Err(error) if is_early(&error) => return Ok(()),
                Err(_) => return Err(self.lost()),
            }
        }
        Ok(())
    }

    /// Reads until a short read, or to the end when the server closed.
    fn read_all(&mut self, closed: bool, buffer: &mut [u8], out: &mut Progress) {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => {
                    out.fault = Some(self.lost());
                    return;
                }
                Ok(taken) => {
                    if let Err(fault) = self.check(&buffer[..taken], out) {
                        out.fault = Some(fault);
                        return;
                    }
                    if taken < buffer.len() && !closed {
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_early(&error) => return,
                Err(_) => {
                    out.fault = Some(self.lost());
                    return;
                }
            }
        }
    }

    fn check(&mut self, piece: &[u8], out: &mut Progress) -> Result<(), Fault> {
        if !self.busy {
            return Err(Fault::Wrong);
        }
        out.answered += self.checker.handle_piece(&self.burst, piece).map_err(|_| Fault::Wrong)?;
        self.busy = self.checker.owed(&self.burst) > 0;
        Ok(())
    }

    /// A connection that ends though nothing is owed is a loss as well: it was to stay.
    fn lost(&self) -> Fault {
        Fault::Lost(self.owed().max(1))
    }
}

pub fn is_early(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected)
}
