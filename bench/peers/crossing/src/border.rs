//! The product's own border: its records, its queue, its doorbell. Only the loop is missing, in
//! whose place a thread asks.

use crate::asking::{self, IN_FLIGHT_MAX, Way};
use crate::gate::Gate;
use lancelot_border::border::{Bell, Border, Drained, RequestLimits};
use lancelot_border::teller::Teller;
use lancelot_engine::handler::{ConnectionId, Handler};
use napi::Status;
use napi::bindgen_prelude::{BufferSlice, FnArgs, Function, Uint32ArraySlice};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use std::sync::{Arc, Mutex, PoisonError};

/// Words before the lengths of a run of responses; where its first number and their count stand.
const HEADER_WORDS: usize = 6;
const FIRST: usize = 3;
const COUNT: usize = 4;

/// The defaults of a server. The thread asks no more than it may have in flight, which is less.
const LIMITS: RequestLimits = RequestLimits { requests: 65_536, bytes: 64 * 1024 * 1024 };

struct Doorbell(ThreadsafeFunction<(), (), (), Status, false, false, 2>);

impl Bell for Doorbell {
    fn ring(&self) {
        _ = self.0.call((), ThreadsafeFunctionCallMode::NonBlocking);
    }
}

/// Responses as JavaScript wrote them: a copy, as what a loop is handed. It is cut by the thread
/// that asks, for what `lancelot_border::responses` makes of it only a loop can read.
pub struct Written {
    words: Vec<i32>,
    text: Vec<u8>,
}

impl Written {
    /// Every run: its first number, and the lengths of its responses.
    fn runs(&self) -> impl Iterator<Item = (u32, &[i32])> {
        let mut rest = &self.words[..];
        std::iter::from_fn(move || {
            let (header, after) = rest.split_at_checked(HEADER_WORDS)?;
            let (lengths, after) = after.split_at_checked(header[COUNT] as usize)?;
            rest = after;
            Some((header[FIRST] as u32, lengths))
        })
    }
}

/// The loop's end, lent to the thread that asks.
struct Told {
    teller: Arc<Mutex<Teller<Doorbell>>>,
    per_connection: u32,
}

impl Told {
    fn tell(&mut self, tell: impl FnOnce(&mut Teller<Doorbell>)) {
        tell(&mut self.teller.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Way for Told {
    type Answers = Written;

    fn ask(&mut self, number: u32, request: &str) {
        // As many connections as may have requests in flight at the same time.
        let slot = number / self.per_connection % (IN_FLIGHT_MAX / self.per_connection);
        let id = ConnectionId { slot, generation: 1 };
        self.tell(|teller| teller.request(id, number, 0, request.as_bytes()));
    }

    fn turn_ended(&mut self) {
        self.tell(Teller::turn_ended);
    }

    fn each(answers: Written, tell: &mut dyn FnMut(u32, &[u8])) {
        let mut text = &answers.text[..];
        for (first, lengths) in answers.runs() {
            for (number, length) in (first..).zip(lengths) {
                // A length below 0 closes the connection, which no handler here asks for.
                let Some((answer, rest)) = text.split_at_checked(*length as usize) else { return };
                text = rest;
                tell(number, answer);
            }
        }
    }
}

/// Crosses as a native server does.
#[napi]
pub struct BorderCrossing {
    border: Arc<Border<Doorbell>>,
    teller: Arc<Mutex<Teller<Doorbell>>>,
    gate: Arc<Gate<Written>>,
    per_connection: u32,
}

#[napi]
impl BorderCrossing {
    /// So many requests of one connection follow one another. With `numbers`, requests seen before
    /// cross as numbers.
    #[napi(constructor)]
    pub fn new(
        per_connection: u32,
        numbers: bool,
        doorbell: Function<'_, (), ()>,
    ) -> napi::Result<Self> {
        let border = Border::new(1);
        let teller = Teller::for_loops(&border, LIMITS, numbers).remove(0);
        let bell = doorbell.build_threadsafe_function::<()>().max_queue_size::<2>().build()?;
        border.hang(Doorbell(bell));
        let (teller, gate) = (Arc::new(Mutex::new(teller)), Arc::new(Gate::new()));
        Ok(Self { border, teller, gate, per_connection })
    }

    /// As the addon's own, and so are the next two.
    #[napi]
    pub fn drain(&self, mut words: Uint32ArraySlice<'_>, mut text: BufferSlice<'_>) -> i32 {
        // SAFETY: JavaScript's memory, which its thread, this one, leaves alone meanwhile.
        let [text_bytes, records @ ..] = (unsafe { words.as_mut() }) else { return 0 };
        match self.border.drain(records, &mut text) {
            Drained::Records(count, bytes) => {
                *text_bytes = bytes as u32;
                count as i32
            }
            Drained::NeedsText(bytes) => -(bytes as i32),
        }
    }

    #[napi]
    pub fn ring(&self) {
        self.border.ring();
    }

    #[napi]
    pub fn respond(&self, words: &[i32], count: u32, text: &[u8]) {
        let written = Written { words: words[..count as usize].to_vec(), text: text.to_vec() };
        let answers = written.runs().map(|(_, lengths)| lengths.len()).sum();
        self.gate.push(written, answers);
    }

    #[napi]
    pub fn run(
        &self,
        requests: u32,
        done: Function<'_, FnArgs<(f64, u32, u32)>, ()>,
    ) -> napi::Result<()> {
        let told = Told { teller: self.teller.clone(), per_connection: self.per_connection };
        asking::start(told, self.gate.clone(), requests, &done)
    }
}
