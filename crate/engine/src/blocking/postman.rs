//! The thread that owns the mailbox: brings responses and actions to the peers at their seats, and
//! leads the stop.
//!
//! It does for a peer what is to be done, sending included, under the lock of its seat, and wakes
//! the peer's thread only where that must now wait for something else. A thread in a bare receive
//! cannot be woken: what such a peer's socket does not take at once the postman sends on, when its
//! own poll says that there is room, until the thread comes out.

use super::seat::{Face, Peer, Seat, Sitting, Waits, lock_with};
use super::{NOT_STOPPING, Shared};
use crate::connection::{Connection, Turn};
use crate::error::CloseReason;
use crate::handler::{ConnectionId, Handler};
use crate::mailbox::Command;
use crate::responses::Responses;
use crate::server::StopReport;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

/// How long it pauses where waiting fails, which it has no reason to; and, after the deadline of a
/// stop, between looks for peers that came to a seat since.
const PAUSE: Duration = Duration::from_millis(10);
/// What its poll announces when there is something in the mailbox; for a peer it is the slot.
pub(super) const MAILBOX: Token = Token(usize::MAX);
const EVENTS_PER_TURN: usize = 64;

pub(super) struct Postman<H> {
    pub(super) shared: Arc<Shared<H>>,
    poll: Poll,
    /// Connections that had ended in order when the stop began.
    pub(super) drained_before: u64,
}

