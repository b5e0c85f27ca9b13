//! The time of a run in nanoseconds, and what of it was stolen from the generator.
//!
//! Whoever has a core of its own runs from one reading of the clock to the next in far less than a
//! millisecond, or sleeps because it wants to. Readings that lie further apart show that somebody
//! else ran, or that the machine stood still.

use nix::time::{ClockId, clock_gettime};

/// Readings further apart than this are a gap. No step between two takes as long by itself.
const GAP_NS_MIN: u64 = 1_000_000;

pub struct Clock {
    /// The system's steady clock when this one was started.
    began: u64,
    last: u64,
    /// Time in gaps.
    gaps: u64,
    /// Time slept of its own will.
    slept: u64,
}

impl Clock {
    pub fn start() -> Self {
        Self { began: read(), last: 0, gaps: 0, slept: 0 }
    }

    /// Reads the clock.
    pub fn now(&mut self) -> u64 {
        let now = read() - self.began;
        self.note(now);
        now
    }

    fn note(&mut self, now: u64) {
        if now - self.last > GAP_NS_MIN {
            self.gaps += now - self.last;
        }
        self.last = now;
    }

    /// What was read last.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Reads the clock after a sleep that was begun at the last reading, for at most `wanted`.
    pub fn woke(&mut self, wanted: u64) -> u64 {
        let now = read() - self.began;
        self.note_sleep(now, wanted);
        now
    }

    fn note_sleep(&mut self, now: u64, wanted: u64) {
        let passed = now - self.last;
        self.slept += passed.min(wanted);
        if passed > wanted + GAP_NS_MIN {
            self.gaps += passed - wanted;
        }
        self.last = now;
    }

    /// Reads the clock after long work of its own, which is no gap.
    pub fn skip(&mut self) -> u64 {
        self.last = read() - self.began;
        self.last
    }

    pub fn gaps(&self) -> u64 {
        self.gaps
    }

    pub fn slept(&self) -> u64 {
        self.slept
    }
}

/// Nanoseconds of the steady clock. Cheaper than an `Instant` and its difference, which counts: it
/// is read for every answer.
fn read() -> u64 {
    let time = clock_gettime(ClockId::CLOCK_MONOTONIC).expect("every Linux has this clock");
    time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64
}

#[cfg(test)]
mod tests {
    use super::Clock;

    #[test]
    fn readings_over_a_millisecond_apart_are_a_gap() {
        let mut clock = Clock::start();
        clock.note(900_000);
        clock.note(1_800_000);
        assert_eq!(clock.gaps(), 0);
        clock.note(4_000_000);
        assert_eq!(clock.gaps(), 2_200_000);
    }

    #[test]
    fn sleep_is_no_gap_but_what_exceeds_it_is() {
        let mut clock = Clock::start();
        clock.note_sleep(5_000_000, 6_000_000);
        assert_eq!((clock.slept(), clock.gaps()), (5_000_000, 0));
        clock.note_sleep(15_000_000, 6_000_000);
        assert_eq!((clock.slept(), clock.gaps()), (11_000_000, 4_000_000));
    }
}
