//! One peer's conversation: requests in, responses out in order, and how it ends.
//!
//! Holds no socket, no clock and no thread: the driver says what happened and when, then asks what
//! to do next. In the order of a driver's work:
//!
//! - what happened: [`open`](Connection::open), [`greet`](Connection::greet),
//!   [`handle_piece`](Connection::handle_piece),
//!   [`handle_finished`](Connection::handle_finished),
//!   [`handle_failed`](Connection::handle_failed),
//!   [`handle_run`](Connection::handle_run), [`handle_response`](Connection::handle_response),
//!   [`handle_deadline`](Connection::handle_deadline), [`stop`](Connection::stop),
//!   [`cut`](Connection::cut)
//! - what the application wants: [`push`](Connection::push), [`close`](Connection::close),
//!   [`hold_back`](Connection::hold_back), [`let_go_on`](Connection::let_go_on)
//! - then what to send: [`unsent`](Connection::unsent), [`handle_sent`](Connection::handle_sent)
//! - then [`settle`](Connection::settle), and what to do next: [`state`](Connection::state),
//!   [`wants_read`](Connection::wants_read), [`can_resume`](Connection::can_resume),
//!   [`deadline_ms`](Connection::deadline_ms)
//!
//! Invariant: a connection at rest (open, nothing begun, nothing owed) owns no memory but itself.

use crate::busy::{Busy, Clock};
use crate::config::Config;
use crate::error::CloseReason;
use crate::pipeline::Response;
use crate::responses::Run;
pub use crate::turn::{Ask, Observes, Tally, Turn};

mod requests;

/// How long a connection that sent its last byte waits for the peer's end.
pub const LINGER_MS_MAX: u64 = 1_000;
/// How many bytes it discards meanwhile.
pub const LINGER_BYTES_MAX: u64 = 1024 * 1024;

/// Where a conversation stands. It only moves forward:
///
/// ```text
///  Open -> Draining -> Lingering -> Closed
///    '--------+------ failure ------^
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Takes requests and sends responses.
    Open,
    /// Takes no more requests; owes responses to those it took, then ends for this reason.
    Draining(CloseReason),
    /// Sent everything, and a FIN; discards what comes until the peer finishes.
    Lingering(CloseReason),
    /// Owes nothing more. The driver drops the socket when it sees this.
    Closed(CloseReason),
}

/// How a conversation went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    pub reason: CloseReason,
    pub requests: u64,
    pub bytes_read: u64,
    pub bytes_written: u64,
    pub duration_ms: u64,
}

/// How a conversation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inspection {
    pub requests: u64,
    pub bytes_read: u64,
    pub bytes_written: u64,
    pub duration_ms: u64,
    /// Requests that wait for the handler.
    pub in_flight: u64,
    /// Bytes that are ready to leave, or held behind an earlier response.
    pub unsent_bytes: u64,
}

/// The state machine of one peer.
pub struct Connection {
    requests: u64,
    bytes_read: u64,
    bytes_written: u64,
    busy: Option<Box<Busy>>,
    /// 40 bits of milliseconds: 34 years.
    opened_ms: [u8; 5],
    state: State,
    /// A byte that the driver may use as it likes; it stands here because here it is free.
    pub(crate) driver_flags: u8,
}

impl Connection {
    /// A peer connected.
    pub fn open(now_ms: u64) -> Self {
        let mut opened_ms = [0; 5];
        opened_ms.copy_from_slice(&now_ms.to_le_bytes()[..5]);
        Self {
            requests: 0,
            bytes_read: 0,
            bytes_written: 0,
            busy: None,
            opened_ms,
            state: State::Open,
            driver_flags: 0,
        }
    }

    /// What every peer is told first, before anything else is handled.
    pub fn greet(&mut self, turn: &mut Turn<'_>) {
        turn.output.extend_from_slice(&turn.config.greeting);
    }

    /// The peer sent these bytes.
    #[inline]
    pub fn handle_piece(&mut self, piece: &[u8], turn: &mut Turn<'_>) {
        self.bytes_read += piece.len() as u64;
        turn.tally.bytes_read += piece.len() as u64;
        match (self.state, &mut self.busy) {
            (State::Open, None) => self.take_piece(piece, turn),
            (State::Open, Some(busy)) if busy.input.is_empty() => self.take_piece(piece, turn),
            (State::Open, Some(_)) => self.finish_request(piece, turn),
            (State::Lingering(_), Some(busy)) => busy.discarded += piece.len() as u64,
            _ => {}
        }
    }

