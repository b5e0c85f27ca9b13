//! The window of time that counts: nothing before the warm-up's end, nothing after its own.

use crate::cpu;
use crate::error::LoadError;
use crate::outcome::{Faults, Outcome};
use hdrhistogram::Histogram;
use std::time::{Duration, Instant};

/// The longest service time told apart from longer ones: a minute.
const SERVICE_NS_MAX: u64 = 60_000_000_000;
/// Service times keep this many significant digits.
const DIGITS: u8 = 3;
/// How often the server's CPU time is looked at while it comes to rest, and how often at most.
const REST_STEP: Duration = Duration::from_millis(5);
const REST_STEPS_MAX: u32 = 60;
/// A server that ran for less than this within a step is at rest.
const REST_CPU: Duration = Duration::from_micros(100);

/// Moves only forward.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Warming,
    Measuring,
    Over,
}

/// The accounts at one moment.
struct Sample {
    at: Instant,
    server_cpu: Duration,
    load_cpu: Duration,
}

impl Sample {
    fn take(pid: u32) -> Result<Self, LoadError> {
        let server_cpu = cpu::of_process(pid)?;
        Ok(Self { at: Instant::now(), server_cpu, load_cpu: cpu::of_this_process()? })
    }
}

pub struct Slice {
    pid: u32,
    warm: Duration,
    length: Duration,
    phase: Phase,
    phase_began: Instant,
    first: Option<Sample>,
    last: Option<Sample>,
    finished: u64,
    service_times: Histogram<u64>,
}

impl Slice {
    /// Begins to warm up now.
    pub fn begin(pid: u32, warm_ms: u64, slice_ms: u64) -> Self {
        let service_times = Histogram::new_with_max(SERVICE_NS_MAX, DIGITS)
            .expect("the bounds are constants that the histogram allows");
        Self {
            pid,
            warm: Duration::from_millis(warm_ms),
            length: Duration::from_millis(slice_ms),
            phase: Phase::Warming,
            phase_began: Instant::now(),
            first: None,
            last: None,
            finished: 0,
            service_times,
        }
    }

    /// Counts what just ended, if the window is open.
    pub fn record(&mut self, count: usize, service_time: Duration) {
        if self.phase == Phase::Measuring {
            self.finished += count as u64;
            let nanoseconds = service_time.as_nanos() as u64;
            self.service_times.saturating_record_n(nanoseconds, count as u64);
        }
    }

    /// Moves on when it is time; call once per turn. Returns whether the window has closed.
    pub fn advance(&mut self, now: Instant) -> Result<bool, LoadError> {
        let passed = now.duration_since(self.phase_began);
        match self.phase {
            Phase::Warming if passed >= self.warm => {
                self.first = Some(Sample::take(self.pid)?);
                self.phase = Phase::Measuring;
                self.phase_began = now;
            }
            Phase::Measuring if passed >= self.length => {
                self.last = Some(Sample::take(self.pid)?);
                self.phase = Phase::Over;
            }
            _ => {}
        }
        Ok(self.phase == Phase::Over)
    }

    /// The outcome of a window; one that closed early, since nobody was left to ask, is empty.
    pub fn into_outcome(self, faults: Faults) -> Outcome {
        let (wall, server_cpu, load_cpu) = match (&self.first, &self.last) {
            (Some(first), Some(last)) => (
                last.at - first.at,
                last.server_cpu.saturating_sub(first.server_cpu),
                last.load_cpu.saturating_sub(first.load_cpu),
            ),
            _ => Default::default(),
        };
        let service_times = self.service_times;
        Outcome { finished: self.finished, wall, server_cpu, load_cpu, service_times, faults }
    }
}

/// Waits until a server has closed what the last slice left, so that the next one, which may be
/// another server's on the same core, does not begin with it. Bounded, for a server may never rest.
pub fn wait_for_rest(pid: u32) -> Result<(), LoadError> {
    let mut before = cpu::of_process(pid)?;
    for _ in 0..REST_STEPS_MAX {
        std::thread::sleep(REST_STEP);
        let after = cpu::of_process(pid)?;
        if after.saturating_sub(before) < REST_CPU {
            break;
        }
        before = after;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Faults, Slice};
    use std::time::{Duration, Instant};

    #[test]
    fn only_what_ends_inside_the_window_counts() {
        let mut slice = Slice::begin(std::process::id(), 10, 20);
        let began = Instant::now();
        slice.record(1, Duration::from_micros(5));
        assert!(!slice.advance(began + Duration::from_millis(11)).unwrap());
        slice.record(16, Duration::from_micros(5));
        assert!(slice.advance(began + Duration::from_millis(40)).unwrap());
        slice.record(1, Duration::from_micros(5));
        let outcome = slice.into_outcome(Faults::default());
        assert_eq!((outcome.finished, outcome.service_times.len()), (16, 16));
    }

    #[test]
    fn a_window_that_never_opened_is_empty() {
        let outcome = Slice::begin(1, 10, 20).into_outcome(Faults::default());
        assert_eq!((outcome.finished, outcome.wall), (0, Duration::ZERO));
    }
}
