//! One wake-up of a peer, whoever wakes it: its own thread or the postman. And how it ends.

use super::Shared;
use super::asking::Asking;
use super::seat::{Peer, Seat, Sitting, Waits, lock_with, send};
use super::socket::{Received, receive_now};
use crate::connection::{Connection, State, Turn};
use crate::error::CloseReason;
use crate::handler::{ConnectionId, Failure, Handler, Introduction, Overload};
use crate::server::panic_message;
use socket2::SockRef;
use std::any::Any;
use std::net::{SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

impl<H: Handler> Shared<H> {
    pub(super) fn now_ms(&self) -> u64 {
        let elapsed = self.started.elapsed();
        elapsed.as_secs() * 1_000 + u64::from(elapsed.subsec_millis())
    }

    /// Lets `act` tell the peer of a seat what happened, then sends and settles.
    #[inline]
    pub(super) fn serve(
        &self,
        seat: &Arc<Seat>,
        sitting: &mut Sitting,
        act: impl FnOnce(&mut Connection, &mut Turn<'_>),
    ) {
        let Sitting { peer: Some(peer), answers, counters, output, accounted, .. } = sitting else {
            return;
        };
        let now_ms = self.now_ms();
        let interest = self.desk.interest();
        let rest_before = peer.connection.rest(&self.config);
        let mut asking =
            Asking::new(&self.desk, &self.config, accounted, &peer.face, interest, now_ms);
        let mut turn = Turn {
            config: &self.config,
            answers,
            output,
            tally: &mut counters.tally,
            handler: &mut asking,
            observes: interest.observes,
            now_ms,
        };
        act(&mut peer.connection, &mut turn);
        send(&mut peer.connection, &peer.face.socket, &mut peer.write_blocked, &mut turn);
        while peer.connection.can_resume(&turn) {
            peer.connection.resume(&mut turn);
            send(&mut peer.connection, &peer.face.socket, &mut peer.write_blocked, &mut turn);
        }
        asking.account(counters.tally.in_flight, counters.tally.in_flight_bytes);
        let waits_for_room = peer.connection.waits_for_room(&self.config);
        if waits_for_room || peer.awaited_room {
            match waits_for_room {
                true => {
                    // There before anybody can want to wake it.
                    seat.own_wake();
                    asking.inside().await_room(peer.face.id, seat, now_ms);
                }
                false => asking.inside().stop_awaiting_room(peer.face.id),
            }
            peer.awaited_room = waits_for_room;
        }
        // What the application hears of is counted already.
        seat.stats.publish(counters);
        asking.end();
        if let State::Closed(reason) = peer.connection.state() {
            return self.close(seat, sitting, reason);
        }
        peer.set_deadline(rest_before, &self.config, now_ms);
        if answers.has_retired() {
            // Freed here and now: only this seat's peer waits for it.
            drop(answers.take_retired());
        }
    }

    /// Tells the peer of a seat what was received.
    #[inline]
    pub(super) fn handle(
        &self,
        seat: &Arc<Seat>,
        sitting: &mut Sitting,
        received: Received,
        buffer: &[u8],
    ) {
        let Some(Peer { read_ended, .. }) = sitting.peer else { return };
        if received == Received::Nothing {
            return;
        }
        self.serve(seat, sitting, |connection, turn| match received {
            Received::Bytes(bytes) => connection.handle_piece(&buffer[..bytes], turn),
            // The end that the server itself made, to stop.
            Received::Finished if read_ended && connection.state() == State::Open => {
                connection.stop();
            }
            Received::Finished => connection.handle_finished(),
            Received::Failed => connection.handle_failed(),
            Received::Nothing => {}
        });
    }

    /// The server stops: takes what is there of an open connection that reads. Where nothing is,
    /// everything that its peer had sent was handled.
    pub(super) fn receive_last(&self, seat: &Arc<Seat>, sitting: &mut Sitting, buffer: &mut [u8]) {
        let Some(peer) = &sitting.peer else { return };
        match receive_now(&peer.face.socket, buffer) {
            Received::Nothing => self.serve(seat, sitting, |connection, _| connection.stop()),
            received => self.handle(seat, sitting, received, buffer),
        }
    }

    /// A peer takes the seat.
    pub(super) fn open(&self, seat: &Arc<Seat>, socket: Arc<TcpStream>, address: SocketAddr) {
        let (now_ms, idle_ms) = (self.now_ms(), self.config.idle_ms_max);
        let mut sitting = seat.lock();
        let id = self.directory.insert(seat.clone());
        sitting.waits = Waits::Awake;
        sitting.counters.accepted += 1;
        let peer = sitting.peer.insert(Peer::new(id, socket, now_ms, idle_ms));
        self.tell_opened(peer, address, now_ms);
        self.serve(seat, &mut sitting, |connection, turn| connection.greet(turn));
    }

    /// Tells of a new connection, if that is wanted.
    fn tell_opened(&self, peer: &mut Peer, address: SocketAddr, now_ms: u64) {
        let interest = self.desk.interest();
        if !interest.opened && !interest.closed {
            return;
        }
        let mut inside = self.desk.lock();
        if inside.handler.admits(0) {
            peer.face.introduced.set(true);
            let (id, fresh) = (peer.face.id, Introduction::Fresh);
            inside.handler.opened(id, Some(address), 0, fresh);
        } else {
            peer.face.missed = interest.opened;
        }
        inside.end(&self.config, now_ms);
    }

    /// Introduces the peer with this id, which is going to be spoken of; whether it is there.
    pub(super) fn introduce(&self, id: ConnectionId) -> bool {
        let there = self.with_peer(id, |_, sitting| {
            let Sitting { peer: Some(peer), accounted, .. } = sitting else { return };
            let (now_ms, interest) = (self.now_ms(), self.desk.interest());
            let mut asking =
                Asking::new(&self.desk, &self.config, accounted, &peer.face, interest, now_ms);
            asking.introduce();
            asking.end();
        });
        there.is_some()
    }

    /// Does something to the peer with this id, at its seat, if it is still there.
    pub(super) fn with_peer<T>(
        &self,
        id: ConnectionId,
        act: impl FnOnce(&Arc<Seat>, &mut Sitting) -> T,
    ) -> Option<T> {
        let seat = self.directory.find(id)?;
        let mut sitting = lock_with(&seat, id)?;
        Some(act(&seat, &mut sitting))
    }

    /// The peer of a seat has ended: counted, struck out, told, and its thread woken.
    fn close(&self, seat: &Arc<Seat>, sitting: &mut Sitting, reason: CloseReason) {
        let Some(peer) = sitting.peer.take() else { return };
        let (face, now_ms) = (&peer.face, self.now_ms());
        // Words last: a handler that panics leaves nothing half done.
        sitting.counters.closes[reason as usize] += 1;
        self.directory.remove(face.id);
        if reason.resets() {
            // Where this fails the socket is closed all the same, only later.
            _ = SockRef::from(&*face.socket).set_linger(Some(Duration::ZERO));
        }
        seat.rouse(sitting.waits, &face.socket);
        let open = self.open.fetch_sub(1, Ordering::SeqCst) - 1;
        let tally = &sitting.counters.tally;
        let in_flight = (tally.in_flight, tally.in_flight_bytes);
        let interest = self.desk.interest();
        let accounted = &mut sitting.accounted;
        let mut asking = Asking::new(&self.desk, &self.config, accounted, face, interest, now_ms);
        asking.account(in_flight.0, in_flight.1);
        if peer.awaited_room {
            asking.inside().stop_awaiting_room(face.id);
        }
        if self.refuses.load(Ordering::SeqCst) {
            self.end_refusal(open, asking.inside(), now_ms);
        }
        asking.tell_end(&peer.connection.summary(reason, now_ms), interest.closed);
        // Whoever hears of it finds it counted, and whoever finds it counted finds all this done.
        seat.stats.publish(&sitting.counters);
        asking.end();
    }

    /// Something panicked that had to do with the peer of this seat: it ends, and that is told.
    pub(super) fn fail_seat(&self, seat: &Arc<Seat>, panic: &(dyn Any + Send)) {
        let mut sitting = seat.lock();
        sitting.output.clear();
        let reason = CloseReason::ServerFailed;
        // The handler that panicked may do so again: whatever happens, the peer ends.
        _ = catch_unwind(AssertUnwindSafe(|| {
            self.serve(seat, &mut sitting, |connection, _| connection.cut(reason));
        }));
        _ = catch_unwind(AssertUnwindSafe(|| self.close(seat, &mut sitting, reason)));
        seat.stats.publish(&sitting.counters);
        drop(sitting);
        self.tell_panic(panic);
    }

    pub(super) fn tell_panic(&self, panic: &(dyn Any + Send)) {
        let failure = Failure::Loop(panic_message(panic));
        _ = catch_unwind(AssertUnwindSafe(|| {
            self.desk.fail(failure, &self.config, self.now_ms());
        }));
    }

    /// So many connections are open: are they well below the limit again?
    pub(super) fn end_refusal(
        &self,
        open: usize,
        inside: &mut super::desk::Inside<H>,
        now_ms: u64,
    ) {
        if self.config.is_roomy(open) && self.refuses.swap(false, Ordering::SeqCst) {
            inside.handler.overloaded(Overload::Connections, false, now_ms);
        }
    }
}
