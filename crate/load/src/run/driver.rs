//! The course of a run, in one thread and one loop:
//!
//! ```text
//!  Opening -- all that stay have asked once --> Warming -- warmMs --> Measuring -- measureMs -->
//!  Grace -- nothing is owed, or lateMs passed --> Over
//! ```
//!
//! A turn does what is due, looks whether a phase or a second ends, waits, and handles what came.
//! It waits in the poll while the next thing that is due is far; for the last millisecond it polls
//! without waiting, so that it sends within microseconds of the due time. Between two events it
//! looks at the schedule again.

mod ending;

use super::field::{Field, Role};
use super::opening::Opening;
use super::report;
use super::request::{Model, Pace, Run};
use super::schedule::Schedule;
use super::usage::{Sample, Sampler};
use crate::error::LoadError;
use mio::Events;
use serde_json::Value;
use std::ops::Range;

pub const MS: u64 = 1_000_000;
const SECOND: u64 = 1000 * MS;
/// A turn of the opening or the grace ends after this, though nothing came.
pub const STEP_NS: u64 = 10 * MS;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub enum Phase {
    Opening,
    Warming,
    Measuring,
    Grace,
    Over,
}

pub struct Driver {
    pub run: Run,
    pub field: Field,
    pub phase: Phase,
    pub opening: Opening,
    /// Places of an open load's connections, and whose turn it is.
    pub actives: Range<usize>,
    pub turn: usize,
    /// Places of sessions that are not taken.
    pub free: Vec<usize>,
    schedule: Option<Schedule>,
    /// Requests that were put into a queue this turn: of which place, and when they were due.
    dirty: Vec<(usize, u64)>,
    sampler: Sampler,
    first: Sample,
    last: Sample,
    /// That at the end of the window, whose second ends with the grace.
    end_sample: Option<Sample>,
    second: u64,
    /// A second that is over and not yet written down.
    writing: Option<report::Second>,
    begin: u64,
    phase_ends: u64,
    /// Users whose answers did not come in the grace either.
    users_waiting: usize,
    /// Gets the line of each second.
    emit: Box<dyn FnMut(Value)>,
}

impl Driver {
    pub fn new(run: Run, emit: Box<dyn FnMut(Value)>) -> Result<Self, LoadError> {
        Ok(Self {
            field: Field::new(&run)?,
            phase: Phase::Opening,
            opening: Opening::default(),
            actives: 0..0,
            turn: 0,
            free: Vec::new(),
            schedule: None,
            dirty: Vec::new(),
            sampler: Sampler::new(run.pid)?,
            run,
            first: Sample::default(),
            last: Sample::default(),
            end_sample: None,
            second: 0,
            writing: None,
            begin: 0,
            phase_ends: 0,
            users_waiting: 0,
            emit,
        })
    }

    /// Runs from the opening to the end; returns the result.
    pub fn drive(&mut self) -> Result<Value, LoadError> {
        self.place_all();
        let mut now = self.field.clock.skip();
        loop {
            self.do_due(now)?;
            self.advance(now)?;
            if self.phase == Phase::Over {
                break;
            }
            let wake = if self.write_second() { now } else { self.next_wake(now) };
            now = self.turn(wake)?;
        }
        let usage = self.last.since(&self.first);
        let mut result =
            report::result(&self.field.tally, usage, self.field.peak, self.users_waiting);
        self.field.tell_tls(&mut result);
        Ok(result)
    }

    /// Waits for events, until `wake` at the latest, and handles them. Returns what time it is.
    pub fn turn(&mut self, wake: u64) -> Result<u64, LoadError> {
        self.field.wait(wake)?;
        let events = std::mem::replace(&mut self.field.events, Events::with_capacity(0));
        for event in &events {
            self.handle_event(event)?;
            if self.is_due(self.field.clock.last()) {
                self.do_arrivals(self.field.clock.last())?;
            }
        }
        self.field.events = events;
        Ok(self.field.clock.last())
    }

    /// What the clock demands: arrivals, and whoever wanted to be woken.
    pub fn do_due(&mut self, now: u64) -> Result<(), LoadError> {
        self.do_arrivals(now)?;
        while let Some(slot) = self.field.take_timer(now) {
            self.handle_timer(slot)?;
        }
        if self.phase == Phase::Opening {
            self.open_more(now)?;
        }
        Ok(())
    }

