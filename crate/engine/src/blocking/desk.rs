//! Where threads meet the one handler: one at a time, behind a lock.
//!
//! Only requests for the handler and events come here; what the table answers never does. Requests
//! in flight are counted here, for their limits are the whole server's.
//!
//! Invariant: `in_flight` is the sum of what the seats have accounted for.

use super::seat::{Seat, lock};
use crate::config::Config;
use crate::handler::{ConnectionId, Failure, Handler, Interest, Overload, Reply};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

/// The handler, and what is counted beside it.
pub(super) struct Desk<H> {
    inside: Mutex<Inside<H>>,
    /// What the handler wanted to be told when it was last asked.
    interest: AtomicU8,
}

/// The desk, for whoever is at it.
pub(super) struct Inside<H> {
    pub(super) handler: H,
    pub(super) in_flight: u64,
    pub(super) in_flight_bytes: u64,
    awaiting_room: Vec<Waiting>,
    /// Whether some had to wait, and the requests in flight are not well below their limits since.
    lacks_room: bool,
}

/// A connection that waits for room.
struct Waiting {
    id: ConnectionId,
    seat: Arc<Seat>,
    /// There is room for it, which is kept until it comes.
    invited: bool,
}

impl<H: Handler> Desk<H> {
    pub(super) fn new(handler: H) -> Self {
        let interest = AtomicU8::new(handler.interest().to_bits());
        let awaiting_room = Vec::new();
        let inside =
            Inside { handler, in_flight: 0, in_flight_bytes: 0, awaiting_room, lacks_room: false };
        Self { inside: Mutex::new(inside), interest }
    }

    /// Waits until nobody else is at it. Whoever is ends with `Inside::end`.
    pub(super) fn lock(&self) -> MutexGuard<'_, Inside<H>> {
        let inside = lock(&self.inside);
        self.interest.store(inside.handler.interest().to_bits(), Ordering::Relaxed);
        inside
    }

    /// Asks the handler anew what it is interested in.
    pub(super) fn refresh(&self) {
        drop(self.lock());
    }

    #[inline]
    pub(super) fn interest(&self) -> Interest {
        Interest::from_bits(self.interest.load(Ordering::Relaxed))
    }

    pub(super) fn reply(&self, ticket: u32, reply: Reply<'_>) {
        self.lock().handler.reply(ticket, reply);
    }

    pub(super) fn fail(&self, failure: Failure, config: &Config, now_ms: u64) {
        let mut inside = self.lock();
        inside.handler.failed(failure);
        inside.end(config, now_ms);
    }
}

impl<H: Handler> Inside<H> {
    pub(super) fn has_room(&self, config: &Config) -> bool {
        self.in_flight < config.in_flight_loop_max as u64
            && self.in_flight_bytes < config.in_flight_loop_bytes_max as u64
            && self.handler.has_room()
    }

    /// A connection waits for room from now on, or still.
    pub(super) fn await_room(&mut self, id: ConnectionId, seat: &Arc<Seat>, now_ms: u64) {
        match self.awaiting_room.iter_mut().find(|waiting| waiting.id == id) {
            Some(waiting) => waiting.invited = false,
            None => self.awaiting_room.push(Waiting { id, seat: seat.clone(), invited: false }),
        }
        if !std::mem::replace(&mut self.lacks_room, true) {
            self.handler.overloaded(Overload::InFlight, true, now_ms);
        }
    }

    /// A connection waits for room no more.
    pub(super) fn stop_awaiting_room(&mut self, id: ConnectionId) {
        self.awaiting_room.retain(|waiting| waiting.id != id);
    }

    /// Lets those that wait for room try again, as many as there is room for.
    fn give_room(&mut self, config: &Config, now_ms: u64) {
        let in_flight_max = config.in_flight_loop_max as u64;
        let bytes_max = config.in_flight_loop_bytes_max as u64;
        let is_low = self.in_flight <= in_flight_max / 2 && self.in_flight_bytes <= bytes_max / 2;
        if is_low && self.awaiting_room.is_empty() && std::mem::take(&mut self.lacks_room) {
            self.handler.overloaded(Overload::InFlight, false, now_ms);
        }
        if self.in_flight_bytes >= bytes_max || !self.handler.has_room() {
            return;
        }
        let invited = self.awaiting_room.iter().filter(|waiting| waiting.invited).count() as u64;
        let room = in_flight_max.saturating_sub(self.in_flight + invited);
        let waiting = self.awaiting_room.iter_mut().filter(|waiting| !waiting.invited);
        for waiting in waiting.take(room as usize) {
            waiting.invited = true;
            waiting.seat.wake();
        }
    }

    /// There is nothing more to tell for now.
    pub(super) fn end(&mut self, config: &Config, now_ms: u64) {
        if self.lacks_room || !self.awaiting_room.is_empty() {
            self.give_room(config, now_ms);
        }
        self.handler.turn_ended();
    }
}
