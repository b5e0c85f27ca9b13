//! What one server was told, parsed once and read-only after.
//!
//! The ranges that users see are TypeScript's (`src/options.ts`); here only what the engine itself
//! could not survive is refused.

use crate::error::ConfigError;
use crate::frame::Framing;
use crate::routes::{ROUTES_MAX, Routes};

/// What a caller may choose. Every field has a default; times are in milliseconds.
#[derive(Clone, Debug)]
pub struct Options {
    /// The bytes that end a request, 1 to 16.
    pub delimiter: Vec<u8>,
    /// Appended to every answer.
    pub answer_suffix: Vec<u8>,
    /// Sent when a connection opens.
    pub greeting: Vec<u8>,
    /// The answer to what nobody knows; `None` closes the connection instead.
    pub unknown_answer: Option<Vec<u8>>,
    /// Whether a handler takes the requests outside the table that no route fits.
    pub has_handler: bool,
    /// The beginnings of requests that have handlers of their own; the first is route 1.
    pub routes: Vec<Vec<u8>>,
    /// The longest request, without its delimiter.
    pub request_bytes_max: usize,
    /// The longest answer, without the suffix.
    pub answer_bytes_max: usize,
    /// Unsent output at which a connection is no longer read.
    pub high_water_bytes: usize,
    /// Requests of one connection that may wait for the handler.
    pub in_flight_max: usize,
    /// Requests of one event loop that may wait for the handler.
    pub in_flight_loop_max: usize,
    /// Bytes of the requests of one event loop that may wait for the handler.
    pub in_flight_loop_bytes_max: usize,
    /// Open connections of one event loop.
    pub connections_max: usize,
    /// How long a peer that is owed nothing may be silent.
    pub idle_ms_max: u32,
    /// How long a request may take to arrive.
    pub request_ms_max: u32,
    /// How long a peer may take no byte of its answers.
    pub write_ms_max: u32,
    /// How long the handler may take for one request.
    pub handler_ms_max: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            delimiter: b"?".to_vec(),
            answer_suffix: Vec::new(),
            greeting: Vec::new(),
            unknown_answer: Some(b"Error: unknown question.".to_vec()),
            has_handler: false,
            routes: Vec::new(),
            request_bytes_max: 16 * 1024,
            answer_bytes_max: 1024 * 1024,
            high_water_bytes: 64 * 1024,
            in_flight_max: 128,
            in_flight_loop_max: 64 * 1024,
            in_flight_loop_bytes_max: 64 * 1024 * 1024,
            connections_max: 1_000_000,
            idle_ms_max: 300_000,
            request_ms_max: 10_000,
            write_ms_max: 30_000,
            handler_ms_max: 30_000,
        }
    }
}

/// Options that hold together, in the form the engine uses.
pub struct Config {
    pub(crate) framing: Framing,
    pub(crate) answer_suffix: Vec<u8>,
    pub(crate) greeting: Vec<u8>,
    /// With the suffix.
    pub(crate) unknown_answer: Option<Vec<u8>>,
    pub(crate) routes: Routes,
    pub(crate) answer_bytes_max: usize,
    pub(crate) high_water_bytes: usize,
    pub(crate) in_flight_max: usize,
    pub(crate) in_flight_loop_max: usize,
    pub(crate) in_flight_loop_bytes_max: usize,
    pub(crate) connections_max: usize,
    pub(crate) idle_ms_max: u64,
    pub(crate) request_ms_max: u64,
    pub(crate) write_ms_max: u64,
    pub(crate) handler_ms_max: u64,
}

impl Config {
    /// Checks the options and prepares them.
    pub fn parse(options: Options) -> Result<Self, ConfigError> {
        for (name, limit) in [
            ("request_bytes_max", options.request_bytes_max),
            ("high_water_bytes", options.high_water_bytes),
            ("in_flight_max", options.in_flight_max),
            ("in_flight_loop_max", options.in_flight_loop_max),
            ("in_flight_loop_bytes_max", options.in_flight_loop_bytes_max),
            ("connections_max", options.connections_max),
            ("idle_ms_max", options.idle_ms_max as usize),
            ("request_ms_max", options.request_ms_max as usize),
            ("write_ms_max", options.write_ms_max as usize),
            ("handler_ms_max", options.handler_ms_max as usize),
        ] {
            if limit == 0 {
                return Err(ConfigError::ZeroLimit(name));
            }
        }
        if options.routes.len() > ROUTES_MAX {
            return Err(ConfigError::Routes(options.routes.len()));
        }
        let suffix = options.answer_suffix;
        Ok(Self {
            framing: Framing::new(&options.delimiter, options.request_bytes_max)?,
            unknown_answer: options.unknown_answer.map(|answer| [&answer[..], &suffix].concat()),
            answer_suffix: suffix,
            greeting: options.greeting,
            routes: Routes::new(options.routes, options.has_handler),
            answer_bytes_max: options.answer_bytes_max,
            high_water_bytes: options.high_water_bytes,
            in_flight_max: options.in_flight_max,
            in_flight_loop_max: options.in_flight_loop_max,
            in_flight_loop_bytes_max: options.in_flight_loop_bytes_max,
            connections_max: options.connections_max,
            idle_ms_max: options.idle_ms_max.into(),
            request_ms_max: options.request_ms_max.into(),
            write_ms_max: options.write_ms_max.into(),
            handler_ms_max: options.handler_ms_max.into(),
        })
    }

    /// Whether so many open connections are well below the limit.
    pub(crate) fn is_roomy(&self, open: usize) -> bool {
        open <= self.connections_max - self.connections_max.div_ceil(10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_zero_is_refused_by_its_name() {
        let options = Options { high_water_bytes: 0, ..Options::default() };
        assert_eq!(Config::parse(options).err(), Some(ConfigError::ZeroLimit("high_water_bytes")));
    }
}
