//! The way into a loop from other threads: a queue of commands and a waker.
//!
//! Bounded by what is put in: connections by their limit, responses by the requests in flight, and
//! stops, of which the last one counts.
//!
//! A sender that finds the mailbox armed need not wake the loop: the loop disarms first and takes
//! the queue after, so whatever was put in before is taken now, and whatever comes later wakes it
//! again. The other order would lose wake-ups.

use crate::error::CloseReason;
use crate::handler::ConnectionId;
use crate::pipeline::Response;
use mio::Waker;
use mio::net::TcpStream;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Responses to requests of one loop, in one allocation.
#[derive(Debug, Default)]
pub struct Responses {
    records: Vec<Record>,
    bytes: Vec<u8>,
}

#[derive(Debug)]
struct Record {
    id: ConnectionId,
    number: u32,
    outcome: Result<usize, CloseReason>,
}

impl Responses {
    /// The response to the request `number` of this connection: `write` appends its bytes.
    pub fn push(&mut self, id: ConnectionId, number: u32, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        write(&mut self.bytes);
        let outcome = Ok(self.bytes.len() - start);
        self.records.push(Record { id, number, outcome });
    }

    /// Instead of a response, the connection ends.
    pub fn push_close(&mut self, id: ConnectionId, number: u32, reason: CloseReason) {
        self.records.push(Record { id, number, outcome: Err(reason) });
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Each in the order it was pushed.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ConnectionId, u32, Response<'_>)> {
        let mut rest = &self.bytes[..];
        self.records.iter().map(move |record| {
            let response = match record.outcome {
                Ok(bytes) => {
                    let (response, after) = rest.split_at(bytes);
                    rest = after;
                    Response::Bytes(response)
                }
                Err(reason) => Response::Close(reason),
            };
            (record.id, record.number, response)
        })
    }
}

/// What a loop is told to do.
pub(crate) enum Command {
    /// Serve a connection that another loop accepted.
    Adopt(TcpStream, SocketAddr),
    /// Send what the handler answered.
    Respond(Responses),
    /// Stop, and cut what is still owed after this long.
    Stop(Duration),
    /// Look at the answers: a whole table was replaced, and the old one should not be kept.
    Refresh,
}

#[derive(Default)]
struct Queue {
    commands: Vec<Command>,
    /// Its loop has ended and takes no more.
    closed: bool,
}

struct Shared {
    queue: Mutex<Queue>,
    armed: AtomicBool,
    waker: Waker,
}

/// One loop's mailbox. Clones share it.
#[derive(Clone)]
pub struct Mailbox {
    shared: Arc<Shared>,
}

impl Mailbox {
    pub(crate) fn new(waker: Waker) -> Self {
        let shared = Shared { queue: Mutex::default(), armed: AtomicBool::new(false), waker };
        Self { shared: Arc::new(shared) }
    }

    /// Hands responses to the loop. They reach the connections that asked, or nobody.
    pub fn respond(&self, responses: Responses) {
        if !responses.is_empty() {
            // A loop that has ended has no connection left that could want them.
            _ = self.put(Command::Respond(responses));
        }
    }

    /// Puts a command in, or gives it back where the loop has ended.
    pub(crate) fn put(&self, command: Command) -> Result<(), Command> {
        let mut queue = self.queue();
        if queue.closed {
            return Err(command);
        }
        queue.commands.push(command);
        drop(queue);
        if !self.shared.armed.swap(true, Ordering::AcqRel)
            && let Err(error) = self.shared.waker.wake()
        {
            // The command stays queued, and the next turn takes it: try the wake-up again then.
            self.shared.armed.store(false, Ordering::Release);
            debug_assert!(error.kind() == io::ErrorKind::WouldBlock, "waking failed: {error}");
        }
        Ok(())
    }

    /// Takes no more commands. Returns those that nobody took.
    pub(crate) fn close(&self) -> Vec<Command> {
        let mut queue = self.queue();
        queue.closed = true;
        std::mem::take(&mut queue.commands)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what was put in, into `commands`, which is empty.
    #[inline]
    pub(crate) fn take(&self, commands: &mut Vec<Command>) {
        if self.shared.armed.load(Ordering::Acquire) {
            self.shared.armed.store(false, Ordering::Release);
            std::mem::swap(&mut self.queue().commands, commands);
        }
    }
}
