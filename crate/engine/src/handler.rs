//! The only way out to the application: what it is told, and how it answers.
//!
//! A loop calls its handler on its own thread and never waits for it; the handler answers through
//! the loop's [`Mailbox`](crate::mailbox::Mailbox), from any thread, at any time.

use crate::connection::{Inspection, Observes, Summary};
pub use crate::responses::ConnectionId;
use std::io;
use std::net::SocketAddr;

/// The most loops of one server.
pub const LOOPS_MAX: usize = 64;

pub(crate) const SLOT_BITS: u32 = 20;
/// The most connections of one loop.
pub const CONNECTIONS_MAX: usize = 1 << SLOT_BITS;

/// Something failed and the loop carries on, or says its last word.
#[derive(Debug)]
pub enum Failure {
    /// The system would not hand over a connection. Said at most once a second.
    Accept(io::Error),
    /// The loop ended by a fault of its own; its connections are closed.
    Loop(String),
}

/// Which limit of the server is reached, so that it makes peers wait or refuses them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Overload {
    /// The requests that wait for the handler: connections of this loop are not read.
    InFlight,
    /// The open connections: new ones are refused.
    Connections,
}

/// What the handler wants to be told. It is always told of a connection whose request it gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interest {
    pub opened: bool,
    pub closed: bool,
    pub observes: Observes,
}

impl Interest {
    /// As bits, for who keeps it where several threads look.
    pub fn to_bits(self) -> u8 {
        let Self { opened, closed, observes } = self;
        let bits = [opened, closed, observes.requests, observes.responses];
        bits.into_iter().rev().fold(0, |bits, wanted| bits << 1 | u8::from(wanted))
    }

    /// What `to_bits` made bits of.
    pub fn from_bits(bits: u8) -> Self {
        let has = |bit: u8| bits >> bit & 1 != 0;
        let observes = Observes { requests: has(2), responses: has(3) };
        Self { opened: has(0), closed: has(1), observes }
    }
}

/// How the handler comes to be told of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Introduction {
    /// The peer connected just now.
    Fresh,
    /// It is first spoken of.
    Late,
    /// So is this one, which was not admitted when it was fresh: only its requests are told.
    Missed,
}

/// What came of an action, under its ticket.
#[derive(Debug)]
pub enum Reply<'a> {
    /// How many connections it reached.
    Reached(u32),
    /// How a connection stands, if it is still there.
    Inspected(Option<Inspection>),
    /// Some connections, and the slot to go on from, unless these were the last.
    Listed(&'a [ConnectionId], Option<u32>),
}

/// Takes what one loop has to tell. Every call is on the loop's thread and must not wait.
///
/// Of a connection it is told first `opened`, last `closed`, each once, or neither.
///
/// Events may be more than the application takes: before each that nobody waits for, the handler is
/// asked whether it `admits` it. Of a connection whose fresh `opened` it did not admit it is told
/// nothing that it could do without; that is `missed`.
pub trait Handler: Send {
    /// What it wants to be told from now on.
    fn interest(&self) -> Interest;

    /// Whether there is room for one more event with so many bytes; if not, it is lost and counted.
    fn admits(&mut self, bytes: usize) -> bool;

    /// An event is lost, for it is about a connection that was not admitted.
    fn missed(&mut self);

    /// Whether it can take one request more. When it can again, it wakes the loop.
    fn has_room(&self) -> bool;

    /// A connection that the handler is told of from now on. No address: it is gone already.
    fn opened(
        &mut self,
        id: ConnectionId,
        address: Option<SocketAddr>,
        open_for_ms: u64,
        introduction: Introduction,
    );

    /// Neither the table nor anything before it knows this request. It is answered under `number`.
    fn request(&mut self, id: ConnectionId, number: u32, route: u16, request: &[u8]);

    /// A request was taken, and the handler is not asked.
    fn requested(&mut self, id: ConnectionId, number: u32, request: &[u8]);

    /// There is a response, without its suffix.
    fn responded(&mut self, id: ConnectionId, number: u32, response: &[u8]);

    /// A connection ended, of which it was told; whether the application was, or missed it.
    fn closed(&mut self, id: ConnectionId, summary: &Summary, missed: bool);

    /// Something failed.
    fn failed(&mut self, failure: Failure);

    /// A limit is reached, or no more.
    fn overloaded(&mut self, overload: Overload, begins: bool, now_ms: u64);

    /// An action is done.
    fn reply(&mut self, ticket: u32, reply: Reply<'_>);

    /// The loop has nothing more to tell for now: the time to ring.
    fn turn_ended(&mut self);
}

/// Takes nothing: for servers whose table knows everything.
pub struct NoHandler;

impl Handler for NoHandler {
    fn interest(&self) -> Interest {
        Interest::default()
    }
    fn admits(&mut self, _: usize) -> bool {
        true
    }
    fn missed(&mut self) {}
    fn has_room(&self) -> bool {
        true
    }
    fn opened(&mut self, _: ConnectionId, _: Option<SocketAddr>, _: u64, _: Introduction) {}
    fn request(&mut self, _: ConnectionId, _: u32, _: u16, _: &[u8]) {}
    fn requested(&mut self, _: ConnectionId, _: u32, _: &[u8]) {}
    fn responded(&mut self, _: ConnectionId, _: u32, _: &[u8]) {}
    fn closed(&mut self, _: ConnectionId, _: &Summary, _: bool) {}
    fn failed(&mut self, _: Failure) {}
    fn overloaded(&mut self, _: Overload, _: bool, _: u64) {}
    fn reply(&mut self, _: u32, _: Reply<'_>) {}
    fn turn_ended(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interest_is_what_it_was() {
        let all: Vec<_> = (0..16).map(Interest::from_bits).collect();
        for (bits, interest) in all.iter().enumerate() {
            assert_eq!(usize::from(interest.to_bits()), bits);
            assert!(!all[..bits].contains(interest));
        }
    }
}
