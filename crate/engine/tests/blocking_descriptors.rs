//! A process without descriptors, served by blocking threads. The only test of its file, for the
//! limit is the process's.
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

use common::passing::Told;
use common::rig::Rig;
use lancelot_engine::blocking::Arrangement;
use lancelot_engine::config::Options;
use lancelot_engine::handler::Interest;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs::File;

const ARRANGEMENT: Arrangement = Arrangement::ThreadPerConnection;
const DESCRIPTORS_MAX: u64 = 128;

/// Takes every descriptor that is left.
fn take_all() -> Vec<File> {
    std::iter::from_fn(|| File::open("/dev/null").ok()).collect()
}

#[test]
fn without_descriptors_accepting_pauses_and_handlers_answer_all_the_same() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(DESCRIPTORS_MAX), ..limit }).unwrap();
    for arrangement in [Arrangement::ThreadPerConnection, Arrangement::Pool(4)] {
        let options = Options { has_handler: true, ..Options::default() };
        let mut rig = Rig::start_arranged(arrangement, options, Interest::default());
        let mut client = rig.client();
        client.ask(b"a?", b"Alpha.");
        let mut taken = take_all();
        assert!(taken.len() > 10, "there were descriptors to take");
        // One is left for the peer's end, and none for the server's.
        taken.pop();
        let mut waiting = rig.client();
        waiting.send(b"a?");
        rig.next("accepting fails", |told| matches!(told, Told::AcceptFailed).then_some(()));
        rig.wait_for("it fails again", |counters| counters.accept_errors > 1);
        assert_eq!(rig.server.counters().accepted, 1);
        // Its thread finds no descriptor to be woken by.
        for _ in 0..10 {
            client.send(b"a?x?a?");
            client.expect(b"Alpha.");
            rig.respond(&rig.asked(), b"X.");
            client.expect(b"X.Alpha.");
        }
        drop(taken);
        waiting.expect(b"Alpha.");
        assert_eq!(rig.end().accepted, 2);
    }
}
