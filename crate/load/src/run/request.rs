//! What the shape `run` is told, parsed once from JSON: after this nothing asks whether it makes
//! sense. `src/load/load-protocol.ts` is its contract, and describes every field.

use super::tls::TlsWish;
use crate::command::{Target, check_range};
use crate::error::LoadError;
use crate::questions::{Exchange, Mix, own_exchanges};
use serde::Deserialize;

/// The most connections of one run: what the limit of descriptors allows.
pub const CONNECTIONS_MAX: usize = 19_000;
const DEPTH_MAX: usize = 1024;
const EXCHANGES_MAX: usize = 4096;
/// Every exchange begins a burst of `depth`, and all bursts are kept.
const BURST_BYTES_MAX: usize = 64 << 20;
const MS_MAX: usize = 24 * 3600 * 1000;
/// Requests or sessions a second.
const RATE_MAX: f64 = 5e6;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    #[serde(flatten)]
    pub target: Target,
    pub pid: Option<u32>,
    pub tls: Option<TlsWish>,
    pub model: Model,
    #[serde(default = "warm_ms")]
    pub warm_ms: u64,
    pub measure_ms: u64,
    exchanges: Option<Vec<(String, String)>>,
    #[serde(default)]
    greeting: String,
    #[serde(default)]
    pub mix: Mix,
    #[serde(default)]
    pub idle: usize,
    #[serde(default)]
    pub slow_readers: usize,
    #[serde(default)]
    pub slow_writers: usize,
    #[serde(default = "late_ms")]
    pub late_ms: u64,
    #[serde(default = "grace_ms")]
    pub grace_ms: u64,
    #[serde(default = "one")]
    pub seed: u64,
}

