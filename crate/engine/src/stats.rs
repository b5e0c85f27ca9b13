//! Counters of one loop, that any thread may read.
//!
//! The loop counts in plain integers and publishes them at the end of a turn, so counting costs no
//! atomic operation a request. Readers see each counter whole, and all of them of one turn or of
//! neighbouring ones.

use crate::connection::Tally;
use crate::error::CloseReason;
use std::sync::atomic::{AtomicU64, Ordering};

const REASONS: usize = CloseReason::ALL.len();

/// What one loop counts. `docs/protocol.md` defines each.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    pub tally: Tally,
    pub accepted: u64,
    pub refused: u64,
    pub accept_errors: u64,
    /// By the number of the reason.
    pub closes: [u64; REASONS],
}

impl Counters {
    /// Connections that ended.
    pub fn closed(&self) -> u64 {
        self.closes.iter().sum()
    }

    /// Connections that ended neither by a failure nor at the deadline of a stop.
    pub(crate) fn ended_in_order(&self) -> u64 {
        let count = |&reason: &CloseReason| self.closes[reason as usize];
        CloseReason::ALL.iter().filter(|reason| reason.is_in_order()).map(count).sum()
    }

    /// Connections that are open.
    pub fn open(&self) -> u64 {
        self.accepted - self.closed()
    }

    /// Adds another loop's counters.
    pub fn add(&mut self, other: &Self) {
        let mut sum = self.to_array();
        sum.iter_mut().zip(other.to_array()).for_each(|(sum, count)| *sum += count);
        *self = Self::from_array(sum);
    }

    fn to_array(&self) -> [u64; PUBLISHED] {
        let tally = &self.tally;
        let mut array = [0; PUBLISHED];
        array[..PLAIN].copy_from_slice(&[
            tally.requests,
            tally.answered,
            tally.handled,
            tally.unknown,
            tally.in_flight,
            tally.in_flight_bytes,
            tally.responses_dropped,
            tally.pushed,
            tally.pushes_dropped,
            tally.bytes_read,
            tally.bytes_written,
            self.accepted,
            self.refused,
            self.accept_errors,
        ]);
        array[PLAIN..].copy_from_slice(&self.closes);
        array
    }

    fn from_array(array: [u64; PUBLISHED]) -> Self {
        let mut closes = [0; REASONS];
        closes.copy_from_slice(&array[PLAIN..]);
        Self {
            tally: Tally {
                requests: array[0],
                answered: array[1],
                handled: array[2],
                unknown: array[3],
                in_flight: array[4],
                in_flight_bytes: array[5],
                responses_dropped: array[6],
                pushed: array[7],
                pushes_dropped: array[8],
                bytes_read: array[9],
                bytes_written: array[10],
            },
            accepted: array[11],
            refused: array[12],
            accept_errors: array[13],
            closes,
        }
    }
}

const PLAIN: usize = 14;
const PUBLISHED: usize = PLAIN + REASONS;

/// The published counters of one loop.
#[derive(Debug, Default)]
pub struct Stats {
    published: [AtomicU64; PUBLISHED],
}

impl Stats {
    /// Says what was counted. One at a time.
    pub fn publish(&self, counters: &Counters) {
        for (cell, count) in self.published.iter().zip(counters.to_array()) {
            cell.store(count, Ordering::Relaxed);
        }
    }

    /// What the loop last said.
    pub fn read(&self) -> Counters {
        let mut array = [0; PUBLISHED];
        for (count, cell) in array.iter_mut().zip(&self.published) {
            *count = cell.load(Ordering::Relaxed);
        }
        Counters::from_array(array)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_published_is_what_is_read_and_sums_add_up() {
        let mut numbers = [0; PUBLISHED];
        numbers.iter_mut().zip(1..).for_each(|(number, value)| *number = value);
        let stats = Stats::default();
        stats.publish(&Counters::from_array(numbers));
        let mut sum = stats.read();
        assert_eq!(sum.to_array(), numbers);
        sum.add(&stats.read());
        assert_eq!(sum.to_array(), numbers.map(|number| number * 2));
    }
}
