//! A thread's life with one peer: receive, handle, send, and wait for whatever comes first.
//!
//! While nothing but bytes can come it waits in a bare receive, so that what the table answers
//! costs two system calls. Once others may act on the peer it waits for the socket and a wake-up.

use super::Shared;
use super::seat::{Peer, Seat, Sitting, Waits};
use super::socket::{Readiness, Received, receive, receive_now, wait};
use crate::connection::State;
use crate::handler::Handler;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

const READ_BUFFER_BYTES: usize = 16 * 1024;
/// A bare receive waits no longer than this, so that the first action of all is noticed.
const RECEIVE_MS_MAX: u64 = 1_000;
/// So does a wait that nobody can end, for want of a descriptor to wake it by.
const UNWAKEABLE_MS_MAX: u64 = 50;
/// The shared output is given back after a peer that made it larger than this.
const OUTPUT_BYTES_KEPT: usize = 64 * 1024;

/// What a thread does next for its peer.
enum Step {
    /// Look again.
    Again,
    Receive(Duration),
    Wait {
        read: bool,
        write: bool,
        timeout: Duration,
    },
    /// It is gone.
    End,
}

/// One thread's side of a seat.
pub(super) struct Worker<'a, H> {
    shared: &'a Shared<H>,
    seat: &'a Arc<Seat>,
    buffer: Box<[u8]>,
    /// What was received when nothing more was wanted, and is handled when it is wanted again.
    held: Option<Received>,
}

impl<'a, H: Handler> Worker<'a, H> {
    pub(super) fn new(shared: &'a Shared<H>, seat: &'a Arc<Seat>) -> Self {
        Self { shared, seat, buffer: vec![0; READ_BUFFER_BYTES].into(), held: None }
    }

    /// Serves one connection to its end.
    pub(super) fn serve(&mut self, socket: TcpStream, address: SocketAddr) {
        let socket = Arc::new(socket);
        self.held = None;
        let mut timeout_ms = 0;
        self.shared.open(self.seat, socket.clone(), address);
        let mut step = self.next_step(&mut self.seat.lock());
        loop {
            let mut sitting = match step {
                Step::End => break,
                Step::Again => self.seat.lock(),
                Step::Receive(timeout) => {
                    if timeout_ms != timeout.as_millis() {
                        timeout_ms = timeout.as_millis();
                        // Where this fails the socket is of no use, and receiving says so.
                        _ = socket.set_read_timeout(Some(timeout));
                    }
                    let received = receive(&socket, &mut self.buffer);
                    let mut sitting = self.seat.lock();
                    sitting.waits = Waits::Awake;
                    self.handle(received, &mut sitting);
                    sitting
                }
                Step::Wait { read, write, timeout } => self.wait(&socket, (read, write), timeout),
            };
            step = self.next_step(&mut sitting);
        }
        let output = &mut self.seat.lock().output;
        if output.capacity() > OUTPUT_BYTES_KEPT {
            *output = Vec::new();
        }
    }

    /// Tells the connection what was received, or keeps it until the connection reads on.
    #[inline]
    fn handle(&mut self, received: Received, sitting: &mut Sitting) {
        let Some(Peer { connection, .. }) = &sitting.peer else { return };
        let holds = connection.state() == State::Open && !connection.wants_read();
        if holds && received != Received::Nothing {
            self.held = Some(received);
            return;
        }
        self.shared.handle(self.seat, sitting, received, &self.buffer);
    }

    fn next_step(&mut self, sitting: &mut Sitting) -> Step {
        let Some(peer) = &sitting.peer else { return Step::End };
        let (state, wants_read) = (peer.connection.state(), peer.connection.wants_read());
        let (stopping, now_ms) = (self.shared.is_stopping(), self.shared.now_ms());
        if stopping && self.shared.stop_by_ms.load(Ordering::SeqCst) <= now_ms {
            self.shared.end_late(self.seat, sitting);
            return Step::Again;
        }
        if now_ms >= peer.deadline_ms {
            self.shared.serve(self.seat, sitting, |connection, turn| {
                connection.handle_deadline(turn);
            });
            return Step::Again;
        }
        if (wants_read || state != State::Open)
            && let Some(held) = self.held.take()
        {
            self.handle(held, sitting);
            return Step::Again;
        }
        if stopping && state == State::Open {
            if peer.connection.is_held_back() {
                self.shared.serve(self.seat, sitting, |connection, _| connection.stop());
                return Step::Again;
            }
            if wants_read {
                self.shared.receive_last(self.seat, sitting, &mut self.buffer);
                return Step::Again;
            }
        }
        self.rest(sitting, stopping, now_ms)
    }

    /// Nothing is to be done now: how to wait.
    fn rest(&mut self, sitting: &mut Sitting, stopping: bool, now_ms: u64) -> Step {
        let Some(peer) = &sitting.peer else { return Step::End };
        let (read, write) = (peer.connection.wants_read(), peer.has_unsent());
        let left_ms = peer.deadline_ms - now_ms;
        let alone = !self.shared.acted.load(Ordering::SeqCst)
            && sitting.counters.tally.in_flight == 0
            && !stopping;
        if read && !write && alone {
            sitting.waits = Waits::Receiving;
            return Step::Receive(Duration::from_millis(left_ms.min(RECEIVE_MS_MAX)));
        }
        let wakeable = self.seat.own_wake().is_some();
        let left_ms = if wakeable { left_ms } else { left_ms.min(UNWAKEABLE_MS_MAX) };
        sitting.waits = Waits::Polling { read, write, until_ms: now_ms + left_ms };
        Step::Wait { read, write, timeout: Duration::from_millis(left_ms) }
    }

    /// Waits for the socket and for others, and takes what came. Receives under the lock: so of a
    /// peer that is waited for like this nobody has anything in hand.
    fn wait(
        &mut self,
        socket: &TcpStream,
        (read, write): (bool, bool),
        timeout: Duration,
    ) -> MutexGuard<'a, Sitting> {
        let wake = self.seat.own_wake();
        let Readiness { readable, writable, broken, woken } =
            wait(socket, (read, write), wake, Some(timeout));
        if let Some(wake) = wake.filter(|_| woken) {
            wake.clear();
        }
        let mut sitting = self.seat.lock();
        sitting.waits = Waits::Awake;
        let Some(peer) = &mut sitting.peer else { return sitting };
        peer.write_blocked &= !writable;
        let reads = peer.connection.wants_read();
        if reads && (readable || broken) && !writable {
            let received = receive_now(socket, &mut self.buffer);
            self.shared.handle(self.seat, &mut sitting, received, &self.buffer);
        } else {
            self.shared.serve(self.seat, &mut sitting, |connection, _| {
                // Whoever reads is told by the read, after what came before it.
                if broken && !reads {
                    connection.handle_failed();
                }
            });
        }
        sitting
    }
}
