//! A connection and its socket: how bytes move between the two in one wake-up.
//!
//! Knows nothing of loops: who wakes it, and what is done about its end, is `event_loop`'s.

use crate::connection::{Connection, State, Turn};
use crate::selector::Readiness;
use crate::slab::Generation;
use crate::socket;
#[cfg(all(unix, not(debug_assertions)))]
use crate::{slab::Slab, timers::LINK_BYTES};
use mio::net::TcpStream;
use std::net::Shutdown;
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};

/// How often one wake-up reads, so that one peer cannot keep the loop from the others.
const READS_PER_TURN: usize = 4;

/// The socket may have more to read: it was announced, and no read came back short since.
const READ_READY: u8 = 1;
/// The peer's end was announced, and will not be again: read until it is there.
const READ_CLOSED: u8 = 2;
/// The socket took less than it was given, and will announce when it takes more.
const WRITE_BLOCKED: u8 = 4;
/// The handler was told of this connection.
const INTRODUCED: u8 = 8;
/// The handler wanted to be told of this connection, and had no room for it.
const MISSED: u8 = 64;
/// It is on the loop's ready list.
const LISTED: u8 = 16;
/// It is on the loop's list of those that wait for room.
const AWAITS_ROOM: u8 = 32;

/// One peer of a loop.
pub(crate) struct Peer {
    connection: Connection,
    socket: TcpStream,
    generation: u32,
}

// In debug builds, and on Windows, mio keeps more in a socket.
#[cfg(all(unix, not(debug_assertions)))]
const _: () = assert!(
    Slab::<Peer>::SLOT_BYTES + LINK_BYTES <= 64,
    "an idle connection costs at most 64 bytes of engine state"
);

impl Generation for Peer {
    fn generation(&self) -> u32 {
        self.generation
    }
}

impl Peer {
    pub(crate) fn new(connection: Connection, socket: TcpStream, generation: u32) -> Self {
        Self { connection, socket, generation }
    }

    #[cfg(unix)]
    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Whether it is to be announced that something came.
    #[cfg(unix)]
    pub(crate) fn awaits_input(&self) -> bool {
        self.connection.driver_flags & READ_READY == 0
    }

    /// Whether it is to be announced that the socket takes more.
    #[cfg(unix)]
    pub(crate) fn awaits_room_to_send(&self) -> bool {
        self.connection.driver_flags & WRITE_BLOCKED != 0
    }

    /// Its two sides, for a wake-up.
    #[inline]
    pub(crate) fn sides(&mut self) -> Sides<'_> {
        Sides { connection: &mut self.connection, socket: &self.socket }
    }
}

/// The conversation and the socket of one peer, while it is awake.
pub(crate) struct Sides<'a> {
    pub(crate) connection: &'a mut Connection,
    pub(crate) socket: &'a TcpStream,
}

impl Sides<'_> {
    fn has(&self, flag: u8) -> bool {
        self.connection.driver_flags & flag != 0
    }

    fn set(&mut self, flag: u8) {
        self.connection.driver_flags |= flag;
    }

    fn clear(&mut self, flag: u8) {
        self.connection.driver_flags &= !flag;
    }

    pub(crate) fn is_introduced(&self) -> bool {
        self.has(INTRODUCED)
    }

    pub(crate) fn introduce(&mut self) {
        self.set(INTRODUCED);
    }

    pub(crate) fn is_missed(&self) -> bool {
        self.has(MISSED)
    }

    pub(crate) fn miss(&mut self) {
        self.set(MISSED);
    }

    /// Remembers what was announced.
    #[inline]
    pub(crate) fn announce(&mut self, event: &impl Readiness) {
        if event.is_readable() || event.is_read_closed() {
            self.set(READ_READY);
        }
        if event.is_read_closed() {
            self.set(READ_CLOSED);
        }
        if event.is_writable() {
            self.clear(WRITE_BLOCKED);
        }
        if event.is_broken() && !self.connection.wants_read() {
            // Whoever reads is told by the read, after what came before it.
            self.connection.handle_failed();
        }
    }

    /// Something may have come that no event announces: look at the next chance.
    pub(crate) fn suspect_input(&mut self) {
        self.set(READ_READY);
    }

    /// Whether it is worth another look without an event.
    pub(crate) fn has_work(&self, turn: &Turn<'_>) -> bool {
        (self.has(READ_READY) && self.connection.wants_read()) || self.connection.can_resume(turn)
    }

    /// Whether it must be put on the ready list, and is from now on.
    pub(crate) fn list(&mut self) -> bool {
        let listed = self.has(LISTED);
        self.set(LISTED);
        !listed
    }

    pub(crate) fn unlist(&mut self) {
        self.clear(LISTED);
    }

    /// Whether it must be put on the list of those that wait for room, and is from now on.
    pub(crate) fn await_room(&mut self) -> bool {
        let awaits = self.has(AWAITS_ROOM);
        self.set(AWAITS_ROOM);
        !awaits
    }

    pub(crate) fn stop_awaiting_room(&mut self) {
        self.clear(AWAITS_ROOM);
    }

    /// Whether everything that the peer sent was read and handled.
    pub(crate) fn is_read_out(&self) -> bool {
        !self.has(READ_READY) && self.connection.wants_read()
    }

    /// Reads what is there, within the budget. Inlined, as `send` is, for a call and its registers
    /// are a twentieth of a request.
    #[inline(always)]
    pub(crate) fn read(&mut self, buffer: &mut [u8], turn: &mut Turn<'_>) {
        if !self.has(READ_READY) {
            return;
        }
        for _ in 0..READS_PER_TURN {
            if !self.connection.wants_read() {
                return;
            }
            match socket::receive(self.socket, buffer) {
                Ok(Some(0)) => {
                    self.connection.handle_finished();
                    return self.clear(READ_READY);
                }
                Ok(Some(bytes)) => {
                    self.connection.handle_piece(&buffer[..bytes], turn);
                    // A short read took all there was; more will be announced, but for the end.
                    if bytes < buffer.len() && !self.has(READ_CLOSED) {
                        return self.clear(READ_READY);
                    }
                }
                Ok(None) => return self.clear(READ_READY),
                Err(_) => return self.connection.handle_failed(),
            }
        }
    }

    /// Sends what there is, all in one call, and settles what follows from it.
    #[inline(always)]
    pub(crate) fn send(&mut self, turn: &mut Turn<'_>) {
        if let State::Closed(_) = self.connection.state() {
            turn.output.clear();
        }
        let unsent = self.connection.unsent(turn.output);
        if !unsent.is_empty() {
            let all = unsent.len();
            let blocked = self.has(WRITE_BLOCKED);
            let sent = if blocked { Ok(0) } else { socket::send(self.socket, unsent) };
            let bytes = sent.as_ref().map_or(0, |&bytes| bytes);
            if bytes < all {
                self.set(WRITE_BLOCKED);
            }
            self.connection.handle_sent(bytes, turn);
            if sent.is_err() {
                self.connection.handle_failed();
            }
        }
        if self.connection.settle(turn) {
            // A peer that is gone needs no FIN; reading on finds out.
            _ = self.socket.shutdown(Shutdown::Write);
            self.suspect_input();
        }
    }
}
