//! The lines of a run: one for each second of the window, and the result.

use super::tally::{Account, Counts, Tally};
use super::times::{encode, quantile_us};
use super::usage::Usage;
use serde::Serialize;
use serde_json::{Value, json};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SecondLine {
    second: u64,
    #[serde(flatten)]
    counts: Counts,
    #[serde(flatten)]
    usage: Usage,
    response_times: String,
    service_times: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RunResult {
    ok: bool,
    #[serde(flatten)]
    counts: Counts,
    #[serde(flatten)]
    usage: Usage,
    connections_peak: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    users_waiting: Option<usize>,
    response_times: String,
    service_times: String,
    send_lags: String,
    connect_times: String,
    p50_us: f64,
    p90_us: f64,
    p99_us: f64,
    p999_us: f64,
    max_us: f64,
    send_lag_p99_us: f64,
}

/// The line of a second that is over. Writing it down takes some hundred microseconds, so it is
/// done in steps, between which requests can leave.
pub struct Second {
    number: u64,
    account: Account,
    usage: Usage,
    is_open: bool,
    response_times: Option<String>,
    service_times: Option<String>,
}

impl Second {
    pub fn new(number: u64, account: Account, usage: Usage, is_open: bool) -> Self {
        Self { number, account, usage, is_open, response_times: None, service_times: None }
    }

    /// Does one step. The last one gives the line.
    pub fn step(&mut self) -> Option<Value> {
        let Some(response_times) = &self.response_times else {
            self.response_times = Some(encode(&self.account.response_times.histogram()));
            return None;
        };
        let Some(service_times) = &self.service_times else {
            let is_same = !self.is_open;
            self.service_times = Some(if is_same {
                response_times.clone()
            } else {
                encode(&self.account.service_times.histogram())
            });
            return None;
        };
        Some(json!(SecondLine {
            second: self.number,
            counts: self.account.counts,
            usage: self.usage,
            response_times: response_times.clone(),
            service_times: service_times.clone(),
        }))
    }

    pub fn into_account(self) -> Account {
        self.account
    }
}

/// `users_waiting`: those of a closed load.
pub fn result(tally: &Tally, usage: Usage, connections_peak: usize, users_waiting: usize) -> Value {
    let account = tally.whole();
    let times = account.response_times.histogram();
    let response_times = encode(&times);
    // In a closed load the ones are the others.
    let service_times = if tally.is_open() {
        encode(&account.service_times.histogram())
    } else {
        response_times.clone()
    };
    let quantile = |quantile| quantile_us(&times, quantile);
    let send_lags = tally.send_lags().histogram();
    json!(RunResult {
        ok: true,
        counts: account.counts,
        usage,
        connections_peak,
        users_waiting: (!tally.is_open()).then_some(users_waiting),
        response_times,
        service_times,
        send_lags: encode(&send_lags),
        connect_times: encode(&tally.connect_times().histogram()),
        p50_us: quantile(0.5),
        p90_us: quantile(0.9),
        p99_us: quantile(0.99),
        p999_us: quantile(0.999),
        max_us: times.max() as f64 / 1e3,
        send_lag_p99_us: quantile_us(&send_lags, 0.99),
    })
}
