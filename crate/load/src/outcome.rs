//! What a measured slice came to, and how it is written down.

use hdrhistogram::Histogram;
use serde_json::{Value, json};
use std::time::Duration;

/// Answers that did not come as they should, each kind counted apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Answers that differ from what was asked for. The connection is dropped after the first.
    pub wrong: u64,
    /// Answers still owed when the server ended the connection, or never let it begin.
    pub lost: u64,
    /// Answers that had not come when the load stopped waiting.
    pub missing: u64,
}

/// One slice: all durations are of the same window.
pub struct Outcome {
    /// Requests (or conversations) that ended inside the window.
    pub finished: u64,
    pub wall: Duration,
    pub server_cpu: Duration,
    pub load_cpu: Duration,
    /// Nanoseconds from sent (or connecting) to answered (or the last answer).
    pub service_times: Histogram<u64>,
    pub faults: Faults,
}

impl Outcome {
    pub fn to_json(&self) -> Value {
        let us = |time: Duration| time.as_secs_f64() * 1e6;
        let quantile = |q| self.service_times.value_at_quantile(q) as f64 / 1e3;
        json!({
            "ok": true,
            "finished": self.finished,
            "wallUs": us(self.wall),
            "serverCpuUs": us(self.server_cpu),
            "loadCpuUs": us(self.load_cpu),
            "p50Us": quantile(0.5),
            "p99Us": quantile(0.99),
            "maxUs": self.service_times.max() as f64 / 1e3,
            "wrong": self.faults.wrong,
            "lost": self.faults.lost,
            "missing": self.faults.missing,
        })
    }
}
