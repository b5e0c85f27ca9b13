//! The event loop over loopback sockets, around `select(2)`.
#![cfg(unix)]

mod common;

#[path = "serving/panics.rs"]
mod panics;
mod serving;
#[path = "serving/sharing.rs"]
mod sharing;

use lancelot_engine::design::Design;
use lancelot_engine::server::Waiting;

/// What the servers of this test are.
const DESIGN: Design = Design::Loops(Waiting::SelectSyscall);
