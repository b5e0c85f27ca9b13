//! Deadlines that cost O(1) to set and to expire: a hashed wheel, moved lazily.
//!
//! Knows no clock and no connection: one deadline for each slot number, time is an argument.
//!
//! A slot is in the wheel at the tick of an earlier deadline of its own, or at its deadline. So a
//! deadline that only moves away, as each request moves the idle deadline, is one store; the slot
//! is moved when the wheel comes to it.
//!
//! Invariant: a slot with a deadline is in the bucket of its `tick`, and `tick` is not after `due`.

/// The grain of a deadline: it is due up to this much late, never early.
pub const TICK_MS: u64 = 16;
const BUCKETS: usize = 8192;
/// No slot.
const NONE: u32 = u32::MAX;
/// Stands in `next` of a slot that is not in the wheel.
const OUTSIDE: u32 = u32::MAX - 1;

#[derive(Clone, Copy)]
struct Link {
    previous: u32,
    next: u32,
    /// Where in the wheel the slot is; ticks wrap after two years, so compare by `is_after`.
    tick: u32,
    /// The deadline.
    due: u32,
}

const UNLINKED: Link = Link { previous: NONE, next: OUTSIDE, tick: 0, due: 0 };

/// The deadlines of one loop.
pub struct Timers {
    heads: Vec<u32>,
    /// A bit for each bucket that holds a slot.
    occupied: [u64; BUCKETS / 64],
    links: Vec<Link>,
    /// Every bucket up to this tick was visited.
    now: u32,
    /// No bucket before this tick holds a slot.
    next: Option<u32>,
}

/// The bytes that a deadline adds to its slot.
#[cfg(all(unix, not(debug_assertions)))]
pub(crate) const LINK_BYTES: usize = size_of::<Link>();

fn is_after(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) > 0
}

fn bucket(tick: u32) -> usize {
    tick as usize & (BUCKETS - 1)
}

impl Timers {
    /// No deadlines, at this time.
    pub fn new(now_ms: u64) -> Self {
        Self {
            heads: vec![NONE; BUCKETS],
            occupied: [0; BUCKETS / 64],
            links: Vec::new(),
            now: (now_ms / TICK_MS) as u32,
            next: None,
        }
    }

    /// The slot's deadline is `due_ms` from now on. At most 24.8 days ahead.
    #[inline]
    pub fn set(&mut self, slot: u32, due_ms: u64) {
        let due = due_ms.div_ceil(TICK_MS) as u32;
        if let Some(link) = self.links.get_mut(slot as usize)
            && link.next != OUTSIDE
            && !is_after(link.tick, due)
        {
            link.due = due;
            return;
        }
        self.move_to(slot, due);
    }

    /// The slot has no deadline any more.
    pub fn clear(&mut self, slot: u32) {
        if self.links.get(slot as usize).is_some_and(|link| link.next != OUTSIDE) {
            self.unlink(slot);
        }
    }

    /// In how many ms from the tick of the last `expire` to call it next, if no deadline is set
    /// before. Sometimes too early, never late.
    pub fn next_due_ms(&self) -> Option<u64> {
        self.next.map(|tick| u64::from(tick.wrapping_sub(self.now)) * TICK_MS)
    }

    /// Takes out every slot whose deadline has come and appends it to `expired`.
    pub fn expire(&mut self, now_ms: u64, expired: &mut Vec<u32>) {
        let now = (now_ms / TICK_MS) as u32;
        let Some(next) = self.next.filter(|&next| !is_after(next, now)) else {
            self.now = now;
            return;
        };
        let ticks = now.wrapping_sub(next).min(BUCKETS as u32 - 1);
        self.now = now;
        for ahead in 0..=ticks {
            self.visit(bucket(next.wrapping_add(ahead)), expired);
        }
        self.next = self.first_occupied();
    }

    fn visit(&mut self, bucket: usize, expired: &mut Vec<u32>) {
        let mut slot = std::mem::replace(&mut self.heads[bucket], NONE);
        self.occupied[bucket / 64] &= !(1 << (bucket % 64));
        while slot != NONE {
            let link = self.links[slot as usize];
            self.links[slot as usize] = UNLINKED;
            if is_after(link.due, self.now) {
                self.link(slot, link.due);
            } else {
                expired.push(slot);
            }
            slot = link.next;
        }
    }

    fn move_to(&mut self, slot: u32, due: u32) {
        if self.links.len() <= slot as usize {
            self.links.resize(slot as usize + 1, UNLINKED);
        }
        self.clear(slot);
        self.link(slot, due);
        if self.next.is_none_or(|next| is_after(next, due)) {
            // A deadline in the past is expired at the next tick, not a whole round later.
            self.next = Some(if is_after(due, self.now) { due } else { self.now });
        }
    }

