//! The event loop over loopback sockets, around epoll, kqueue or IOCP.

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
mod serving;

use lancelot_engine::server::Waiting;

/// What the servers of this test wait with.
const WAITING: Waiting = Waiting::Mio;
