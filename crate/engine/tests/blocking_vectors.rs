//! Every case of `__test__/vectors/` that is for servers, against blocking servers over sockets.
#![cfg(unix)]

#[allow(dead_code, reason = "each test uses what it needs")]
mod common {
    pub mod acting;
    pub mod application;
    pub mod case_handler;
    pub mod cases;
    pub mod client;
    pub mod comparing;
    pub mod drive;
    pub mod passing;
    pub mod rig;
}

mod threading {
    pub mod conversing;
}

use common::cases;
use lancelot_engine::blocking::Arrangement;
use lancelot_engine::design::Design;
use std::panic::catch_unwind;
use threading::conversing;

const DESIGN: Design = Design::Blocking(Arrangement::OneAtATime);

fn assert_all_come_out(arrangement: Arrangement) {
    let cases = cases::load();
    let talks = cases.iter().filter(|(_, case)| case.refused.is_none() && !case.is_for_cores());
    let mut count = 0;
    let failures: Vec<_> = talks
        .inspect(|_| count += 1)
        .filter_map(|(file, case)| {
            let run = || conversing::run(case, arrangement);
            let fault = catch_unwind(run).unwrap_or_else(|_| Err("panics".into())).err();
            fault.map(|fault| format!("{file}: {}: {}: {fault}", case.rule, case.name))
        })
        .collect();
    assert!(failures.is_empty(), "{} cases fail:\n{}", failures.len(), failures.join("\n"));
    assert!(count > 100, "only {count} cases");
}

#[test]
fn a_case_that_says_something_else_than_happens_is_found_out() {
    let good = r#"[{ "name": "x", "rule": "P1", "options": { "answers": [["a", "A."]] },
        "steps": [{ "send": "a?" }], "out": "A.", "code": "finished", "requests": 1 }]"#;
    let run =
        |text: &str| conversing::run(&cases::parse(text).unwrap()[0], Arrangement::OneAtATime);
    assert_eq!(run(good), Ok(()));
    for (right, wrong) in [
        ("\"out\": \"A.\"", "\"out\": \"A\""),
        ("finished", "truncated"),
        ("\"requests\": 1", "\"requests\": 2"),
        ("{ \"send\": \"a?\" }", "{ \"send\": \"a?\" }, { \"expect\": \"B.\" }"),
    ] {
        assert!(run(&good.replacen(right, wrong, 1)).is_err(), "{wrong} passes");
    }
}

#[test]
fn one_at_a_time_every_case_comes_out_as_it_says() {
    assert_all_come_out(Arrangement::OneAtATime);
}

#[test]
fn with_a_thread_for_each_connection_every_case_comes_out_as_it_says() {
    assert_all_come_out(Arrangement::ThreadPerConnection);
}

#[test]
fn with_a_pool_every_case_comes_out_as_it_says() {
    assert_all_come_out(Arrangement::Pool(4));
}
