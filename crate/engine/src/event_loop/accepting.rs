//! How a loop comes by its connections: takes them from the listener, hands them out, adopts them.

use super::{EventLoop, token_of};
use crate::accept::{ACCEPTED_LAST_MAX, Accepted, Acceptor};
use crate::connection::Connection;
use crate::handler::{Failure, Handler, Overload};
use crate::mailbox::Command;
use crate::peer::Peer;
use crate::selector::Selector;
use mio::net::TcpStream;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;

const ACCEPTS_PER_TURN: usize = 64;

impl<H: Handler, S: Selector> EventLoop<H, S> {
    /// Takes new connections, within the budget.
    pub(super) fn accept(&mut self) {
        let Some(mut acceptor) = self.acceptor.take() else { return };
        acceptor.resume(&self.selector, self.now_ms);
        self.accept_up_to(ACCEPTS_PER_TURN, &mut acceptor);
        self.acceptor = Some(acceptor);
    }

    /// Takes what waits on the listener when a stop begins: it connected before that.
    pub(super) fn accept_last(&mut self) {
        let Some(mut acceptor) = self.acceptor.take() else { return };
        acceptor.ready = true;
        self.accept_up_to(ACCEPTED_LAST_MAX, &mut acceptor);
    }

    fn accept_up_to(&mut self, most: usize, acceptor: &mut Acceptor) {
        for _ in 0..most {
            if !acceptor.ready {
                break;
            }
            self.accept_one(acceptor);
        }
    }

    fn accept_one(&mut self, acceptor: &mut Acceptor) {
        match acceptor.accept(&self.selector, self.now_ms) {
            Accepted::None => {}
            Accepted::Failed => self.counters.accept_errors += 1,
            Accepted::Paused(report) => {
                self.counters.accept_errors += 1;
                if let Some(error) = report {
                    self.handler.failed(Failure::Accept(error));
                }
            }
            Accepted::Connection(socket, address) => {
                if self.common.open.fetch_add(1, Ordering::Relaxed)
                    >= self.common.config.connections_max
                {
                    if !self.common.refuses.swap(true, Ordering::SeqCst) {
                        self.handler.overloaded(Overload::Connections, true, self.now_ms);
                    }
                    self.refuse();
                    // The last of them may have ended just before, in another loop.
                    return self.end_refusal(self.common.open.load(Ordering::SeqCst));
                }
                self.hand_out(socket, address);
            }
        }
    }

    /// Gives a new connection to whose turn it is; in a stop to this loop, for the others may be
    /// gone before they are handed anything.
    fn hand_out(&mut self, socket: TcpStream, address: SocketAddr) {
        if !self.leads || self.stopping.is_some() {
            return self.adopt(socket, address);
        }
        let turn = self.next_of_crew;
        self.next_of_crew = (turn + 1) % (self.crew.len() + 1);
        let Some(mailbox) = turn.checked_sub(1).and_then(|at| self.crew.get(at)) else {
            return self.adopt(socket, address);
        };
        if let Err(Command::Adopt(socket, address)) = mailbox.put(Command::Adopt(socket, address)) {
            self.adopt(socket, address);
        }
    }

    /// The loop ends: connections that it was handed and never took are let go.
    pub(super) fn close_mailbox(&mut self) {
        for command in self.mailbox.close() {
            if let Command::Adopt(..) = command {
                self.refuse();
            }
        }
        self.stats.publish(&self.counters);
    }

    fn refuse(&mut self) {
        self.common.open.fetch_sub(1, Ordering::Relaxed);
        self.counters.refused += 1;
    }

    /// A connection is this loop's from now on.
    pub(super) fn adopt(&mut self, mut socket: TcpStream, address: SocketAddr) {
        let (selector, now_ms) = (&self.selector, self.now_ms);
        let full = self.peers.is_full() || !selector.takes(&socket);
        let mut registered = Ok(());
        let id = if full {
            None
        } else {
            // Linux hands the listener's option down; elsewhere that is not promised.
            #[cfg(not(target_os = "linux"))]
            let _ = socket.set_nodelay(true);
            Some(self.peers.insert(|id| {
                registered = selector.watch(&mut socket, token_of(id));
                Peer::new(Connection::open(now_ms), socket, id.generation)
            }))
        };
        let Some(id) = id.filter(|_| registered.is_ok()) else {
            id.map(|id| self.peers.remove(id));
            self.counters.accept_errors += u64::from(!full);
            return self.refuse();
        };
        self.counters.accepted += 1;
        self.timers.set(id.slot, now_ms + self.common.config.idle_ms_max);
        self.tell_opened(id, address);
        let stops = self.stopping.is_some();
        self.serve(id, |sides, turn| {
            if stops {
                sides.suspect_input();
            }
            sides.connection.greet(turn);
        });
    }
}
