//! A process without descriptors. The only test of its file, for the limit is the process's.
#![cfg(unix)]

mod common;

use common::passing::Told;
use common::process::{limit_descriptors, take_all_but_one};
use common::rig::{Rig, both_ends};
use lancelot_engine::config::Options;
use lancelot_engine::design::Design;
use lancelot_engine::server::Waiting;

const DESIGN: Design = Design::Loops(Waiting::Mio);

#[test]
fn without_descriptors_accepting_pauses_and_goes_on_when_they_come_back() {
    limit_descriptors();
    for waiting in [Waiting::Mio, Waiting::PollSyscall, Waiting::SelectSyscall] {
        pause_and_go_on(waiting);
    }
}

fn pause_and_go_on(waiting: Waiting) {
    let mut rig = Rig::start_as(waiting, Options::default(), both_ends());
    let mut client = rig.client();
    client.ask(b"a?", b"Alpha.");
    let mut served = Vec::new();
    for round in 1..=3 {
        let taken = take_all_but_one();
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