    /// The peer will send no more.
    pub fn handle_finished(&mut self) {
        if let Some(busy) = &mut self.busy {
            busy.peer_finished = true;
        }
        match self.state {
            State::Open => self.drain(match &self.busy {
                Some(busy) if !busy.input.is_empty() => CloseReason::Truncated,
                _ => CloseReason::Finished,
            }),
            State::Lingering(reason) => self.state = State::Closed(reason),
            State::Draining(_) | State::Closed(_) => {}
        }
    }

    /// The socket failed.
    pub fn handle_failed(&mut self) {
        self.state = match self.state {
            State::Open | State::Draining(_) => State::Closed(CloseReason::Reset),
            State::Lingering(reason) | State::Closed(reason) => State::Closed(reason),
        };
    }

    /// The handler answered requests whose numbers follow one another. Mostly they are those that
    /// wait longest, and nothing stands between them: then they leave as they came.
    #[inline]
    pub fn handle_run(&mut self, run: Run<'_>, turn: &mut Turn<'_>) {
        let waiting = matches!(self.state, State::Open | State::Draining(_));
        let plain = turn.config.answer_suffix.is_empty() && !turn.observes.responses;
        if let Some(busy) = self.busy.as_mut().filter(|_| waiting && plain)
            && run.is_all_bytes()
            && let Some(request_bytes) = busy.pipeline.answer_first(run.number, run.outcomes.len())
        {
            let output = if busy.output.is_empty() { &mut *turn.output } else { &mut busy.output };
            output.extend_from_slice(run.bytes);
            turn.tally.in_flight -= run.outcomes.len() as u64;
            turn.tally.in_flight_bytes -= request_bytes as u64;
            turn.tally.handled += run.outcomes.len() as u64;
            return;
        }
        for (number, response) in run.responses() {
            self.handle_response(number, response, turn);
        }
    }

    /// The handler answered the request of this number; the suffix is added here.
    pub fn handle_response(&mut self, number: u32, response: Response<'_>, turn: &mut Turn<'_>) {
        let waiting = matches!(self.state, State::Open | State::Draining(_));
        let Some(busy) = self.busy.as_mut().filter(|_| waiting) else {
            turn.tally.responses_dropped += 1;
            return;
        };
        let output = if busy.output.is_empty() { &mut *turn.output } else { &mut busy.output };
        let (waited, bytes) = (busy.pipeline.waiting(), busy.pipeline.waiting_bytes());
        let suffix = &turn.config.answer_suffix;
        let Ok(closes) = busy.pipeline.respond(number, response, suffix, output) else {
            turn.tally.responses_dropped += 1;
            return;
        };
        turn.tally.in_flight -= (waited - busy.pipeline.waiting()) as u64;
        turn.tally.in_flight_bytes -= (bytes - busy.pipeline.waiting_bytes()) as u64;
        if let Response::Bytes(bytes) = response {
            turn.tally.handled += 1;
            if turn.observes.responses {
                turn.handler.responded(number, bytes);
            }
        }
        if let Some(reason) = closes {
            busy.drop_input();
            self.state = State::Draining(reason);
        } else if let Response::Close(reason) = response {
            // Its turn will come; no request after it can be answered, so none is taken.
            self.drain(reason);
        }
    }

    /// The time that `deadline_ms` named has come.
    pub fn handle_deadline(&mut self, turn: &mut Turn<'_>) {
        let Some((due_ms, clock)) = self.next_clock(turn.config) else {
            self.cut(CloseReason::IdleTimeout);
            return;
        };
        if due_ms > turn.now_ms {
            return;
        }
        match clock {
            Clock::Linger => self.handle_failed(),
            Clock::Write => self.cut(CloseReason::WriteTimeout),
            Clock::Handler(number) => {
                self.handle_response(number, Response::Close(CloseReason::HandlerTimeout), turn);
            }
            Clock::Room => self.drain(CloseReason::HandlerTimeout),
            Clock::Request => self.drain(CloseReason::RequestTimeout),
        }
    }

    /// The server stops and everything that the peer sent was handled.
    pub fn stop(&mut self) {
        self.drain(CloseReason::Stopped);
    }

    /// The server waits no longer.
    pub fn cut(&mut self, reason: CloseReason) {
        self.state = match self.state {
            State::Open | State::Draining(_) => State::Closed(reason),
            State::Lingering(kept) | State::Closed(kept) => State::Closed(kept),
        };
    }

