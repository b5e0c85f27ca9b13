//! What a connection owns only while it is not at rest: a request begun, answers unsent, requests
//! that wait for the handler, and since when.
//!
//! Decides nothing; `connection` does. Invariant: `output_sent <= output.len()`, equal only where
//! both are 0; `input` holds whole requests only while `unparsed`.

use crate::config::Config;
use crate::pipeline::{ANSWERED_BEHIND_MAX, Pipeline};

/// The state of a connection that is busy with something. Times are the driver's, in ms.
#[derive(Default)]
pub(crate) struct Busy {
    /// The beginning of a request, or, while `unparsed`, whatever was read and not yet parsed.
    pub(crate) input: Vec<u8>,
    /// Whether `input` may hold whole requests.
    pub(crate) unparsed: bool,
    /// How much of `input` was parsed before; more than 0 only while `unparsed`.
    pub(crate) parsed: usize,
    /// Whether the first of them needs the handler, which had no room.
    pub(crate) no_room: bool,
    /// Whether reading waits: for output to leave, for responses, or for the application.
    pub(crate) paused: bool,
    /// Whether the application wants nothing read.
    pub(crate) held_back: bool,
    /// Whether the peer sends no more.
    pub(crate) peer_finished: bool,
    /// Answers that the system did not take; the first `output_sent` bytes it did.
    pub(crate) output: Vec<u8>,
    output_sent: usize,
    pub(crate) pipeline: Pipeline,
    /// When the request in `input` began, or the pause.
    pub(crate) began_ms: u64,
    /// When the peer last took a byte.
    pub(crate) progress_ms: u64,
    pub(crate) linger_until_ms: u64,
    /// Bytes discarded while lingering.
    pub(crate) discarded: u64,
}

/// What a connection can wait for too long; `docs/protocol.md` has the table.
pub(crate) enum Clock {
    Linger,
    Write,
    /// The response to the request of this number.
    Handler(u32),
    Request,
    /// Other connections' requests to be answered, so that its own may be asked.
    Room,
}

impl Busy {
    pub(crate) fn unsent(&self) -> &[u8] {
        &self.output[self.output_sent..]
    }

    /// The system took the first `bytes` of `unsent`.
    pub(crate) fn handle_sent(&mut self, bytes: usize, now_ms: u64) {
        self.output_sent += bytes;
        if bytes > 0 {
            self.progress_ms = now_ms;
        }
        if self.output_sent == self.output.len() {
            (self.output, self.output_sent) = (Vec::new(), 0);
        } else if self.output_sent > self.output.len() / 2 {
            // A peer that never takes quite all must not keep what it took.
            self.output.drain(..self.output_sent);
            self.output_sent = 0;
        }
    }

    /// Whether answers are unsent, or requests wait for theirs.
    pub(crate) fn owes(&self) -> bool {
        !self.output.is_empty() || self.pipeline.oldest().is_some()
    }

    /// Nothing more is taken: what was read and not taken is no request.
    pub(crate) fn drop_input(&mut self) {
        (self.input, self.parsed) = (Vec::new(), 0);
        (self.unparsed, self.paused) = (false, false);
    }

    pub(crate) fn is_at_rest(&self) -> bool {
        self.input.is_empty() && !self.owes()
    }

    /// Bytes that are ready to leave, or held behind an earlier response.
    pub(crate) fn owed_bytes(&self) -> usize {
        self.unsent().len() + self.pipeline.held_bytes()
    }

    /// Whether so much is owed that reading must pause. `fresh_bytes` are in the turn's output and
    /// not yet the connection's.
    pub(crate) fn is_over(&self, fresh_bytes: usize, config: &Config) -> bool {
        fresh_bytes + self.owed_bytes() >= config.high_water_bytes
            || self.pipeline.waiting() >= config.in_flight_max
            || self.pipeline.answered_behind() >= ANSWERED_BEHIND_MAX
    }

    /// The clock that runs out first, of a connection that is `open` or drains. With none it is
    /// idle, and its driver knows since when.
    pub(crate) fn next_clock(&self, open: bool, config: &Config) -> Option<(u64, Clock)> {
        let writes = !self.output.is_empty();
        let oldest = self.pipeline.oldest();
        let begun = open && !self.paused && !self.input.is_empty();
        let waits = open && self.no_room && !self.held_back && !writes && oldest.is_none();
        [
            writes.then(|| (self.progress_ms + config.write_ms_max, Clock::Write)),
            oldest.map(|(number, at_ms)| (at_ms + config.handler_ms_max, Clock::Handler(number))),
            begun.then(|| (self.began_ms + config.request_ms_max, Clock::Request)),
            waits.then(|| (self.began_ms + config.handler_ms_max, Clock::Room)),
        ]
        .into_iter()
        .flatten()
        .min_by_key(|&(due_ms, _)| due_ms)
    }
}
