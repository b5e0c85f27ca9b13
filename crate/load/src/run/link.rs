//! One connection of a run: what it asked, what of that is unsent, what it is owed.
//!
//! Sends and reads its socket, and checks every byte; who asks when is decided elsewhere. Several
//! bursts may be under way (an open load does not wait for answers). What is due while there is no
//! connection waits in the queue, and its time runs.
//!
//! ```text
//!  queue:  [ answered in part | sent ... | sent in part | not sent ... ]
//!            0                             unsent
//! ```

mod checking;
mod ending;

use super::clock::Clock;
use super::tally::Tally;
use super::wire::Wire;
use crate::questions::{Burst, Checker, Script};
use mio::event::Event;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::rc::Rc;

/// The due time of what is in no count.
pub const UNCOUNTED: u64 = u64::MAX;
/// The most bytes of one send.
const SEND_BYTES_MAX: usize = 64 * 1024;

/// Why a connection is of no more use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// A byte came that differs from what must come, or one that nobody asked for.
    Wrong,
    /// The server ended it.
    Ended,
    /// It was never taken.
    Refused,
}

struct Entry {
    burst: Rc<Burst>,
    due: u64,
    /// 0 until the system was asked to send it.
    sent: u64,
}

#[derive(Default)]
pub struct Link {
    stream: Option<Wire>,
    is_connected: bool,
    /// When connecting began.
    began: u64,
    queue: VecDeque<Entry>,
    /// Entries that the system was asked to send.
    offered: usize,
    /// Entries that the system took whole, and how many bytes of the next one it took.
    unsent: usize,
    partial: usize,
    /// How far the answer to the first entry has come.
    checker: Checker,
}

/// What all links share.
pub struct Tools {
    pub buffer: Box<[u8]>,
    /// Requests of several entries, side by side for one send.
    pub scratch: Vec<u8>,
}

impl Link {
    /// Takes a stream that connects. A greeting is expected before all answers.
    pub fn begin(&mut self, stream: Wire, greeting: Option<Rc<Burst>>, now: u64) {
        debug_assert!(self.offered == 0 && self.unsent == 0 && self.partial == 0);
        self.stream = Some(stream);
        self.is_connected = false;
        self.began = now;
        self.checker = Checker::default();
        if let Some(burst) = greeting {
            self.queue.push_front(Entry { burst, due: UNCOUNTED, sent: now });
            (self.offered, self.unsent) = (1, 1);
        }
    }

    pub fn has_stream(&self) -> bool {
        self.stream.is_some()
    }

    pub fn is_connected(&self) -> bool {
        self.is_connected
    }

    pub fn began(&self) -> u64 {
        self.began
    }

    /// Whether anything is owed to it.
    pub fn is_busy(&self) -> bool {
        !self.queue.is_empty()
    }

    pub fn has_unsent(&self) -> bool {
        self.unsent < self.queue.len()
    }

    pub fn push(&mut self, burst: Rc<Burst>, due: u64) {
        self.queue.push_back(Entry { burst, due, sent: 0 });
    }

    /// Waits for what comes without being asked for. Nothing is unsent.
    pub fn expect(&mut self, burst: Rc<Burst>, now: u64) {
        self.queue.push_back(Entry { burst, due: UNCOUNTED, sent: now });
        (self.offered, self.unsent) = (self.queue.len(), self.queue.len());
    }

    /// Asks a burst that is due now. Most often nothing else is owed, and the system takes all.
    /// What TLS makes of it is as well sent by the long way.
    pub fn ask(&mut self, burst: Rc<Burst>, now: u64, tools: &mut Tools) -> Result<(), End> {
        if self.is_connected
            && self.queue.is_empty()
            && let Some(Wire::Plain(socket)) = &mut self.stream
            && let Ok(sent) = socket.write(&burst.questions)
        {
            let is_whole = sent == burst.questions.len();
            (self.offered, self.unsent) = (1, usize::from(is_whole));
            self.partial = if is_whole { 0 } else { sent };
            self.queue.push_back(Entry { burst, due: now, sent: now });
            return if is_whole { Ok(()) } else { self.flush(now, tools) };
        }
        // Whatever kept it from being sent is met again.
        self.push(burst, now);
        self.flush(now, tools)
    }

