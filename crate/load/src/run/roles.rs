//! What each role does next: when it is connected, answered, woken, or ended.

use super::driver::{Driver, Phase};
use super::field::{Field, Role};
use super::link::{End, UNCOUNTED};
use super::request::Model;
use super::tally::Failure;
use crate::error::LoadError;
use mio::event::Event;

const MS: u64 = 1_000_000;
/// How long whoever lost its connection stays away.
const PAUSE_NS: u64 = 10 * MS;
/// A slow writer sends one byte this often.
pub const SLOW_BYTE_NS: u64 = 10 * MS;

impl Driver {
    /// Connects a place, and begins as its role does.
    pub fn enter(&mut self, slot: usize) -> Result<(), LoadError> {
        let now = self.field.clock.now();
        let result = self.field.connect(slot, now)?.and_then(|()| self.field.begin(slot, now));
        match result {
            Ok(()) => {
                self.note_connected(slot, now);
                Ok(())
            }
            Err(end) => {
                // Whoever would have asked now is refused.
                let place = &self.field.places[slot];
                if place.role == Role::User && !place.link.is_busy() {
                    let _ = self.field.ask_burst(slot, now);
                }
                self.handle_end(slot, end)
            }
        }
    }

    /// A session is due: it connects, if there is room for one more.
    pub fn begin_session(&mut self, due: u64) -> Result<(), LoadError> {
        let Model::PartlyOpen(model) = self.run.model else { return Ok(()) };
        let now = self.field.clock.now();
        let beside = self.run.idle + self.run.slow_readers + self.run.slow_writers;
        let taken = self.field.places.len() - beside - self.free.len();
        self.field.tally.sent(due, now);
        if taken >= model.sessions_max {
            self.field.tally.due(due, 1);
            self.field.tally.failed(Failure::Refused, due, 0, now, 1);
            return Ok(());
        }
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => self.field.add_place(Role::Session),
        };
        self.field.places[slot].asked = 0;
        self.field.push_single(slot, due);
        self.enter(slot)
    }

    /// Sends what is unsent, reads what came.
    pub fn handle_event(&mut self, event: &Event) -> Result<(), LoadError> {
        let slot = event.token().0;
        let place = &self.field.places[slot];
        if !place.link.has_stream() {
            return Ok(());
        }
        let was_connected = place.link.is_connected();
        let result = self.field.handle_ready(slot, event, self.phase);
        if !was_connected && result.is_ok() {
            let now = self.field.clock.now();
            self.note_connected(slot, now);
        }
        match result {
            Ok(()) if self.field.places[slot].link.is_busy() => Ok(()),
            Ok(()) => self.handle_answered(slot),
            Err(end) => self.handle_end(slot, end),
        }
    }

    /// A connection that comes and goes is there.
    fn note_connected(&mut self, slot: usize, now: u64) {
        let place = &self.field.places[slot];
        let comes_and_goes = match self.run.model {
            Model::Closed(closed) => place.role == Role::User && closed.questions > 0,
            Model::Open(_) => false,
            Model::PartlyOpen(_) => place.role == Role::Session,
        };
        if comes_and_goes && place.link.is_connected() {
            self.field.tally.connected(place.link.began(), now);
        }
    }

    /// Nothing is owed to a place any more.
    fn handle_answered(&mut self, slot: usize) -> Result<(), LoadError> {
        let now = self.field.clock.last();
        let place = &mut self.field.places[slot];
        if self.phase == Phase::Opening {
            self.opening.settle(&mut place.is_settled, now, None);
            return Ok(());
        }
        let is_over = self.phase >= Phase::Grace;
        match (place.role, &self.run.model) {
            (Role::User, Model::Closed(closed)) if !is_over && place.timer.is_none() => {
                if closed.questions > 0 && place.asked >= closed.questions {
                    self.field.leave(slot);
                    return self.enter(slot);
                }
                if closed.think_us > 0 {
                    self.field.set_timer(slot, now + closed.think_us * 1000);
                    return Ok(());
                }
                let result = self.field.ask_burst(slot, now);
                result.or_else(|end| self.handle_end(slot, end))
            }
            (Role::Session, Model::PartlyOpen(sessions)) => {
                if is_over || place.asked >= sessions.questions {
                    self.field.leave(slot);
                    self.free.push(slot);
                    return Ok(());
                }
                self.field.push_single(slot, now);
                self.field.flush(slot, now).or_else(|end| self.handle_end(slot, end))
            }
            (Role::SlowWriter, _) if !is_over => {
                self.field.push_single(slot, UNCOUNTED);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A place wanted to be woken now.
    pub fn handle_timer(&mut self, slot: usize) -> Result<(), LoadError> {
        let now = self.field.clock.last();
        let place = &self.field.places[slot];
        if !place.link.has_stream() {
            return if self.phase < Phase::Grace { self.enter(slot) } else { Ok(()) };
        }
        match place.role {
            Role::User if self.phase < Phase::Grace && !place.link.is_busy() => {
                let result = self.field.ask_burst(slot, now);
                result.or_else(|end| self.handle_end(slot, end))
            }
            Role::SlowWriter => {
                if self.phase < Phase::Grace || place.link.has_unsent() {
                    self.field.set_timer(slot, now + SLOW_BYTE_NS);
                }
                let result = self.field.send_byte(slot, now);
                result.or_else(|end| self.handle_end(slot, end))
            }
            _ => Ok(()),
        }
    }

    /// Ends a connection, counts what that costs, and lets it come again where it is to stay.
    pub fn handle_end(&mut self, slot: usize, end: End) -> Result<(), LoadError> {
        let now = self.field.clock.last();
        let Field { places, tally, open, .. } = &mut self.field;
        let place = &mut places[slot];
        if place.link.has_stream() {
            *open -= 1;
        }
        let is_aside = place.role.is_aside();
        let owed = place.link.fail(end, now, is_aside, self.phase, tally);
        // Whoever was to stay is missed, though it was owed nothing.
        let was_to_stay = is_aside && self.phase < Phase::Over || self.phase == Phase::Measuring;
        if owed == 0 && was_to_stay {
            match end {
                End::Wrong => {}
                End::Ended => tally.failed_aside(Failure::Lost, 1),
                End::Refused => tally.failed_aside(Failure::Refused, 1),
            }
        }
        if self.phase == Phase::Opening
            && self.opening.settle(&mut place.is_settled, now, Some(end))
        {
            return Err(self.field.cannot_connect(&self.field.refusal()));
        }
        match place.role {
            Role::User | Role::Open | Role::SlowWriter if self.phase < Phase::Grace => {
                self.field.set_timer(slot, now + PAUSE_NS);
            }
            Role::Session => self.free.push(slot),
            _ => {}
        }
        Ok(())
    }

    /// The opening is over: all that are open and answered ask, the slow writers come.
    pub fn start_roles(&mut self) -> Result<(), LoadError> {
        for slot in 0..self.field.places.len() {
            let place = &self.field.places[slot];
            match place.role {
                Role::User if place.link.has_stream() && !place.link.is_busy() => {
                    self.handle_answered(slot)?;
                }
                Role::SlowWriter => self.enter(slot)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// The window begins: the slow readers come, and users who come one after another have their
    /// times.
    pub fn start_measured_roles(&mut self) -> Result<(), LoadError> {
        let now = self.field.clock.now();
        for slot in 0..self.field.places.len() {
            let place = &self.field.places[slot];
            match (place.role, self.run.model) {
                (Role::SlowReader, _) => self.enter(slot)?,
                (Role::User, Model::Closed(closed)) if slot > 0 && closed.ramp_ms > 0 => {
                    self.field.set_timer(slot, now + slot as u64 * closed.ramp_ms * MS);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The window is over: the slow readers read what they were owed all the time.
    pub fn wake_slow_readers(&mut self) -> Result<(), LoadError> {
        for slot in 0..self.field.places.len() {
            if self.field.places[slot].role == Role::SlowReader
                && let Err(end) = self.field.receive(slot, None)
            {
                self.handle_end(slot, end)?;
            }
        }
        Ok(())
    }
}
