//! What a process and all its descendants have used, from the accounts of Linux.
//!
//! CPU time of a living process is read from its CPU clock: exact, with all its threads, also those
//! that ended. What a child used that ended is in its parent's account of children, in ticks, once
//! the parent waited for it; what was seen of it while it lived is taken off that, so that nothing
//! counts twice. A child that nobody waits for is counted up to the last sample before its end.

use nix::sys::time::TimeValLike;
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;
use std::collections::HashMap;
use std::fs;

/// Linux reports times to programs in ticks of this length, on every machine.
pub const TICK_NS: u64 = 10_000_000;
/// The highest number of a process on Linux. A clock's number is made of it, and would overflow.
const PID_MAX: i32 = 1 << 22;
/// Threads of a process whose switches and children are read, those that it began first. All of
/// ten thousand would take longer than a second has room for.
const THREADS_READ_MAX: usize = 64;

/// CPU of one process in nanoseconds: all, and the shares of it that are told apart, in ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cpu {
    pub exact: u64,
    pub user: u64,
    pub system: u64,
}

impl Cpu {
    fn each(self, other: Self, operation: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            exact: operation(self.exact, other.exact),
            user: operation(self.user, other.user),
            system: operation(self.system, other.system),
        }
    }
}

/// What is read of one process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading {
    pub own: Cpu,
    /// Of children that ended and were waited for.
    pub children: Cpu,
    pub threads: u64,
    pub resident: u64,
    pub anonymous: u64,
}

/// Sums up over samples. Pure: readings come from outside.
#[derive(Default)]
pub struct Family {
    before: HashMap<i32, Reading>,
    /// What was counted of processes that are gone, and not yet seen in their parents' accounts.
    counted: Cpu,
    total: Cpu,
}

impl Family {
    /// Takes the readings of all that are there now; returns what all have used since the first.
    pub fn add(&mut self, now: &HashMap<i32, Reading>) -> Cpu {
        let mut inherited = Cpu::default();
        let is_first = self.before.is_empty();
        for (pid, reading) in now {
            // A process that is new has used all its time since the last sample.
            let before = self.before.get(pid).copied();
            let before = before.unwrap_or(if is_first { *reading } else { Reading::default() });
            self.total =
                self.total.each(reading.own.each(before.own, u64::saturating_sub), |a, b| a + b);
            inherited = inherited
                .each(reading.children.each(before.children, u64::saturating_sub), |a, b| a + b);
        }
        for (pid, reading) in &self.before {
            if !now.contains_key(pid) {
                let all = reading.own.each(reading.children, |a, b| a + b);
                self.counted = self.counted.each(all, |a, b| a + b);
            }
        }
        self.total =
            self.total.each(inherited.each(self.counted, u64::saturating_sub), |a, b| a + b);
        // Rounding to ticks leaves some; whole processes that nobody waits for are forgotten.
        let left = self.counted.each(inherited, u64::saturating_sub);
        self.counted = left.each(Cpu::default(), |left, _| left.min(2 * TICK_NS));
        self.before.clone_from(now);
        self.total
    }
}

/// A process and all its descendants that live, as far as their first threads began them.
pub fn family_of(pid: i32) -> Vec<i32> {
    let mut family = vec![pid];
    let mut next = 0;
    while let Some(parent) = family.get(next).copied() {
        next += 1;
        let Ok(tasks) = fs::read_dir(format!("/proc/{parent}/task")) else { continue };
        for task in tasks.flatten().take(THREADS_READ_MAX) {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            family
                .extend(children.split_whitespace().filter_map(|child| child.parse::<i32>().ok()));
        }
    }
    family
}

/// CPU time that a process has used, exact; none where it is gone.
pub fn exact_cpu(pid: i32) -> Option<u64> {
    if !(1..=PID_MAX).contains(&pid) {
        return None;
    }
    let clock = clock_getcpuclockid(Pid::from_raw(pid)).ok()?;
    Some(clock_gettime(clock).ok()?.num_nanoseconds() as u64)
}

pub fn read(pid: i32) -> Option<Reading> {
    let exact = exact_cpu(pid)?;
    let mut reading = parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?;
    reading.own.exact = exact;
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let bytes = |name| field(&status, name).unwrap_or(0) * 1024;
    (reading.resident, reading.anonymous) = (bytes("VmRSS:"), bytes("RssAnon:"));
    Some(reading)
}

/// The fields after the name, which stands in brackets and may hold anything: user and system time
/// are 14 and 15, those of children 16 and 17, the threads 20.
fn parse_stat(text: &str) -> Option<Reading> {
    let mut fields = text[text.rfind(')')? + 1..].split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok().map(|ticks| ticks * TICK_NS);
    let (user, system, child_user, child_system) = (ticks()?, ticks()?, ticks()?, ticks()?);
    let threads = fields.nth(2)?.parse().ok()?;
    Some(Reading {
        own: Cpu { exact: 0, user, system },
        children: Cpu { exact: child_user + child_system, user: child_user, system: child_system },
        threads,
        resident: 0,
        anonymous: 0,
    })
}

