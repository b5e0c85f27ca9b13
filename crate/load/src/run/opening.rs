//! Opens the connections that stay, a few at a time, before anything is measured.
//!
//! Each asks once before it counts as open: so a short accept queue drops none, and the server has
//! surely taken every one of them. A server that takes only a few at a time keeps the rest waiting:
//! when nothing moves any more, all the others connect at once, and wait as users would.

use super::driver::{Driver, MS, STEP_NS};
use super::field::Role;
use super::link::End;
use super::request::Model;
use crate::error::LoadError;

/// Connections that are being opened at the same time.
const OPENING_MAX: usize = 64;
/// How long nothing may move.
const PATIENCE_NS: u64 = 500_000_000;

#[derive(Default)]
pub struct Opening {
    /// Places to open, in this order.
    slots: Vec<usize>,
    /// How many of them were told to connect, and how many asked and were answered, or failed.
    told: usize,
    settled: usize,
    progress_at: u64,
    is_stuck: bool,
}

impl Opening {
    pub fn is_over(&self) -> bool {
        self.told == self.slots.len() && (self.is_stuck || self.settled == self.told)
    }

    /// Of a place that asked: it is answered, or gone. The first end of all that is a refusal says
    /// that nobody listens.
    pub fn settle(&mut self, is_settled: &mut bool, now: u64, end: Option<End>) -> bool {
        let is_first = self.settled == 0 && !*is_settled;
        if !*is_settled {
            *is_settled = true;
            self.settled += 1;
            self.progress_at = now;
        }
        is_first && end == Some(End::Refused)
    }
}

impl Driver {
    /// Makes the places of those that stay.
    pub fn place_all(&mut self) {
        let field = &mut self.field;
        let (role, count, at_once) = match self.run.model {
            // Of users who come one after another only the first is there from the start.
            Model::Closed(closed) if closed.ramp_ms > 0 => (Role::User, closed.users, 1),
            Model::Closed(closed) => (Role::User, closed.users, closed.users),
            Model::Open(open) => (Role::Open, open.connections, open.connections),
            Model::PartlyOpen(_) => (Role::Session, 0, 0),
        };
        for _ in 0..count {
            field.add_place(role);
        }
        if role == Role::Open {
            self.actives = 0..count;
        }
        self.opening.slots.extend(0..at_once);
        for _ in 0..self.run.slow_readers {
            field.add_place(Role::SlowReader);
        }
        for _ in 0..self.run.slow_writers {
            field.add_place(Role::SlowWriter);
        }
        self.place_aside(Role::Idle, self.run.idle);
    }

    /// Makes the places of those that stay and do nothing.
    pub fn place_aside(&mut self, role: Role, count: usize) {
        for _ in 0..count {
            self.opening.slots.push(self.field.add_place(role));
        }
        self.opening.progress_at = self.field.clock.now();
    }

    /// Opens connections that only stay, in this role; they are no part of any load.
    pub fn open_aside(&mut self, role: Role, count: usize) -> Result<(), LoadError> {
        self.place_aside(role, count);
        let mut now = self.field.clock.skip();
        while !self.opening.is_over() {
            self.do_due(now)?;
            now = self.turn(now + STEP_NS)?;
        }
        Ok(())
    }

    /// Waits until nobody is owed anything, but not for ever.
    pub fn settle_aside(&mut self) -> Result<(), LoadError> {
        let mut now = self.field.clock.skip();
        let until = now + self.run.late_ms * MS;
        while self.is_owed() && now < until {
            now = self.turn(now + STEP_NS)?;
        }
        Ok(())
    }

    /// Lets some more connect.
    pub fn open_more(&mut self, now: u64) -> Result<(), LoadError> {
        let waited = now.saturating_sub(self.opening.progress_at);
        if waited > PATIENCE_NS && !self.field.awaits_handshake(waited)? {
            self.opening.is_stuck = true;
        }
        while let Some(slot) = self.opening.slots.get(self.opening.told).copied() {
            let opening = self.opening.told - self.opening.settled;
            if opening >= OPENING_MAX && !self.opening.is_stuck {
                break;
            }
            self.opening.told += 1;
            self.enter(slot)?;
        }
        Ok(())
    }
}
