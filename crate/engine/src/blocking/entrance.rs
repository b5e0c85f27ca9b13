//! How connections come in: one thread at a time waits at the listener, the others behind it.
//!
//! Whoever has taken a connection leaves the entrance to the next, so each new peer wakes one
//! thread. When the server stops, what waits in the listen queue is let in, and nobody after.

use super::Shared;
use super::seat::lock;
use super::socket::{wait, wait_for_wake};
use super::wake::Wake;
use crate::accept::{ACCEPT_PAUSE_MS, ACCEPTED_LAST_MAX, REPORT_MS, is_of_one_connection};
use crate::handler::{CONNECTIONS_MAX, Failure, Handler, Overload};
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Nothing was told yet.
const NEVER: u64 = u64::MAX;

pub(super) struct Entrance {
    inside: Mutex<Inside>,
    /// Woken when the server stops, and never cleared.
    closing: Wake,
    /// When a failure to accept was last told.
    told_at_ms: AtomicU64,
}

struct Inside {
    /// Until the server stops.
    listener: Option<TcpListener>,
    /// Those that were let in when it stopped, and are not served yet.
    last: VecDeque<(TcpStream, SocketAddr)>,
}

impl Entrance {
    pub(super) fn new(listener: TcpListener) -> io::Result<Self> {
        let inside = Inside { listener: Some(listener), last: VecDeque::new() };
        let told_at_ms = AtomicU64::new(NEVER);
        Ok(Self { inside: Mutex::new(inside), closing: Wake::new()?, told_at_ms })
    }
}

impl<H: Handler> Shared<H> {
    /// The next connection; `None` once the server stops and none is left.
    pub(super) fn next_connection(&self) -> Option<(TcpStream, SocketAddr)> {
        let mut inside = lock(&self.entrance.inside);
        loop {
            if self.is_stopping() {
                self.let_last_in(&mut inside);
                return inside.last.pop_front();
            }
            let Some(listener) = &inside.listener else { return None };
            match listener.accept() {
                Ok((socket, address)) if self.admit() => return Some((as_wanted(socket), address)),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    wait(listener, (true, false), Some(&self.entrance.closing), None);
                }
                Err(error) if is_of_one_connection(&error) => {
                    self.ledger.count(|counters| counters.accept_errors += 1);
                }
                Err(error) => {
                    self.ledger.count(|counters| counters.accept_errors += 1);
                    self.tell_accept_failed(error);
                    let pause = Duration::from_millis(ACCEPT_PAUSE_MS);
                    wait_for_wake(&self.entrance.closing, pause);
                }
            }
        }
    }

    /// The server stops: what waits is let in, and the listener closed.
    pub(super) fn close_entrance(&self) {
        self.entrance.closing.wake();
        self.let_last_in(&mut lock(&self.entrance.inside));
    }

    fn let_last_in(&self, inside: &mut Inside) {
        let Some(listener) = inside.listener.take() else { return };
        for _ in 0..ACCEPTED_LAST_MAX {
            match listener.accept() {
                Ok((socket, address)) if self.admit() => {
                    inside.last.push_back((as_wanted(socket), address));
                }
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => {
                    self.ledger.count(|counters| counters.accept_errors += 1);
                    if !is_of_one_connection(&error) {
                        return self.tell_accept_failed(error);
                    }
                }
            }
        }
    }

    /// Whether one connection more may be open; if so, it counts.
    fn admit(&self) -> bool {
        let open_max = self.config.connections_max.min(CONNECTIONS_MAX);
        if self.open.fetch_add(1, Ordering::SeqCst) < open_max {
            return true;
        }
        // Words last: a handler that panics leaves nothing half done.
        self.refuse();
        let now_ms = self.now_ms();
        let mut inside = self.desk.lock();
        if !self.refuses.swap(true, Ordering::SeqCst) {
            inside.handler.overloaded(Overload::Connections, true, now_ms);
        }
        // The last of them may have ended just before, at another seat.
        self.end_refusal(self.open.load(Ordering::SeqCst), &mut inside, now_ms);
        inside.end(&self.config, now_ms);
        false
    }

    /// A connection that counted as open is let go unserved.
    pub(super) fn refuse(&self) {
        self.open.fetch_sub(1, Ordering::SeqCst);
        self.ledger.count(|counters| counters.refused += 1);
    }

    /// Tells that the system would not do what a connection needs, at most once a second.
    pub(super) fn tell_accept_failed(&self, error: io::Error) {
        let (told_at_ms, now_ms) = (&self.entrance.told_at_ms, self.now_ms());
        let at_ms = told_at_ms.load(Ordering::Relaxed);
        if at_ms == NEVER || now_ms >= at_ms + REPORT_MS {
            told_at_ms.store(now_ms, Ordering::Relaxed);
            self.desk.fail(Failure::Accept(error), &self.config, now_ms);
        }
    }
}

/// Linux hands the listener's option down, and not that it does not block; elsewhere neither is
/// promised.
fn as_wanted(socket: TcpStream) -> TcpStream {
    #[cfg(not(target_os = "linux"))]
    {
        _ = socket.set_nodelay(true);
        _ = socket.set_nonblocking(false);
    }
    socket
}
