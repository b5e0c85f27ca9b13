//! The only way out to the application: what it is told, and how it answers.
//!
//! A loop calls its handler on its own thread and never waits for it; the handler answers through
//! the loop's [`Mailbox`](crate::mailbox::Mailbox), from any thread, at any time.

use crate::connection::Summary;
use std::io;
use std::net::SocketAddr;

/// The most loops of one server.
pub const LOOPS_MAX: usize = 64;

pub(crate) const SLOT_BITS: u32 = 20;
/// The most connections of one loop.
pub const CONNECTIONS_MAX: usize = 1 << SLOT_BITS;

/// Names one connection for the life of its loop: a slot, and how often the slot was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId {
    pub slot: u32,
    pub generation: u32,
}

/// Something failed and the loop carries on, or says its last word.
#[derive(Debug)]
pub enum Failure {
    /// The system would not hand over a connection. Said at most once a second.
    Accept(io::Error),
    /// The loop ended by a fault of its own; its connections are closed.
    Loop(String),
}

/// Which connections the handler is told of. It is always told of one whose request it gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interest {
    pub opened: bool,
    pub closed: bool,
}

/// Takes what one loop has to tell. Every call is on the loop's thread and must not wait.
///
/// Of a connection it is told first `opened`, last `closed`, each once, or neither.
pub trait Handler: Send {
    /// What it wants to be told from now on.
    fn interest(&self) -> Interest;

    /// A peer connected just now (`fresh`), or is first spoken of. No address: it is gone already.
    fn opened(&mut self, id: ConnectionId, address: Option<SocketAddr>, fresh: bool);

    /// The table does not know this request. It is answered under `number`.
    fn request(&mut self, id: ConnectionId, number: u32, request: &[u8]);

    /// A connection ended.
    fn closed(&mut self, id: ConnectionId, summary: &Summary);

    /// Something failed.
    fn failed(&mut self, failure: Failure);

    /// The loop has nothing more to tell for now: the time to ring.
    fn turn_ended(&mut self);
}

/// Takes nothing: for servers whose table knows everything.
pub struct NoHandler;

impl Handler for NoHandler {
    fn interest(&self) -> Interest {
        Interest::default()
    }
    fn opened(&mut self, _: ConnectionId, _: Option<SocketAddr>, _: bool) {}
    fn request(&mut self, _: ConnectionId, _: u32, _: &[u8]) {}
    fn closed(&mut self, _: ConnectionId, _: &Summary) {}
    fn failed(&mut self, _: Failure) {}
    fn turn_ended(&mut self) {}
}
