//! What a window cost: CPU, switches and memory of the server and its descendants, and what the
//! generator itself used and lost.
//!
//! A sample is taken at both edges of the window and once a second. The CPU clocks are read next to
//! the edge; what takes longer, a fraction of a millisecond, is read outside the window.

use super::clock::Clock;
use super::processes::{
    Cpu, Family, Reading, exact_cpu, family_of, listen_overflows, read, read_switches,
};
use crate::error::LoadError;
use nix::sys::time::TimeValLike;
use nix::time::{ClockId, clock_gettime};
use serde::Serialize;
use std::collections::HashMap;
use std::fs;
use std::time::Duration;

/// How often the server's CPU time is looked at while it comes to rest, and how often at most.
const REST_STEP: Duration = Duration::from_millis(5);
const REST_STEPS_MAX: u32 = 60;
/// A server that ran for less than this within a step is at rest.
const REST_CPU_NS: u64 = 100_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    pub wall_us: f64,
    pub server_cpu_us: f64,
    pub server_user_us: f64,
    pub server_system_us: f64,
    pub server_voluntary_switches: u64,
    pub server_involuntary_switches: u64,
    pub server_resident_bytes: u64,
    pub server_anonymous_bytes: u64,
    pub server_threads: u64,
    pub server_processes: u64,
    pub listen_overflows: u64,
    pub load_cpu_us: f64,
    pub load_stolen_us: f64,
}

/// Everything up to one moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    at: u64,
    cpu: Cpu,
    switches: (u64, u64),
    resident: u64,
    anonymous: u64,
    threads: u64,
    processes: u64,
    overflows: u64,
    load_cpu: u64,
    /// Time that this process could run and had to wait, as the scheduler knows it.
    load_waited: u64,
    gaps: u64,
    slept: u64,
}

impl Sample {
    /// What was used from an earlier sample on.
    pub fn since(&self, earlier: &Self) -> Usage {
        let us = |now: u64, before: u64| now.saturating_sub(before) as f64 / 1e3;
        Usage {
            wall_us: us(self.at, earlier.at),
            server_cpu_us: us(self.cpu.exact, earlier.cpu.exact),
            server_user_us: us(self.cpu.user, earlier.cpu.user),
            server_system_us: us(self.cpu.system, earlier.cpu.system),
            server_voluntary_switches: self.switches.0 - earlier.switches.0,
            server_involuntary_switches: self.switches.1 - earlier.switches.1,
            server_resident_bytes: self.resident,
            server_anonymous_bytes: self.anonymous,
            server_threads: self.threads,
            server_processes: self.processes,
            listen_overflows: self.overflows.saturating_sub(earlier.overflows),
            load_cpu_us: us(self.load_cpu, earlier.load_cpu),
            load_stolen_us: self.stolen_since(earlier) as f64 / 1e3,
        }
    }

    /// Three accounts see time that was stolen, each of them not all of it: what is left of the
    /// wall's time, the scheduler's (not of a process that was stopped), the gaps in the clock's
    /// readings (only where no sleep hides them). The largest is nearest to the truth.
    fn stolen_since(&self, earlier: &Self) -> u64 {
        let used = (self.load_cpu - earlier.load_cpu) + (self.slept - earlier.slept);
        let left = (self.at - earlier.at).saturating_sub(used);
        left.max(self.load_waited - earlier.load_waited).max(self.gaps - earlier.gaps)
    }
}

#[derive(Default)]
pub struct Sampler {
    pid: Option<i32>,
    pids: Vec<i32>,
    family: Family,
    /// The last reading of each thread's switches, and the sum of all that was seen.
    threads: HashMap<i32, (u64, u64)>,
    switches: (u64, u64),
}

impl Sampler {
    pub fn new(pid: Option<u32>) -> Result<Self, LoadError> {
        let pid = pid.map(|pid| i32::try_from(pid).unwrap_or(i32::MAX));
        if let Some(pid) = pid.filter(|pid| exact_cpu(*pid).is_none()) {
            let message =
                format!("no process {pid} is there to sample; check pid, or leave it out");
            return Err(LoadError::new("NO_PROCESS", message));
        }
        Ok(Self { pid, ..Self::default() })
    }

