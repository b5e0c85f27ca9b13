//! The event loop over loopback sockets, around `poll(2)`.
#![cfg(unix)]

mod common {
    pub mod acting;
    pub mod client;
    pub mod passing;
    pub mod rig;
}

#[path = "serving/breaking.rs"]
mod breaking;
#[path = "serving/crowding.rs"]
mod crowding;
#[path = "serving/panics.rs"]
mod panics;
mod serving;
#[path = "serving/sharing.rs"]
mod sharing;

use lancelot_engine::design::Design;
use lancelot_engine::server::Waiting;

/// What the servers of this test are.
const DESIGN: Design = Design::Loops(Waiting::PollSyscall);
