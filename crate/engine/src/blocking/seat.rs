//! Where a peer sits while a thread serves it, so that the postman can reach it there.
//!
//! A thread holds its seat's lock while it handles something, never while it waits. Locks are taken
//! in this order: seat, desk, directory or ledger.

use super::socket::send_now;
use super::wake::Wake;
use crate::answers::{Answers, Reader};
use crate::config::Config;
use crate::connection::{Connection, State, Turn};
use crate::handler::ConnectionId;
use crate::stats::{Counters, Stats};
use std::cell::Cell;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// What is behind the lock, even where a thread panicked that held it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What stands at a seat, if this is still who sits there.
pub(super) fn lock_with(seat: &Seat, id: ConnectionId) -> Option<MutexGuard<'_, Sitting>> {
    let sitting = seat.lock();
    let is_there = sitting.peer.as_ref().is_some_and(|peer| peer.face.id == id);
    is_there.then_some(sitting)
}

/// What a seat's thread waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waits {
    /// Nothing: it is at work, or has no peer.
    Awake,
    /// In a bare receive, which only the end of reading ends early.
    Receiving,
    /// For this readiness or a wake-up, until this time.
    Polling { read: bool, write: bool, until_ms: u64 },
}

/// The seat of one thread.
pub(super) struct Seat {
    sitting: Mutex<Sitting>,
    /// Made when its thread first waits for more than bytes.
    wake: OnceLock<Wake>,
    pub(super) stats: Stats,
}

/// What stands at a seat.
pub(super) struct Sitting {
    pub(super) peer: Option<Peer>,
    pub(super) waits: Waits,
    pub(super) answers: Reader,
    pub(super) counters: Counters,
    pub(super) output: Vec<u8>,
    /// Requests in flight of this seat, and their bytes, as the desk knows them.
    pub(super) accounted: (u64, u64),
}

/// The peer of a seat.
pub(super) struct Peer {
    pub(super) face: Face,
    pub(super) connection: Connection,
    pub(super) deadline_ms: u64,
    /// The socket took less than it was given.
    pub(super) write_blocked: bool,
    /// The server itself ended reading, to wake the thread.
    pub(super) read_ended: bool,
    /// It waited for room, and may stand on the desk's list.
    pub(super) awaited_room: bool,
}

/// What others know a peer by.
pub(super) struct Face {
    pub(super) id: ConnectionId,
    pub(super) socket: Arc<TcpStream>,
    pub(super) opened_ms: u64,
    /// The handler was told of it. Set as soon as it was, should the handler panic after that.
    pub(super) introduced: Cell<bool>,
    /// The handler wanted to be told of it, and had no room.
    pub(super) missed: bool,
}

impl Seat {
    pub(super) fn new(answers: Arc<Answers>) -> Arc<Self> {
        let sitting = Sitting {
            peer: None,
            waits: Waits::Awake,
            answers: Reader::new(answers),
            counters: Counters::default(),
            output: Vec::new(),
            accounted: (0, 0),
        };
        Arc::new(Self {
            sitting: Mutex::new(sitting),
            wake: OnceLock::new(),
            stats: Stats::default(),
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Sitting> {
        lock(&self.sitting)
    }

    /// Lets go of a table that was replaced, for a seat without traffic should not keep it.
    pub(super) fn refresh(&self) {
        let mut sitting = self.lock();
        sitting.answers.refresh();
        drop(sitting.answers.take_retired());
    }

    /// Wakes its thread, if that waits for a wake-up.
    pub(super) fn wake(&self) {
        if let Some(wake) = self.wake.get() {
            wake.wake();
        }
    }

    /// The wake-up of its own thread, made if it is not there; `None` where the system has no
    /// descriptor for one.
    pub(super) fn own_wake(&self) -> Option<&Wake> {
        if self.wake.get().is_none()
            && let Ok(wake) = Wake::new()
        {
            // The postman may have been faster, and then its one serves.
            _ = self.wake.set(wake);
        }
        self.wake.get()
    }

    /// Wakes its thread out of whatever it waits in, for its peer is gone or must stop.
    pub(super) fn rouse(&self, waits: Waits, socket: &TcpStream) {
        match waits {
            Waits::Awake => {}
            // It is gone already where this fails, and then nobody waits.
            Waits::Receiving => _ = socket.shutdown(Shutdown::Read),
            Waits::Polling { .. } => self.wake(),
        }
    }
}

impl Peer {
    pub(super) fn new(id: ConnectionId, socket: Arc<TcpStream>, now_ms: u64, idle_ms: u64) -> Self {
        let face =
            Face { id, socket, opened_ms: now_ms, introduced: Cell::new(false), missed: false };
        Self {
            face,
            connection: Connection::open(now_ms),
            deadline_ms: now_ms + idle_ms,
            write_blocked: false,
            read_ended: false,
            awaited_room: false,
        }
    }

    /// Whether output waits for the socket.
    pub(super) fn has_unsent(&self) -> bool {
        !self.connection.unsent(&[]).is_empty()
    }

    /// Until when nothing need be done, if nothing happens.
    pub(super) fn set_deadline(&mut self, rest_before: Option<u64>, config: &Config, now_ms: u64) {
        let rest = self.connection.rest(config);
        if rest.is_none() || rest != rest_before {
            self.deadline_ms = self.connection.deadline_ms(config, now_ms);
        }
    }
}

/// Sends what there is, all in one call, and settles what follows from it.
pub(super) fn send(
    connection: &mut Connection,
    socket: &TcpStream,
    write_blocked: &mut bool,
    turn: &mut Turn<'_>,
) {
    if let State::Closed(_) = connection.state() {
        turn.output.clear();
    }
    let unsent = connection.unsent(turn.output);
    if !unsent.is_empty() {
        let all = unsent.len();
        let sent = if *write_blocked { Ok(0) } else { send_now(socket, unsent) };
        let bytes = sent.as_ref().map_or(0, |&bytes| bytes);
        *write_blocked |= bytes < all;
        connection.handle_sent(bytes, turn);
        if sent.is_err() {
            connection.handle_failed();
        }
    }
    if connection.settle(turn) {
        // A peer that is gone needs no FIN; reading on finds out.
        _ = socket.shutdown(Shutdown::Write);
    }
}
