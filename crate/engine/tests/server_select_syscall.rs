//! The event loop over loopback sockets, around `select(2)`.
#![cfg(unix)]

mod common {
    pub mod acting;
    #[allow(dead_code, reason = "each test uses what it needs")]
    pub mod client;
    pub mod passing;
    pub mod rig;
}

mod serving;

use lancelot_engine::server::Waiting;

/// What the servers of this test wait with.
const WAITING: Waiting = Waiting::SelectSyscall;
