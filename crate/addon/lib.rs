//! The addon: translates between the engine and JavaScript, and does not think.
//!
//! `bell` wakes JavaScript, `convert` translates values, `design` knows the engine's designs by
//! name, `listener` gives listeners as descriptors, `server` is the one class that JavaScript sees;
//! the batches between them are `lancelot_border`'s. Only `src/native.ts` imports it.

mod bell;
pub mod convert;
mod design;
pub mod listener;
pub mod server;
