//! One thread around one selector: moves bytes between sockets and connections, turn by turn.
//!
//! What a connection does with its bytes is `connection`'s; here is who is served when. A turn:
//! wait, take commands, serve what was announced, serve the ready list, do what the application
//! wants, expire deadlines, ring.
//!
//! Invariant: every connection is in the slab, in the selector, and in the wheel under one
//! deadline; it leaves all three in `close`, and only there.

mod accepting;
mod acting;
mod introducing;
mod stopping;
mod watching;

use self::acting::Acting;
use self::introducing::Asking;
pub use self::stopping::StopReport;
use self::stopping::Stopping;
use self::watching::Watching;
use crate::accept::Acceptor;
use crate::answers::{Answers, Reader};
use crate::config::Config;
use crate::connection::{State, Turn};
use crate::error::CloseReason;
use crate::groups::Groups;
use crate::handler::{CONNECTIONS_MAX, ConnectionId, Handler, Interest, Overload, SLOT_BITS};
use crate::mailbox::{Command, Mailbox};
use crate::peer::{Peer, Sides};
use crate::responses::Responses;
use crate::selector::{LISTENER, Readiness, Selector, WAKER};
use crate::slab::Slab;
use crate::stats::{Counters, Stats};
use crate::timers::{TICK_MS, Timers};
use mio::Token;
use mio::net::TcpListener;
use socket2::SockRef;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const READY_PER_TURN: usize = 1024;
const READ_BUFFER_BYTES: usize = 64 * 1024;
/// The shared output is given back after a turn that made it larger than this.
const OUTPUT_BYTES_KEPT: usize = 256 * 1024;
/// A replaced table with more entries than this is freed by a thread of its own.
const ENTRIES_FREED_INLINE: usize = 10_000;

/// What all loops of one server share.
#[derive(Clone)]
pub(crate) struct Common {
    pub(crate) config: Arc<Config>,
    pub(crate) answers: Arc<Answers>,
    /// Connections open in all loops together.
    pub(crate) open: Arc<AtomicUsize>,
    /// Whether new connections were refused lately.
    pub(crate) refuses: Arc<AtomicBool>,
}

/// One event loop.
pub(crate) struct EventLoop<H, S> {
    common: Common,
    selector: S,
    acceptor: Option<Acceptor>,
    mailbox: Mailbox,
    /// The other loops.
    crew: Vec<Mailbox>,
    /// Whether this loop accepts for the crew, and tells it to stop.
    leads: bool,
    /// Whose turn with a new connection it is: this loop's own at 0, then the crew's.
    next_of_crew: usize,
    peers: Slab<Peer>,
    timers: Timers,
    answers: Reader,
    groups: Groups,
    acting: Acting,
    handler: H,
    /// What the handler wants to be told in this turn.
    interest: Interest,
    counters: Counters,
    stats: Arc<Stats>,
    read_buffer: Box<[u8]>,
    output: Vec<u8>,
    /// Connections with work left that no event will announce.
    ready: VecDeque<ConnectionId>,
    awaiting_room: VecDeque<ConnectionId>,
    /// Whether some had to wait, and the requests in flight are not well below their limits since.
    lacks_room: bool,
    expired: Vec<u32>,
    commands: Vec<Command>,
    started: Instant,
    now_ms: u64,
    /// By when a stop must be complete that was asked for and has not begun.
    stop_by_ms: Option<u64>,
    stopping: Option<Stopping>,
}

impl<H: Handler, S: Selector> EventLoop<H, S> {
    /// A loop that accepts from `listener`, if it has one, and serves what `crew` is handed.
    pub(crate) fn new(
        common: Common,
        listener: Option<TcpListener>,
        handler: H,
    ) -> io::Result<Self> {
        let (selector, waker) = S::open()?;
        let acceptor = listener.map(|listener| Acceptor::new(listener, &selector)).transpose()?;
        Ok(Self {
            selector,
            acceptor,
            mailbox: Mailbox::new(waker),
            crew: Vec::new(),
            leads: false,
            next_of_crew: 0,
            peers: Slab::new(),
            timers: Timers::new(0),
            answers: Reader::new(common.answers.clone()),
            groups: Groups::default(),
            acting: Acting::default(),
            handler,
            interest: Interest::default(),
            counters: Counters::default(),
            stats: Arc::default(),
            read_buffer: vec![0; READ_BUFFER_BYTES].into(),
            output: Vec::new(),
            ready: VecDeque::new(),
            awaiting_room: VecDeque::new(),
            lacks_room: false,
            expired: Vec::new(),
            commands: Vec::new(),
            started: Instant::now(),
            now_ms: 0,
            stop_by_ms: None,
            stopping: None,
            common,
        })
    }

