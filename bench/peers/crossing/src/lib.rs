//! The crossing alone: a native thread keeps up to 1,000 requests in flight, a JavaScript handler
//! answers them, and every answer is checked. No sockets, no engine.
//!
//! `border` crosses by the product's own border, `calls` by one ThreadsafeFunction call for each
//! request; `asking` is the thread, and `gate` where answers come back to it, the same for both.
//! `bench/peers/crossing.mjs` is the other end.

mod asking;
mod border;
mod calls;
mod gate;

use napi_derive::napi;

/// The requests and their answers, for the handler's Map.
#[napi]
pub fn exchanges() -> Vec<Vec<String>> {
    asking::exchanges().into_iter().map(|(request, answer)| vec![request, answer]).collect()
}
