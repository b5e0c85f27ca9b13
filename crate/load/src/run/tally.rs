//! What became of the requests of the window: counts and times, each second's and all together.
//!
//! Does no I/O and reads no clock. A request is in the counts if it was due in the window, whatever
//! becomes of it when. A second counts what happened in it, so its own counts need not add up;
//! those of the whole run do. Of idle connections and slow peers only what goes wrong is counted.
//!
//! Invariant, at the end: due = right + wrong + lost + late + refused + unanswered.

use super::times::Times;
use serde::Serialize;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub due: u64,
    pub right: u64,
    pub wrong: u64,
    pub lost: u64,
    pub late: u64,
    pub refused: u64,
    pub unanswered: u64,
}

/// How a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    Wrong,
    Lost,
    Refused,
    Unanswered,
}

impl Counts {
    fn fail(&mut self, failure: Failure, count: u64) {
        match failure {
            Failure::Wrong => self.wrong += count,
            Failure::Lost => self.lost += count,
            Failure::Refused => self.refused += count,
            Failure::Unanswered => self.unanswered += count,
        }
    }

    fn add(&mut self, other: &Self) {
        self.due += other.due;
        self.right += other.right;
        self.wrong += other.wrong;
        self.lost += other.lost;
        self.late += other.late;
        self.refused += other.refused;
        self.unanswered += other.unanswered;
    }

    /// Whether every request that was due became something.
    pub fn is_complete(&self) -> bool {
        let settled = self.right + self.wrong + self.lost + self.late;
        self.due == settled + self.refused + self.unanswered
    }
}

/// Counts and times of a second, or of the whole window.
#[derive(Default)]
pub struct Account {
    pub counts: Counts,
    pub response_times: Times,
    pub service_times: Times,
}

pub struct Tally {
    /// What is due in `begin..end` counts. Unknown, so far in the future, while it warms up.
    begin: u64,
    end: u64,
    late: u64,
    /// Whether requests have a due time of their own. In a closed load they are due when sent, so
    /// the service times are the response times, and only these are kept.
    open: bool,
    second: Account,
    /// For the second after it.
    spare: Option<Account>,
    whole: Account,
    send_lags: Times,
    connect_times: Times,
}

impl Tally {
    /// `late`: nanoseconds after which a right answer is late.
    pub fn new(open: bool, late: u64) -> Self {
        Self {
            begin: u64::MAX,
            end: u64::MAX,
            late,
            open,
            second: Account::default(),
            spare: Some(Account::default()),
            whole: Account::default(),
            send_lags: Times::default(),
            connect_times: Times::default(),
        }
    }

    pub fn set_window(&mut self, begin: u64, end: u64) {
        (self.begin, self.end) = (begin, end);
    }

    pub fn holds(&self, time: u64) -> bool {
        self.begin <= time && time < self.end
    }

    /// Requests came due.
    pub fn due(&mut self, due: u64, count: u64) {
        if self.holds(due) {
            self.second.counts.due += count;
        }
    }

    /// Right answers came.
    #[inline]
    pub fn right(&mut self, due: u64, sent: u64, now: u64, count: u64) {
        if !self.holds(due) {
            return;
        }
        let took = now - due;
        if took > self.late {
            self.second.counts.late += count;
        } else {
            self.second.counts.right += count;
        }
        self.second.response_times.record(took, count);
        if self.open {
            self.second.service_times.record(now - sent, count);
        }
    }

    /// Requests failed that had come due. Whoever has no answer took at least until now.
    pub fn failed(&mut self, failure: Failure, due: u64, sent: u64, now: u64, count: u64) {
        if !self.holds(due) || count == 0 {
            return;
        }
        self.second.counts.fail(failure, count);
        if failure == Failure::Unanswered {
            self.second.response_times.record(now - due, count);
            if self.open && sent > 0 {
                self.second.service_times.record(now - sent, count);
            }
        }
    }

    /// Something failed that was in no count yet: an answer that nobody asked for, a connection
    /// that was to stay and did not, a request of those who stand beside the load.
    pub fn failed_aside(&mut self, failure: Failure, count: u64) {
        self.second.counts.due += count;
        self.second.counts.fail(failure, count);
    }

