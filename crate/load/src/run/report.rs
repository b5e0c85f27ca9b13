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

/// Response and service times; in a closed load the ones are the others.
fn encode_both(account: &Account, is_open: bool) -> (String, String) {
    let response_times = encode(&account.response_times);
    let service_times =
        if is_open { encode(&account.service_times) } else { response_times.clone() };
    (response_times, service_times)
}

pub fn second_line(second: u64, account: &Account, is_open: bool, usage: Usage) -> Value {
    let (response_times, service_times) = encode_both(account, is_open);
    let counts = account.counts;
    json!(SecondLine { second, counts, usage, response_times, service_times })
}

pub fn result(tally: &Tally, usage: Usage, connections_peak: usize) -> Value {
    let account = tally.whole();
    let (response_times, service_times) = encode_both(account, tally.is_open());
    let quantile = |quantile| quantile_us(&account.response_times, quantile);
    json!(RunResult {
        ok: true,
        counts: account.counts,
        usage,
        connections_peak,
        response_times,
        service_times,
        send_lags: encode(tally.send_lags()),
        connect_times: encode(tally.connect_times()),
        p50_us: quantile(0.5),
        p90_us: quantile(0.9),
        p99_us: quantile(0.99),
        p999_us: quantile(0.999),
        max_us: account.response_times.max() as f64 / 1e3,
        send_lag_p99_us: quantile_us(tally.send_lags(), 0.99),
    })
}
