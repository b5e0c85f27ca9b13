//! When things are due: an absolute schedule, known before anything happens. Pure; no clock.
//!
//! What is late does not move what follows: that is how an open load avoids coordinated omission.
//! Times are nanoseconds from the begin of the run.

use super::request::{Arrivals, Pace};

pub struct Schedule {
    pace: Pace,
    random: fastrand::Rng,
    /// Kept as a fraction, so that rounding does not add up.
    next: f64,
    /// Where the rate begins to change, and how much it has changed a nanosecond later.
    ramp_from: f64,
    slope: f64,
    end: f64,
}

impl Schedule {
    /// Begins at `from`, with something due after the first gap.
    pub fn new(pace: Pace, seed: u64, from: u64) -> Self {
        let mut schedule = Self {
            pace,
            random: fastrand::Rng::with_seed(seed),
            next: from as f64,
            ramp_from: f64::INFINITY,
            slope: 0.0,
            end: f64::INFINITY,
        };
        schedule.advance();
        schedule
    }

    /// The window in which the rate goes to `rateAtEnd`; nothing is due from its end on.
    pub fn set_window(&mut self, begin: u64, end: u64) {
        self.ramp_from = begin as f64;
        self.end = end as f64;
        let gain = self.pace.rate_at_end.map_or(0.0, |at_end| at_end - self.pace.rate);
        self.slope = gain / 1e9 / (self.end - self.ramp_from);
    }

    /// When the next is due; none is when the window is over.
    pub fn due(&self) -> Option<u64> {
        (self.next < self.end).then_some(self.next as u64)
    }

    /// Takes what is due by now. Call until there is none.
    pub fn take(&mut self, now: u64) -> Option<u64> {
        let due = self.due().filter(|due| *due <= now)?;
        self.advance();
        Some(due)
    }

    /// The next is due when the rate, summed up from the last one on, comes to one more arrival:
    /// one where they are even, an exponential number where they are random.
    fn advance(&mut self) {
        let wanted = match self.pace.arrivals {
            Arrivals::Constant => 1.0,
            Arrivals::Poisson => -(1.0 - self.random.f64()).ln(),
        };
        let passed = (self.next - self.ramp_from).max(0.0);
        let passed = if passed.is_nan() { 0.0 } else { passed };
        let rate = self.pace.rate / 1e9 + self.slope * passed;
        let root = rate * rate + 2.0 * self.slope * wanted;
        // A rate that falls to nothing before one more came: nothing more is due.
        self.next = if rate > 0.0 && root >= 0.0 {
            self.next + 2.0 * wanted / (rate + root.sqrt())
        } else {
            f64::INFINITY
        };
    }
}

#[cfg(test)]
mod tests {
    use super::super::tally::Tally;
    use super::{Arrivals, Pace, Schedule};
    use crate::synthetic::plan::Plan;

    fn pace(rate: f64, rate_at_end: Option<f64>, arrivals: Arrivals) -> Pace {
        Pace { rate, rate_at_end, arrivals }
    }

    /// All that is due in a window of one second that begins at once.
    fn second_of(pace: Pace, seed: u64) -> Vec<u64> {
        let mut schedule = Schedule::new(pace, seed, 0);
        schedule.set_window(0, 1_000_000_000);
        std::iter::from_fn(|| schedule.take(u64::MAX)).collect()
    }

    #[test]
    fn constant_arrivals_are_even_and_do_not_drift() {
        let dues = second_of(pace(1000.0, None, Arrivals::Constant), 1);
        assert_eq!(dues.len(), 999);
        assert!(
            dues.iter().enumerate().all(|(n, due)| due.abs_diff((n as u64 + 1) * 1_000_000) < 2)
        );
    }

    #[test]
    fn poisson_arrivals_vary_as_much_as_they_should() {
        let dues = second_of(pace(50_000.0, None, Arrivals::Poisson), 1);
        assert!(dues.len().abs_diff(50_000) < 1000, "{}", dues.len());
        // Half of the gaps of an exponential distribution are under ln 2 of the mean.
        let short = dues.windows(2).filter(|pair| pair[1] - pair[0] < 13_863).count();
        assert!(short.abs_diff(25_000) < 1000, "{short}");
    }

    #[test]
    fn the_same_seed_gives_the_same_arrivals_and_another_one_others() {
        let of = |seed| second_of(pace(1000.0, None, Arrivals::Poisson), seed);
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
    }

    #[test]
    fn a_rate_that_ramps_goes_evenly_to_its_end() {
        let dues = second_of(pace(1000.0, Some(3000.0), Arrivals::Constant), 1);
        assert!(dues.len().abs_diff(2000) <= 1, "{}", dues.len());
        let first_half = dues.iter().filter(|due| **due < 500_000_000).count();
        assert!(first_half.abs_diff(750) <= 1, "{first_half}");
    }

    #[test]
    fn what_was_due_during_a_stall_keeps_its_due_times() {
        let mut schedule = Schedule::new(pace(1000.0, None, Arrivals::Constant), 1, 0);
        assert_eq!(schedule.take(999_999), None);
        assert_eq!(schedule.take(5_500_000), Some(1_000_000));
        let rest: Vec<_> = std::iter::from_fn(|| schedule.take(5_500_000)).collect();
        assert_eq!(rest, [2_000_000, 3_000_000, 4_000_000, 5_000_000]);
        assert_eq!(schedule.due(), Some(6_000_000));
    }

    /// The whole chain of the instrument without a clock: even arrivals over 10 s meet a server
    /// that stalls for 1 s. All who came in the stall wait from 0 to 1 s, evenly; so p99 is 0.9 s.
    #[test]
    fn a_stall_is_seen_by_all_who_were_due_in_it() {
        const SECOND: u64 = 1_000_000_000;
        let told = r#"{"delayUs":100,"stallAtMs":5000,"stallMs":1000}"#;
        let server = Plan::new(&serde_json::from_str(told).unwrap());
        let mut tally = Tally::new(true, 5 * SECOND);
        let mut schedule = Schedule::new(pace(1000.0, None, Arrivals::Constant), 1, 0);
        tally.set_window(0, 10 * SECOND);
        schedule.set_window(0, 10 * SECOND);
        while let Some(due) = schedule.take(u64::MAX) {
            tally.due(due, 1);
            tally.right(due, due, server.leaves_at(due), 1);
        }
        drop(tally.take_second());
        let times = tally.whole().response_times.histogram();
        assert!(times.value_at_quantile(0.99).abs_diff(SECOND * 9 / 10) < SECOND / 500);
        assert!(times.max().abs_diff(SECOND) < SECOND / 500);
        assert!(times.value_at_quantile(0.5) < 101_000);
    }

    #[test]
    fn a_rate_that_falls_ends_the_arrivals_with_the_window() {
        let dues = second_of(pace(1000.0, Some(1e-6), Arrivals::Constant), 1);
        assert!(dues.len().abs_diff(500) <= 1, "{}", dues.len());
    }
}