    /// A request was handed to the system, or a session begun, this long after it was due.
    pub fn sent(&mut self, due: u64, now: u64) {
        if self.open && self.holds(due) {
            self.send_lags.record(now - due, 1);
        }
    }

    /// A connection that comes and goes is connected.
    pub fn connected(&mut self, began: u64, now: u64) {
        if self.holds(began) {
            self.connect_times.record(now - began, 1);
        }
    }

    /// Hands over the account of the second that ends now, and adds it to the whole. The next
    /// second begins.
    pub fn take_second(&mut self) -> Account {
        let next = self.spare.take().unwrap_or_default();
        let second = std::mem::replace(&mut self.second, next);
        self.whole.counts.add(&second.counts);
        self.whole.response_times.add(&second.response_times);
        self.whole.service_times.add(&second.service_times);
        second
    }

    /// Takes an account back that nobody reads any more, for its memory.
    pub fn give_back(&mut self, mut account: Account) {
        account.counts = Counts::default();
        account.response_times.clear();
        account.service_times.clear();
        self.spare = Some(account);
    }

    /// All seconds together, once the last was taken.
    pub fn whole(&self) -> &Account {
        assert!(
            self.whole.counts.is_complete(),
            "a request is in no count: {:?}",
            self.whole.counts
        );
        &self.whole
    }

    pub fn is_open(&self) -> bool {
        self.open
    }

    pub fn send_lags(&self) -> &Times {
        &self.send_lags
    }

    pub fn connect_times(&self) -> &Times {
        &self.connect_times
    }
}

#[cfg(test)]
mod tests {
    use super::{Account, Counts, Failure, Tally, Times};

    fn tally() -> Tally {
        let mut tally = Tally::new(true, 1000);
        tally.set_window(100, 200);
        tally
    }

    fn counts_of(mut tally: Tally) -> Counts {
        tally.take_second();
        tally.whole().counts
    }

    #[test]
    fn only_what_was_due_in_the_window_counts() {
        let mut tally = tally();
        for due in [99, 100, 199, 200] {
            tally.due(due, 1);
            tally.right(due, due, 300, 1);
        }
        assert_eq!(counts_of(tally), Counts { due: 2, right: 2, ..Counts::default() });
    }

    #[test]
    fn before_the_window_is_known_nothing_counts() {
        let mut tally = Tally::new(true, 1000);
        tally.due(5, 1);
        tally.right(5, 5, 6, 1);
        assert_eq!(counts_of(tally), Counts::default());
    }

    #[test]
    fn a_right_answer_after_its_time_is_late_and_has_its_time() {
        let mut tally = tally();
        tally.due(150, 2);
        tally.right(150, 160, 1150, 1);
        tally.right(150, 160, 1151, 1);
        tally.take_second();
        let Account { counts, response_times, service_times } = tally.whole();
        assert_eq!(*counts, Counts { due: 2, right: 1, late: 1, ..Counts::default() });
        let longest = |times: &Times| times.histogram().max();
        assert_eq!((longest(response_times), longest(service_times)), (1001, 991));
    }

    #[test]
    fn the_age_of_what_has_no_answer_is_in_the_response_times() {
        let mut tally = tally();
        tally.due(150, 3);
        tally.failed(Failure::Unanswered, 150, 0, 650, 3);
        tally.take_second();
        let response_times = tally.whole().response_times.histogram();
        assert_eq!((response_times.len(), response_times.min()), (3, 500));
        assert_eq!(tally.whole().service_times, Times::default());
    }

    #[test]
    fn seconds_add_up_to_the_whole_exactly() {
        let mut tally = Tally::new(true, 1000);
        tally.set_window(0, u64::MAX);
        let mut merged = Times::default();
        let mut counts = Counts::default();
        for second in 0..10 {
            for n in 0..100 {
                tally.due(n, 1);
                tally.right(n, n, n + second * 37, 1);
            }
            let account = tally.take_second();
            merged.add(&account.response_times);
            counts.add(&account.counts);
            tally.give_back(account);
        }
        assert_eq!(tally.whole().response_times, merged);
        assert_eq!(tally.whole().counts, counts);
    }

    #[test]
    #[should_panic(expected = "a request is in no count")]
    fn a_request_that_became_nothing_is_a_fault_of_the_generator() {
        let mut tally = tally();
        tally.due(150, 1);
        counts_of(tally);
    }
}
