//! A server on a port that the system picked, and what its handlers are told.
//!
//! Of the design that the test's `DESIGN` names, so that one test holds for all. A server without
//! loops has one handler and one mailbox: as far as a test sees it is one loop.

use super::acting::Replies;
use super::client::{Client, PATIENCE, until};
use super::passing::{Asked, Lives, Passing, Told, Watch, Who};
use lancelot_engine::answers::Answers;
use lancelot_engine::config::{Config, Options};
use lancelot_engine::design::{AnyServer, Design};
use lancelot_engine::error::CloseReason;
use lancelot_engine::handler::Interest;
use lancelot_engine::responses::{Outcome, Responses};
use lancelot_engine::server::{Listen, StopReport};
use lancelot_engine::stats::Counters;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How many loops a test asks for; a server without loops is as if it had one.
#[derive(Clone, Copy)]
pub struct Loops {
    pub count: usize,
    pub reuse_port: bool,
}

pub const ONE_LOOP: Loops = Loops { count: 1, reuse_port: false };
/// The ways in which loops come by their connections.
pub const ALL_LOOPS: [Loops; 3] =
    [ONE_LOOP, Loops { count: 3, reuse_port: false }, Loops { count: 3, reuse_port: true }];

/// A key, its answer, and whether that closes.
pub type Entry<'a> = (&'a [u8], &'a [u8], bool);

/// What a server knows where a test does not say.
const KNOWN: [Entry<'_>; 2] = [(b"a?", b"Alpha.", false), (b"q?", b"Bye.", true)];

pub fn with_handler() -> Options {
    Options { has_handler: true, ..Options::default() }
}

/// To be told when a connection begins and ends.
pub fn both_ends() -> Interest {
    Interest { opened: true, closed: true, ..Interest::default() }
}

/// A server under test.
pub struct Rig {
    pub server: AnyServer,
    pub answers: Arc<Answers>,
    pub told: Receiver<Told>,
    pub watch: Arc<Watch>,
    pub loops: Loops,
    pub replies: Replies,
}

impl Rig {
    /// One that knows `a` (`Alpha.`) and `q` (`Bye.`, and closes).
    pub fn start(options: Options) -> Self {
        Self::start_as(crate::DESIGN, options, both_ends())
    }

    pub fn start_loops(options: Options, loops: Loops) -> Self {
        Self::start_wanting(options, loops, both_ends())
    }

    pub fn start_wanting(options: Options, loops: Loops, interest: Interest) -> Self {
        Self::start_answering(KNOWN, crate::DESIGN, options, loops, interest)
    }

    /// Not of this test's design, but of this one.
    pub fn start_as(design: impl Into<Design>, options: Options, interest: Interest) -> Self {
        Self::start_answering(KNOWN, design, options, ONE_LOOP, interest)
    }

    /// One that knows what it is told here.
    pub fn start_answering<'a>(
        known: impl IntoIterator<Item = Entry<'a>>,
        design: impl Into<Design>,
        options: Options,
        loops: Loops,
        interest: Interest,
    ) -> Self {
        let design = design.into();
        let loops = if matches!(design, Design::Loops(_)) { loops } else { ONE_LOOP };
        let config = Arc::new(Config::parse(options).unwrap());
        let answers = Arc::new(Answers::new(config.clone()));
        answers.replace(known).unwrap();
        let ((told, telling), (replies, replying)) = (channel(), channel());
        let watch = Arc::<Watch>::default();
        *watch.interest.lock().unwrap() = interest;
        let handlers = (0..loops.count).map(|loop_number| {
            let (told, replies, watch) = (told.clone(), replies.clone(), watch.clone());
            Passing { loop_number, told, replies, watch, lives: Lives::default() }
        });
        let address = (Ipv4Addr::LOCALHOST, 0).into();
        let listen = Listen { address, backlog: 4096, reuse_port: loops.reuse_port };
        let handlers = handlers.collect();
        let server = AnyServer::start(design, &listen, config, answers.clone(), handlers);
        let server = server.expect("starts");
        let replies = Replies::new(replying);
        Self { server, answers, told: telling, watch, loops, replies }
    }

    pub fn client(&self) -> Client {
        Client::connect(self.server.address())
    }

    /// A client, and who it is to the server. Only where openings are told.
    pub fn known_client(&self) -> (Client, Who) {
        let client = self.client();
        let local_address = client.0.local_addr().unwrap();
        let who = self.next("it opened", |told| match told {
            Told::Opened { who, address, .. } if address == Some(local_address) => Some(who),
            _ => None,
        });
        (client, who)
    }

    /// Turns that the loops have made.
    pub fn turns(&self) -> u64 {
        self.watch.turns.load(Ordering::SeqCst)
    }

    /// The handlers want to be told this from now on.
    pub fn want(&self, interest: Interest) {
        *self.watch.interest.lock().unwrap() = interest;
        self.settle();
    }

    /// The handlers have room from now on, or not.
    pub fn set_full(&self, is_full: bool) {
        self.watch.is_full.store(is_full, Ordering::SeqCst);
        self.settle();
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

    /// Who closes next, why, and whether the application missed it.
    pub fn closed(&self) -> (Who, CloseReason, bool) {
        self.next("an end", |told| match told {
            Told::Closed { who, summary, missed } => Some((who, summary.reason, missed)),
            _ => None,
        })
    }

    pub fn respond(&self, asked: &Asked, bytes: &[u8]) {
        let mut responses = Responses::default();
        let outcome = Outcome::bytes(bytes.len() as u32);
        responses.push(asked.who.id, asked.number, [outcome].into_iter(), bytes);
        self.server.mailbox(asked.who.loop_number).respond(responses);
    }

    pub fn wait_for(&self, what: &str, condition: impl Fn(&Counters) -> bool) {
        until(what, || condition(&self.server.counters()));
    }

    pub fn closes(&self, reason: CloseReason) -> u64 {
        self.server.counters().closes[reason as usize]
    }

    /// Waits until a server that was told to stop has, and checks what it counted and told.
    pub fn join(&mut self) -> StopReport {
        let report = AnyServer::join(self.server.take_threads());
        let counters = self.server.counters();
        assert_eq!(counters.open(), 0, "a stopped server has no open connection");
        assert_eq!(counters.accepted, counters.closed());
        let tally = &counters.tally;
        let in_flight = (tally.in_flight, tally.in_flight_bytes);
        assert_eq!(in_flight, (0, 0), "a stopped server waits for nothing");
        self.watch.assert_told_well();
        report
    }

    /// Stops at once and checks what was counted and told.
    pub fn end(&mut self) -> Counters {
        self.server.stop(Duration::ZERO);
        self.join();
        self.server.counters()
    }
}
