//! The addon: translates between the engine and JavaScript, and does not think.
//!
//! `bell` wakes JavaScript, `convert` translates values, `server` is the one class that JavaScript
//! sees; the batches between them are `lancelot_border`'s. Only `src/native.ts` imports it.

mod bell;
pub mod convert;
pub mod server;