    /// Reads all accounts, the CPU clocks last.
    pub fn sample(&mut self, clock: &mut Clock) -> Sample {
        let mut sample = Sample { overflows: listen_overflows(), ..Sample::default() };
        if let Some(pid) = self.pid {
            self.pids = family_of(pid);
            self.read_switches();
            let readings = self.pids.iter().filter_map(|pid| Some((*pid, read(*pid)?)));
            let readings: HashMap<i32, Reading> = readings.collect();
            for reading in readings.values() {
                sample.resident += reading.resident;
                sample.anonymous += reading.anonymous;
                sample.threads += reading.threads;
                sample.processes += 1;
            }
            sample.switches = self.switches;
            sample.cpu = self.family.add(&readings);
        }
        sample.load_waited = own_wait();
        sample.load_cpu = own_cpu();
        sample.at = clock.skip();
        (sample.gaps, sample.slept) = (clock.gaps(), clock.slept());
        sample
    }

    fn read_switches(&mut self) {
        let mut now = HashMap::new();
        for pid in &self.pids {
            read_switches(*pid, &mut now);
        }
        for (thread, (voluntary, involuntary)) in &now {
            let before = self.threads.get(thread).copied().unwrap_or_default();
            self.switches.0 += voluntary.saturating_sub(before.0);
            self.switches.1 += involuntary.saturating_sub(before.1);
        }
        self.threads = now;
    }
}

/// Waits until a server has closed what the last run left, so that the next one, which may be
/// another server's on the same core, does not begin with it. Bounded, for a server may never rest;
/// whoever is gone does.
pub fn wait_for_rest(pid: u32) {
    let read = || exact_cpu(i32::try_from(pid).unwrap_or(i32::MAX)).unwrap_or(0);
    let mut before = read();
    for _ in 0..REST_STEPS_MAX {
        std::thread::sleep(REST_STEP);
        let after = read();
        if after.saturating_sub(before) < REST_CPU_NS {
            break;
        }
        before = after;
    }
}

/// CPU time of this process.
fn own_cpu() -> u64 {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map_or(0, |time| time.num_nanoseconds() as u64)
}

/// The second field of the scheduler's account: nanoseconds in its queue.
fn own_wait() -> u64 {
    let text = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split_whitespace().nth(1).and_then(|field| field.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Clock, Sample, Sampler};

    #[test]
    fn the_largest_account_of_stolen_time_holds() {
        let stolen = |slept, load_waited, gaps| {
            let at =
                Sample { at: 1000, load_cpu: 300, slept, load_waited, gaps, ..Sample::default() };
            at.since(&Sample::default()).load_stolen_us
        };
        assert_eq!(stolen(700, 0, 0), 0.0);
        assert_eq!(stolen(200, 0, 0), 0.5);
        assert_eq!(stolen(700, 400, 0), 0.4);
        assert_eq!(stolen(700, 0, 250), 0.25);
        assert_eq!(stolen(900, 0, 0), 0.0);
    }

    #[test]
    fn a_process_that_lives_is_sampled() {
        let mut clock = Clock::start();
        let mut sampler = Sampler::new(Some(std::process::id())).unwrap();
        let first = sampler.sample(&mut clock);
        let began = std::time::Instant::now();
        while began.elapsed().as_millis() < 30 {}
        let usage = sampler.sample(&mut clock).since(&first);
        assert!(usage.server_cpu_us > 0.0);
        assert!(usage.server_resident_bytes >= usage.server_anonymous_bytes);
        assert!(usage.server_anonymous_bytes > 0);
        assert!(usage.server_processes >= 1 && usage.server_threads >= 1);
    }

    #[test]
    fn a_process_that_is_not_there_is_an_error() {
        assert_eq!(Sampler::new(Some(u32::MAX)).err().map(|error| error.code), Some("NO_PROCESS"));
    }

    #[test]
    fn without_a_process_all_of_the_server_is_nothing() {
        let mut clock = Clock::start();
        let mut sampler = Sampler::new(None).unwrap();
        let first = sampler.sample(&mut clock);
        let usage = sampler.sample(&mut clock).since(&first);
        assert_eq!((usage.server_cpu_us, usage.server_processes), (0.0, 0));
    }
}
