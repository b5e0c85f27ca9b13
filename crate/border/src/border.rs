//! A queue of records for each loop, and one doorbell.
//!
//! ```text
//!  loop thread:  record ... record | turn ends: append to the queue, ring if not armed
//!  JavaScript:   doorbell -> drain: disarm, then take -> ... -> drain gives nothing
//! ```
//!
//! The drain disarms first and takes after: whatever was queued before is taken, and whatever comes
//! later rings again. The other order would lose wake-ups.

use crate::records::{Batch, FAILED_EVENTS, Kind, NOBODY, Place, pack};
use lancelot_engine::handler::Interest;
use lancelot_engine::server::StopReport;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Events that may wait in one loop's queue; more are dropped and counted. Requests are bounded by
/// the limits on requests in flight instead, and ends of connections that JavaScript was told of by
/// their number, for none of these may be lost.
const EVENTS_QUEUED_MAX: usize = 65_536;
/// Bytes of text that those events may have.
const EVENT_BYTES_QUEUED_MAX: usize = 16 * 1024 * 1024;

/// Requests, and bytes of theirs, that may wait in one loop's queue. Most of them count as in
/// flight too, but those of connections that have ended since do not.
#[derive(Clone, Copy, Debug)]
pub struct RequestLimits {
    pub requests: usize,
    pub bytes: usize,
}

/// What wakes JavaScript.
pub trait Bell: Send {
    /// Rings. It is rung at most once until the border is drained.
    fn ring(&self);
}

/// What came of a drain.
#[derive(Debug, PartialEq, Eq)]
pub enum Drained {
    /// So many words of whole records, with so many bytes of text.
    Records(usize, usize),
    /// The next record's text needs this much room.
    NeedsText(usize),
}

struct Queue {
    batch: Mutex<Batch>,
    /// Events waiting in it, and the bytes of their texts.
    events: AtomicUsize,
    event_bytes: AtomicUsize,
    /// Requests waiting in it, and the bytes of their texts.
    requests: AtomicUsize,
    request_bytes: AtomicUsize,
    /// Whether its loop was denied room for a request, and waits for some.
    wants_room: AtomicBool,
    /// Events that were dropped, and that JavaScript was not told of.
    dropped_untold: AtomicU32,
}

/// What of a batch counts against the bounds.
#[derive(Clone, Copy, Default)]
pub(crate) struct Weight {
    pub(crate) events: usize,
    pub(crate) event_bytes: usize,
    pub(crate) requests: usize,
    pub(crate) request_bytes: usize,
}

/// The batch that JavaScript is taking, which may need several drains.
struct Taking {
    batch: Batch,
    queue: usize,
    place: Place,
}

