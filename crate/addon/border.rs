//! What loops have to tell JavaScript: packed records, a queue for each loop, one doorbell.
//!
//! ```text
//!  loop thread:  record ... record | turn ends: append to the queue, ring if not armed
//!  JavaScript:   doorbell -> drain: disarm, then take -> ... -> drain gives nothing
//! ```
//!
//! The drain disarms first and takes after: whatever was queued before is taken, and whatever comes
//! later rings again. The other order would lose wake-ups.
//!
//! A record is five words, `[head, slot, generation, number, text bytes]`, where head is
//! `kind | loop << 8 | detail << 16`. The texts of a batch stand together, in the order of their
//! records. `src/native.ts` is the other end.

use lancelot_engine::connection::Summary;
use lancelot_engine::handler::{ConnectionId, Failure, Handler, Interest};
use lancelot_engine::server::StopReport;
use napi::Status;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Words of one record.
pub(crate) const RECORD_WORDS: usize = 5;
/// Events that may wait in one loop's queue; more are dropped and counted. Requests are bounded by
/// the limits on requests in flight instead, for none may be lost.
const EVENTS_QUEUED_MAX: usize = 65_536;

/// A doorbell rings at most once until it is answered, so two places are enough.
pub(crate) type Bell = ThreadsafeFunction<(), (), (), Status, false, false, 2>;

const OPENED: u32 = 1;
const REQUEST: u32 = 2;
const CLOSED: u32 = 3;
const FAILED: u32 = 4;
const STOPPED: u32 = 5;

/// Stands in records of no connection.
const NOBODY: ConnectionId = ConnectionId { slot: 0, generation: 0 };

const FAILED_ACCEPT: u32 = 0;
const FAILED_LOOP: u32 = 1;
const FAILED_EVENTS: u32 = 2;

#[derive(Default)]
struct Batch {
    records: Vec<[u32; RECORD_WORDS]>,
    text: Vec<u8>,
}

impl Batch {
    fn push(&mut self, kind: u32, detail: u32, id: ConnectionId, number: u32, text: &[u8]) {
        let head = kind | detail << 16;
        self.records.push([head, id.slot, id.generation, number, text.len() as u32]);
        self.text.extend_from_slice(text);
    }

    fn append(&mut self, other: &mut Self) {
        if self.records.is_empty() {
            std::mem::swap(self, other);
        } else {
            self.records.append(&mut other.records);
            self.text.append(&mut other.text);
        }
    }
}

/// The batch that JavaScript is taking, which may need several drains.
#[derive(Default)]
struct Taking {
    batch: Batch,
    queue: usize,
    records_taken: usize,
    text_taken: usize,
}

/// What came of a drain.
pub(crate) enum Drained {
    /// So many records, with so many bytes of text.
    Records(usize, usize),
    /// The next record's text needs this much room.
    NeedsText(usize),
}

