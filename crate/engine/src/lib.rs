//! Lancelot's engine: native event loops that answer questions over TCP.
//!
//! Knows nothing of Node. A file uses only the files above it:
//!
//! ```text
//!  error  frame  routes  config  trie  answers  pipeline  responses  busy  turn
//!  connection
//!  ---- above: no mio, no socket, no thread, no clock; time is an argument ----
//!  handler  action  groups  stats  timers  slab  socket  selector  peer  mailbox  accept
//!  event_loop  listen  server  blocking  design
//! ```
#![forbid(unsafe_code)]

mod accept;
pub mod action;
pub mod answers;
#[cfg(unix)]
pub mod blocking;
mod busy;
pub mod config;
pub mod connection;
pub mod design;
pub mod error;
mod event_loop;
pub mod frame;
mod groups;
pub mod handler;
pub mod listen;
pub mod mailbox;
mod peer;
pub mod pipeline;
pub mod responses;
mod routes;
mod selector;
pub mod server;
mod slab;
mod socket;
pub mod stats;
pub mod timers;
mod trie;
mod turn;
