//! How the postman leads a stop: whoever waits in the listen queue is let in, every peer is looked
//! at once more, and the rest is cut at the deadline.

use super::postman::Postman;
use super::seat::{Peer, Seat, Sitting, Waits};
use super::socket::{KEEPS_WHAT_CAME, is_empty};
use super::{NOT_STOPPING, Shared};
use crate::connection::State;
use crate::error::CloseReason;
use crate::handler::Handler;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

const READ_BUFFER_BYTES: usize = 16 * 1024;
/// How often the postman reads of one peer; what is left is its own thread's.
const READS_MAX: usize = 4;

impl<H: Handler + 'static> Postman<H> {
    /// No new connections; what came is answered; the rest is cut after `drain`.
    pub(super) fn stop(&mut self, drain: Duration) {
        let shared = self.shared.clone();
        let stop_by_ms = shared.now_ms().saturating_add(drain.as_millis() as u64);
        let stop_by_ms = stop_by_ms.min(NOT_STOPPING - 1);
        if !shared.is_stopping() {
            self.drained_before = shared.ledger.counters().ended_in_order();
        }
        if shared.stop_by_ms.fetch_min(stop_by_ms, Ordering::SeqCst) != NOT_STOPPING {
            return;
        }
        shared.close_entrance();
        let mut buffer = vec![0; READ_BUFFER_BYTES];
        for id in shared.directory.ids(None) {
            self.at_seat(id, |seat, sitting| self.look_at(seat, sitting, &mut buffer));
        }
    }

    /// A peer whose thread waits for a wake-up is stopped here and now, if all that it sent was
    /// handled. One in a bare receive may have something in hand: it is made to come out, or where
    /// that would cost requests comes out by itself, when bytes come or its time is over.
    fn look_at(&self, seat: &Arc<Seat>, sitting: &mut Sitting, buffer: &mut [u8]) {
        for _ in 0..READS_MAX {
            let Sitting { peer: Some(peer), waits, .. } = &mut *sitting else { return };
            let is_open = peer.connection.state() == State::Open;
            match waits {
                Waits::Polling { .. } if is_open && peer.connection.wants_read() => {
                    self.shared.receive_last(seat, sitting, buffer);
                }
                // One that lingers reads on until the peer's end, which comes soon.
                Waits::Receiving if !is_open => return,
                Waits::Receiving if !KEEPS_WHAT_CAME => return,
                Waits::Receiving => {
                    peer.read_ended = true;
                    return seat.rouse(*waits, &peer.face.socket);
                }
                _ => break,
            }
        }
        seat.wake();
    }

    /// At its deadline a stop ends whatever is left; who comes to a seat later ends there.
    pub(super) fn cut_if_due(&mut self) {
        if self.shared.stop_by_ms.load(Ordering::SeqCst) > self.shared.now_ms() {
            return;
        }
        for id in self.shared.directory.ids(None) {
            self.at_seat(id, |seat, sitting| self.shared.end_late(seat, sitting));
        }
    }
}

impl<H: Handler> Shared<H> {
    /// The deadline of a stop has come: ends the peer of this seat.
    pub(super) fn end_late(&self, seat: &Arc<Seat>, sitting: &mut Sitting) {
        let owes = sitting.peer.as_ref().is_none_or(owes_something);
        self.serve(seat, sitting, |connection, _| match owes {
            true => connection.cut(CloseReason::Cut),
            // Its thread was not quick enough to see for itself.
            false => connection.stop(),
        });
    }
}

/// Whether a stop must wait for this peer.
fn owes_something(peer: &Peer) -> bool {
    let connection = &peer.connection;
    let stands = connection.inspect(peer.face.opened_ms);
    let idles =
        connection.is_held_back() || (connection.wants_read() && is_empty(&peer.face.socket));
    let owes_nothing = stands.in_flight == 0 && stands.unsent_bytes == 0 && idles;
    !(connection.state() == State::Open && owes_nothing)
}
