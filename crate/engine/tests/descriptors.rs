//! A process without descriptors. The only test of its file, for the limit is the process's.
#![cfg(unix)]

mod common {
    #[allow(dead_code, reason = "each test uses what it needs")]
    pub mod acting;
    #[allow(dead_code, reason = "each test uses what it needs")]
    pub mod client;
    #[allow(dead_code, reason = "each test uses what it needs")]
    pub mod passing;
    #[allow(dead_code, reason = "each test uses what it needs")]
    pub mod rig;
}

use common::passing::Told;
use common::rig::{ONE_LOOP, Rig};
use lancelot_engine::config::Options;
use lancelot_engine::handler::Interest;
use lancelot_engine::server::Waiting;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs::File;

const WAITING: Waiting = Waiting::Mio;
const DESCRIPTORS_MAX: u64 = 128;

/// Takes every descriptor that is left.
fn take_all() -> Vec<File> {
    std::iter::from_fn(|| File::open("/dev/null").ok()).collect()
}

#[test]
fn without_descriptors_accepting_pauses_and_goes_on_when_they_come_back() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(DESCRIPTORS_MAX), ..limit }).unwrap();
    for waiting in [Waiting::Mio, Waiting::PollSyscall, Waiting::SelectSyscall] {
        pause_and_go_on(waiting);
    }
}

fn pause_and_go_on(waiting: Waiting) {
    let both = Interest { opened: true, closed: true, ..Interest::default() };
    let mut rig = Rig::start_waiting(waiting, Options::default(), ONE_LOOP, both);
    let mut client = rig.client();
    client.ask(b"a?", b"Alpha.");
    let mut served = Vec::new();
    for round in 1..=3 {
        let mut taken = take_all();
        assert!(taken.len() > 10, "there were descriptors to take");
        // One is left for the peer's end, and none for the server's.
        taken.pop();
        let mut waiting = rig.client();
        waiting.send(b"a?");
        let errors = rig.server.counters().accept_errors;
        rig.wait_for("accepting fails", |counters| counters.accept_errors > errors);
        assert_eq!(rig.server.counters().accepted, round);
        (0..100).for_each(|_| client.ask(b"a?", b"Alpha."));
        drop(taken);
        // No new connection wakes the listener: the one that waits is served all the same.
        waiting.expect(b"Alpha.");
        served.push(waiting);
    }
    assert!(rig.told.try_iter().any(|told| matches!(told, Told::AcceptFailed)));
    client.ask(b"a?", b"Alpha.");
    rig.client().ask(b"a?", b"Alpha.");
    assert_eq!(rig.end().accepted, 5);
}
