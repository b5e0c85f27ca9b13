//! What a connection is fed and what comes of it, as its role demands: the first request, the bytes
//! that an event allows to move. Decides nothing about what comes next; see `roles`.

use super::driver::Phase;
use super::field::{Field, Role};
use super::link::{End, UNCOUNTED};
use super::roles::SLOW_BYTE_NS;
use mio::event::Event;

/// What a slow reader asks at most; a server that reads on for ever is not to fill the memory.
const SLOW_READER_BYTES_MAX: usize = 8 << 20;

impl Field {
    /// What a place does first, once it connects.
    pub fn begin(&mut self, slot: usize, now: u64) -> Result<(), End> {
        match self.places[slot].role {
            Role::User => {
                self.places[slot].asked = 0;
                self.ask_burst(slot, now)
            }
            Role::Idle => {
                self.push_single(slot, UNCOUNTED);
                self.flush(slot, now)
            }
            Role::Open => {
                if !self.places[slot].is_settled {
                    self.push_single(slot, UNCOUNTED);
                }
                self.flush(slot, now)
            }
            Role::Silent => Ok(()),
            Role::Session => self.flush(slot, now),
            Role::SlowReader => self.flood(slot, now),
            Role::SlowWriter => {
                self.push_single(slot, UNCOUNTED);
                self.set_timer(slot, now + SLOW_BYTE_NS);
                Ok(())
            }
        }
    }

    /// Asks until the system takes no more.
    pub fn flood(&mut self, slot: usize, now: u64) -> Result<(), End> {
        while self.places[slot].flooded < SLOW_READER_BYTES_MAX {
            if !self.places[slot].link.has_unsent() {
                let place = &mut self.places[slot];
                let burst = self.floods.take_burst(place.next);
                place.next = self.floods.after(place.next);
                place.flooded += burst.questions.len();
                place.link.push(burst, UNCOUNTED);
            }
            self.flush(slot, now)?;
            if self.places[slot].link.has_unsent() {
                break;
            }
        }
        Ok(())
    }

    #[inline]
    pub fn handle_ready(&mut self, slot: usize, event: &Event, phase: Phase) -> Result<(), End> {
        let place = &mut self.places[slot];
        let role = place.role;
        // A handshake reads to write and writes to read, and may read more than is its own.
        if event.is_writable() || place.link.is_tls() {
            if place.link.wants_writable() {
                place.link.handle_writable()?;
            }
            if place.link.has_unsent() && role != Role::SlowWriter {
                let now = self.clock.now();
                if role == Role::SlowReader && phase == Phase::Measuring {
                    self.flood(slot, now)?;
                } else {
                    self.flush(slot, now)?;
                }
            }
        }
        let is_ready = event.is_readable()
            || event.is_read_closed()
            || event.is_error()
            || self.places[slot].link.is_tls();
        let reads = role != Role::SlowReader || phase == Phase::Grace;
        if is_ready && reads { self.receive(slot, Some(event)) } else { Ok(()) }
    }

    #[inline]
    pub fn receive(&mut self, slot: usize, event: Option<&Event>) -> Result<(), End> {
        let Self { places, tools, tally, clock, script, singles, floods, .. } = self;
        let place = &mut places[slot];
        // Bursts go back to whence they came; only those of a fresh mix have memory of their own.
        let script = match place.role {
            Role::User => script,
            Role::SlowReader => floods,
            _ => singles,
        };
        place.link.receive(event, tools, script, tally, clock)
    }

    pub fn send_byte(&mut self, slot: usize, now: u64) -> Result<(), End> {
        self.places[slot].link.send_byte(now, &mut self.tools)
    }

    /// Closes a connection that is owed nothing.
    pub fn leave(&mut self, slot: usize) {
        self.places[slot].link.close();
        self.open -= 1;
    }
}
