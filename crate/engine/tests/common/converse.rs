//! Has the conversation of a plan with the core, and compares it with what the oracle foretells.

use super::drive::{Drive, Served};
use super::oracle::{Foretold, foretell, handle};
use super::plan::{Plan, Step};
use super::verdict::{assert_all_seen, assert_begun, assert_complete, push_bytes};
use lancelot_engine::connection::State;
use lancelot_engine::error::CloseReason;
use lancelot_engine::pipeline::Response;
use lancelot_engine::responses::Outcome;

/// More turns than any plan needs.
const TURNS_MAX: usize = 10_000;

/// A plan with the server that it is for, and what should come of it.
pub struct Trial<'a> {
    served: Served,
    stream: &'a [u8],
    pub foretold: Foretold,
}

impl<'a> Trial<'a> {
    pub fn new(plan: &'a Plan) -> Self {
        let served = Served::new(plan.options.clone(), &plan.entries)
            .expect("the plan holds only keys that the oracle says can match");
        let foretold = foretell(&plan.options, &plan.entries, &plan.stream);
        Self { served, stream: &plan.stream, foretold }
    }

    /// The stream arrives in pieces that begin at these places, everything else at once.
    pub fn check_cuts(&self, cuts: &[usize]) {
        let mut talk = Talk::new(self, usize::MAX);
        for end in cuts.iter().copied().chain([self.stream.len()]) {
            talk.receive(end - talk.arrived.min(end));
            while talk.respond(0, usize::MAX) {}
        }
        talk.end();
        self.compare(&talk);
    }

    /// What happens is what the steps say, but for those that end the conversation before its time;
    /// after the last of them everything still owed happens.
    pub fn check_steps(&self, steps: &[Step], observes: bool) {
        let mut talk = Talk::new(self, 0);
        talk.drive.observe(observes, observes);
        for step in steps {
            if !matches!(step, Step::Stop | Step::Cut | Step::Fail | Step::Close) {
                talk.step(*step);
            }
        }
        talk.end();
        self.compare(&talk);
        if observes {
            assert_all_seen(&self.foretold, &talk.drive.asked.seen);
        }
    }

    /// Anything may end the conversation, clocks too. What the peer got is then a beginning of what
    /// it should have got; it is told the same as without faults if it says that it ended so.
    pub fn check_faults(&self, steps: &[Step], observes: bool) {
        let mut talk = Talk::new(self, 0);
        talk.drive.observe(observes, observes);
        for step in steps {
            talk.step(*step);
            while talk.drive.ended().is_none() && talk.drive.deadline_ms <= talk.drive.now_ms {
                talk.drive.pass_deadline();
                talk.rest();
            }
        }
        talk.end();
        assert_begun(&self.foretold, &talk.drive, talk.pushed);
        if talk.drive.ended() == Some(self.foretold.reason) {
            self.compare(&talk);
        }
    }

    fn compare(&self, talk: &Talk<'_>) {
        let Foretold { reason, exchanges, more_requests, .. } = &self.foretold;
        let (drive, requests) = (&talk.drive, exchanges.len() as u64);
        assert_complete(&self.foretold, drive, talk.pushed);
        assert_eq!(drive.ended(), Some(*reason), "the reason is not the foretold one");
        if *more_requests {
            assert!(drive.requests() >= requests, "fewer requests than were answered");
        } else {
            assert_eq!(drive.requests(), requests, "requests were lost or made up");
            let tally = &drive.tally;
            let closing = u64::from(*reason == CloseReason::UnknownRequest);
            let counted = tally.answered + tally.handled + tally.unknown + closing;
            assert_eq!(counted, requests, "a request is counted in one counter");
        }
    }
}

/// A request that was asked and not answered.
struct Waiting {
    number: u32,
    request_bytes: usize,
    outcome: Result<Vec<u8>, CloseReason>,
}

struct Talk<'a> {
    trial: &'a Trial<'a>,
    drive: Drive<'a>,
    /// Sent by the peer, of the stream.
    arrived: usize,
    /// Read by the server.
    read: usize,
    read_end: bool,
    waiting: Vec<Waiting>,
    answered: Vec<u32>,
    /// The first request, by its number, at which the handler ends the conversation.
    closes_at: Option<u32>,
    /// Pushes that were taken.
    pushed: usize,
}

impl<'a> Talk<'a> {
    fn new(trial: &'a Trial<'a>, takes: usize) -> Self {
        Self {
            trial,
            drive: Drive::open(&trial.served, 1_000, takes),
            arrived: 0,
            read: 0,
            read_end: false,
            waiting: Vec::new(),
            answered: Vec::new(),
            closes_at: None,
            pushed: 0,
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Piece(bytes) => self.receive(bytes),
            Step::Take(bytes) => _ = self.drive.take(bytes),
            Step::Respond { place, run_max } => _ = self.respond(place, run_max),
            Step::RespondInVain(number) => self.respond_in_vain(number),
            Step::Pass(ms) => self.drive.now_ms += ms,
            Step::Push => self.push(),
            Step::HoldBack => self.drive.hold_back(),
            Step::LetGoOn => self.drive.let_go_on(),
            Step::Room(has_room) => self.drive.asked.is_full = !has_room,
            Step::Close => self.drive.close(),
            Step::Stop => self.drive.serve(|connection, _| connection.stop()),
            Step::Cut => self.drive.serve(|connection, _| connection.cut(CloseReason::Cut)),
            Step::Fail => self.drive.serve(|connection, _| connection.handle_failed()),
        }
        self.rest();
    }

