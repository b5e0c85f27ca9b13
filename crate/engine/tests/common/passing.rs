//! The handler of a server under test: passes on what it is told, and watches that it is told so as
//! `Handler` promises.

use super::client::until;
use lancelot_engine::connection::{Inspection, Summary};
use lancelot_engine::handler::{
    ConnectionId, Failure, Handler, Interest, Introduction, Overload, Reply,
};
use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};

/// A connection of one of the loops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Who {
    pub loop_number: usize,
    pub id: ConnectionId,
}

/// What a handler was told.
#[derive(Debug)]
pub enum Told {
    Opened { who: Who, address: Option<SocketAddr>, introduction: Introduction },
    Request(Asked),
    Requested { who: Who, number: u32, request: Vec<u8> },
    Responded { who: Who, number: u32, response: Vec<u8> },
    Closed { who: Who, summary: Summary, missed: bool },
    Overload { loop_number: usize, overload: Overload, begins: bool },
    AcceptFailed,
    LoopFailed(String),
}

/// A request that waits for a response.
#[derive(Clone, Debug)]
pub struct Asked {
    pub who: Who,
    pub number: u32,
    pub route: u16,
    pub request: Vec<u8>,
}

/// What came of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Reached(u32),
    Inspected(Option<Inspection>),
    Listed(Vec<ConnectionId>, Option<u32>),
}

/// What the handlers of one server have in common.
#[derive(Default)]
pub struct Watch {
    /// What they want to be told.
    pub interest: Mutex<Interest>,
    /// Whether they have room for no event.
    pub is_full: AtomicBool,
    /// Whether they have room for no request.
    pub takes_no_request: AtomicBool,
    /// Turns that the loops have made.
    pub turns: AtomicU64,
    pub not_admitted: AtomicU64,
    pub missed: AtomicU64,
    pub gate: Gate,
    overloads: [AtomicI64; 2],
    faults: Mutex<Vec<String>>,
}

impl Watch {
    /// Panics if a handler was told something that it should not have been, or not something that
    /// it should. Only after all loops have ended.
    pub fn assert_told_well(&self) {
        let faults = std::mem::take(&mut *self.faults.lock().unwrap());
        assert!(faults.is_empty(), "{}", faults.join("\n"));
        assert_eq!(self.overloads(), [0; 2], "overloads do not end");
    }

    /// By the number of the limit: begins without an end.
    pub fn overloads(&self) -> [i64; 2] {
        [&self.overloads[0], &self.overloads[1]].map(|left| left.load(Ordering::SeqCst))
    }
}

/// Where a handler waits until the test lets it go on.
#[derive(Default)]
pub struct Gate {
    blocked: AtomicU64,
    opened: AtomicU64,
}

impl Gate {
    fn wait(&self) {
        let place = self.blocked.fetch_add(1, Ordering::SeqCst) + 1;
        until("the gate opens", || self.opened.load(Ordering::SeqCst) >= place);
    }

    /// Until this many have come to the gate, those that went on among them.
    pub fn wait_for_blocked(&self, count: u64) {
        until("the handler blocks", || self.blocked.load(Ordering::SeqCst) >= count);
    }

    pub fn open(&self) {
        self.opened.fetch_add(1, Ordering::SeqCst);
    }
}

/// The handler of one loop. Asked or shown `panic!`, it panics; asked `block!`, it waits for a go.
pub struct Passing {
    pub loop_number: usize,
    pub told: Sender<Told>,
    pub replies: Sender<(u32, Answer)>,
    pub watch: Arc<Watch>,
    pub lives: Lives,
}

/// The connections that a handler was told of.
#[derive(Default)]
pub struct Lives {
    open: HashSet<ConnectionId>,
    over: HashSet<ConnectionId>,
    replied: HashSet<u32>,
    is_in_flight_over: bool,
}

impl Passing {
    fn who(&self, id: ConnectionId) -> Who {
        Who { loop_number: self.loop_number, id }
    }

    fn tell(&self, told: Told) {
        // A test that is over listens no more.
        _ = self.told.send(told);
    }

    fn check(&self, holds: bool, fault: &str, subject: impl std::fmt::Debug) {
        if !holds {
            let fault = format!("loop {}: {subject:?} {fault}", self.loop_number);
            self.watch.faults.lock().unwrap().push(fault);
        }
    }