    /// Sends bytes outside any response, as they are; whether they were taken. They leave after
    /// what is ready and before what is waited for.
    pub fn push(&mut self, bytes: &[u8], turn: &mut Turn<'_>) -> bool {
        let owed = self.busy.as_ref().map_or(0, |busy| busy.owed_bytes()) + turn.output.len();
        if self.state != State::Open || owed >= turn.config.high_water_bytes {
            turn.tally.pushes_dropped += 1;
            return false;
        }
        turn.tally.pushed += 1;
        match &mut self.busy {
            Some(busy) if !busy.output.is_empty() => busy.output.extend_from_slice(bytes),
            _ => turn.output.extend_from_slice(bytes),
        }
        true
    }

    /// The application wants no more requests of it: what was taken is answered, then it ends.
    pub fn close(&mut self) {
        self.drain(CloseReason::ConnectionClose);
    }

    /// The application wants nothing read until `let_go_on`.
    pub fn hold_back(&mut self, now_ms: u64) {
        if self.state == State::Open {
            let busy = self.busy();
            busy.held_back = true;
            if !std::mem::replace(&mut busy.paused, true) {
                busy.began_ms = now_ms;
            }
        }
    }

    /// Ends a `hold_back`; the driver sees by `can_resume` what follows.
    pub fn let_go_on(&mut self, now_ms: u64) {
        if let Some(busy) = &mut self.busy {
            (busy.held_back, busy.began_ms) = (false, now_ms);
        }
    }

    /// Whether the application wants nothing read.
    pub fn is_held_back(&self) -> bool {
        self.busy.as_ref().is_some_and(|busy| busy.held_back)
    }

    /// What was read before a pause is handled now. Only where `can_resume` said so.
    pub fn resume(&mut self, turn: &mut Turn<'_>) {
        let Some(busy) = &mut self.busy else { return };
        (busy.paused, busy.no_room) = (false, false);
        busy.began_ms = turn.now_ms;
        if std::mem::take(&mut busy.unparsed) {
            self.take_unparsed(turn);
        }
    }

    /// The bytes to send now: `output` is the turn's.
    #[inline]
    pub fn unsent<'a>(&'a self, output: &'a [u8]) -> &'a [u8] {
        match &self.busy {
            Some(busy) if !busy.output.is_empty() => busy.unsent(),
            _ => output,
        }
    }

    /// The system took the first `bytes` of `unsent`. The turn's `output` is empty after.
    #[inline]
    pub fn handle_sent(&mut self, bytes: usize, turn: &mut Turn<'_>) {
        self.bytes_written += bytes as u64;
        turn.tally.bytes_written += bytes as u64;
        if bytes == turn.output.len() && self.busy.is_none() {
            turn.output.clear();
            return;
        }
        let now_ms = turn.now_ms;
        if !turn.output.is_empty() {
            if bytes < turn.output.len() {
                let busy = self.busy();
                busy.output.extend_from_slice(&turn.output[bytes..]);
                busy.progress_ms = now_ms;
            }
            turn.output.clear();
        } else if let Some(busy) = &mut self.busy {
            busy.handle_sent(bytes, now_ms);
        }
    }

    /// Draws the consequences of what was handled and sent. Whether the driver must send a FIN and
    /// read on, for the connection lingers from now on.
    #[inline]
    pub fn settle(&mut self, turn: &mut Turn<'_>) -> bool {
        if self.busy.is_none() && self.state == State::Open {
            return false;
        }
        self.settle_busy(turn)
    }

    fn settle_busy(&mut self, turn: &mut Turn<'_>) -> bool {
        let lingers = match self.state {
            State::Draining(reason) => self.settle_drain(reason, turn.now_ms),
            _ => false,
        };
        let Some(busy) = &mut self.busy else { return lingers };
        match self.state {
            State::Open => {
                let over = busy.unparsed || busy.held_back || busy.is_over(0, turn.config);
                if over && !busy.paused {
                    (busy.paused, busy.began_ms) = (true, turn.now_ms);
                }
                if busy.is_at_rest() && !busy.paused {
                    self.busy = None;
                }
            }
            State::Lingering(reason) if busy.discarded > LINGER_BYTES_MAX => {
                self.state = State::Closed(reason);
            }
            State::Closed(_) => {
                turn.tally.in_flight -= busy.pipeline.waiting() as u64;
                turn.tally.in_flight_bytes -= busy.pipeline.waiting_bytes() as u64;
                self.busy = None;
            }
            State::Draining(_) | State::Lingering(_) => {}
        }
        lingers
    }