    fn receive(&mut self, bytes: usize) {
        self.arrived = self.trial.stream.len().min(self.arrived.saturating_add(bytes));
        self.rest();
    }

    /// Goes on until nothing is left to do without the peer, the handler, or time.
    fn rest(&mut self) {
        for _ in 0..TURNS_MAX {
            let reads = self.drive.connection.wants_read() && self.read < self.arrived;
            if reads {
                let piece = &self.trial.stream[self.read..self.arrived];
                self.read = self.arrived;
                self.drive.handle_piece(piece);
            }
            let asked = self.drive.asked.waiting.drain(..);
            self.waiting.extend(asked.map(|(number, route, request)| Waiting {
                number,
                request_bytes: request.len(),
                outcome: handle(route, &request),
            }));
            if !self.drive.resume() && !reads {
                return self.assert_in_flight();
            }
        }
        panic!("the core never comes to rest");
    }

    /// What the core counts as in flight is what was asked and can still be answered.
    fn assert_in_flight(&self) {
        let can_be_answered = match self.drive.connection.state() {
            State::Closed(_) | State::Lingering(_) => return,
            State::Draining(CloseReason::HandlerTimeout) => return,
            _ => |waiting: &&Waiting| self.closes_at.is_none_or(|at| waiting.number < at),
        };
        let waiting: Vec<_> = self.waiting.iter().filter(can_be_answered).collect();
        let bytes: usize = waiting.iter().map(|waiting| waiting.request_bytes).sum();
        assert_eq!(self.drive.tally.in_flight, waiting.len() as u64);
        assert_eq!(self.drive.tally.in_flight_bytes, bytes as u64);
    }

    /// Whether a request waited.
    fn respond(&mut self, place: usize, run_max: usize) -> bool {
        if self.waiting.is_empty() {
            return false;
        }
        let mut waiting = self.waiting.split_off(place % self.waiting.len());
        let number = waiting[0].number;
        let follows = |(waiting, number): &(&Waiting, u32)| waiting.number == *number;
        let in_turn = waiting.iter().zip(number..).take_while(follows).count();
        self.waiting.extend(waiting.split_off(in_turn.min(run_max)));
        let (mut outcomes, mut bytes) = (Vec::new(), Vec::new());
        for Waiting { number, outcome, .. } in waiting {
            outcomes.push(match outcome {
                Ok(response) => {
                    bytes.extend(&response);
                    Outcome::bytes(response.len() as u32)
                }
                Err(reason) => {
                    self.closes_at = Some(self.closes_at.map_or(number, |at| at.min(number)));
                    Outcome::close(reason)
                }
            });
            self.answered.push(number);
        }
        self.drive.handle_run(number, &outcomes, &bytes);
        self.rest();
        true
    }

    /// It is dropped and counted, and nothing else happens.
    fn respond_in_vain(&mut self, number: u32) {
        let answered = self.answered.get(number as usize % self.answered.len().max(1));
        let never_asked = u32::MAX - number;
        let dropped = self.drive.tally.responses_dropped;
        let out_bytes = self.drive.out.len();
        for number in [answered.copied().unwrap_or(never_asked), never_asked] {
            let (takes, state) = (self.drive.takes, self.drive.connection.state());
            self.drive.takes = 0;
            self.drive.handle_response(number, Response::Bytes(b"in vain"));
            self.drive.takes = takes;
            assert_eq!(self.drive.connection.state(), state);
        }
        assert_eq!(self.drive.tally.responses_dropped, dropped + 2);
        assert_eq!(self.drive.out.len(), out_bytes);
    }

    /// It is taken where requests are, unless the peer is too far behind.
    fn push(&mut self) {
        let high_water_bytes = self.trial.served.options.high_water_bytes as u64;
        let is_open = self.drive.connection.state() == State::Open;
        let is_taken = is_open && self.drive.inspect().unsent_bytes < high_water_bytes;
        assert_eq!(self.drive.push(&push_bytes(self.pushed)), is_taken);
        self.pushed += usize::from(is_taken);
    }

    /// The peer sends the rest, takes everything and finishes; the handler answers everything.
    fn end(&mut self) {
        self.drive.let_go_on();
        self.drive.asked.is_full = false;
        for _ in 0..TURNS_MAX {
            if self.drive.ended().is_some() {
                while self.respond(0, 1) {}
                return;
            }
            let goes_on = self.drive.take(usize::MAX) | self.respond(0, 2);
            self.receive(usize::MAX);
            let is_quiet = !goes_on && self.waiting.is_empty();
            if is_quiet && self.drive.connection.wants_read() && !self.read_end {
                self.finish();
            }
        }
        panic!("nothing would end it: {:?}", self.drive.connection.state());
    }

    fn finish(&mut self) {
        let foretold = &self.trial.foretold;
        if self.drive.connection.state() == State::Open
            && foretold.reason == CloseReason::Finished
            && self.drive.connection.unsent(&[]).is_empty()
        {
            self.assert_at_rest();
        }
        self.read_end = true;
        self.drive.serve(|connection, _| connection.handle_finished());
        self.rest();
    }

    /// Nothing is begun and nothing owed: no clock runs but the idle one.
    fn assert_at_rest(&self) {
        let Served { config, options, .. } = &self.trial.served;
        let idle_at_ms = self.drive.now_ms + u64::from(options.idle_ms_max);
        let deadline_ms = self.drive.connection.deadline_ms(config, self.drive.now_ms);
        assert_eq!(self.drive.tally.in_flight, 0);
        assert_eq!(deadline_ms, idle_at_ms, "a connection at rest has a clock");
    }
}
