//! How a connection ends, and what becomes of all that it was owed.

use super::{End, Link, UNCOUNTED};
use crate::questions::Checker;
use crate::run::driver::Phase;
use crate::run::tally::{Failure, Tally};

impl Link {
    /// Closes it, though nothing failed.
    pub fn close(&mut self) {
        self.stream = None;
        self.is_connected = false;
    }

    /// Closes it. All that is owed failed. With `aside` set it is counted as that which nobody
    /// knew of, due or not. Returns how many answers were owed.
    pub fn fail(
        &mut self,
        end: End,
        now: u64,
        aside: bool,
        phase: Phase,
        tally: &mut Tally,
    ) -> usize {
        let failure = match end {
            End::Wrong => Failure::Wrong,
            End::Ended => Failure::Lost,
            End::Refused => Failure::Refused,
        };
        let is_unasked = end == End::Wrong && self.unsent == 0;
        let is_greeting = self.queue.front().is_some_and(|front| front.burst.questions.is_empty());
        let owed = self.settle(failure, now, aside, tally);
        // Neither an unasked answer nor a wrong greeting is in the count of what was due.
        let counts = aside || phase == Phase::Measuring || phase == Phase::Grace;
        if counts && end == End::Wrong && (is_unasked || is_greeting) {
            tally.failed_aside(Failure::Wrong, 1);
        }
        self.close();
        owed
    }

    /// All that is owed failed. Of wrong answers there is one; the rest of them is lost.
    pub fn settle(&mut self, failure: Failure, now: u64, aside: bool, tally: &mut Tally) -> usize {
        let mut owed_in_all = 0;
        let mut answers_wrong = usize::from(failure == Failure::Wrong && self.unsent > 0);
        let rest = if failure == Failure::Wrong { Failure::Lost } else { failure };
        for entry in self.queue.drain(..) {
            let owed = self.checker.owed(&entry.burst);
            self.checker = Checker::default();
            if entry.burst.questions.is_empty() {
                answers_wrong = 0;
                continue;
            }
            owed_in_all += owed;
            for (failure, count) in [(Failure::Wrong, answers_wrong), (rest, owed - answers_wrong)]
            {
                if aside {
                    tally.failed_aside(failure, count as u64);
                } else {
                    tally.failed(failure, entry.due, entry.sent, now, count as u64);
                }
            }
            answers_wrong = 0;
        }
        (self.offered, self.unsent, self.partial) = (0, 0, 0);
        owed_in_all
    }

    /// What is owed until now is counted as having no answer, but may still come: then it is
    /// checked, and counts no more.
    pub fn give_up(&mut self, now: u64, tally: &mut Tally) {
        for (place, entry) in self.queue.iter_mut().enumerate() {
            let checker = if place == 0 { self.checker } else { Checker::default() };
            let owed = checker.owed(&entry.burst) as u64;
            tally.failed(Failure::Unanswered, entry.due, entry.sent, now, owed);
            entry.due = UNCOUNTED;
        }
    }
}
