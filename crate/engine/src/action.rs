//! What the application does to connections of a loop, of its own accord.
//!
//! Data only; `event_loop/acting.rs` does it. What is done is told under the ticket, by the
//! handler's `reply`.

use crate::handler::ConnectionId;
use std::sync::Arc;

/// One action. Those of one mailbox are done in the order in which they were put in.
#[derive(Debug)]
pub enum Action {
    /// Send bytes outside any response. Reply: 1 if they were taken.
    Send { id: ConnectionId, bytes: Box<[u8]>, ticket: u32 },
    /// Send bytes to all connections, or to the members of a group. Reply: how many took them.
    Broadcast { to: Option<Box<[u8]>>, bytes: Arc<[u8]>, ticket: u32 },
    /// Make it a member of a group. Reply: 1 if it is one.
    Join { id: ConnectionId, group: Box<[u8]>, ticket: u32 },
    /// End a membership. Reply: 1 if there was one.
    Leave { id: ConnectionId, group: Box<[u8]>, ticket: u32 },
    /// Take no more requests, answer those that were taken, and end.
    Close(ConnectionId),
    /// Read nothing until `Resume`.
    Pause(ConnectionId),
    /// Read again.
    Resume(ConnectionId),
    /// Reply: how it stands, if it is still there.
    Inspect { id: ConnectionId, ticket: u32 },
    /// Reply: some connections, from this slot on, each introduced; and where to go on.
    List { from_slot: u32, ticket: u32 },
}

impl Action {
    /// The bytes that it holds while it waits.
    pub(crate) fn bytes(&self) -> usize {
        let held = match self {
            Self::Send { bytes, .. } => bytes.len(),
            Self::Broadcast { bytes, to, .. } => {
                bytes.len() + to.as_ref().map_or(0, |group| group.len())
            }
            Self::Join { group, .. } | Self::Leave { group, .. } => group.len(),
            _ => return 0,
        };
        held + size_of::<Self>()
    }
}
