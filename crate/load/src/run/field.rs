//! The connections of a run and what they share: the poll, the clock, the timers, the tally.
//!
//! Opens, feeds and ends connections; which of them asks what when is for `roles` and `driver`.

use super::clock::Clock;
use super::link::{End, Link, Tools};
use super::request::{Model, Run};
use super::tally::Tally;
use super::tls::Tls;
use super::wire::Wire;
use crate::error::LoadError;
use crate::questions::{Burst, Mix, Script};
use crate::source::{Sources, connect_from};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use nix::sys::socket::{setsockopt, sockopt};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

const MS: u64 = 1_000_000;
/// Room for one read; all connections use the same buffer in turn.
const READ_BYTES_MAX: usize = 64 * 1024;
/// The poll's clock ticks in milliseconds, and a wake-up takes some microseconds: what is due
/// sooner than this is waited for by asking the poll again and again.
const SPIN_NS: u64 = 1_100_000;
/// The longest sleep. Who was stopped or starved meanwhile sleeps longer, and it shows.
const SLEEP_MS_MAX: u64 = 5;
/// Events of one turn. Few where something may be due meanwhile.
const EVENTS_MAX_CLOSED: usize = 1024;
const EVENTS_MAX_OPEN: usize = 32;
/// Buffers of a slow reader's socket, so that it need not send much until it would block.
const SLOW_READER_BYTES: usize = 64 * 1024;
/// Requests of one send of a slow reader.
const FLOOD_DEPTH: usize = 64;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Of a closed load: asks again when it is answered.
    User,
    /// Of an open load: is told when to ask.
    Open,
    /// Asks one by one, then leaves for good.
    Session,
    /// Asks once and stays.
    Idle,
    /// Only stays.
    Silent,
    SlowReader,
    SlowWriter,
}

impl Role {
    /// Those stand beside the load: only what they suffer is counted.
    pub fn is_aside(self) -> bool {
        matches!(self, Self::Idle | Self::Silent | Self::SlowReader | Self::SlowWriter)
    }
}

pub struct Place {
    pub role: Role,
    pub link: Link,
    /// Which exchange comes next. Places begin at different ones, so that an answer which belongs
    /// to a neighbour is seen.
    pub next: usize,
    /// Requests of this user since it came, or of this session.
    pub asked: usize,
    /// When it wants to be woken; a timer that says otherwise is stale.
    pub timer: Option<u64>,
    /// Of a slow reader: bytes that it has asked.
    pub flooded: usize,
    /// Whether it was answered, or failed, once.
    pub is_settled: bool,
}

pub struct Field {
    pub clock: Clock,
    pub tally: Tally,
    pub places: Vec<Place>,
    /// Bursts of the load, single requests, and the bursts of slow readers.
    pub script: Script,
    pub singles: Script,
    pub floods: Script,
    /// How many bursts users may still ask.
    pub bursts_left: u64,
    /// Connections that are open, and the most that were.
    pub open: usize,
    pub peak: usize,
    greeting: Option<Rc<Burst>>,
    /// None: the server is spoken to in plain bytes.
    pub tls: Option<Rc<Tls>>,
    address: SocketAddr,
    sources: Sources,
    poll: Poll,
    pub events: Events,
    pub tools: Tools,
    timers: BinaryHeap<Reverse<(u64, usize)>>,
}

impl Field {
    pub fn new(run: &Run) -> Result<Self, LoadError> {
        let exchanges = run.exchanges()?;
        let script = |depth| match run.mix {
            Mix::Repeating => Script::of(&exchanges, depth),
            Mix::Fresh => Script::fresh(depth),
        };
        let (depth, is_open) = match &run.model {
            Model::Closed(closed) => (closed.depth, false),
            Model::Open(_) | Model::PartlyOpen(_) => (1, true),
        };
        let events_max = if is_open { EVENTS_MAX_OPEN } else { EVENTS_MAX_CLOSED };
        let greeting = run.greeting()?;
        Ok(Self {
            clock: Clock::start(),
            tally: Tally::new(is_open, run.late_ms * MS),
            places: Vec::new(),
            script: script(depth),
            singles: script(1),
            floods: script(if run.slow_readers > 0 { FLOOD_DEPTH } else { 0 }),
            bursts_left: u64::MAX,
            open: 0,
            peak: 0,
            greeting: (!greeting.is_empty()).then(|| Rc::new(Burst::unasked(&greeting))),
            tls: run.tls.as_ref().map(Tls::new).transpose()?.map(Rc::new),
            address: run.target.address(),
            sources: Sources::default(),
            poll: new_poll()?,
            events: Events::with_capacity(events_max),
            tools: Tools {
                buffer: vec![0; READ_BYTES_MAX].into_boxed_slice(),
                scratch: Vec::new(),
            },
            timers: BinaryHeap::new(),
        })
    }