    /// Once nothing is owed, the drain is over.
    fn settle_drain(&mut self, reason: CloseReason, now_ms: u64) -> bool {
        if self.busy.as_ref().is_some_and(|busy| busy.owes()) {
            return false;
        }
        let peer_finished = self.busy.as_ref().is_some_and(|busy| busy.peer_finished);
        if !reason.lingers() || peer_finished {
            self.state = State::Closed(reason);
            return false;
        }
        self.state = State::Lingering(reason);
        self.busy().linger_until_ms = now_ms + LINGER_MS_MAX;
        true
    }

    /// Where the conversation stands.
    #[inline]
    pub fn state(&self) -> State {
        self.state
    }

    /// Whether the driver should read the socket.
    #[inline]
    pub fn wants_read(&self) -> bool {
        match (self.state, &self.busy) {
            (State::Open, Some(busy)) => !busy.paused,
            (State::Open, None) | (State::Lingering(_), _) => true,
            (State::Draining(_) | State::Closed(_), _) => false,
        }
    }

    /// Whether the reason for a pause is gone, so that the driver should `resume` soon.
    pub fn can_resume(&self, turn: &Turn<'_>) -> bool {
        let Some(busy) = &self.busy else { return false };
        let waits = busy.paused && !busy.held_back && self.state == State::Open;
        waits && !busy.is_over(0, turn.config) && (!busy.no_room || turn.has_room())
    }

    /// Whether it must be asked again once responses came to other connections, for the limit on
    /// requests in flight is reached.
    pub fn waits_for_room(&self, config: &Config) -> bool {
        let busy = self.busy.as_ref().filter(|_| self.state == State::Open);
        // Over its own limits too it could not go on: what brings it below them wakes it.
        busy.is_some_and(|busy| busy.no_room && !busy.held_back && !busy.is_over(0, config))
    }

    /// When `handle_deadline` is due, given that something was handled just now.
    #[inline]
    pub fn deadline_ms(&self, config: &Config, now_ms: u64) -> u64 {
        self.next_clock(config).map_or(now_ms + config.idle_ms_max, |(due_ms, _)| due_ms)
    }

    /// Of a connection that nothing is waited for, the bytes that have moved so far: while these do
    /// not change, neither does the time at which it will have been silent for too long.
    #[inline]
    pub fn rest(&self, config: &Config) -> Option<u64> {
        let moved = self.bytes_read + self.bytes_written;
        self.next_clock(config).is_none().then_some(moved)
    }

    #[inline]
    fn next_clock(&self, config: &Config) -> Option<(u64, Clock)> {
        let busy = self.busy.as_ref()?;
        match self.state {
            State::Lingering(_) => Some((busy.linger_until_ms, Clock::Linger)),
            state => busy.next_clock(state == State::Open, config),
        }
    }

    /// How it went, once it is closed.
    pub fn summary(&self, reason: CloseReason, now_ms: u64) -> Summary {
        Summary {
            reason,
            requests: self.requests,
            bytes_read: self.bytes_read,
            bytes_written: self.bytes_written,
            duration_ms: now_ms - self.opened_ms(),
        }
    }

    /// How it stands.
    pub fn inspect(&self, now_ms: u64) -> Inspection {
        let busy = self.busy.as_ref();
        Inspection {
            requests: self.requests,
            bytes_read: self.bytes_read,
            bytes_written: self.bytes_written,
            duration_ms: now_ms - self.opened_ms(),
            in_flight: busy.map_or(0, |busy| busy.pipeline.waiting()) as u64,
            unsent_bytes: busy.map_or(0, |busy| busy.owed_bytes()) as u64,
        }
    }

    /// When it was opened, by the driver's clock.
    pub fn opened_ms(&self) -> u64 {
        let mut opened = [0; 8];
        opened[..5].copy_from_slice(&self.opened_ms);
        u64::from_le_bytes(opened)
    }

    fn busy(&mut self) -> &mut Busy {
        self.busy.get_or_insert_default()
    }

    fn drain(&mut self, reason: CloseReason) {
        if self.state == State::Open {
            self.state = State::Draining(reason);
            if let Some(busy) = &mut self.busy {
                busy.drop_input();
            }
        }
    }
}

const _: () = assert!(size_of::<Connection>() == 40, "a connection at rest is 40 bytes");