/// One server's side of the border.
pub(crate) struct Border {
    queues: Vec<Mutex<Batch>>,
    /// Events waiting in each queue.
    events: Vec<AtomicUsize>,
    /// Events of each loop that were dropped, and that JavaScript was not told of.
    dropped_untold: Vec<AtomicU32>,
    events_dropped: AtomicU64,
    interest: AtomicU8,
    armed: AtomicBool,
    bell: Mutex<Option<Bell>>,
    taking: Mutex<Taking>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Border {
    /// A border for so many loops, without a bell.
    pub(crate) fn new(loops: usize) -> Arc<Self> {
        Arc::new(Self {
            queues: (0..loops).map(|_| Mutex::default()).collect(),
            events: (0..loops).map(|_| AtomicUsize::new(0)).collect(),
            dropped_untold: (0..loops).map(|_| AtomicU32::new(0)).collect(),
            events_dropped: AtomicU64::new(0),
            interest: AtomicU8::new(0),
            armed: AtomicBool::new(false),
            bell: Mutex::new(None),
            taking: Mutex::default(),
        })
    }

    /// The loops' ends, in the order of their numbers.
    pub(crate) fn tellers(self: &Arc<Self>) -> impl Iterator<Item = Teller> {
        let teller =
            |number| Teller { number, batch: Batch::default(), events: 0, border: self.clone() };
        (0..self.queues.len()).map(teller)
    }

    /// Hangs the bell up, and rings it for what was told before.
    pub(crate) fn hang(&self, bell: Bell) {
        *lock(&self.bell) = Some(bell);
        self.armed.store(false, Ordering::Release);
        self.ring();
    }

    pub(crate) fn set_interest(&self, interest: Interest) {
        let bits = u8::from(interest.opened) | u8::from(interest.closed) << 1;
        self.interest.store(bits, Ordering::Relaxed);
    }

    pub(crate) fn events_dropped(&self) -> u64 {
        self.events_dropped.load(Ordering::Relaxed)
    }

    /// Calls JavaScript, unless a call is on its way already.
    pub(crate) fn ring(&self) {
        if !self.armed.swap(true, Ordering::AcqRel)
            && let Some(bell) = &*lock(&self.bell)
        {
            // When the environment is closing nobody is left to hear it.
            _ = bell.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    /// Nobody rings any more. Only once the loops' threads ended, and on JavaScript's thread.
    pub(crate) fn silence(&self) {
        drop(lock(&self.bell).take());
    }

    /// Says that every loop ended.
    pub(crate) fn tell_stopped(&self, report: StopReport) {
        let text = pack([report.drained, report.cut]);
        lock(&self.queues[0]).push(STOPPED, 0, NOBODY, 0, &text);
        self.ring();
    }

    /// Moves records of one loop, as many as there is room for.
    pub(crate) fn drain(&self, words: &mut [u32], text: &mut [u8]) -> Drained {
        self.armed.store(false, Ordering::Release);
        let mut taking = lock(&self.taking);
        if taking.records_taken == taking.batch.records.len() && !self.take_next(&mut taking) {
            return Drained::Records(0, 0);
        }
        let (mut records, mut text_bytes) = (0, 0);
        for (record, words) in taking.batch.records[taking.records_taken..]
            .iter()
            .zip(words.chunks_exact_mut(RECORD_WORDS))
        {
            let bytes = record[4] as usize;
            if text_bytes + bytes > text.len() {
                if records == 0 {
                    return Drained::NeedsText(bytes);
                }
                break;
            }
            words.copy_from_slice(record);
            words[0] |= (taking.queue as u32) << 8;
            text_bytes += bytes;
            records += 1;
        }
        let from = taking.text_taken;
        text[..text_bytes].copy_from_slice(&taking.batch.text[from..from + text_bytes]);
        taking.records_taken += records;
        taking.text_taken += text_bytes;
        Drained::Records(records, text_bytes)
    }

    /// Takes the next queue that holds something.
    fn take_next(&self, taking: &mut Taking) -> bool {
        taking.batch.records.clear();
        taking.batch.text.clear();
        (taking.records_taken, taking.text_taken) = (0, 0);
        for _ in 0..self.queues.len() {
            taking.queue = (taking.queue + 1) % self.queues.len();
            std::mem::swap(&mut taking.batch, &mut lock(&self.queues[taking.queue]));
            if !taking.batch.records.is_empty() {
                self.events[taking.queue].store(0, Ordering::Relaxed);
                // Behind those that filled the queue: what is dropped came after them.
                let dropped = self.dropped_untold[taking.queue].swap(0, Ordering::Relaxed);
                if dropped > 0 {
                    taking.batch.push(FAILED, FAILED_EVENTS, NOBODY, dropped, &[]);
                }
                return true;
            }
        }
        false
    }
}

/// Little-endian doubles, which JavaScript reads as numbers.
fn pack<const N: usize>(counts: [u64; N]) -> Vec<u8> {
    counts.into_iter().flat_map(|count| (count as f64).to_le_bytes()).collect()
}

/// One loop's end of the border: packs what the loop tells, and rings at the end of its turn.
pub(crate) struct Teller {
    border: Arc<Border>,
    number: usize,
    batch: Batch,
    /// Events in `batch`.
    events: usize,
}

impl Teller {
    /// Whether there is room for one more event; if not, it is dropped and counted.
    fn admits_event(&mut self) -> bool {
        let queued = self.border.events[self.number].load(Ordering::Relaxed);
        let admitted = queued + self.events < EVENTS_QUEUED_MAX;
        if admitted {
            self.events += 1;
        } else {
            self.border.dropped_untold[self.number].fetch_add(1, Ordering::Relaxed);
            self.border.events_dropped.fetch_add(1, Ordering::Relaxed);
        }
        admitted
    }
}

impl Handler for Teller {
    fn interest(&self) -> Interest {
        let bits = self.border.interest.load(Ordering::Relaxed);
        Interest { opened: bits & 1 != 0, closed: bits & 2 != 0 }
    }

    fn opened(&mut self, id: ConnectionId, address: Option<SocketAddr>, fresh: bool) {
        // An introduction to a request is part of it and must arrive.
        if !fresh || self.admits_event() {
            let host = address.map(|address| address.ip().to_canonical().to_string());
            let port = address.map_or(0, |address| address.port());
            let text = host.unwrap_or_default();
            self.batch.push(OPENED, fresh.into(), id, port.into(), text.as_bytes());
        }
    }

    fn request(&mut self, id: ConnectionId, number: u32, request: &[u8]) {
        self.batch.push(REQUEST, request.is_ascii().into(), id, number, request);
    }

    fn closed(&mut self, id: ConnectionId, summary: &Summary) {
        if self.admits_event() {
            let Summary { reason, requests, bytes_read, bytes_written, duration_ms } = *summary;
            let text = pack([requests, bytes_read, bytes_written, duration_ms]);
            self.batch.push(CLOSED, reason as u32, id, 0, &text);
        }
    }

    fn failed(&mut self, failure: Failure) {
        let (detail, errno, text) = match failure {
            Failure::Accept(error) => {
                (FAILED_ACCEPT, error.raw_os_error().unwrap_or(0), error.to_string())
            }
            Failure::Loop(message) => (FAILED_LOOP, 0, message),
        };
        self.batch.push(FAILED, detail, NOBODY, errno as u32, text.as_bytes());
    }

    fn turn_ended(&mut self) {
        if self.batch.records.is_empty() {
            return;
        }
        let mut queue = lock(&self.border.queues[self.number]);
        queue.append(&mut self.batch);
        // Under the queue's lock, so that a drain that takes them also forgets them.
        self.border.events[self.number].fetch_add(self.events, Ordering::Relaxed);
        drop(queue);
        self.events = 0;
        self.border.ring();
    }
}
