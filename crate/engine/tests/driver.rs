//! What the application does to a conversation and sees of it: the core in simulated time, one file
//! for each thing.

mod common {
    #[allow(dead_code, reason = "each test uses what it needs")]
    pub mod application;
    #[allow(dead_code, reason = "each test uses what it needs")]
    pub mod drive;
}

mod driving {
    mod closing;
    mod counting;
    mod observing;
    mod pausing;
    mod pushing;
}

use common::drive::Served;
use lancelot_engine::config::Options;

/// A server that knows `a` (`A.`), `e` (nothing) and `q` (`Bye.`, and closes).
fn served(options: Options) -> Served {
    let answers = [(&b"a"[..], &b"A."[..], false), (b"e", b"", false), (b"q", b"Bye.", true)];
    let entries = answers.map(|(key, answer, close)| (key.to_vec(), answer.to_vec(), close));
    Served::new(options, &entries).unwrap()
}

/// One that also asks a handler.
fn handled() -> Options {
    Options { has_handler: true, ..Options::default() }
}