/// How requests come about.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Model {
    Closed(Closed),
    Open(Open),
    PartlyOpen(PartlyOpen),
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Closed {
    pub users: usize,
    #[serde(default = "one")]
    pub depth: usize,
    #[serde(default)]
    pub questions: usize,
    #[serde(default)]
    pub think_us: u64,
    #[serde(default)]
    pub ramp_ms: u64,
    #[serde(default)]
    pub requests_max: u64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Open {
    #[serde(flatten)]
    pub pace: Pace,
    pub connections: usize,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PartlyOpen {
    #[serde(flatten)]
    pub pace: Pace,
    pub questions: usize,
    #[serde(default = "sessions_max")]
    pub sessions_max: usize,
}

/// How often something is due.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pace {
    /// A second.
    pub rate: f64,
    pub rate_at_end: Option<f64>,
    pub arrivals: Arrivals,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Arrivals {
    Poisson,
    Constant,
}

fn one<N: From<u8>>() -> N {
    N::from(1)
}

fn warm_ms() -> u64 {
    200
}

fn late_ms() -> u64 {
    5000
}

fn grace_ms() -> u64 {
    500
}

fn sessions_max() -> usize {
    10_000
}

impl Run {
    /// One that measures nothing and has no connections yet: for those that only stay.
    pub fn of_nothing(target: Target) -> Self {
        Self {
            target,
            tls: None,
            pid: None,
            model: Model::Closed(Closed::default()),
            warm_ms: 0,
            measure_ms: 0,
            exchanges: None,
            greeting: String::new(),
            mix: Mix::Repeating,
            idle: 0,
            slow_readers: 0,
            slow_writers: 0,
            late_ms: late_ms(),
            grace_ms: grace_ms(),
            seed: 1,
        }
    }

    /// Refuses what cannot be done.
    pub fn check(&self) -> Result<(), LoadError> {
        check_range("measureMs", self.measure_ms as usize, MS_MAX)?;
        check_range("warmMs + 1", self.warm_ms as usize + 1, MS_MAX)?;
        check_range("lateMs", self.late_ms as usize, MS_MAX)?;
        check_range("graceMs", self.grace_ms as usize, MS_MAX)?;
        let active = match &self.model {
            Model::Closed(closed) => {
                check_range("depth", closed.depth, DEPTH_MAX)?;
                check_range("users", closed.users, CONNECTIONS_MAX)?;
                if !closed.requests_max.is_multiple_of(closed.depth as u64) {
                    let found = closed.requests_max;
                    let message = format!("requestsMax is {found}, expected a multiple of depth");
                    return Err(LoadError::new("BAD_RANGE", message));
                }
                closed.users
            }
            Model::Open(open) => {
                open.pace.check()?;
                check_range("connections", open.connections, CONNECTIONS_MAX)?;
                open.connections
            }
            Model::PartlyOpen(sessions) => {
                sessions.pace.check()?;
                check_range("questions", sessions.questions, MS_MAX)?;
                check_range("sessionsMax", sessions.sessions_max, CONNECTIONS_MAX)?;
                1
            }
        };
        let all = active + self.idle + self.slow_readers + self.slow_writers;
        check_range("the sum of all connections", all, CONNECTIONS_MAX)?;
        if self.mix == Mix::Fresh && self.exchanges.is_some() {
            return Err(bad_exchange("given with mix fresh, which makes its own; leave out one"));
        }
        self.greeting()?;
        let exchanges = self.exchanges()?;
        let bytes: usize =
            exchanges.iter().map(|(request, answer)| request.len() + answer.len()).sum();
        let depth = if let Model::Closed(closed) = &self.model { closed.depth } else { 1 };
        check_range("bytes of all exchanges x depth", bytes * depth, BURST_BYTES_MAX)
    }

    /// What is asked, as bytes.
    pub fn exchanges(&self) -> Result<Vec<Exchange>, LoadError> {
        let Some(texts) = &self.exchanges else {
            return Ok(own_exchanges());
        };
        check_range("the number of exchanges", texts.len(), EXCHANGES_MAX)?;
        let mut exchanges = Vec::with_capacity(texts.len());
        for (request, response) in texts {
            let (request, response) = (latin1(request)?, latin1(response)?);
            if request.is_empty() || response.is_empty() {
                return Err(bad_exchange(
                    "empty on one side; expected bytes that can be waited for",
                ));
            }
            exchanges.push((request, response));
        }
        Ok(exchanges)
    }

    pub fn greeting(&self) -> Result<Vec<u8>, LoadError> {
        latin1(&self.greeting)
    }
}

impl Pace {
    fn check(&self) -> Result<(), LoadError> {
        for rate in [Some(self.rate), self.rate_at_end].into_iter().flatten() {
            if !(rate > 0.0 && rate <= RATE_MAX) {
                let message = format!("rate is {rate}, expected more than 0, at most {RATE_MAX}");
                return Err(LoadError::new("BAD_RANGE", message));
            }
        }
        Ok(())
    }
}

/// The bytes that a text stands for: one for each character.
fn latin1(text: &str) -> Result<Vec<u8>, LoadError> {
    let byte = |character: char| {
        u8::try_from(u32::from(character)).map_err(|_| {
            bad_exchange(&format!("with {character:?}, expected latin1: one character is one byte"))
        })
    };
    text.chars().map(byte).collect()
}

fn bad_exchange(found: &str) -> LoadError {
    LoadError::new("BAD_EXCHANGE", format!("an exchange or the greeting is {found}"))
}

#[cfg(test)]
mod tests {
    use super::{Model, Run};

    fn parse(fields: &str) -> Run {
        let text = format!(r#"{{"port":1060,"measureMs":1000,{fields}}}"#);
        serde_json::from_str(&text).unwrap()
    }

    const CLOSED: &str = r#""model":{"kind":"closed","users":7}"#;

    #[test]
    fn what_is_not_said_is_as_the_contract_says() {
        let run = parse(CLOSED);
        run.check().unwrap();
        assert_eq!((run.warm_ms, run.late_ms, run.seed, run.idle), (200, 5000, 1, 0));
        let Model::Closed(closed) = &run.model else { panic!("not closed") };
        assert_eq!((closed.depth, closed.questions, closed.think_us, closed.ramp_ms), (1, 0, 0, 0));
        assert_eq!(closed.requests_max, 0);
        assert_eq!(run.exchanges().unwrap().len(), 3);
    }

    #[test]
    fn one_character_is_one_byte() {
        let run = parse(&format!(r#"{CLOSED},"exchanges":[["\u00ff?","\u0000\u0080"]]"#));
        assert_eq!(run.exchanges().unwrap(), [(vec![255, b'?'], vec![0, 128])]);
    }

    #[test]
    fn what_cannot_be_done_is_refused_by_code() {
        let code = |fields: &str| parse(fields).check().unwrap_err().code;
        assert_eq!(code(r#""model":{"kind":"closed","users":0}"#), "BAD_RANGE");
        let open = r#""model":{"kind":"open","rate":RATE,"arrivals":"constant","connections":1}"#;
        assert_eq!(code(&open.replace("RATE", "0")), "BAD_RANGE");
        assert_eq!(code(&open.replace("RATE", "1,\"rateAtEnd\":-1")), "BAD_RANGE");
        assert_eq!(code(&format!(r#"{CLOSED},"idle":20000"#)), "BAD_RANGE");
        let part = r#""model":{"kind":"closed","users":1,"depth":16,"requestsMax":17}"#;
        assert_eq!(code(part), "BAD_RANGE");
        assert_eq!(code(&format!(r#"{CLOSED},"exchanges":[["a",""]]"#)), "BAD_EXCHANGE");
        assert_eq!(code(&format!(r#"{CLOSED},"exchanges":[["a","\u0100"]]"#)), "BAD_EXCHANGE");
        assert_eq!(
            code(&format!(r#"{CLOSED},"mix":"fresh","exchanges":[["a","b"]]"#)),
            "BAD_EXCHANGE"
        );
    }
}
