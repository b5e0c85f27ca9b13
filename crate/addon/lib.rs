//! The addon: translates between the engine and JavaScript, and does not think.
//!
//! `border` packs what loops have to tell, `convert` translates values, `server` is the one class
//! that JavaScript sees. Only `src/native.ts` imports it.

mod border;
pub mod convert;
pub mod server;