    /// Sends what is unsent, as far as the system takes it.
    pub fn flush(&mut self, now: u64, tools: &mut Tools) -> Result<(), End> {
        self.send(now, usize::MAX, tools)
    }

    /// Sends at most one byte.
    pub fn send_byte(&mut self, now: u64, tools: &mut Tools) -> Result<(), End> {
        self.send(now, 1, tools)
    }

    fn send(&mut self, now: u64, mut bytes_max: usize, tools: &mut Tools) -> Result<(), End> {
        while bytes_max > 0 && self.unsent < self.queue.len() {
            let Some(stream) = &mut self.stream else { break };
            let bytes = if self.unsent + 1 == self.queue.len() {
                &self.queue[self.unsent].burst.questions[self.partial..]
            } else {
                tools.scratch.clear();
                for entry in self.queue.range(self.unsent..) {
                    tools.scratch.extend_from_slice(&entry.burst.questions);
                    if tools.scratch.len() >= SEND_BYTES_MAX {
                        break;
                    }
                }
                &tools.scratch[self.partial..]
            };
            match stream.write(&bytes[..bytes.len().min(bytes_max)]) {
                Ok(sent) => {
                    self.is_connected = true;
                    bytes_max -= sent;
                    self.advance(sent);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if is_early(&error) => bytes_max = 0,
                Err(error) => return Err(self.end_of(&error)),
            }
            // While it connects nothing is sent, so the service time does not run.
            if self.is_connected {
                for entry in self.queue.range_mut(self.offered..) {
                    entry.sent = now;
                }
                self.offered = self.queue.len();
            }
        }
        Ok(())
    }

    /// The system took so many bytes of what is unsent.
    fn advance(&mut self, sent: usize) {
        self.partial += sent;
        while let Some(entry) = self.queue.get(self.unsent)
            && self.partial >= entry.burst.questions.len()
        {
            self.partial -= entry.burst.questions.len();
            self.unsent += 1;
        }
    }

    /// Reads until a short read, or to the end when the server closed. `clock` is read after each.
    #[inline]
    pub fn receive(
        &mut self,
        event: Option<&Event>,
        tools: &mut Tools,
        script: &mut Script,
        tally: &mut Tally,
        clock: &mut Clock,
    ) -> Result<(), End> {
        let is_closed = event.is_none_or(|event| event.is_read_closed() || event.is_error());
        while let Some(stream) = &mut self.stream {
            match stream.read(&mut tools.buffer) {
                Ok(0) => return Err(End::Ended),
                Ok(taken) => {
                    self.is_connected = true;
                    let is_drained = stream.is_drained();
                    self.check(&tools.buffer[..taken], clock.now(), script, tally)?;
                    if taken < tools.buffer.len() && !is_closed && is_drained {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_early(&error) => break,
                Err(error) => return Err(self.end_of(&error)),
            }
        }
        Ok(())
    }

    /// Whether there is something to do when the socket can be written, but to flush.
    pub fn wants_writable(&self) -> bool {
        !self.is_connected || self.is_tls()
    }

    /// The socket says that it can be written: it is connected, unless it failed to.
    #[cold]
    pub fn handle_writable(&mut self) -> Result<(), End> {
        match &mut self.stream {
            Some(Wire::Plain(socket)) => self.is_connected = socket.peer_addr().is_ok(),
            Some(Wire::Tls(stream)) => match stream.advance() {
                Ok(is_open) => self.is_connected = is_open,
                Err(error) => return Err(self.end_of(&error)),
            },
            None => {}
        }
        Ok(())
    }

    pub fn is_tls(&self) -> bool {
        matches!(self.stream, Some(Wire::Tls(_)))
    }

    fn end_of(&self, error: &io::Error) -> End {
        let refused = !self.is_connected || error.kind() == ErrorKind::ConnectionRefused;
        if refused { End::Refused } else { End::Ended }
    }
}

/// Whether an event will tell when this may be tried again.
pub fn is_early(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected)
}