/// Voluntary and involuntary switches of the first threads of a process.
pub fn read_switches(pid: i32, into: &mut HashMap<i32, (u64, u64)>) {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return };
    for task in tasks.flatten().take(THREADS_READ_MAX) {
        let Ok(status) = fs::read_to_string(task.path().join("status")) else { continue };
        let Some(thread) = task.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let count = |name| field(&status, name).unwrap_or(0);
        into.insert(
            thread,
            (count("voluntary_ctxt_switches:"), count("nonvoluntary_ctxt_switches:")),
        );
    }
}

/// The number in the line of a status that begins with this name.
fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Connections that the kernel has refused since a listen queue was full.
pub fn listen_overflows() -> u64 {
    parse_netstat(&fs::read_to_string("/proc/net/netstat").unwrap_or_default()).unwrap_or(0)
}

/// Two lines of the same length, names and values.
fn parse_netstat(text: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix("TcpExt:"));
    let (names, values) = (lines.next()?, lines.next()?);
    let place = names.split_whitespace().position(|name| name == "ListenOverflows")?;
    values.split_whitespace().nth(place)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Cpu, Family, Reading, TICK_NS, field, parse_netstat, parse_stat};
    use std::collections::HashMap;

    fn cpu(exact: u64) -> Cpu {
        Cpu { exact, user: exact, system: 0 }
    }

    fn reading(own: u64, children: u64) -> Reading {
        Reading { own: cpu(own), children: cpu(children), ..Reading::default() }
    }

    /// What the last of these samples comes to.
    fn total(samples: &[&[(i32, Reading)]]) -> u64 {
        let mut family = Family::default();
        let add = |sample: &&[(i32, Reading)]| {
            family.add(&sample.iter().copied().collect::<HashMap<_, _>>()).exact
        };
        samples.iter().map(add).last().unwrap_or(0)
    }

    #[test]
    fn what_was_used_before_the_first_sample_does_not_count() {
        assert_eq!(total(&[&[(1, reading(500, 70))]]), 0);
        assert_eq!(total(&[&[(1, reading(500, 70))], &[(1, reading(530, 70))]]), 30);
    }

    #[test]
    fn a_child_that_is_new_counts_whole() {
        let samples: [&[_]; 2] =
            [&[(1, reading(500, 0))], &[(1, reading(500, 0)), (2, reading(40, 0))]];
        assert_eq!(total(&samples), 40);
    }

    #[test]
    fn a_child_that_ended_counts_once() {
        let samples: [&[_]; 3] = [
            &[(1, reading(500, 0)), (2, reading(100, 0))],
            &[(1, reading(500, 0)), (2, reading(140, 0))],
            &[(1, reading(500, 170))],
        ];
        assert_eq!(total(&samples), 70);
    }

    #[test]
    fn a_child_that_came_and_went_between_samples_counts() {
        assert_eq!(total(&[&[(1, reading(500, 0))], &[(1, reading(500, 25))]]), 25);
    }

    #[test]
    fn a_child_that_is_waited_for_later_counts_once() {
        let samples: [&[_]; 4] = [
            &[(1, reading(500, 0))],
            &[(1, reading(500, 0)), (2, reading(TICK_NS, 0))],
            &[(1, reading(500, 0))],
            &[(1, reading(500, TICK_NS + 7))],
        ];
        assert_eq!(total(&samples), TICK_NS + 7);
    }

    #[test]
    fn a_child_that_nobody_waits_for_takes_nothing_off_the_others() {
        let samples: [&[_]; 3] = [
            &[(1, reading(500, 0)), (2, reading(90 * TICK_NS, 0))],
            &[(1, reading(500, 0))],
            &[(1, reading(500, 10 * TICK_NS))],
        ];
        assert_eq!(total(&samples), 8 * TICK_NS);
    }

    #[test]
    fn the_fields_of_a_process_are_found_whatever_its_name() {
        let text = "7 (a) b (c)) S 1 7 7 0 -1 4194304 9 8 7 6 11 12 13 14 20 0 3 0 99 1 2";
        let reading = parse_stat(text).unwrap();
        assert_eq!(reading.own, Cpu { exact: 0, user: 11 * TICK_NS, system: 12 * TICK_NS });
        assert_eq!(reading.children.exact, 27 * TICK_NS);
        assert_eq!(reading.threads, 3);
    }

    #[test]
    fn a_field_is_found_by_its_name() {
        let status =
            "VmRSS:\t  12 kB\nvoluntary_ctxt_switches:\t5\nnonvoluntary_ctxt_switches:\t6\n";
        assert_eq!(field(status, "VmRSS:"), Some(12));
        assert_eq!(field(status, "voluntary_ctxt_switches:"), Some(5));
        assert_eq!(field(status, "nonvoluntary_ctxt_switches:"), Some(6));
        assert_eq!(field(status, "RssAnon:"), None);
    }

    #[test]
    fn overflows_are_found_by_their_name() {
        let text = "TcpExt: SyncookiesSent ListenOverflows\nTcpExt: 1 22\nIpExt: A\nIpExt: 4\n";
        assert_eq!(parse_netstat(text), Some(22));
        assert_eq!(parse_netstat(""), None);
    }
}