    fn is_due(&self, now: u64) -> bool {
        self.schedule.as_ref().and_then(Schedule::due).is_some_and(|due| due <= now)
    }

    /// Puts every request that is due into its connection's queue, then sends each queue once.
    fn do_arrivals(&mut self, now: u64) -> Result<(), LoadError> {
        let Some(schedule) = &mut self.schedule else { return Ok(()) };
        let mut sessions = Vec::new();
        while let Some(due) = schedule.take(now) {
            if self.actives.is_empty() {
                sessions.push(due);
                continue;
            }
            let slot = self.turn;
            self.turn += 1;
            if self.turn == self.actives.end {
                self.turn = self.actives.start;
            }
            self.field.push_single(slot, due);
            self.dirty.push((slot, due));
        }
        for due in sessions {
            self.begin_session(due)?;
        }
        let mut dirty = std::mem::take(&mut self.dirty);
        for (slot, due) in dirty.drain(..) {
            let sent_at = self.field.clock.now();
            self.field.tally.sent(due, sent_at);
            if self.field.places[slot].link.has_unsent()
                && let Err(end) = self.field.flush(slot, sent_at)
            {
                self.handle_end(slot, end)?;
            }
        }
        self.dirty = dirty;
        Ok(())
    }

    /// When the next turn must begin at the latest.
    fn next_wake(&self, now: u64) -> u64 {
        let edge = match self.phase {
            Phase::Opening => now + STEP_NS,
            Phase::Warming => self.phase_ends,
            Phase::Measuring => self.phase_ends.min(self.begin + (self.second + 1) * SECOND),
            Phase::Grace | Phase::Over => self.phase_ends.min(now + STEP_NS),
        };
        let due = self.schedule.as_ref().and_then(Schedule::due);
        [due, self.field.next_timer()].into_iter().flatten().fold(edge, u64::min)
    }

    /// Ends seconds and phases when it is time.
    fn advance(&mut self, now: u64) -> Result<(), LoadError> {
        match self.phase {
            Phase::Opening if self.opening.is_over() => self.begin_warming(now),
            Phase::Warming if now >= self.phase_ends => self.begin_measuring(),
            Phase::Measuring if now >= self.phase_ends || self.is_all_asked() => {
                self.begin_grace(now)
            }
            Phase::Measuring if now >= self.begin + (self.second + 1) * SECOND => {
                self.end_second(None);
                Ok(())
            }
            Phase::Grace if now >= self.phase_ends || !self.is_owed() => self.finish(now),
            _ => Ok(()),
        }
    }

    fn begin_warming(&mut self, now: u64) -> Result<(), LoadError> {
        self.phase = Phase::Warming;
        self.phase_ends = now + self.run.warm_ms * MS;
        let pace: Option<Pace> = match self.run.model {
            Model::Closed(_) => None,
            Model::Open(open) => Some(open.pace),
            Model::PartlyOpen(sessions) => Some(sessions.pace),
        };
        self.schedule = pace.map(|pace| Schedule::new(pace, self.run.seed, now));
        if self.run.warm_ms == 0 {
            // Whoever asks now is in the window.
            self.begin_measuring()?;
        }
        self.start_roles()
    }

    fn begin_measuring(&mut self) -> Result<(), LoadError> {
        self.first = self.sampler.sample(&mut self.field.clock);
        self.last = self.first;
        self.phase = Phase::Measuring;
        self.begin = self.field.clock.last();
        self.phase_ends = self.begin + self.run.measure_ms * MS;
        self.field.tally.set_window(self.begin, self.phase_ends);
        if let Some(schedule) = &mut self.schedule {
            schedule.set_window(self.begin, self.phase_ends);
        }
        if let Model::Closed(closed) = self.run.model
            && closed.requests_max > 0
        {
            self.field.bursts_left = closed.requests_max / closed.depth as u64;
        }
        self.start_measured_roles()
    }

    /// Whether users asked, and were answered, as often as they may.
    fn is_all_asked(&self) -> bool {
        self.field.bursts_left == 0 && !self.is_owed()
    }

    /// Whether somebody waits for an answer that may still come.
    pub fn is_owed(&self) -> bool {
        let is_idle = |role| role == Role::Idle && self.phase > Phase::Opening;
        self.field.places.iter().any(|place| !is_idle(place.role) && place.link.is_busy())
    }
}