    pub(crate) fn mailbox(&self) -> Mailbox {
        self.mailbox.clone()
    }

    pub(crate) fn stats(&self) -> Arc<Stats> {
        self.stats.clone()
    }

    /// These are the other loops; whether this one hands its new connections to them too.
    pub(crate) fn join_crew(&mut self, crew: Vec<Mailbox>, leads: bool) {
        (self.crew, self.leads) = (crew, leads);
    }

    /// Turns until it is told to stop and every connection ended.
    pub(crate) fn run(&mut self) -> io::Result<StopReport> {
        let mut events = S::events();
        loop {
            self.turn(&mut events)?;
            if let Some(report) = self.stop_report() {
                self.close_mailbox();
                return Ok(report);
            }
        }
    }

    fn turn(&mut self, events: &mut S::Events) -> io::Result<()> {
        let timeout = self.timeout();
        let watching = Watching { acceptor: self.acceptor.as_ref(), peers: &self.peers };
        self.selector.wait(events, &watching, timeout)?;
        let elapsed = self.started.elapsed();
        self.now_ms = elapsed.as_secs() * 1_000 + u64::from(elapsed.subsec_millis());
        self.interest = self.handler.interest();
        self.take_commands();
        for event in S::announced(events) {
            match event.token() {
                WAKER => {}
                LISTENER => self.acceptor.iter_mut().for_each(|acceptor| acceptor.ready = true),
                token => {
                    let owner = self.peers.owner((token.0 & (CONNECTIONS_MAX - 1)) as u32);
                    if let Some(id) = owner.filter(|&id| token_of(id) == token) {
                        self.serve(id, |sides, _| sides.announce(event));
                    }
                }
            }
        }
        self.accept();
        self.serve_ready();
        self.act();
        self.stop_if_due();
        self.expire();
        self.end_turn();
        Ok(())
    }

    /// How long the selector may wait: not at all while work is left.
    fn timeout(&self) -> Option<Duration> {
        let accepts = self.acceptor.as_ref().is_some_and(|acceptor| acceptor.ready);
        if accepts || !self.ready.is_empty() || !self.acting.is_idle() {
            return Some(Duration::ZERO);
        }
        let timer = self.timers.next_due_ms().map(|ms| self.now_ms / TICK_MS * TICK_MS + ms);
        let accept = self.acceptor.as_ref().and_then(Acceptor::resume_at_ms);
        let stop = self.stopping.as_ref().map(|stopping| stopping.deadline_ms);
        let next_ms = [timer, accept, stop].into_iter().flatten().min()?;
        Some(Duration::from_millis(next_ms.saturating_sub(self.now_ms)))
    }

    /// Wakes one connection: lets `act` tell it what happened, then reads, sends and settles.
    #[inline]
    fn serve(&mut self, id: ConnectionId, act: impl FnOnce(&mut Sides<'_>, &mut Turn<'_>)) {
        let Some(peer) = self.peers.find(id) else { return };
        let mut sides = peer.sides();
        let rest_before = sides.connection.rest(&self.common.config);
        let mut asking = Asking::new(&mut self.handler, id, &sides, self.interest, self.now_ms);
        let mut turn = Turn {
            config: &self.common.config,
            answers: &mut self.answers,
            output: &mut self.output,
            tally: &mut self.counters.tally,
            handler: &mut asking,
            observes: self.interest.observes,
            now_ms: self.now_ms,
        };
        act(&mut sides, &mut turn);
        sides.read(&mut self.read_buffer, &mut turn);
        if self.stopping.is_some() && (sides.is_read_out() || sides.connection.is_held_back()) {
            sides.connection.stop();
        }
        sides.send(&mut turn);
        let has_work = sides.has_work(&turn);
        if asking.has_introduced() {
            sides.introduce();
        }
        if let State::Closed(reason) = sides.connection.state() {
            return self.close(id, reason);
        }
        let rest = sides.connection.rest(&self.common.config);
        if rest.is_none() || rest != rest_before {
            let deadline_ms = sides.connection.deadline_ms(&self.common.config, self.now_ms);
            self.timers.set(id.slot, deadline_ms);
        }
        if has_work && sides.list() {
            self.ready.push_back(id);
        }
        if sides.connection.waits_for_room(&self.common.config) && sides.await_room() {
            self.awaiting_room.push_back(id);
            if !std::mem::replace(&mut self.lacks_room, true) {
                self.handler.overloaded(Overload::InFlight, true, self.now_ms);
            }
        }
    }

