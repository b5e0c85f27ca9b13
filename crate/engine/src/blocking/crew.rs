//! The threads of one server: started, replaced when they die, and joined.
//!
//! Invariant: a thread is in `threads` until it was joined, and in `ended` from its last step on.

use super::Shared;
use super::seat::{Seat, lock};
use super::worker::Worker;
use crate::handler::Handler;
use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// Enough for a conversation, and little enough for thousands of them.
const STACK_BYTES: usize = 256 * 1024;
/// So many threads that have ended wake the postman: they keep their stacks until they are joined,
/// and the next connection, whose start joins them, may not come for long.
const ENDED_MAX: usize = 16;

#[derive(Default)]
struct Inside {
    threads: HashMap<u64, JoinHandle<()>>,
    ended: Vec<u64>,
    /// Threads so far.
    numbers: u64,
}

/// The threads of one server, but for the postman's.
#[derive(Default)]
pub(super) struct Crew {
    inside: Mutex<Inside>,
}

impl Crew {
    /// Whether every thread has ended, or is about to.
    pub(super) fn is_over(&self) -> bool {
        let inside = lock(&self.inside);
        inside.threads.len() == inside.ended.len()
    }

    /// Waits for those that have ended.
    pub(super) fn join_ended(&self) {
        let ended: Vec<_> = {
            let mut inside = lock(&self.inside);
            let Inside { threads, ended, .. } = &mut *inside;
            ended.drain(..).filter_map(|number| threads.remove(&number)).collect()
        };
        for thread in ended {
            // The root of a thread catches every panic, so there is no error to pass on.
            _ = thread.join();
        }
    }
}

impl<H: Handler + 'static> Shared<H> {
    /// Starts a thread that does this and ends.
    pub(super) fn start(
        self: &Arc<Self>,
        work: impl FnOnce(&Arc<Self>) + Send + 'static,
    ) -> io::Result<()> {
        self.crew.join_ended();
        let mut inside = lock(&self.crew.inside);
        inside.numbers += 1;
        let number = inside.numbers;
        let shared = self.clone();
        let builder = thread::Builder::new().name(format!("lancelot-{number}"));
        let thread = builder.stack_size(STACK_BYTES).spawn(move || {
            work(&shared);
            shared.end_thread(number);
        })?;
        inside.threads.insert(number, thread);
        Ok(())
    }

    fn end_thread(&self, number: u64) {
        let mut inside = lock(&self.crew.inside);
        inside.ended.push(number);
        let is_last = inside.threads.len() == inside.ended.len();
        let are_many = inside.ended.len() == ENDED_MAX;
        drop(inside);
        if are_many || is_last && self.is_stopping() {
            self.mailbox.wake();
        }
    }

    /// Serves one connection after the other, until the server stops.
    pub(super) fn serve_in_turn(self: &Arc<Self>) {
        self.replaced_if_it_panics(Self::serve_in_turn, |seat| {
            let mut worker = Worker::new(self, seat);
            while let Some((socket, address)) = self.next_connection() {
                worker.serve(socket, address);
            }
        });
    }

    /// Starts a thread for each connection, until the server stops.
    pub(super) fn start_for_each(self: &Arc<Self>) {
        self.replaced_if_it_panics(Self::start_for_each, |_| {
            while let Some((socket, address)) = self.next_connection() {
                let started = self.start(move |shared| shared.serve_alone(socket, address));
                if let Err(error) = started {
                    self.refuse();
                    self.tell_accept_failed(error);
                }
            }
        });
    }

    fn serve_alone(self: &Arc<Self>, socket: TcpStream, address: SocketAddr) {
        self.at_a_seat(|seat| Worker::new(self, seat).serve(socket, address));
    }

    /// Does the work of a thread at a seat of its own. Should that panic, another thread takes its
    /// place; where none is to be had, this one starts anew.
    fn replaced_if_it_panics(
        self: &Arc<Self>,
        replacement: fn(&Arc<Self>),
        work: impl Fn(&Arc<Seat>),
    ) {
        while self.at_a_seat(&work) {
            if self.start(replacement).is_ok() {
                return;
            }
        }
    }

    /// Does something at a new seat; whether it panicked. Then its peer is lost, and no other.
    fn at_a_seat(&self, work: impl FnOnce(&Arc<Seat>)) -> bool {
        let seat = Seat::new(self.answers.clone());
        let number = self.ledger.enter(seat.clone());
        // A table that was replaced before the seat was known.
        seat.refresh();
        let panicked = catch_unwind(AssertUnwindSafe(|| work(&seat)));
        if let Err(panic) = &panicked {
            self.fail_seat(&seat, &**panic);
        }
        self.ledger.leave(number);
        panicked.is_err()
    }
}
