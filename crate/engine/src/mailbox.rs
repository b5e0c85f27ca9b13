//! The way into a loop from other threads: a queue of commands and a waker.
//!
//! Bounded by what is put in: connections by their limit, responses by the requests in flight,
//! actions by their bytes, and stops, of which the last one counts.
//!
//! A sender that finds the mailbox armed need not wake the loop: the loop disarms first and takes
//! the queue after, so whatever was put in before is taken now, and whatever comes later wakes it
//! again. The other order would lose wake-ups.

use crate::action::Action;
use crate::responses::Responses;
use crate::selector::Waker;
use mio::net::TcpStream;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bytes of actions that may wait for one loop.
const ACTION_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What a loop is told to do.
pub(crate) enum Command {
    /// Serve a connection that another loop accepted.
    Adopt(TcpStream, SocketAddr),
    /// Send what the handler answered.
    Respond(Responses),
    /// Do what the application wants.
    Act(Action),
    /// Stop, and cut what is still owed after this long.
    Stop(Duration),
    /// Look again at what waits for room.
    Look,
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
    /// Of actions that wait, here or in the loop.
    action_bytes: AtomicUsize,
    waker: Waker,
}

/// One loop's mailbox. Clones share it.
#[derive(Clone)]
pub struct Mailbox {
    shared: Arc<Shared>,
}

impl Mailbox {
    pub(crate) fn new(waker: Waker) -> Self {
        let (queue, armed) = (Mutex::default(), AtomicBool::new(false));
        let shared = Shared { queue, armed, action_bytes: AtomicUsize::new(0), waker };
        Self { shared: Arc::new(shared) }
    }

    /// Hands responses to the loop. They reach the connections that asked, or nobody.
    pub fn respond(&self, responses: Responses) {
        if !responses.is_empty() {
            // A loop that has ended has no connection left that could want them.
            _ = self.put(Command::Respond(responses));
        }
    }

    /// Hands an action to the loop; whether it is taken: not where the loop has ended or too many
    /// bytes of actions wait for it.
    pub fn act(&self, action: Action) -> bool {
        let (waiting, bytes) = (&self.shared.action_bytes, action.bytes());
        // What holds no bytes is never refused: nobody would hear of it.
        if bytes > 0 && waiting.load(Ordering::Relaxed).saturating_add(bytes) > ACTION_BYTES_MAX {
            return false;
        }
        waiting.fetch_add(bytes, Ordering::Relaxed);
        self.put(Command::Act(action)).is_ok()
    }

    /// The loop has done an action that held so many bytes.
    pub(crate) fn acted(&self, bytes: usize) {
        self.shared.action_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Lets the loop look again at what it waits for: the handler has room.
    pub fn wake(&self) {
        // A loop that has ended waits for nothing.
        _ = self.put(Command::Look);
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