    pub fn add_place(&mut self, role: Role) -> usize {
        let slot = self.places.len();
        self.places.push(Place {
            role,
            link: Link::default(),
            next: self.script.first(slot),
            asked: 0,
            timer: None,
            flooded: 0,
            is_settled: false,
        });
        slot
    }

    /// Begins to connect. What the server refuses is an `End`; what this machine does not allow the
    /// generator is an error.
    pub fn connect(&mut self, slot: usize, now: u64) -> Result<Result<(), End>, LoadError> {
        let place = &mut self.places[slot];
        let connecting = match self.address.ip() {
            IpAddr::V4(host) if host.is_loopback() => {
                connect_from(self.sources.next(), self.address)
            }
            _ => TcpStream::connect(self.address),
        };
        let mut stream = match connecting {
            Ok(stream) => stream,
            Err(error) if is_of_server(&error) => return Ok(Err(End::Refused)),
            Err(error) => return Err(self.cannot_connect(&error)),
        };
        let interest = Interest::READABLE | Interest::WRITABLE;
        // A request that is due leaves, whether or not the last one was acknowledged.
        let pipelines = place.role != Role::Session && place.role != Role::User;
        let prepared = stream
            .set_nodelay(pipelines)
            .and_then(|()| set_buffers(&stream, place.role))
            .and_then(|()| self.poll.registry().register(&mut stream, Token(slot), interest));
        if let Err(error) = prepared {
            return Err(self.cannot_connect(&error));
        }
        let wire = Wire::new(stream, self.tls.as_ref());
        place.link.begin(wire, self.greeting.clone(), now);
        self.open += 1;
        self.peak = self.peak.max(self.open);
        Ok(Ok(()))
    }

    pub fn cannot_connect(&self, error: &dyn std::fmt::Display) -> LoadError {
        let hint = "check that the server listens, and that ports and descriptors suffice";
        let message = format!("cannot connect to {}: {error}; {hint}", self.address);
        LoadError::new("CANNOT_CONNECT", message)
    }

    /// Wakes a place then, and not at any other time that it wanted before.
    pub fn set_timer(&mut self, slot: usize, at: u64) {
        self.places[slot].timer = Some(at);
        self.timers.push(Reverse((at, slot)));
    }

    /// A place whose time has come.
    pub fn take_timer(&mut self, now: u64) -> Option<usize> {
        while let Some(Reverse((at, slot))) = self.timers.peek().copied()
            && at <= now
        {
            self.timers.pop();
            if self.places[slot].timer == Some(at) {
                self.places[slot].timer = None;
                return Some(slot);
            }
        }
        None
    }

    pub fn next_timer(&self) -> Option<u64> {
        self.timers.peek().map(|Reverse((at, _))| *at)
    }

    /// Waits for events, until `wake` at the latest. Sleeps only while that is far.
    pub fn wait(&mut self, wake: u64) -> Result<(), LoadError> {
        let now = self.clock.now();
        let sleep_ms = (wake.saturating_sub(now + SPIN_NS) / MS).min(SLEEP_MS_MAX);
        let result = self.poll.poll(&mut self.events, Some(Duration::from_millis(sleep_ms)));
        if sleep_ms > 0 {
            self.clock.woke(sleep_ms * MS);
        }
        match result {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(LoadError::new("CANNOT_POLL", format!("cannot poll: {error}"))),
        }
    }

    pub fn flush(&mut self, slot: usize, now: u64) -> Result<(), End> {
        self.places[slot].link.flush(now, &mut self.tools)
    }

    /// Asks the next burst of a user, due now, unless all were asked.
    #[inline]
    pub fn ask_burst(&mut self, slot: usize, now: u64) -> Result<(), End> {
        if self.bursts_left == 0 {
            return Ok(());
        }
        self.bursts_left -= 1;
        let place = &mut self.places[slot];
        let burst = self.script.take_burst(place.next);
        place.next = self.script.after(place.next);
        place.asked += burst.depth();
        self.tally.due(now, burst.depth() as u64);
        place.link.ask(burst, now, &mut self.tools)
    }

    /// Puts the next single request of a place into its queue.
    pub fn push_single(&mut self, slot: usize, due: u64) {
        let place = &mut self.places[slot];
        let burst = self.singles.take_burst(place.next);
        place.next = self.singles.after(place.next);
        place.asked += 1;
        self.tally.due(due, 1);
        place.link.push(burst, due);
    }
}

fn new_poll() -> Result<Poll, LoadError> {
    Poll::new().map_err(|error| {
        let message = format!("cannot poll: {error}; raise the limit of open files");
        LoadError::new("CANNOT_POLL", message)
    })
}

/// Whether an error of connecting says something about the server.
fn is_of_server(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset | ErrorKind::TimedOut
    )
}

fn set_buffers(stream: &TcpStream, role: Role) -> io::Result<()> {
    if role == Role::SlowReader {
        setsockopt(stream, sockopt::SndBuf, &SLOW_READER_BYTES)?;
        setsockopt(stream, sockopt::RcvBuf, &SLOW_READER_BYTES)?;
    }
    Ok(())
}