    fn close(&mut self, id: ConnectionId, reason: CloseReason) {
        self.timers.clear(id.slot);
        self.groups.leave_all(id);
        let Some(mut peer) = self.peers.remove(id) else { return };
        let sides = peer.sides();
        if reason.resets() {
            // Where this fails the socket is closed all the same, only later.
            _ = SockRef::from(sides.socket).set_linger(Some(Duration::ZERO));
        }
        self.counters.closes[reason as usize] += 1;
        let open = self.common.open.fetch_sub(1, Ordering::SeqCst) - 1;
        if self.common.refuses.load(Ordering::SeqCst) {
            self.end_refusal(open);
        }
        self.tell_end(id, &sides, reason);
    }

    fn take_commands(&mut self) {
        let mut commands = std::mem::take(&mut self.commands);
        self.mailbox.take(&mut commands);
        for command in commands.drain(..) {
            match command {
                Command::Adopt(socket, address) => self.adopt(socket, address),
                Command::Respond(responses) => self.respond(&responses),
                Command::Act(action) => self.take_action(action),
                Command::Stop(drain) => self.stop(drain),
                Command::Look => {}
                Command::Refresh => self.answers.refresh(),
            }
        }
        self.commands = commands;
    }

    /// Responses of one run leave in one send.
    fn respond(&mut self, responses: &Responses) {
        for run in responses.runs() {
            if self.peers.find(run.id).is_none() {
                self.counters.tally.responses_dropped += run.outcomes.len() as u64;
                continue;
            }
            self.serve(run.id, |sides, turn| sides.connection.handle_run(run, turn));
        }
    }

    /// Goes on with connections that no event will announce, within the budget.
    fn serve_ready(&mut self) {
        for _ in 0..self.ready.len().min(READY_PER_TURN) {
            let Some(id) = self.ready.pop_front() else { return };
            self.serve(id, |sides, turn| {
                sides.unlist();
                if sides.connection.can_resume(turn) {
                    sides.connection.resume(turn);
                }
            });
        }
    }

    fn expire(&mut self) {
        let mut expired = std::mem::take(&mut self.expired);
        self.timers.expire(self.now_ms, &mut expired);
        for slot in expired.drain(..) {
            if let Some(id) = self.peers.owner(slot) {
                self.serve(id, |sides, turn| sides.connection.handle_deadline(turn));
            }
        }
        self.expired = expired;
        self.cut_if_due();
    }

    /// Lets go of tables that were replaced; of a large one by a thread, for the last to let go
    /// frees all of it.
    fn free_retired(&mut self) {
        for table in self.answers.take_retired() {
            if table.len() > ENTRIES_FREED_INLINE
                && let Some(table) = Arc::into_inner(table)
            {
                // Without a thread to be had it is freed here and now, and the loop is late once.
                _ = std::thread::Builder::new().spawn(move || drop(table));
            }
        }
    }

    /// Lets those that wait for room try again, as many as there is room for.
    fn give_room(&mut self) {
        let (config, tally) = (&self.common.config, &self.counters.tally);
        let in_flight_max = config.in_flight_loop_max as u64;
        let bytes_max = config.in_flight_loop_bytes_max as u64;
        let mut room = in_flight_max.saturating_sub(tally.in_flight);
        if tally.in_flight_bytes >= bytes_max || !self.handler.has_room() {
            room = 0;
        }
        let is_low = tally.in_flight <= in_flight_max / 2 && tally.in_flight_bytes <= bytes_max / 2;
        while room > 0
            && let Some(id) = self.awaiting_room.pop_front()
        {
            let Some(peer) = self.peers.find(id) else { continue };
            peer.sides().stop_awaiting_room();
            if peer.sides().list() {
                self.ready.push_back(id);
            }
            room -= 1;
        }
        // Those who are gone wait no more, though nobody has room.
        while let Some(&id) = self.awaiting_room.front()
            && self.peers.find(id).is_none()
        {
            self.awaiting_room.pop_front();
        }
        if is_low && self.awaiting_room.is_empty() && std::mem::take(&mut self.lacks_room) {
            self.handler.overloaded(Overload::InFlight, false, self.now_ms);
        }
    }

    fn end_turn(&mut self) {
        if self.lacks_room || !self.awaiting_room.is_empty() {
            self.give_room();
        }
        self.peers.reuse_freed();
        if self.answers.has_retired() {
            self.free_retired();
        }
        if self.output.capacity() > OUTPUT_BYTES_KEPT {
            self.output = Vec::new();
        }
        self.stats.publish(&self.counters);
        self.handler.turn_ended();
    }
}

/// A token tells generations apart as far as its size allows; slots freed in a turn are not reused
/// in it, so what it cannot tell apart does not meet.
fn token_of(id: ConnectionId) -> Token {
    Token((id.generation as usize) << SLOT_BITS | id.slot as usize)
}
