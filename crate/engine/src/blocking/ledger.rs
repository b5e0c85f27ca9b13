//! What all threads of one server counted: those that are at work, and those that were.

use super::seat::{Seat, lock};
use crate::stats::Counters;
use std::collections::HashMap;
use std::sync::atomic::{Ordering, fence};
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct Inside {
    /// What seats counted that are given up, and what happened at none.
    past: Counters,
    seats: HashMap<u64, Arc<Seat>>,
    /// Seats so far.
    numbers: u64,
}

/// The counters of one server.
#[derive(Default)]
pub(super) struct Ledger {
    inside: Mutex<Inside>,
}

impl Ledger {
    /// Counts a seat in; its number.
    pub(super) fn enter(&self, seat: Arc<Seat>) -> u64 {
        let mut inside = lock(&self.inside);
        inside.numbers += 1;
        let number = inside.numbers;
        inside.seats.insert(number, seat);
        number
    }

    /// A seat is given up; what was counted there is kept.
    pub(super) fn leave(&self, number: u64) {
        let mut inside = lock(&self.inside);
        if let Some(seat) = inside.seats.remove(&number) {
            inside.past.add(&seat.stats.read());
        }
    }

    pub(super) fn seats(&self) -> Vec<Arc<Seat>> {
        lock(&self.inside).seats.values().cloned().collect()
    }

    /// Counts what happened at no seat.
    pub(super) fn count(&self, count: impl FnOnce(&mut Counters)) {
        count(&mut lock(&self.inside).past);
    }

    pub(super) fn counters(&self) -> Counters {
        let inside = lock(&self.inside);
        let mut sum = inside.past.clone();
        for seat in inside.seats.values() {
            let counters = seat.stats.read();
            fence(Ordering::Acquire);
            // Read after the ends, so that no end is counted before its beginning.
            sum.add(&Counters { accepted: seat.stats.read().accepted, ..counters });
        }
        sum
    }
}
