//! The end of a second, of the window, and of the run.

use super::{Driver, MS, Phase};
use crate::error::LoadError;
use crate::run::field::{Field, Place, Role};
use crate::run::report;
use crate::run::request::Model;
use crate::run::tally::Failure;
use crate::run::usage::Sample;

impl Driver {
    /// The window is over. An open load waits for what it is owed; a closed one, which has been
    /// counted already, looks whether it would come.
    pub(super) fn begin_grace(&mut self, now: u64) -> Result<(), LoadError> {
        let sample = self.sampler.sample(&mut self.field.clock);
        self.phase = Phase::Grace;
        let is_closed = matches!(self.run.model, Model::Closed(_));
        let patience_ms = if is_closed && self.run.slow_readers + self.run.slow_writers == 0 {
            self.run.grace_ms.min(self.run.late_ms)
        } else {
            self.run.late_ms
        };
        self.phase_ends = now + patience_ms * MS;
        if is_closed {
            for place in self.field.places.iter_mut().filter(|place| place.role == Role::User) {
                place
                    .link
                    .give_up(now.min(self.begin + self.run.measure_ms * MS), &mut self.field.tally);
            }
        }
        self.end_sample = Some(sample);
        self.wake_slow_readers()
    }

    /// A second is over, with this sample at its end, or one that is taken now.
    pub(super) fn end_second(&mut self, sample: Option<Sample>) {
        // Only where a turn took as long as a second is the last line not out yet.
        while self.write_second() {}
        let sample = sample.unwrap_or_else(|| self.sampler.sample(&mut self.field.clock));
        let usage = sample.since(&self.last);
        let account = self.field.tally.take_second();
        let is_open = self.field.tally.is_open();
        self.writing = Some(report::Second::new(self.second, account, usage, is_open));
        self.last = sample;
        self.second += 1;
    }

    /// Does one step of writing a second down, if one is to be written; returns whether it did.
    pub(super) fn write_second(&mut self) -> bool {
        let Some(mut second) = self.writing.take() else { return false };
        match second.step() {
            Some(line) => {
                (self.emit)(line);
                self.field.tally.give_back(second.into_account());
            }
            None => self.writing = Some(second),
        }
        self.field.clock.skip();
        true
    }

    /// Counts who still is owed something, and who of those that were to stay is gone.
    pub(super) fn finish(&mut self, now: u64) -> Result<(), LoadError> {
        self.phase = Phase::Over;
        let Field { places, tally, .. } = &mut self.field;
        let waits = |place: &&Place| place.role == Role::User && place.link.is_busy();
        self.users_waiting = places.iter().filter(waits).count();
        for place in places {
            place.link.settle(Failure::Unanswered, now, place.role.is_aside(), tally);
        }
        let sample = self.end_sample.take();
        self.end_second(sample);
        while self.write_second() {}
        Ok(())
    }
}
