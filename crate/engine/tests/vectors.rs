//! Every case of `__test__/vectors/` against the core, in simulated time.

mod common {
    #[allow(dead_code, reason = "each test uses what it needs")]
    pub mod application;
    pub mod case_handler;
    pub mod cases;
    pub mod comparing;
    #[allow(dead_code, reason = "each test uses what it needs")]
    pub mod drive;
    pub mod talk;
}

use common::{cases, talk};
use std::collections::BTreeSet;
use std::panic::catch_unwind;

#[test]
fn every_case_comes_out_as_it_says() {
    let cases = cases::load();
    let failures: Vec<_> = cases
        .iter()
        .filter_map(|(file, case)| {
            let fault = catch_unwind(|| talk::run(case)).unwrap_or_else(|_| Err("panics".into()));
            fault.err().map(|fault| format!("{file}: {}: {}: {fault}", case.rule, case.name))
        })
        .collect();
    assert!(failures.is_empty(), "{} cases fail:\n{}", failures.len(), failures.join("\n"));
    assert_eq!(cases.len(), cases::count_in_files());
    assert!(cases.len() > 100, "only {} cases", cases.len());
}

#[test]
fn every_rule_has_cases_and_no_two_cases_of_a_file_have_one_name() {
    let cases = cases::load();
    let rules: BTreeSet<_> = cases.iter().map(|(_, case)| case.rule.clone()).collect();
    assert_eq!(rules, (1..=10).map(|rule| format!("P{rule}")).collect());
    let names: BTreeSet<_> = cases.iter().map(|(file, case)| (file, &case.name)).collect();
    assert_eq!(names.len(), cases.len());
}

const GOOD: &str = r#"[{ "name": "x", "rule": "P1", "options": { "answers": [["a", "A."]] },
    "steps": [{ "send": "a?" }], "out": "A.", "code": "finished", "requests": 1 }]"#;

#[test]
fn what_the_format_does_not_know_is_an_error() {
    assert!(cases::parse(GOOD).is_ok());
    for (good, bad) in [
        ("\"rule\"", "\"rulez\""),
        ("\"answers\"", "\"anwsers\""),
        ("{ \"send\": \"a?\" }", "{ \"sned\": \"a?\" }"),
        ("{ \"send\": \"a?\" }", "{ \"send\": \"a?\", \"wait\": 1 }"),
        ("{ \"send\": \"a?\" }", "{ \"finish\": false }"),
        ("a?", "\\u0100"),
        ("\"A.\"]", "\"A.\", \"closed\"]"),
        ("\"requests\": 1", "\"refused\": \"ERR_LANCELOT_ANSWER_KEY\""),
        ("\"code\"", "\"codes\""),
    ] {
        assert!(cases::parse(&GOOD.replacen(good, bad, 1)).is_err(), "{bad} passes");
    }
}

#[test]
fn a_case_that_says_something_else_than_happens_is_found_out() {
    let outcome = |good, bad| talk::run(&cases::parse(&GOOD.replacen(good, bad, 1)).unwrap()[0]);
    assert_eq!(outcome("x", "x"), Ok(()));
    for (good, bad) in [
        ("\"out\": \"A.\"", "\"out\": \"A\""),
        ("finished", "truncated"),
        ("\"requests\": 1", "\"requests\": 2"),
        ("\"requests\": 1", "\"requests\": 1, \"stats\": { \"answered\": 2 }"),
        ("{ \"send\": \"a?\" }", "{ \"send\": \"a?\" }, { \"expect\": \"B\" }"),
        ("{ \"send\": \"a?\" }", "{ \"send\": \"a?\" }, { \"state\": \"draining\" }"),
        ("{ \"send\": \"a?\" }", "{ \"send\": \"a?\" }, { \"reading\": false }"),
    ] {
        assert!(outcome(good, bad).is_err(), "{bad} passes");
    }
}
