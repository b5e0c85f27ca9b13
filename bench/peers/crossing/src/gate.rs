//! Where answers come back to the thread that asks. It is woken when enough of them wait, so that
//! JavaScript does not pay for a wake-up with every answer.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long answers may stay out before they count as missing.
const PATIENCE: Duration = Duration::from_secs(5);
/// Nobody waits.
const NEVER: usize = usize::MAX;

struct Waiting<A> {
    answers: Vec<A>,
    count: usize,
    /// At how many the thread is to be woken.
    enough: usize,
}

pub struct Gate<A> {
    waiting: Mutex<Waiting<A>>,
    came: Condvar,
}

impl<A> Gate<A> {
    pub fn new() -> Self {
        let waiting = Waiting { answers: Vec::new(), count: 0, enough: NEVER };
        Self { waiting: Mutex::new(waiting), came: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<A>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands over what holds so many answers.
    pub fn push(&self, answers: A, count: usize) {
        let mut waiting = self.lock();
        waiting.answers.push(answers);
        waiting.count += count;
        if waiting.count >= waiting.enough {
            waiting.enough = NEVER;
            self.came.notify_one();
        }
    }

    /// Waits for so many answers and takes all that are there; fewer when they do not come.
    pub fn take(&self, enough: usize, into: &mut Vec<A>) {
        let mut waiting = self.lock();
        waiting.enough = enough;
        let timeout = self.came.wait_timeout_while(waiting, PATIENCE, |it| it.count < enough);
        let (mut waiting, _) = timeout.unwrap_or_else(PoisonError::into_inner);
        waiting.enough = NEVER;
        waiting.count = 0;
        std::mem::swap(&mut waiting.answers, into);
    }
}
