//! The product's own border: its records, its queue, its doorbell. Only the loop is missing, in
//! whose place a thread asks.

use crate::asking::{self, IN_FLIGHT_MAX, Way};
use crate::gate::Gate;
use lancelot_border::border::{Bell, Border, Drained};
use lancelot_border::responses::unpack;
use lancelot_border::teller::Teller;
use lancelot_engine::handler::{ConnectionId, Handler};
use lancelot_engine::mailbox::Responses;
use lancelot_engine::pipeline::Response;
use napi::Status;
use napi::bindgen_prelude::{BufferSlice, FnArgs, Function, Uint32ArraySlice};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use std::sync::{Arc, Mutex, PoisonError};

struct Doorbell(ThreadsafeFunction<(), (), (), Status, false, false, 2>);

impl Bell for Doorbell {
    fn ring(&self) {
        _ = self.0.call((), ThreadsafeFunctionCallMode::NonBlocking);
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
    type Answers = Responses;

    fn ask(&mut self, number: u32, request: &str) {
        let connections = IN_FLIGHT_MAX / self.per_connection;
        let slot = number / self.per_connection % connections;
        let id = ConnectionId { slot, generation: 1 };
        self.tell(|teller| teller.request(id, number, 0, request.as_bytes()));
    }

    fn turn_ended(&mut self) {
        self.tell(Teller::turn_ended);
    }

    fn each(answers: Responses, tell: &mut dyn FnMut(u32, &[u8])) {
        answers.each(|_, responses| {
            for (number, response) in responses {
                if let Response::Bytes(bytes) = response {
                    tell(number, bytes);
                }
            }
        });
    }
}

/// Crosses as a native server does.
#[napi]
pub struct BorderCrossing {
    border: Arc<Border<Doorbell>>,
    teller: Arc<Mutex<Teller<Doorbell>>>,
    gate: Arc<Gate<Responses>>,
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
        let teller = Teller::for_loops(&border, numbers).remove(0);
        let bell = doorbell.build_threadsafe_function::<()>().max_queue_size::<2>().build()?;
        border.hang(Doorbell(bell));
        Ok(Self {
            border,
            teller: Arc::new(Mutex::new(teller)),
            gate: Arc::new(Gate::new()),
            per_connection,
        })
    }

    /// As the addon's own.
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
        for responses in unpack(&words[..count as usize], text, 1) {
            let mut answers = 0;
            responses.each(|_, each| answers += each.count());
            self.gate.push(responses, answers);
        }
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
