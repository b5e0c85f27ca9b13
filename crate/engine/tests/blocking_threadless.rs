//! A process that can start no thread. The only test of its file, for the limit is the process's.
#![cfg(target_os = "linux")]

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

use common::passing::Told;
use common::rig::Rig;
use lancelot_engine::blocking::Arrangement;
use lancelot_engine::config::Options;
use lancelot_engine::handler::Interest;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

const ARRANGEMENT: Arrangement = Arrangement::ThreadPerConnection;
/// Of address space: less than a thread's stack needs, and enough for everything else.
const LEFT_BYTES: u64 = 128 * 1024;

const PAGE_BYTES: u64 = 4096;

/// The address space that the process has taken.
fn taken_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = pages.split(' ').next().unwrap().parse().unwrap();
    pages * PAGE_BYTES
}

#[test]
fn a_connection_that_no_thread_can_be_started_for_is_refused_counted_and_told() {
    let mut rig = Rig::start_arranged(ARRANGEMENT, Options::default(), Interest::default());
    let mut client = rig.client();
    client.ask(b"a?", b"Alpha.");
    let limit = getrlimit(Resource::As);
    let no_more = Rlimit { current: Some(taken_bytes() + LEFT_BYTES), ..limit };
    setrlimit(Resource::As, no_more).unwrap();
    for refused in 1..=3 {
        assert_eq!(rig.client().read_to_end_or_reset(), b"");
        rig.wait_for("it is counted", |counters| counters.refused == refused);
        client.ask(b"a?", b"Alpha.");
    }
    rig.next("it failed", |told| matches!(told, Told::AcceptFailed).then_some(()));
    setrlimit(Resource::As, limit).unwrap();
    rig.client().ask(b"q?", b"Bye.");
    assert_eq!(rig.end().accepted, 2);
}
