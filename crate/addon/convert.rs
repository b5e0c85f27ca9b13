//! Translates options, answers, counters and errors, and decides nothing.

use lancelot_engine::config::Options;
use lancelot_engine::error::{CloseReason, ConfigError};
use lancelot_engine::server::Listen;
use lancelot_engine::stats::Counters;
use napi::bindgen_prelude::{Buffer, Uint32Array};
use napi_derive::napi;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Options as `src/options.ts` parsed them: all there, all in range.
#[napi(object)]
pub struct NativeOptions {
    /// The name of an architecture of the engine.
    #[napi(ts_type = "'poll' | 'select' | 'poll-syscall' | 'one-at-a-time' | \
                   'thread-per-connection' | 'thread-pool'")]
    pub design: String,
    /// Threads of a pool; designs without one ignore it.
    pub workers: u32,
    /// An address, not a name.
    pub host: String,
    pub port: u16,
    pub backlog: i32,
    pub loops: u32,
    pub reuse_port: bool,
    pub delimiter: Buffer,
    pub answer_suffix: Buffer,
    pub greeting: Buffer,
    pub unknown_answer: Option<Buffer>,
    pub has_handler: bool,
    /// The beginnings of requests that have handlers of their own; the first is route 1.
    pub routes: Vec<Buffer>,
    /// Whether requests seen before may cross as numbers.
    pub knows_requests: bool,
    pub request_bytes_max: u32,
    pub answer_bytes_max: u32,
    pub high_water_bytes: u32,
    pub in_flight_max: u32,
    pub in_flight_server_max: u32,
    pub in_flight_bytes_max: u32,
    pub connections_max: u32,
    pub idle_ms_max: u32,
    pub request_ms_max: u32,
    pub write_ms_max: u32,
    pub handler_ms_max: u32,
}

impl NativeOptions {
    pub(crate) fn listen(&self) -> napi::Result<Listen> {
        let host = self.host.parse().map_err(|error| failure("host", error))?;
        let address = std::net::SocketAddr::new(host, self.port);
        Ok(Listen { address, backlog: self.backlog, reuse_port: self.reuse_port })
    }

    pub(crate) fn engine(&self) -> Options {
        let loops = self.loops.max(1) as usize;
        Options {
            delimiter: self.delimiter.to_vec(),
            answer_suffix: self.answer_suffix.to_vec(),
            greeting: self.greeting.to_vec(),
            unknown_answer: self.unknown_answer.as_ref().map(|answer| answer.to_vec()),
            has_handler: self.has_handler,
            routes: self.routes.iter().map(|prefix| prefix.to_vec()).collect(),
            request_bytes_max: self.request_bytes_max as usize,
            answer_bytes_max: self.answer_bytes_max as usize,
            high_water_bytes: self.high_water_bytes as usize,
            in_flight_max: self.in_flight_max as usize,
            in_flight_loop_max: (self.in_flight_server_max as usize).div_ceil(loops),
            in_flight_loop_bytes_max: (self.in_flight_bytes_max as usize).div_ceil(loops),
            connections_max: self.connections_max as usize,
            idle_ms_max: self.idle_ms_max,
            request_ms_max: self.request_ms_max,
            write_ms_max: self.write_ms_max,
            handler_ms_max: self.handler_ms_max,
        }
    }
}

/// Counters; `docs/protocol.md` defines each. `closes` is in the order of `closeCodes()`.
#[napi(object)]
pub struct NativeStats {
    pub accepted: f64,
    pub refused: f64,
    pub open: f64,
    pub closed: f64,
    pub requests: f64,
    pub answered: f64,
    pub handled: f64,
    pub unknown: f64,
    pub in_flight: f64,
    pub in_flight_bytes: f64,
    pub responses_dropped: f64,
    pub pushed: f64,
    pub pushes_dropped: f64,
    pub events_dropped: f64,
    pub accept_errors: f64,
    pub bytes_read: f64,
    pub bytes_written: f64,
    pub closes: Vec<f64>,
}

impl NativeStats {
    pub(crate) fn new(counters: &Counters, events_dropped: u64) -> Self {
        let tally = &counters.tally;
        Self {
            accepted: counters.accepted as f64,
            refused: counters.refused as f64,
            open: counters.open() as f64,
            closed: counters.closed() as f64,
            requests: tally.requests as f64,
            answered: tally.answered as f64,
            handled: tally.handled as f64,
            unknown: tally.unknown as f64,
            in_flight: tally.in_flight as f64,
            in_flight_bytes: tally.in_flight_bytes as f64,
            responses_dropped: tally.responses_dropped as f64,
            pushed: tally.pushed as f64,
            pushes_dropped: tally.pushes_dropped as f64,
            events_dropped: events_dropped as f64,
            accept_errors: counters.accept_errors as f64,
            bytes_read: tally.bytes_read as f64,
            bytes_written: tally.bytes_written as f64,
            closes: counters.closes.iter().map(|&count| count as f64).collect(),
        }
    }
}

/// The codes of close reasons, in the order of their numbers.
#[napi]
pub fn close_codes() -> Vec<&'static str> {
    CloseReason::ALL.iter().map(|reason| reason.code()).collect()
}

/// An answer without its suffix.
#[napi(object)]
pub struct NativeAnswer {
    pub bytes: Buffer,
    pub close: bool,
}

/// Answers in one piece: for each entry its key's bytes, its answer's bytes, and whether it closes.
#[napi(object)]
pub struct PackedAnswers {
    pub words: Uint32Array,
    pub bytes: Buffer,
}

/// Cuts packed answers into entries.
pub(crate) fn unpack<'a>(
    words: &'a [u32],
    mut bytes: &'a [u8],
) -> impl Iterator<Item = (&'a [u8], &'a [u8], bool)> {
    words.chunks_exact(3).map(move |entry| {
        let (key, rest) = bytes.split_at(entry[0] as usize);
        let (answer, rest) = rest.split_at(entry[1] as usize);
        bytes = rest;
        (key, answer, entry[2] != 0)
    })
}

/// What was wrong with an entry of a table, and which one.
#[napi(object, object_from_js = false)]
pub struct EntryFault {
    pub entry: u32,
    #[napi(ts_type = "'holds-delimiter' | 'too-long' | 'answer-too-long'")]
    pub why: &'static str,
}

impl EntryFault {
    pub(crate) fn new(entry: usize, error: &ConfigError) -> Self {
        let why = match error {
            ConfigError::KeyTooLong => "too-long",
            ConfigError::AnswerTooLong => "answer-too-long",
            _ => "holds-delimiter",
        };
        Self { entry: entry as u32, why }
    }
}

/// An error of the system keeps its number: JavaScript names it.
pub(crate) fn system_error(error: std::io::Error) -> napi::Error {
    failure(&format!("errno {}", error.raw_os_error().unwrap_or(0)), error)
}

pub(crate) fn failure(what: &str, error: impl std::fmt::Display) -> napi::Error {
    napi::Error::from_reason(format!("{what}: {error}"))
}

/// Runs an entry from JavaScript: a panic becomes an exception instead of the process's end.
pub(crate) fn guard<T>(entry: impl FnOnce() -> napi::Result<T>) -> napi::Result<T> {
    catch_unwind(AssertUnwindSafe(entry)).unwrap_or_else(|panic: Box<dyn Any + Send>| {
        let text = panic.downcast_ref::<&str>().copied().unwrap_or("no message");
        Err(failure("the addon panicked", text))
    })
}
