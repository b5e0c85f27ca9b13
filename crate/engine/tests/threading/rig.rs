//! The rig of `common/rig.rs` around a blocking server, arranged as the test's `ARRANGEMENT` says,
//! so that what holds for loops is tested here by the same tests. There is one handler and one
//! mailbox, so there is always one loop, whatever a test asks for.

use super::acting::Replies;
use super::client::{Client, PATIENCE, until};
use super::passing::{Asked, Lives, Passing, Told, Watch, Who};
use lancelot_engine::answers::Answers;
use lancelot_engine::blocking::{Arrangement, BlockingServer};
use lancelot_engine::config::{Config, Options};
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

/// How many loops a test asks for.
#[derive(Clone, Copy)]
pub struct Loops {
    pub count: usize,
    pub reuse_port: bool,
}

pub const ONE_LOOP: Loops = Loops { count: 1, reuse_port: false };

/// A server under test.
pub struct Rig {
    pub server: BlockingServer,
    pub answers: Arc<Answers>,
    pub told: Receiver<Told>,
    pub watch: Arc<Watch>,
    pub loops: Loops,
    pub replies: Replies,
}

impl Rig {
    /// One that knows `a` (`Alpha.`) and `q` (`Bye.`, and closes).
    pub fn start(options: Options) -> Self {
        Self::start_loops(options, ONE_LOOP)
    }

    pub fn start_loops(options: Options, loops: Loops) -> Self {
        let both = Interest { opened: true, closed: true, ..Interest::default() };
        Self::start_wanting(options, loops, both)
    }

    pub fn start_wanting(options: Options, _: Loops, interest: Interest) -> Self {
        Self::start_arranged(crate::ARRANGEMENT, options, interest)
    }

    /// Not arranged as this test's servers are, but so.
    pub fn start_arranged(arrangement: Arrangement, options: Options, interest: Interest) -> Self {
        let (alpha, bye) = ((&b"a?"[..], &b"Alpha."[..], false), (&b"q?"[..], &b"Bye."[..], true));
        Self::start_answering(arrangement, options, interest, [alpha, bye])
    }

    /// One that knows what it is told here.
    pub fn start_answering<'a>(
        arrangement: Arrangement,
        options: Options,
        interest: Interest,
        entries: impl IntoIterator<Item = (&'a [u8], &'a [u8], bool)>,
    ) -> Self {
        let config = Arc::new(Config::parse(options).unwrap());
        let answers = Arc::new(Answers::new(config.clone()));
        answers.replace(entries).unwrap();
        let ((told, telling), (replies, replying)) = (channel(), channel());
        let watch = Arc::<Watch>::default();
        *watch.interest.lock().unwrap() = interest;
        let (loop_number, lives) = (0, Lives::default());
        let handler = Passing { loop_number, told, replies, watch: watch.clone(), lives };
        let address = (Ipv4Addr::LOCALHOST, 0).into();
        let listen = Listen { address, backlog: 4096, reuse_port: false };
        let server = BlockingServer::start(&listen, config, answers.clone(), handler, arrangement);
        let (server, replies) = (server.expect("starts"), Replies::new(replying));
        Self { server, answers, told: telling, watch, loops: ONE_LOOP, replies }
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

    /// Times that somebody told the handler something.
    pub fn turns(&self) -> u64 {
        self.watch.turns.load(Ordering::SeqCst)
    }

    /// The handler wants to be told this from now on.
    pub fn want(&self, interest: Interest) {
        *self.watch.interest.lock().unwrap() = interest;
        self.settle();
    }

    /// The handler has room from now on, or not.
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
        let report = BlockingServer::join(self.server.take_threads());
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
