//! What a test does to the connections of a rig, and what comes of it.

use super::client::PATIENCE;
use super::passing::{Answer, Who};
use super::rig::Rig;
use lancelot_engine::action::Action;
use lancelot_engine::connection::Inspection;
use lancelot_engine::handler::ConnectionId;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

/// A connection that no loop ever has.
pub const NOBODY: ConnectionId = ConnectionId { slot: u32::MAX, generation: 0 };

/// What the handlers are replied, by ticket.
pub struct Replies {
    came: Receiver<(u32, Answer)>,
    /// Those that came before they were asked for.
    early: RefCell<HashMap<u32, Vec<Answer>>>,
    tickets: Cell<u32>,
}

impl Replies {
    pub fn new(came: Receiver<(u32, Answer)>) -> Self {
        Self { came, early: RefCell::default(), tickets: Cell::default() }
    }

    /// A ticket that nobody has.
    pub fn ticket(&self) -> u32 {
        self.tickets.replace(self.tickets.get() + 1)
    }

    fn take(&self, ticket: u32) -> Answer {
        loop {
            if let Some(answer) = self.early.borrow_mut().get_mut(&ticket).and_then(Vec::pop) {
                return answer;
            }
            let came = self.came.recv_timeout(PATIENCE);
            let (early, answer) = came.unwrap_or_else(|_| panic!("no reply to {ticket}"));
            self.early.borrow_mut().entry(early).or_default().push(answer);
        }
    }
}

impl Rig {
    /// Until every loop has begun a turn since, and done all that it was told before.
    pub fn settle(&self) {
        for loop_number in 0..self.loops.count {
            // The first may be taken in a turn that began before.
            for _ in 0..2 {
                assert_eq!(self.inspect(Who { loop_number, id: NOBODY }), None);
            }
        }
    }

    /// Puts an action into a mailbox, under the ticket that is returned.
    pub fn put(&self, loop_number: usize, action: impl FnOnce(u32) -> Action) -> u32 {
        let ticket = self.replies.ticket();
        assert!(self.server.mailbox(loop_number).act(action(ticket)), "it is taken");
        ticket
    }

    /// How many connections the action under this ticket reached.
    pub fn reached(&self, ticket: u32) -> u32 {
        match self.replies.take(ticket) {
            Answer::Reached(count) => count,
            answer => panic!("no count: {answer:?}"),
        }
    }

    /// Whether the bytes were taken.
    pub fn push(&self, who: Who, bytes: &[u8]) -> bool {
        self.reached(self.put_push(who, bytes)) == 1
    }

    pub fn put_push(&self, Who { loop_number, id }: Who, bytes: &[u8]) -> u32 {
        self.put(loop_number, |ticket| Action::Send { id, bytes: bytes.into(), ticket })
    }

    /// How many connections of all loops it reached.
    pub fn broadcast(&self, to: Option<&[u8]>, bytes: &[u8]) -> u32 {
        let tickets: Vec<_> =
            (0..self.loops.count).map(|number| self.put_broadcast(number, to, bytes)).collect();
        tickets.into_iter().map(|ticket| self.reached(ticket)).sum()
    }

    pub fn put_broadcast(&self, loop_number: usize, to: Option<&[u8]>, bytes: &[u8]) -> u32 {
        let (to, bytes) = (to.map(Into::into), Arc::from(bytes));
        self.put(loop_number, |ticket| Action::Broadcast { to, bytes, ticket })
    }

    /// Whether it is a member from now on.
    pub fn join_group(&self, Who { loop_number, id }: Who, group: &[u8]) -> bool {
        let group = group.into();
        self.reached(self.put(loop_number, |ticket| Action::Join { id, group, ticket })) == 1
    }

    /// Whether it was one.
    pub fn leave_group(&self, Who { loop_number, id }: Who, group: &[u8]) -> bool {
        let group = group.into();
        self.reached(self.put(loop_number, |ticket| Action::Leave { id, group, ticket })) == 1
    }

    /// Does what has no reply; returns when it is done.
    pub fn act_on(&self, who: Who, action: impl FnOnce(ConnectionId) -> Action) {
        self.put(who.loop_number, |_| action(who.id));
        self.inspect(who);
    }

    /// How a connection stands, if it is there.
    pub fn inspect(&self, Who { loop_number, id }: Who) -> Option<Inspection> {
        let ticket = self.put(loop_number, |ticket| Action::Inspect { id, ticket });
        match self.replies.take(ticket) {
            Answer::Inspected(inspection) => inspection,
            answer => panic!("no inspection: {answer:?}"),
        }
    }

    /// Some connections of a loop from this slot on, and the slot to go on from.
    pub fn list(&self, loop_number: usize, from_slot: u32) -> (Vec<ConnectionId>, Option<u32>) {
        let ticket = self.put(loop_number, |ticket| Action::List { from_slot, ticket });
        match self.replies.take(ticket) {
            Answer::Listed(ids, next) => (ids, next),
            answer => panic!("no list: {answer:?}"),
        }
    }
}
