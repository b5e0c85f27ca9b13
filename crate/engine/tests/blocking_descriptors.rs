//! A process without descriptors, served by blocking threads. The only test of its file, for the
//! limit is the process's.
#![cfg(unix)]

mod common;

use common::passing::Told;
use common::process::{limit_descriptors, take_all_but_one};
use common::rig::{Rig, with_handler};
use lancelot_engine::blocking::Arrangement;
use lancelot_engine::design::Design;
use lancelot_engine::handler::Interest;

const DESIGN: Design = Design::Blocking(Arrangement::ThreadPerConnection);

#[test]
fn without_descriptors_accepting_pauses_and_handlers_answer_all_the_same() {
    limit_descriptors();
    for arrangement in [Arrangement::ThreadPerConnection, Arrangement::Pool(4)] {
        let mut rig = Rig::start_as(arrangement, with_handler(), Interest::default());
        let mut client = rig.client();
        client.ask(b"a?", b"Alpha.");
        let taken = take_all_but_one();
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