/// One server's side of the border.
pub struct Border<B> {
    queues: Box<[Queue]>,
    events_dropped: AtomicU64,
    interest: AtomicU8,
    armed: AtomicBool,
    bell: Mutex<Option<B>>,
    taking: Mutex<Taking>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<B: Bell> Border<B> {
    /// A border for so many loops, without a bell.
    pub fn new(loops: usize) -> Arc<Self> {
        let queue = |number| Queue {
            batch: Mutex::new(Batch::new(number)),
            events: AtomicUsize::new(0),
            event_bytes: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
            request_bytes: AtomicUsize::new(0),
            wants_room: AtomicBool::new(false),
            dropped_untold: AtomicU32::new(0),
        };
        let taking = Taking { batch: Batch::new(0), queue: 0, place: Place::default() };
        Arc::new(Self {
            queues: (0..loops).map(queue).collect(),
            events_dropped: AtomicU64::new(0),
            interest: AtomicU8::new(0),
            armed: AtomicBool::new(false),
            bell: Mutex::new(None),
            taking: Mutex::new(taking),
        })
    }

    /// How many loops it is for.
    pub fn loops(&self) -> usize {
        self.queues.len()
    }

    /// Hangs the bell up, and rings it for what was told before.
    pub fn hang(&self, bell: B) {
        *lock(&self.bell) = Some(bell);
        self.armed.store(false, Ordering::Release);
        self.ring();
    }

    /// Does something with the bell, if it hangs.
    pub fn with_bell<T>(&self, act: impl FnOnce(&mut B) -> T) -> Option<T> {
        lock(&self.bell).as_mut().map(act)
    }

    /// Nobody rings any more. Only once the loops' threads ended, and on JavaScript's thread.
    pub fn silence(&self) {
        drop(lock(&self.bell).take());
    }

    /// Calls JavaScript, unless a call is on its way already.
    pub fn ring(&self) {
        if !self.armed.swap(true, Ordering::AcqRel)
            && let Some(bell) = &*lock(&self.bell)
        {
            bell.ring();
        }
    }

    /// What JavaScript wants to be told of from now on.
    pub fn set_interest(&self, interest: Interest) {
        self.interest.store(interest.to_bits(), Ordering::Relaxed);
    }

    pub(crate) fn interest(&self) -> Interest {
        Interest::from_bits(self.interest.load(Ordering::Relaxed))
    }

    /// Events that nobody was told of, for want of room.
    pub fn events_dropped(&self) -> u64 {
        self.events_dropped.load(Ordering::Relaxed)
    }

    /// Says that every loop ended.
    pub fn tell_stopped(&self, report: StopReport) {
        let text = pack([report.drained, report.cut]);
        lock(&self.queues[0].batch).push(Kind::Stopped, 0, NOBODY, 0, &text);
        self.ring();
    }

    /// Whether there is room in a queue for one event more, beside so many that are on their way.
    pub(crate) fn has_room(&self, queue: usize, events: usize, bytes: usize) -> bool {
        let queue = &self.queues[queue];
        queue.events.load(Ordering::Relaxed) + events < EVENTS_QUEUED_MAX
            && queue.event_bytes.load(Ordering::Relaxed) + bytes <= EVENT_BYTES_QUEUED_MAX
    }

    /// Whether there is room in a queue for one request more, beside so many that are on their way.
    /// If not, `take_wanting` will name its loop.
    pub(crate) fn has_room_for_request(
        &self,
        queue: usize,
        limits: RequestLimits,
        on_their_way: RequestLimits,
    ) -> bool {
        let queue = &self.queues[queue];
        let has_room = || {
            queue.requests.load(Ordering::SeqCst) + on_their_way.requests < limits.requests
                && queue.request_bytes.load(Ordering::SeqCst) + on_their_way.bytes < limits.bytes
        };
        if has_room() {
            return true;
        }
        // A drain may have made room just before it could know that some is wanted.
        queue.wants_room.store(true, Ordering::SeqCst);
        has_room()
    }

    /// The loops that were denied room for a request, and have some again.
    pub fn take_wanting(&self) -> impl Iterator<Item = usize> {
        let queues = self.queues.iter().enumerate();
        let wanting = queues.filter(|(_, queue)| queue.requests.load(Ordering::SeqCst) == 0);
        wanting
            .filter(|(_, queue)| queue.wants_room.swap(false, Ordering::SeqCst))
            .map(|(number, _)| number)
    }

    pub(crate) fn count_dropped(&self, queue: usize) {
        self.queues[queue].dropped_untold.fetch_add(1, Ordering::Relaxed);
        self.events_dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// Puts a turn's records behind those of its loop: what counts of them is said beside.
    pub(crate) fn append(&self, queue: usize, batch: &mut Batch, weight: Weight) {
        let queue = &self.queues[queue];
        let mut waiting = lock(&queue.batch);
        waiting.append(batch);
        // Under the queue's lock, so that a drain that takes them also forgets them.
        queue.events.fetch_add(weight.events, Ordering::Relaxed);
        queue.event_bytes.fetch_add(weight.event_bytes, Ordering::Relaxed);
        queue.requests.fetch_add(weight.requests, Ordering::SeqCst);
        queue.request_bytes.fetch_add(weight.request_bytes, Ordering::SeqCst);
        drop(waiting);
        self.ring();
    }

    /// Moves records of one loop, as many as there is room for.
    pub fn drain(&self, words: &mut [u32], text: &mut [u8]) -> Drained {
        self.armed.store(false, Ordering::Release);
        let mut taking = lock(&self.taking);
        if taking.place.word == taking.batch.words.len() && !self.take_next(&mut taking) {
            return Drained::Records(0, 0);
        }
        let from = taking.place;
        let end = match taking.batch.cut(from, words.len(), text.len()) {
            Ok(end) => end,
            Err(needed) => return Drained::NeedsText(needed),
        };
        let (word_count, text_bytes) = (end.word - from.word, end.text - from.text);
        words[..word_count].copy_from_slice(&taking.batch.words[from.word..end.word]);
        text[..text_bytes].copy_from_slice(&taking.batch.text[from.text..end.text]);
        taking.place = end;
        Drained::Records(word_count, text_bytes)
    }

    /// Takes the next queue that holds something.
    fn take_next(&self, taking: &mut Taking) -> bool {
        taking.batch.clear();
        taking.place = Place::default();
        for _ in 0..self.queues.len() {
            taking.queue = (taking.queue + 1) % self.queues.len();
            let queue = &self.queues[taking.queue];
            let mut waiting = lock(&queue.batch);
            std::mem::swap(&mut taking.batch, &mut waiting);
            waiting.be_of(taking.queue);
            queue.events.store(0, Ordering::Relaxed);
            queue.event_bytes.store(0, Ordering::Relaxed);
            queue.requests.store(0, Ordering::SeqCst);
            queue.request_bytes.store(0, Ordering::SeqCst);
            drop(waiting);
            // Behind those that filled the queue: what is dropped came after them.
            let dropped = queue.dropped_untold.swap(0, Ordering::Relaxed);
            if dropped > 0 {
                taking.batch.push(Kind::Failed, FAILED_EVENTS, NOBODY, dropped, &[]);
            }
            if !taking.batch.is_empty() {
                return true;
            }
        }
        false
    }
}
