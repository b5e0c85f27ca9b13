//! The border to JavaScript: packs what loops tell into batches, and takes batches of responses.
//!
//! Knows nothing of Node-API, so `cargo test` reaches it; the addon adds that. A file uses only the
//! files above it:
//!
//! ```text
//!  records  seen  responses  border  teller
//! ```
//!
//! `docs/architecture.md` tells the protocol; `src/native-inbox.ts` and `src/native-outbox.ts` are
//! the other end.
#![forbid(unsafe_code)]

pub mod border;
mod records;
pub mod responses;
mod seen;
pub mod teller;
