//! One ThreadsafeFunction call for each request, and one call back for each answer: what an addon
//! does that was not written for speed.

use crate::asking::{self, Way};
use crate::gate::Gate;
use napi::Status;
use napi::bindgen_prelude::{FnArgs, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use std::sync::Arc;

type Args = FnArgs<(u32, String)>;
type Call = ThreadsafeFunction<Args, (), Args, Status, false>;
type Answer = (u32, String);

struct Calls(Arc<Call>);

impl Way for Calls {
    type Answers = Answer;

    fn ask(&mut self, number: u32, request: &str) {
        let args = (number, request.to_owned()).into();
        _ = self.0.call(args, ThreadsafeFunctionCallMode::NonBlocking);
    }

    fn turn_ended(&mut self) {}

    fn each((number, answer): Answer, tell: &mut dyn FnMut(u32, &[u8])) {
        tell(number, answer.as_bytes());
    }
}

/// Calls a handler for each request.
#[napi]
pub struct CallCrossing {
    call: Arc<Call>,
    gate: Arc<Gate<Answer>>,
}

#[napi]
impl CallCrossing {
    /// `handler` gets the number of a request and the request.
    #[napi(constructor)]
    pub fn new(handler: Function<'_, Args, ()>) -> napi::Result<Self> {
        let call = handler.build_threadsafe_function::<Args>().build()?;
        Ok(Self { call: Arc::new(call), gate: Arc::new(Gate::new()) })
    }

    /// The answer to a request.
    #[napi]
    pub fn reply(&self, number: u32, answer: String) {
        self.gate.push((number, answer), 1);
    }

    #[napi]
    pub fn run(
        &self,
        requests: u32,
        done: Function<'_, FnArgs<(f64, u32, u32)>, ()>,
    ) -> napi::Result<()> {
        asking::start(Calls(self.call.clone()), self.gate.clone(), requests, &done)
    }
}
