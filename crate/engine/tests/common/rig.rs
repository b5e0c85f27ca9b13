//! A server on a port that the system picked, and what its handlers are told.

use super::client::{Client, PATIENCE, until};
use lancelot_engine::answers::Answers;
use lancelot_engine::config::{Config, Options};
use lancelot_engine::connection::{Observes, Summary};
use lancelot_engine::error::CloseReason;
use lancelot_engine::handler::{ConnectionId, Failure, Handler, Interest, Overload, Reply};
use lancelot_engine::mailbox::{Outcome, Responses};
use lancelot_engine::server::{Listen, Server, StopReport};
use lancelot_engine::stats::Counters;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// What a handler was told, and by which loop.
#[derive(Debug)]
pub enum Told {
    Opened,
    Request(Asked),
    Closed,
    AcceptFailed,
    LoopFailed(String),
}

/// A request that waits for a response.
#[derive(Clone, Debug)]
pub struct Asked {
    pub loop_number: usize,
    pub id: ConnectionId,
    pub number: u32,
    pub request: Vec<u8>,
}

/// Passes on what it is told. Asked `panic!`, it panics; asked `block!`, it waits for a go.
pub struct Passing {
    loop_number: usize,
    told: Sender<Told>,
    turns: Arc<AtomicU64>,
    gate: Arc<Gate>,
}

/// Where a handler waits until the test lets it go on.
#[derive(Default)]
pub struct Gate {
    blocked: AtomicU64,
    opened: AtomicU64,
}

impl Gate {
    fn wait(&self) {
        let place = self.blocked.fetch_add(1, Ordering::SeqCst) + 1;
        until("the gate opens", || self.opened.load(Ordering::SeqCst) >= place);
    }

    /// Until this many have come to the gate, those that went on among them.
    pub fn wait_for_blocked(&self, count: u64) {
        until("the handler blocks", || self.blocked.load(Ordering::SeqCst) >= count);
    }

    pub fn open(&self) {
        self.opened.fetch_add(1, Ordering::SeqCst);
    }
}

impl Handler for Passing {
    fn interest(&self) -> Interest {
        Interest { opened: true, closed: true, observes: Observes::default() }
    }

    fn admits(&mut self, _: usize) -> bool {
        true
    }

    fn missed(&mut self) {}

    fn opened(&mut self, _: ConnectionId, _: Option<SocketAddr>, _: u64, _: bool) {
        _ = self.told.send(Told::Opened);
    }

    fn requested(&mut self, _: ConnectionId, _: u32, _: &[u8]) {}

    fn responded(&mut self, _: ConnectionId, _: u32, _: &[u8]) {}

    fn overloaded(&mut self, _: Overload, _: bool, _: u64) {}

    fn reply(&mut self, _: u32, _: Reply<'_>) {}

    fn request(&mut self, id: ConnectionId, number: u32, _: u16, request: &[u8]) {
        assert!(request != b"panic!", "the handler panics because the test asked for it");
        let asked = Asked { loop_number: self.loop_number, id, number, request: request.into() };
        _ = self.told.send(Told::Request(asked));
        if request == b"block!" {
            self.gate.wait();
        }
    }

    fn closed(&mut self, _: ConnectionId, _: &Summary, _: bool) {
        _ = self.told.send(Told::Closed);
    }

    fn failed(&mut self, failure: Failure) {
        _ = self.told.send(match failure {
            Failure::Accept(_) => Told::AcceptFailed,
            Failure::Loop(message) => Told::LoopFailed(message),
        });
    }

    fn turn_ended(&mut self) {
        self.turns.fetch_add(1, Ordering::SeqCst);
    }
}

/// How a server is arranged.
#[derive(Clone, Copy)]
pub struct Loops {
    pub count: usize,
    pub reuse_port: bool,
}

pub const ONE_LOOP: Loops = Loops { count: 1, reuse_port: false };

/// A server under test.
pub struct Rig {
    pub server: Server,
    pub answers: Arc<Answers>,
    pub told: Receiver<Told>,
    pub gate: Arc<Gate>,
    turns: Arc<AtomicU64>,
}

impl Rig {
    /// One loop that knows `a` (`Alpha.`) and `q` (`Bye.`, and closes).
    pub fn start(options: Options) -> Self {
        Self::start_loops(options, ONE_LOOP)
    }

    pub fn start_loops(options: Options, loops: Loops) -> Self {
        let config = Arc::new(Config::parse(options).unwrap());
        let answers = Arc::new(Answers::new(config.clone()));
        answers.set(b"a?", b"Alpha.", false).unwrap();
        answers.set(b"q?", b"Bye.", true).unwrap();
        let (told, receiver) = channel();
        let (turns, gate) = (Arc::<AtomicU64>::default(), Arc::<Gate>::default());
        let handlers = (0..loops.count).map(|loop_number| {
            let (told, turns, gate) = (told.clone(), turns.clone(), gate.clone());
            Passing { loop_number, told, turns, gate }
        });
        let address = (Ipv4Addr::LOCALHOST, 0).into();
        let listen = Listen { address, backlog: 1024, reuse_port: loops.reuse_port };
        let server =
            Server::start(&listen, config, answers.clone(), handlers.collect()).expect("starts");
        Self { server, answers, told: receiver, gate, turns }
    }

    pub fn client(&self) -> Client {
        Client::connect(self.server.address())
    }

    /// Turns that the loops have made.
    pub fn turns(&self) -> u64 {
        self.turns.load(Ordering::SeqCst)
    }

    /// The next thing told that `pick` wants; the others before it are passed over.
    pub fn next<T>(&self, what: &str, mut pick: impl FnMut(Told) -> Option<T>) -> T {
        let since = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(since.elapsed());
            let told =
                self.told.recv_timeout(left).unwrap_or_else(|_| panic!("never told: {what}"));
            if let Some(picked) = pick(told) {
                return picked;
            }
        }
    }

    /// The next request that the handler is asked.
    pub fn asked(&self) -> Asked {
        self.next("a request", |told| match told {
            Told::Request(asked) => Some(asked),
            _ => None,
        })
    }

    pub fn respond(&self, asked: &Asked, bytes: &[u8]) {
        let mut responses = Responses::default();
        let outcome = Outcome::Bytes(bytes.len() as u32);
        responses.push(asked.id, asked.number, [outcome].into_iter(), bytes);
        self.server.mailbox(asked.loop_number).respond(responses);
    }

    pub fn wait_for(&self, what: &str, condition: impl Fn(&Counters) -> bool) {
        until(what, || condition(&self.server.counters()));
    }

    pub fn closes(&self, reason: CloseReason) -> u64 {
        self.server.counters().closes[reason as usize]
    }

    /// Waits until a server that was told to stop has, and checks what it counted.
    pub fn join(&mut self) -> StopReport {
        let report = Server::join(self.server.take_threads());
        let counters = self.server.counters();
        assert_eq!(counters.open(), 0, "a stopped server has no open connection");
        assert_eq!(counters.accepted, counters.closed());
        assert_eq!(counters.tally.in_flight, 0, "a stopped server waits for nothing");
        report
    }

    /// Stops at once and checks what was counted.
    pub fn end(&mut self) -> Counters {
        self.server.stop(Duration::ZERO);
        self.join();
        self.server.counters()
    }
}
