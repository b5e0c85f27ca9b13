//! The smallest driver that there can be: one `Connection`, a peer's hands, and a clock that stands
//! still until it is moved.
//!
//! What the core leaves to its driver is seen here: sending what there is, settling after
//! everything that happens, and keeping the clock. What happens, and when, is the caller's.
//! After everything that happens it asserts what must hold at any time.

use lancelot_engine::answers::{Answers, Reader};
use lancelot_engine::config::{Config, Options};
use lancelot_engine::connection::{Ask, Connection, Observes, State, Tally, Turn};
use lancelot_engine::error::{CloseReason, ConfigError};
use lancelot_engine::pipeline::Response;
use std::collections::VecDeque;
use std::sync::Arc;

/// An answer of a table: the request, what it gets, and whether the connection ends after it.
pub type Entry = (Vec<u8>, Vec<u8>, bool);

/// Requests that the handler was asked and has not looked at yet.
#[derive(Default)]
pub struct Asked(pub VecDeque<(u32, Vec<u8>)>);

impl Ask for Asked {
    fn ask(&mut self, number: u32, _: u16, request: &[u8]) {
        self.0.push_back((number, request.to_vec()));
    }
    fn requested(&mut self, _: u32, _: &[u8]) {}
    fn responded(&mut self, _: u32, _: &[u8]) {}
}

/// What every conversation of one server has in common.
pub struct Served {
    pub config: Arc<Config>,
    pub answers: Arc<Answers>,
    pub options: Options,
}

impl Served {
    pub fn new(options: Options, entries: &[Entry]) -> Result<Self, ConfigError> {
        let config = Arc::new(Config::parse(options.clone())?);
        let answers = Arc::new(Answers::new(config.clone()));
        for (key, answer, close) in entries {
            answers.set(key, answer, *close)?;
        }
        Ok(Self { config, answers, options })
    }
}

/// One conversation and what came of it so far.
pub struct Drive<'a> {
    served: &'a Served,
    answers: Reader,
    pub connection: Connection,
    pub tally: Tally,
    pub asked: Asked,
    pub now_ms: u64,
    /// When `pass_deadline` is due.
    pub deadline_ms: u64,
    /// Every byte that the peer took.
    pub out: Vec<u8>,
    /// How many more bytes the peer takes.
    pub takes: usize,
    output: Vec<u8>,
    read_bytes: u64,
    taken_bytes: u64,
}

impl<'a> Drive<'a> {
    /// A peer connects that takes this many bytes, and then none until told otherwise.
    pub fn open(served: &'a Served, now_ms: u64, takes: usize) -> Self {
        let mut drive = Self {
            served,
            answers: Reader::new(served.answers.clone()),
            connection: Connection::open(now_ms),
            tally: Tally::default(),
            asked: Asked::default(),
            now_ms,
            deadline_ms: 0,
            out: Vec::new(),
            takes,
            output: Vec::new(),
            read_bytes: 0,
            taken_bytes: 0,
        };
        drive.serve(|connection, turn| connection.greet(turn));
        drive
    }

    /// Something happened: what follows is sent and settled.
    pub fn serve(&mut self, happened: impl FnOnce(&mut Connection, &mut Turn<'_>)) {
        let mut turn = Turn {
            config: &self.served.config,
            answers: &mut self.answers,
            output: &mut self.output,
            tally: &mut self.tally,
            handler: &mut self.asked,
            observes: Observes::default(),
            now_ms: self.now_ms,
        };
        let connection = &mut self.connection;
        happened(connection, &mut turn);
        if let State::Closed(_) = connection.state() {
            turn.output.clear();
        } else {
            let unsent = connection.unsent(turn.output);
            if !unsent.is_empty() {
                let sent = unsent.len().min(self.takes);
                self.out.extend_from_slice(&unsent[..sent]);
                self.takes -= sent;
                self.taken_bytes += sent as u64;
                connection.handle_sent(sent, &mut turn);
            }
        }
        connection.settle(&mut turn);
        self.deadline_ms = connection.deadline_ms(&self.served.config, self.now_ms);
        self.assert_invariants();
    }

    pub fn handle_piece(&mut self, piece: &[u8]) {
        self.read_bytes += piece.len() as u64;
        self.serve(|connection, turn| connection.handle_piece(piece, turn));
    }

    pub fn handle_response(&mut self, number: u32, response: Response<'_>) {
        self.serve(|connection, turn| connection.handle_response(number, response, turn));
    }

    /// The time has come to where the deadline is.
    pub fn pass_deadline(&mut self) {
        self.now_ms = self.now_ms.max(self.deadline_ms);
        self.serve(|connection, turn| connection.handle_deadline(turn));
    }

    /// The peer takes this many bytes more; whether it got any of them now.
    pub fn take(&mut self, bytes: usize) -> bool {
        self.takes = bytes;
        let sends = bytes > 0 && !self.connection.unsent(&[]).is_empty();
        if sends {
            self.serve(|_, _| {});
        }
        sends
    }

    /// Goes on after a pause, if the reason for it is gone; whether it was.
    pub fn resume(&mut self) -> bool {
        let turn = Turn {
            config: &self.served.config,
            answers: &mut self.answers,
            output: &mut self.output,
            tally: &mut self.tally,
            handler: &mut self.asked,
            observes: Observes::default(),
            now_ms: self.now_ms,
        };
        let resumes = self.connection.can_resume(&turn);
        if resumes {
            self.serve(|connection, turn| connection.resume(turn));
        }
        resumes
    }

    /// Why it ended, if it has.
    pub fn ended(&self) -> Option<CloseReason> {
        match self.connection.state() {
            State::Closed(reason) => Some(reason),
            _ => None,
        }
    }

    /// How many requests were taken.
    pub fn requests(&self) -> u64 {
        self.connection.summary(CloseReason::Finished, self.now_ms).requests
    }

    fn assert_invariants(&self) {
        let summary = self.connection.summary(CloseReason::Finished, self.now_ms);
        let unsent = self.connection.unsent(&[]);
        assert!(self.output.is_empty(), "the shared output is left empty");
        assert_eq!(summary.bytes_written, self.taken_bytes);
        assert_eq!(self.tally.bytes_written, summary.bytes_written);
        assert_eq!((summary.bytes_read, self.tally.bytes_read), (self.read_bytes, self.read_bytes));
        assert_eq!(summary.requests, self.tally.requests);
        match self.connection.state() {
            State::Closed(_) => {
                assert_eq!(self.tally.in_flight, 0, "a closed connection waits for nothing");
                assert_eq!(self.tally.in_flight_bytes, 0);
                assert!(unsent.is_empty(), "a closed connection keeps no output");
                assert!(!self.connection.wants_read());
            }
            State::Lingering(_) => {
                assert!(unsent.is_empty() && self.tally.in_flight == 0, "who lingers owes nothing");
                assert!(self.connection.wants_read());
            }
            State::Draining(_) => {
                assert!(!self.connection.wants_read());
                assert!(
                    !unsent.is_empty() || self.tally.in_flight > 0,
                    "who drains owes something"
                );
            }
            State::Open => self.assert_open(),
        }
    }

    /// Reading goes on only while neither the peer nor the handler is behind.
    fn assert_open(&self) {
        if self.connection.wants_read() {
            let options = &self.served.options;
            assert!(self.connection.unsent(&[]).len() < options.high_water_bytes);
            assert!(self.tally.in_flight < options.in_flight_max as u64);
        }
    }
}