impl<H: Handler + 'static> Postman<H> {
    /// One whose mailbox wakes this poll.
    pub(super) fn new(shared: Arc<Shared<H>>, poll: Poll) -> Self {
        Self { shared, poll, drained_before: 0 }
    }

    /// Works until the server was told to stop and every other thread ended.
    pub(super) fn run(mut self) -> StopReport {
        let (mut events, mut commands) = (Events::with_capacity(EVENTS_PER_TURN), Vec::new());
        while !(self.shared.is_stopping() && self.shared.crew.is_over()) {
            if let Err(error) = self.poll.poll(&mut events, self.timeout()) {
                events.clear();
                if error.kind() != std::io::ErrorKind::Interrupted {
                    thread::sleep(PAUSE);
                }
            }
            self.shared.mailbox.take(&mut commands);
            for command in commands.drain(..) {
                self.guard(|postman| postman.deliver(command));
            }
            for event in events.iter().filter(|event| event.token() != MAILBOX) {
                self.guard(|postman| postman.send_on(event.token().0 as u32));
            }
            self.guard(Self::cut_if_due);
            self.shared.crew.join_ended();
            self.guard(|postman| postman.end_turn());
        }
        self.shared.crew.join_ended();
        // Nobody is left who could want them.
        drop(self.shared.mailbox.close());
        self.guard(|postman| postman.end_turn());
        let counters = self.shared.ledger.counters();
        let drained = counters.ended_in_order() - self.drained_before;
        StopReport { drained, cut: counters.closes[CloseReason::Cut as usize] }
    }

    /// A handler that panics must not keep what it was told from anybody else.
    fn guard(&mut self, act: impl FnOnce(&mut Self)) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| act(self))) {
            self.shared.tell_panic(&*panic);
        }
    }

    /// Until the stop's deadline, if there is one; after it, a moment.
    fn timeout(&self) -> Option<Duration> {
        let stop_by_ms = self.shared.stop_by_ms.load(Ordering::SeqCst);
        let left_ms = stop_by_ms.saturating_sub(self.shared.now_ms());
        (stop_by_ms != NOT_STOPPING).then(|| Duration::from_millis(left_ms).max(PAUSE))
    }

    fn deliver(&mut self, command: Command) {
        match command {
            Command::Respond(responses) => self.respond(&responses),
            Command::Act(action) => self.perform(action),
            Command::Stop(drain) => self.stop(drain),
            Command::Refresh => self.shared.ledger.seats().iter().for_each(|seat| seat.refresh()),
            // Nobody hands over a connection here, and every turn looks at what waits for room.
            Command::Adopt(..) | Command::Look => {}
        }
    }

    /// Asks the handler what it wants, and lets go on who waited for room.
    fn end_turn(&self) {
        self.shared.desk.lock().end(&self.shared.config, self.shared.now_ms());
    }

    /// Responses of one run leave in one send.
    fn respond(&self, responses: &Responses) {
        for run in responses.runs() {
            let reached = self.at(run.id, |connection, turn| connection.handle_run(run, turn));
            if reached.is_none() {
                let dropped = run.outcomes.len() as u64;
                self.shared.ledger.count(|counters| counters.tally.responses_dropped += dropped);
            }
        }
    }

    /// Does something to a connection, and what follows from it, if it is still there.
    pub(super) fn at<T>(
        &self,
        id: ConnectionId,
        act: impl FnOnce(&mut Connection, &mut Turn<'_>) -> T,
    ) -> Option<T> {
        let mut outcome = None;
        self.at_seat(id, |seat, sitting| {
            self.shared.serve(seat, sitting, |connection, turn| {
                outcome = Some(act(connection, turn));
            });
            self.see_to(seat, sitting);
        });
        outcome
    }

    /// Whoever has this slot may have room for what is unsent.
    fn send_on(&self, slot: u32) {
        let Some(id) = self.shared.directory.owner(slot) else { return };
        self.at_seat(id, |seat, sitting| {
            let Some(peer) = &mut sitting.peer else { return };
            let socket = peer.face.socket.clone();
            peer.write_blocked = false;
            self.shared.serve(seat, sitting, |_, _| {});
            if !is_left_to_postman(sitting) {
                self.ignore(&socket);
            }
            self.see_to(seat, sitting);
        });
    }

    /// What was done to a peer may be more than its thread waits for.
    fn see_to(&self, seat: &Seat, sitting: &Sitting) {
        match &sitting.peer {
            Some(peer) if is_left_to_postman(sitting) => self.watch(&peer.face),
            _ => nudge(seat, sitting, self.shared.is_stopping()),
        }
    }

    /// From now on a socket is announced whenever it has room again.
    fn watch(&self, face: &Face) {
        let (descriptor, token) = (face.socket.as_raw_fd(), Token(face.id.slot as usize));
        // It may be watched already. Where watching fails the thread comes out of its receive in
        // the end, and sees what is unsent.
        _ = self.poll.registry().register(&mut SourceFd(&descriptor), token, Interest::WRITABLE);
    }

    fn ignore(&self, socket: &TcpStream) {
        // One that is not watched stays so.
        _ = self.poll.registry().deregister(&mut SourceFd(&socket.as_raw_fd()));
    }

    /// Does something at a connection's seat, if it is still there. A panic ends that one.
    pub(super) fn at_seat(&self, id: ConnectionId, act: impl FnOnce(&Arc<Seat>, &mut Sitting)) {
        let Some(seat) = self.shared.directory.find(id) else { return };
        let caught = catch_unwind(AssertUnwindSafe(|| {
            if let Some(mut sitting) = lock_with(&seat, id) {
                act(&seat, &mut sitting);
            }
        }));
        if let Err(panic) = caught {
            self.shared.fail_seat(&seat, &*panic);
        }
    }
}

/// Whether output waits for the socket while the thread waits in a bare receive.
fn is_left_to_postman(sitting: &Sitting) -> bool {
    sitting.waits == Waits::Receiving && sitting.peer.as_ref().is_some_and(Peer::has_unsent)
}

/// Wakes a seat's thread if it waits for what it need not wait for any more, or too long.
fn nudge(seat: &Seat, sitting: &Sitting, stopping: bool) {
    let (Waits::Polling { read, write, until_ms }, Some(peer)) = (sitting.waits, &sitting.peer)
    else {
        return;
    };
    let same = (read, write) == (peer.connection.wants_read(), peer.has_unsent());
    // Its thread lets a peer go that is held back when the server stops.
    let lets_go = stopping && peer.connection.is_held_back();
    if !same || lets_go || peer.deadline_ms < until_ms {
        seat.wake();
    }
}