    /// A due time in the past goes where the next visit begins.
    fn link(&mut self, slot: u32, due: u32) {
        let tick = if is_after(due, self.now) { due } else { self.now };
        let head = &mut self.heads[bucket(tick)];
        self.links[slot as usize] = Link { previous: NONE, next: *head, tick, due };
        if *head != NONE {
            self.links[*head as usize].previous = slot;
        }
        *head = slot;
        self.occupied[bucket(tick) / 64] |= 1 << (bucket(tick) % 64);
    }

    fn unlink(&mut self, slot: u32) {
        let link = self.links[slot as usize];
        match link.previous {
            NONE => self.heads[bucket(link.tick)] = link.next,
            previous => self.links[previous as usize].next = link.next,
        }
        if link.next != NONE {
            self.links[link.next as usize].previous = link.previous;
        }
        if self.heads[bucket(link.tick)] == NONE {
            self.occupied[bucket(link.tick) / 64] &= !(1 << (bucket(link.tick) % 64));
        }
        self.links[slot as usize] = UNLINKED;
    }

    /// The first tick after `now`, within a round, whose bucket holds a slot.
    fn first_occupied(&self) -> Option<u32> {
        let start = bucket(self.now.wrapping_add(1));
        let words = self.occupied.len();
        (0..=words).find_map(|ahead| {
            let at = (start / 64 + ahead) % words;
            let mut word = self.occupied[at];
            if ahead == 0 {
                word &= u64::MAX << (start % 64);
            } else if ahead == words {
                word &= !(u64::MAX << (start % 64));
            }
            (word != 0).then(|| {
                let found = at * 64 + word.trailing_zeros() as usize;
                let distance = (found + BUCKETS - start) % BUCKETS;
                self.now.wrapping_add(1 + distance as u32)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection, prelude::*};
    use std::collections::BTreeMap;

    #[test]
    fn a_deadline_that_moves_away_is_due_at_its_last_time_only() {
        let (mut timers, mut expired) = (Timers::new(0), Vec::new());
        timers.set(3, 160);
        timers.set(3, 320);
        timers.expire(200, &mut expired);
        assert_eq!(expired, []);
        timers.expire(320, &mut expired);
        assert_eq!(expired, [3]);
        assert_eq!(timers.next_due_ms(), None);
    }

    #[test]
    fn a_deadline_that_moves_nearer_is_due_then() {
        let (mut timers, mut expired) = (Timers::new(0), Vec::new());
        timers.set(0, 300_000);
        timers.set(0, 50);
        assert!(timers.next_due_ms().unwrap() <= 64);
        timers.expire(64, &mut expired);
        assert_eq!(expired, [0]);
    }

    #[test]
    fn ticks_may_wrap() {
        let start = (u64::from(u32::MAX) - 2) * TICK_MS;
        let (mut timers, mut expired) = (Timers::new(start), Vec::new());
        timers.set(1, start + 10 * TICK_MS);
        timers.expire(start + 9 * TICK_MS, &mut expired);
        assert_eq!(expired, []);
        timers.expire(start + 10 * TICK_MS, &mut expired);
        assert_eq!(expired, [1]);
    }

    proptest! {
        #[test]
        fn any_deadlines_expire_as_a_sorted_list_would_have_it(
            start in prop_oneof![Just(0), Just((u64::from(u32::MAX) - 9_000) * TICK_MS)],
            steps in collection::vec((0u32..12, 0u64..400_000, 0u64..90_000, 0u8..4), 1..200),
        ) {
            let mut timers = Timers::new(start);
            let mut oracle = BTreeMap::new();
            let mut now = start;
            for (slot, due_in, passes, kind) in steps {
                if kind == 0 {
                    timers.clear(slot);
                    oracle.remove(&slot);
                } else {
                    timers.set(slot, now + due_in);
                    oracle.insert(slot, (now + due_in).div_ceil(TICK_MS));
                }
                let earliest = oracle.values().min().copied();
                if let Some(earliest) = earliest {
                    // Never told to come back later than the earliest deadline.
                    let next = now / TICK_MS * TICK_MS + timers.next_due_ms().unwrap();
                    prop_assert!(next <= earliest.max(now / TICK_MS) * TICK_MS);
                }
                now += passes;
                let mut expired = Vec::new();
                timers.expire(now, &mut expired);
                expired.sort_unstable();
                let due: Vec<u32> = oracle.iter()
                    .filter(|&(_, &tick)| tick <= now / TICK_MS).map(|(&slot, _)| slot).collect();
                prop_assert_eq!(&expired, &due);
                due.iter().for_each(|slot| _ = oracle.remove(slot));
            }
        }
    }
}
