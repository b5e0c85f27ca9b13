//! How a loop does what the application wants of its connections.
//!
//! Actions are done in the order in which they came. A broadcast to many takes more than one turn,
//! and what came after it waits: so pushes reach each peer in the order in which they were asked.

use super::EventLoop;
use crate::action::Action;
use crate::handler::{ConnectionId, Handler, Reply};
use crate::selector::Selector;
use std::collections::VecDeque;
use std::sync::Arc;

/// Connections that one turn's actions reach, so that they cannot keep the loop from its peers.
const REACHED_PER_TURN: usize = 1024;
/// Slots that one `List` looks at.
const LISTED_MAX: u32 = 1024;

/// What is to be done, and the broadcast that is being done.
#[derive(Default)]
pub(super) struct Acting {
    queue: VecDeque<Action>,
    broadcast: Option<Broadcast>,
}

impl Acting {
    pub(super) fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.broadcast.is_none()
    }
}

struct Broadcast {
    /// Those that are still to be reached, the next one last.
    left: Vec<ConnectionId>,
    bytes: Arc<[u8]>,
    ticket: u32,
    reached: u32,
}

impl<H: Handler, S: Selector> EventLoop<H, S> {
    /// Does an action now, or after those that came before it.
    pub(super) fn take_action(&mut self, action: Action) {
        if self.acting.is_idle() {
            self.perform(action);
        } else {
            self.acting.queue.push_back(action);
        }
    }

    /// Goes on with what is to be done, within the budget.
    pub(super) fn act(&mut self) {
        let mut budget = REACHED_PER_TURN;
        loop {
            if let Some(broadcast) = self.acting.broadcast.take() {
                self.go_on(broadcast, &mut budget);
            }
            if budget == 0 || self.acting.broadcast.is_some() {
                return;
            }
            let Some(action) = self.acting.queue.pop_front() else { return };
            self.perform(action);
            budget -= 1;
        }
    }

    fn perform(&mut self, action: Action) {
        self.mailbox.acted(action.bytes());
        match action {
            Action::Send { id, bytes, ticket } => {
                let taken = self.push(id, &bytes);
                self.handler.reply(ticket, Reply::Reached(taken.into()));
            }
            Action::Broadcast { to, bytes, ticket } => {
                let left = match to {
                    Some(group) => self.groups.members(&group).to_vec(),
                    None => (0..self.peers.slots()).filter_map(|at| self.peers.owner(at)).collect(),
                };
                self.acting.broadcast = Some(Broadcast { left, bytes, ticket, reached: 0 });
            }
            Action::Join { id, group, ticket } => {
                let joins = self.peers.find(id).is_some() && self.groups.join(id, &group);
                self.handler.reply(ticket, Reply::Reached(joins.into()));
            }
            Action::Leave { id, group, ticket } => {
                let left = self.peers.find(id).is_some() && self.groups.leave(id, &group);
                self.handler.reply(ticket, Reply::Reached(left.into()));
            }
            Action::Close(id) => self.serve(id, |sides, _| sides.connection.close()),
            Action::Pause(id) => {
                self.serve(id, |sides, turn| sides.connection.hold_back(turn.now_ms));
            }
            Action::Resume(id) => {
                self.serve(id, |sides, turn| sides.connection.let_go_on(turn.now_ms))
            }
            Action::Inspect { id, ticket } => {
                let now_ms = self.now_ms;
                let peer = self.peers.find(id);
                let inspection = peer.map(|peer| peer.sides().connection.inspect(now_ms));
                self.handler.reply(ticket, Reply::Inspected(inspection));
            }
            Action::List { from_slot, ticket } => self.list(from_slot, ticket),
        }
    }

    fn push(&mut self, id: ConnectionId, bytes: &[u8]) -> bool {
        if self.peers.find(id).is_none() {
            self.counters.tally.pushes_dropped += 1;
            return false;
        }
        let mut taken = false;
        self.serve(id, |sides, turn| taken = sides.connection.push(bytes, turn));
        taken
    }

    fn go_on(&mut self, mut broadcast: Broadcast, budget: &mut usize) {
        while *budget > 0 {
            let Some(id) = broadcast.left.pop() else {
                let Broadcast { ticket, reached, .. } = broadcast;
                return self.handler.reply(ticket, Reply::Reached(reached));
            };
            *budget -= 1;
            // One that has ended meanwhile is none of those that are connected.
            if self.peers.find(id).is_some() && self.push(id, &broadcast.bytes) {
                broadcast.reached += 1;
            }
        }
        self.acting.broadcast = Some(broadcast);
    }

    fn list(&mut self, from_slot: u32, ticket: u32) {
        let slots = self.peers.slots();
        let end = slots.min(from_slot.saturating_add(LISTED_MAX));
        let mut listed = Vec::new();
        for slot in from_slot..end {
            let Some(id) = self.peers.owner(slot) else { continue };
            self.introduce(id);
            listed.push(id);
        }
        let next = (end < slots).then_some(end);
        self.handler.reply(ticket, Reply::Listed(&listed, next));
    }
}
