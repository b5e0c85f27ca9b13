//! The doorbell: one ThreadsafeFunction without a payload.

use lancelot_border::border::Bell;
use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status};

/// It rings at most once until it is answered, so two places are enough.
type Doorbell = ThreadsafeFunction<(), (), (), Status, false, false, 2>;

/// Calls a function of JavaScript, on its thread.
pub(crate) struct JsBell(Doorbell);

impl JsBell {
    pub(crate) fn new(doorbell: &Function<'_, (), ()>) -> napi::Result<Self> {
        let bell = doorbell.build_threadsafe_function::<()>().max_queue_size::<2>().build()?;
        Ok(Self(bell))
    }

    /// Whether it keeps JavaScript's loop, and with it the process, alive. Only on its thread.
    #[expect(deprecated, reason = "what is deprecated is to count by it who may still ring")]
    pub(crate) fn keep_alive(&mut self, env: &Env, keeps: bool) -> napi::Result<()> {
        if keeps { self.0.refer(env) } else { self.0.unref(env) }
    }
}

impl Bell for JsBell {
    fn ring(&self) {
        // When the environment is closing nobody is left to hear it.
        _ = self.0.call((), ThreadsafeFunctionCallMode::NonBlocking);
    }
}
