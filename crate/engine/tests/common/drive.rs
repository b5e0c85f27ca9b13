//! The smallest driver that there can be: one `Connection`, a peer's hands, and a clock that stands
//! still until it is moved.
//!
//! What the core leaves to its driver is seen here: sending what there is, settling after
//! everything that happens, and keeping the clock. What happens, and when, is the caller's.
//! After everything that happens it asserts what must hold at any time.

use super::application::Asked;
use lancelot_engine::answers::{Answers, Reader};
use lancelot_engine::config::{Config, Options};
use lancelot_engine::connection::{Connection, Inspection, Observes, State, Tally, Turn};
use lancelot_engine::error::{CloseReason, ConfigError};
use lancelot_engine::pipeline::Response;
use lancelot_engine::responses::{ConnectionId, Outcome, Run};
use std::sync::Arc;

/// An answer of a table: the request, what it gets, and whether the connection ends after it.
pub type Entry = (Vec<u8>, Vec<u8>, bool);

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
    /// Requests of other connections that wait for the handler too.
    others_in_flight: u64,
    pub asked: Asked,
    pub now_ms: u64,
    /// When `pass_deadline` is due.
    pub deadline_ms: u64,
    /// Every byte that the peer took.
    pub out: Vec<u8>,
    /// How many more bytes the peer takes.
    pub takes: usize,
    /// Whether the server has sent its FIN.
    pub sent_finish: bool,
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
            others_in_flight: 0,
            asked: Asked::default(),
            now_ms,
            deadline_ms: now_ms + u64::from(served.options.idle_ms_max),
            out: Vec::new(),
            takes,
            sent_finish: false,
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
            observes: self.asked.observes,
            handler: &mut self.asked,
            now_ms: self.now_ms,
        };
        let connection = &mut self.connection;
        let rest_before = connection.rest(&self.served.config);
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
        if connection.settle(&mut turn) {
            assert!(!std::mem::replace(&mut self.sent_finish, true), "a second FIN");
        }
        let rest = connection.rest(&self.served.config);
        if rest.is_none() || rest != rest_before {
            self.deadline_ms = connection.deadline_ms(&self.served.config, self.now_ms);
        }
        self.assert_invariants();
    }

    pub fn handle_piece(&mut self, piece: &[u8]) {
        self.read_bytes += piece.len() as u64;
        self.serve(|connection, turn| connection.handle_piece(piece, turn));
    }

    /// The application sees this much from now on.
    pub fn observe(&mut self, requests: bool, responses: bool) {
        self.asked.observes = Observes { requests, responses };
    }

    /// Whether the bytes were taken.
    pub fn push(&mut self, bytes: &[u8]) -> bool {
        let mut taken = false;
        self.serve(|connection, turn| taken = connection.push(bytes, turn));
        taken
    }

    pub fn close(&mut self) {
        self.serve(|connection, _| connection.close());
    }

    pub fn hold_back(&mut self) {
        self.serve(|connection, turn| connection.hold_back(turn.now_ms));
    }

    pub fn let_go_on(&mut self) {
        self.serve(|connection, turn| connection.let_go_on(turn.now_ms));
    }

    /// Of the requests from this number on.
    pub fn handle_run(&mut self, number: u32, outcomes: &[Outcome], bytes: &[u8]) {
        let id = ConnectionId { slot: 0, generation: 0 };
        let run = Run { id, number, outcomes, bytes };
        self.serve(|connection, turn| connection.handle_run(run, turn));
    }

    pub fn handle_response(&mut self, number: u32, response: Response<'_>) {
        self.serve(|connection, turn| connection.handle_response(number, response, turn));
    }

    /// So many requests of other connections wait for the handler.
    pub fn occupy(&mut self, requests: u64) {
        self.tally.in_flight = self.tally.in_flight - self.others_in_flight + requests;
        self.others_in_flight = requests;
    }

    /// The time has come to where the deadline is.
    pub fn pass_deadline(&mut self) {
        self.now_ms = self.now_ms.max(self.deadline_ms);
        self.serve(|connection, turn| connection.handle_deadline(turn));
    }

    /// The clocks are looked at.
    pub fn expire(&mut self) {
        if self.deadline_ms <= self.now_ms {
            self.pass_deadline();
        }
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
            observes: self.asked.observes,
            handler: &mut self.asked,
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

    /// How it stands.
    pub fn inspect(&self) -> Inspection {
        self.connection.inspect(self.now_ms)
    }

    /// How many requests were taken.
    pub fn requests(&self) -> u64 {
        self.inspect().requests
    }

    fn assert_invariants(&self) {
        let (tally, inspection) = (&self.tally, self.inspect());
        let summary = self.connection.summary(CloseReason::Finished, self.now_ms);
        let unsent = self.connection.unsent(&[]);
        assert!(self.output.is_empty(), "the shared output is left empty");
        assert_eq!(summary.bytes_written, self.taken_bytes);
        assert_eq!((summary.bytes_read, summary.requests), (self.read_bytes, tally.requests));
        assert_eq!((tally.bytes_read, tally.bytes_written), (self.read_bytes, self.taken_bytes));
        assert_eq!(inspection.requests, tally.requests);
        assert_eq!(inspection.in_flight, tally.in_flight - self.others_in_flight);
        assert_eq!(inspection.duration_ms, summary.duration_ms);
        assert_eq!(
            (inspection.bytes_read, inspection.bytes_written),
            (self.read_bytes, self.taken_bytes)
        );
        assert!(inspection.unsent_bytes >= unsent.len() as u64);
        let is_waited_for = inspection.in_flight > 0;
        assert!(is_waited_for || tally.in_flight_bytes == 0, "nobody's bytes are in flight");
        match self.connection.state() {
            State::Closed(_) => {
                assert!(!is_waited_for, "a closed connection waits for nothing");
                assert_eq!(inspection.unsent_bytes, 0, "a closed connection keeps no output");
                assert!(!self.connection.wants_read());
            }
            State::Lingering(_) => {
                let owes = inspection.unsent_bytes > 0 || is_waited_for;
                assert!(!owes, "who lingers owes nothing");
                assert!(self.sent_finish && self.connection.wants_read());
            }
            State::Draining(_) => {
                assert!(!self.connection.wants_read());
                assert!(!unsent.is_empty() || is_waited_for, "who drains owes something");
            }
            State::Open => self.assert_open(),
        }
    }

    /// Reading goes on only while neither the peer nor the handler is behind.
    fn assert_open(&self) {
        if self.connection.wants_read() {
            let options = &self.served.options;
            assert!(!self.connection.is_held_back());
            assert!(self.inspect().unsent_bytes < options.high_water_bytes as u64);
            assert!(self.inspect().in_flight < options.in_flight_max as u64);
        }
    }
}
