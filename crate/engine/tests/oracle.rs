//! The core against the oracle: however a stream is cut, in whatever order responses come and
//! however the peer takes them, the conversation is the same.
//!
//! `PROPTEST_CASES=1000000 cargo test --release -p lancelot-engine --test oracle -- --nocapture`
//! tries more, and says how many conversations it compared.

mod common {
    #[allow(dead_code, reason = "each test uses what it needs")]
    pub mod application;
    pub mod converse;
    #[allow(dead_code, reason = "each test uses what it needs")]
    pub mod drive;
    pub mod oracle;
    pub mod plan;
    pub mod verdict;
}

use common::converse::Trial;
use common::drive::Served;
use common::oracle::{foretell, named};
use common::plan::Plan;
use lancelot_engine::config::Options;
use lancelot_engine::error::CloseReason;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::cell::Cell;

/// Streams up to this long are cut at every place, and at every two places.
const CUT_EVERYWHERE_BYTES_MAX: usize = 24;

/// How many plans are tried where the environment does not say.
const CASES: u32 = 5_000;

fn config() -> Config {
    let given = Config { failure_persistence: None, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() {
        return given;
    }
    Config { cases: CASES, ..given }
}

/// Runs `check`, which returns how many conversations it compared, on many plans.
fn for_plans(rule: &str, check: impl Fn(&Plan) -> u64) {
    let compared = Cell::new(0);
    let plans = proptest::collection::vec(any::<u8>(), 0..300).prop_map(|bytes| {
        // Shown when it fails, shrunk.
        Plan::decode(&bytes)
    });
    let outcome = TestRunner::new(config()).run(&plans, |plan| {
        compared.set(compared.get() + check(&plan));
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{rule}: {failure}");
    }
    println!("{rule}: {} conversations", compared.get());
}

#[test]
fn a_conversation_is_the_same_for_every_cut_of_the_stream() {
    for_plans("every cut", |plan| {
        let trial = Trial::new(plan);
        let stream_bytes = plan.stream.len();
        trial.check_cuts(&[]);
        trial.check_cuts(&(0..stream_bytes).collect::<Vec<_>>());
        if stream_bytes > CUT_EVERYWHERE_BYTES_MAX {
            return 2;
        }
        for first in 0..=stream_bytes {
            trial.check_cuts(&[first]);
            (first..=stream_bytes).for_each(|second| trial.check_cuts(&[first, second]));
        }
        let places = stream_bytes as u64 + 1;
        2 + places + places * (places + 1) / 2
    });
}

#[test]
fn a_conversation_is_the_same_in_any_order_of_events() {
    for_plans("any order", |plan| {
        let trial = Trial::new(plan);
        [false, true].iter().for_each(|&observes| trial.check_steps(&plan.steps, observes));
        2
    });
}

#[test]
fn a_conversation_that_faults_end_is_a_beginning_of_the_one_without() {
    for_plans("faults", |plan| {
        let mut plan = plan.clone();
        plan.run_short_clocks();
        let trial = Trial::new(&plan);
        [false, true].iter().for_each(|&observes| trial.check_faults(&plan.steps, observes));
        2
    });
}

#[test]
fn a_key_is_refused_if_and_only_if_no_request_can_equal_it() {
    let letters = proptest::sample::select(b"ab?".to_vec());
    let delimiters = proptest::collection::vec(letters.clone(), 1..=16);
    let keys = proptest::collection::vec(letters, 0..20);
    proptest!(config(), |(
        delimiter in delimiters, key in keys, ends_in_delimiter: bool,
        request_bytes_max in 1usize..20,
    )| {
        let key = if ends_in_delimiter { [&key[..], &delimiter].concat() } else { key };
        let options = Options { delimiter, request_bytes_max, ..Options::default() };
        let can_match = named(&options, &key).is_some();
        prop_assert_eq!(Served::new(options, &[(key, Vec::new(), false)]).is_ok(), can_match);
    });
}

#[test]
fn the_oracle_tells_apart_every_way_to_end() {
    let options = Options { request_bytes_max: 4, ..Options::default() };
    let entries =
        [(b"a".to_vec(), b"A.".to_vec(), false), (b"q?".to_vec(), b"Bye.".to_vec(), true)];
    let told = |options: &Options, stream: &[u8]| {
        let told = foretell(options, &entries, stream);
        (String::from_utf8(told.out).unwrap(), told.reason, told.exchanges.len())
    };
    let no = "Error: unknown question.";
    assert_eq!(told(&options, b"a?a?"), ("A.A.".into(), CloseReason::Finished, 2));
    assert_eq!(told(&options, b"a?abcd"), ("A.".into(), CloseReason::Truncated, 1));
    assert_eq!(told(&options, b"a?abcde"), ("A.".into(), CloseReason::RequestTooLong, 1));
    assert_eq!(told(&options, b"a?abcde?"), ("A.".into(), CloseReason::RequestTooLong, 1));
    assert_eq!(told(&options, b"abcd?"), (no.into(), CloseReason::Finished, 1));
    assert_eq!(told(&options, b"q?a?"), ("Bye.".into(), CloseReason::AnswerClose, 1));
    let closing = Options { unknown_answer: None, ..options.clone() };
    assert_eq!(told(&closing, b"?a?"), (String::new(), CloseReason::UnknownRequest, 1));
    let handled = Options { has_handler: true, ..options };
    assert_eq!(told(&handled, b"b?!?a?"), ("<b>".into(), CloseReason::HandlerClose, 2));
    let routed = Options { routes: vec![b"b".to_vec(), b"bc".to_vec()], ..handled };
    assert_eq!(told(&routed, b"bc?bd?c?"), ("<<<bc><<bd><c>".into(), CloseReason::Finished, 3));
}