    fn check_introduced(&self, id: ConnectionId, what: &str) {
        let is_open = self.lives.open.contains(&id);
        self.check(is_open, &format!("{what} before it opened or after it closed"), id);
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        self.check(self.lives.open.is_empty(), "never closed", &self.lives.open);
    }
}

impl Handler for Passing {
    fn interest(&self) -> Interest {
        *self.watch.interest.lock().unwrap()
    }

    fn admits(&mut self, _: usize) -> bool {
        let is_full = self.watch.is_full.load(Ordering::SeqCst);
        self.watch.not_admitted.fetch_add(is_full.into(), Ordering::SeqCst);
        !is_full
    }

    fn missed(&mut self) {
        self.watch.missed.fetch_add(1, Ordering::SeqCst);
    }

    fn has_room(&self) -> bool {
        !self.watch.takes_no_request.load(Ordering::SeqCst)
    }

    fn opened(
        &mut self,
        id: ConnectionId,
        address: Option<SocketAddr>,
        open_for_ms: u64,
        introduction: Introduction,
    ) {
        let is_new = self.lives.open.insert(id) && !self.lives.over.contains(&id);
        self.check(is_new, "opened twice", id);
        let is_fresh = introduction == Introduction::Fresh;
        self.check(!is_fresh || open_for_ms == 0, "opened just now, but long ago", id);
        self.tell(Told::Opened { who: self.who(id), address, introduction });
    }

    fn request(&mut self, id: ConnectionId, number: u32, route: u16, request: &[u8]) {
        assert!(request != b"panic!", "the handler panics because the test asked for it");
        self.check(self.has_room(), "is a request for who has no room", id);
        self.check_introduced(id, "asks");
        let request = request.to_vec();
        let is_to_block = request == b"block!";
        self.tell(Told::Request(Asked { who: self.who(id), number, route, request }));
        if is_to_block {
            self.watch.gate.wait();
        }
    }

    fn requested(&mut self, id: ConnectionId, number: u32, request: &[u8]) {
        self.check_introduced(id, "is told a request");
        self.tell(Told::Requested { who: self.who(id), number, request: request.to_vec() });
    }

    fn responded(&mut self, id: ConnectionId, number: u32, response: &[u8]) {
        assert!(response != b"panic!", "the handler panics because the test asked for it");
        self.check_introduced(id, "is told a response");
        self.tell(Told::Responded { who: self.who(id), number, response: response.to_vec() });
    }

    fn closed(&mut self, id: ConnectionId, summary: &Summary, missed: bool) {
        self.check_introduced(id, "closes");
        self.lives.open.remove(&id);
        self.lives.over.insert(id);
        self.tell(Told::Closed { who: self.who(id), summary: *summary, missed });
    }

    fn failed(&mut self, failure: Failure) {
        self.tell(match failure {
            Failure::Accept(_) => Told::AcceptFailed,
            Failure::Loop(message) => Told::LoopFailed(message),
        });
    }

    fn overloaded(&mut self, overload: Overload, begins: bool, _: u64) {
        if overload == Overload::InFlight {
            let was = std::mem::replace(&mut self.lives.is_in_flight_over, begins);
            self.check(was != begins, "begins or ends twice", overload);
        }
        let change = if begins { 1 } else { -1 };
        self.watch.overloads[overload as usize].fetch_add(change, Ordering::SeqCst);
        self.tell(Told::Overload { loop_number: self.loop_number, overload, begins });
    }

    fn reply(&mut self, ticket: u32, reply: Reply<'_>) {
        let is_first = self.lives.replied.insert(ticket);
        self.check(is_first, "is a ticket with two replies", ticket);
        let answer = match reply {
            Reply::Reached(count) => Answer::Reached(count),
            Reply::Inspected(inspection) => Answer::Inspected(inspection),
            Reply::Listed(ids, next) => Answer::Listed(ids.to_vec(), next),
        };
        _ = self.replies.send((ticket, answer));
    }

    fn turn_ended(&mut self) {
        self.watch.turns.fetch_add(1, Ordering::SeqCst);
    }
}
