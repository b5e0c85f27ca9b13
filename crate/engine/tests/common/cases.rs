//! The cases of `__test__/vectors/`, as its README defines them, loaded and checked.
//!
//! Whatever the format does not know is an error, so that a slip of the pen in a case cannot make
//! the case pass.

use super::drive::Entry;
use lancelot_engine::config::Options;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::path::Path;

/// Text in a case, as the bytes that it stands for.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "String")]
pub struct Bytes(pub Vec<u8>);

impl TryFrom<String> for Bytes {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bytes: Result<_, _> = text.chars().map(u8::try_from).collect();
        bytes.map(Self).map_err(|_| format!("{text:?} has a character over U+00FF"))
    }
}

/// One case. It is refused, or it has steps.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub name: String,
    pub rule: String,
    /// Marks cases that servers skip; the cores run them all.
    cores: Option<bool>,
    pub options: CaseOptions,
    pub handler: Option<BTreeMap<Bytes, Behaviour>>,
    pub steps: Option<Vec<Step>>,
    pub out: Option<Bytes>,
    pub code: Option<String>,
    pub requests: Option<u64>,
    #[serde(default)]
    pub stats: BTreeMap<String, u64>,
    pub refused: Option<String>,
}

impl Case {
    /// Whether servers skip it.
    #[allow(dead_code, reason = "the cores run them all")]
    pub fn is_for_cores(&self) -> bool {
        self.cores == Some(true)
    }
}

/// Server options, by their names in TypeScript.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CaseOptions {
    #[serde(default)]
    pub answers: Vec<CaseAnswer>,
    pub delimiter: Option<Bytes>,
    pub answer_suffix: Option<Bytes>,
    pub greeting: Option<Bytes>,
    /// Absent, or null, or an answer.
    #[serde(default, deserialize_with = "nullable")]
    pub unknown_answer: Option<Option<Bytes>>,
    pub request_bytes_max: Option<usize>,
    pub answer_bytes_max: Option<usize>,
    pub high_water_bytes: Option<usize>,
    pub in_flight_max: Option<usize>,
    pub in_flight_server_max: Option<usize>,
    pub in_flight_bytes_max: Option<usize>,
    pub idle_ms_max: Option<u32>,
    pub request_ms_max: Option<u32>,
    pub write_ms_max: Option<u32>,
    pub handler_ms_max: Option<u32>,
}

impl CaseOptions {
    /// What the engine calls them, and the table.
    pub fn translate(&self, has_handler: bool) -> (Options, Vec<Entry>) {
        let case = self.clone();
        let default = Options::default();
        let bytes = |bytes: Option<Bytes>, default: Vec<u8>| bytes.map_or(default, |bytes| bytes.0);
        let options = Options {
            delimiter: bytes(case.delimiter, default.delimiter),
            answer_suffix: bytes(case.answer_suffix, default.answer_suffix),
            greeting: bytes(case.greeting, default.greeting),
            unknown_answer: case
                .unknown_answer
                .map_or(default.unknown_answer, |answer| answer.map(|bytes| bytes.0)),
            has_handler,
            routes: Vec::new(),
            request_bytes_max: case.request_bytes_max.unwrap_or(default.request_bytes_max),
            answer_bytes_max: case.answer_bytes_max.unwrap_or(default.answer_bytes_max),
            high_water_bytes: case.high_water_bytes.unwrap_or(default.high_water_bytes),
            in_flight_max: case.in_flight_max.unwrap_or(default.in_flight_max),
            in_flight_loop_max: case.in_flight_server_max.unwrap_or(default.in_flight_loop_max),
            in_flight_loop_bytes_max: case
                .in_flight_bytes_max
                .unwrap_or(default.in_flight_loop_bytes_max),
            connections_max: default.connections_max,
            idle_ms_max: case.idle_ms_max.unwrap_or(default.idle_ms_max),
            request_ms_max: case.request_ms_max.unwrap_or(default.request_ms_max),
            write_ms_max: case.write_ms_max.unwrap_or(default.write_ms_max),
            handler_ms_max: case.handler_ms_max.unwrap_or(default.handler_ms_max),
        };
        let entries = case.answers.into_iter().map(|answer| match answer {
            CaseAnswer::Plain(key, answer) => (key.0, answer.0, false),
            CaseAnswer::Closing(key, answer, _) => (key.0, answer.0, true),
        });
        (options, entries.collect())
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum CaseAnswer {
    Plain(Bytes, Bytes),
    Closing(Bytes, Bytes, CloseMark),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CloseMark {
    Close,
}

/// What the handler does when it is asked a request.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Behaviour {
    Answer(Bytes),
    Later(Bytes),
    Close,
    CloseLater,
    Throw,
    Reject,
    ThrowLater,
    Nonsense,
    Never,
}

/// What happens next.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    Send(Bytes),
    Expect(Bytes),
    Asked(Bytes),
    Release(Bytes),
    Wait(u64),
    Finish(Yes),
    Reset(Yes),
    Stop(u64),
    End(Yes),
    Take(usize),
    Reading(bool),
    State(String),
}

/// Stands where only `true` may.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "bool")]
pub struct Yes;

impl TryFrom<bool> for Yes {
    type Error = &'static str;

    fn try_from(value: bool) -> Result<Self, &'static str> {
        value.then_some(Self).ok_or("only true may stand here")
    }
}

fn nullable<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<Bytes>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// The cases of one text.
pub fn parse(text: &str) -> Result<Vec<Case>, String> {
    let cases: Vec<Case> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    for case in &cases {
        let talks = case.steps.is_some() && case.out.is_some() && case.code.is_some();
        let is_talk = talks && case.refused.is_none();
        let has_outcome = case.steps.is_some() || case.out.is_some() || case.code.is_some();
        let is_refusal = case.refused.is_some() && !has_outcome && case.requests.is_none();
        if !is_talk && !is_refusal {
            return Err(format!("{:?} must have steps, out and code, or refused", case.name));
        }
    }
    Ok(cases)
}

/// All cases of all files, each with the name of its file.
pub fn load() -> Vec<(String, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../__test__/vectors");
    let entries = std::fs::read_dir(&folder).expect("the folder of the vectors");
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".json"))
        .collect();
    names.sort();
    let load_file = |name: String| {
        let text = std::fs::read_to_string(folder.join(&name)).unwrap();
        let cases = parse(&text).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        cases.into_iter().map(move |case| (name.clone(), case))
    };
    names.into_iter().flat_map(load_file).collect()
}

/// How many cases the files hold, by means that know nothing of the format.
pub fn count_in_files() -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../__test__/vectors");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| std::fs::read_to_string(path).unwrap());
    texts.map(|text| text.matches("\"rule\":").count()).sum()
}
