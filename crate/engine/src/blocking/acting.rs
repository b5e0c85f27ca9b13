//! How the postman does what the application wants of connections, in the order in which it came.

use super::postman::Postman;
use crate::action::Action;
use crate::connection::Connection;
use crate::handler::{ConnectionId, Handler, Reply};

/// Slots that one `List` looks at.
const LISTED_MAX: u32 = 1024;

impl<H: Handler + 'static> Postman<H> {
    pub(super) fn perform(&self, action: Action) {
        let bytes = action.bytes();
        self.act(action);
        self.shared.mailbox.acted(bytes);
    }

    fn act(&self, action: Action) {
        let shared = &*self.shared;
        match action {
            Action::Send { id, bytes, ticket } => {
                let taken = self.push(id, &bytes);
                shared.desk.reply(ticket, Reply::Reached(taken.into()));
            }
            Action::Broadcast { to, bytes, ticket } => {
                let ids = shared.directory.ids(to.as_deref()).into_iter();
                // One that has ended meanwhile is none of those that are connected.
                let ids = ids.filter(|&id| shared.directory.find(id).is_some());
                let reached = ids.filter(|&id| self.push(id, &bytes)).count();
                shared.desk.reply(ticket, Reply::Reached(reached as u32));
            }
            Action::Join { id, group, ticket } => {
                let joins = shared.directory.join(id, &group);
                shared.desk.reply(ticket, Reply::Reached(joins.into()));
            }
            Action::Leave { id, group, ticket } => {
                let left = shared.directory.leave(id, &group);
                shared.desk.reply(ticket, Reply::Reached(left.into()));
            }
            Action::Close(id) => self.act_on(id, |connection, _| connection.close()),
            Action::Pause(id) => self.act_on(id, |connection, now_ms| connection.hold_back(now_ms)),
            Action::Resume(id) => {
                self.act_on(id, |connection, now_ms| connection.let_go_on(now_ms));
            }
            Action::Inspect { id, ticket } => {
                let now_ms = shared.now_ms();
                let inspection = shared.with_peer(id, |_, sitting| {
                    sitting.peer.as_ref().map(|peer| peer.connection.inspect(now_ms))
                });
                shared.desk.reply(ticket, Reply::Inspected(inspection.flatten()));
            }
            Action::List { from_slot, ticket } => {
                let (mut ids, next) = shared.directory.part(from_slot, LISTED_MAX);
                ids.retain(|&id| shared.introduce(id));
                shared.desk.reply(ticket, Reply::Listed(&ids, next));
            }
        }
    }

    fn act_on(&self, id: ConnectionId, act: impl FnOnce(&mut Connection, u64)) {
        // One that is gone needs nothing done.
        _ = self.at(id, |connection, turn| act(connection, turn.now_ms));
    }

    fn push(&self, id: ConnectionId, bytes: &[u8]) -> bool {
        let taken = self.at(id, |connection, turn| connection.push(bytes, turn));
        if taken.is_none() {
            self.shared.ledger.count(|counters| counters.tally.pushes_dropped += 1);
        }
        taken.unwrap_or(false)
    }
}
