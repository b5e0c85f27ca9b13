//! What is blocking servers' own: who waits for whom, and what becomes of threads.
#![cfg(unix)]

mod common {
    #[allow(dead_code, reason = "each test uses what it needs")]
    pub mod acting;
    #[allow(dead_code, reason = "each test uses what it needs")]
    pub mod client;
    #[allow(dead_code, reason = "each test uses what it needs")]
    pub mod passing;
    #[allow(dead_code, reason = "each test uses what it needs")]
    #[path = "../threading/rig.rs"]
    pub mod rig;
}

mod threading {
    mod arranging;
    mod panicking;
    mod stopping;
}

use common::rig::Rig;
use lancelot_engine::blocking::Arrangement;
use lancelot_engine::config::Options;
use lancelot_engine::handler::Interest;

/// What the rig takes where a test does not say.
const ARRANGEMENT: Arrangement = Arrangement::Pool(4);

const ALL: [Arrangement; 3] =
    [Arrangement::OneAtATime, Arrangement::ThreadPerConnection, Arrangement::Pool(4)];

/// A server that asks its handler what the table does not know.
fn arranged(arrangement: Arrangement) -> Rig {
    let options = Options { has_handler: true, ..Options::default() };
    let both = Interest { opened: true, closed: true, ..Interest::default() };
    Rig::start_arranged(arrangement, options, both)
}
