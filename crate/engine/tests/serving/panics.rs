//! Handlers that panic.

use crate::common::client::Client;
use crate::common::passing::Told;
use crate::common::rig::{Loops, Rig, with_handler};
use lancelot_engine::error::CloseReason;
use std::io::Write;

fn failure(rig: &Rig) -> String {
    rig.next("the loop failed", |told| match told {
        Told::LoopFailed(message) => Some(message),
        _ => None,
    })
}

#[test]
fn a_panic_ends_its_server_in_order_and_no_other() {
    let (mut rig, mut other) = (Rig::start(with_handler()), Rig::start(with_handler()));
    let mut survivor = other.client();
    let (mut idle, mut owed, mut client) = (rig.client(), rig.client(), rig.client());
    idle.ask(b"a?", b"Alpha.");
    owed.send(b"x?");
    rig.asked();
    client.send(b"panic!?");
    assert!(failure(&rig).contains("because the test asked for it"));
    for client in [&mut idle, &mut owed, &mut client] {
        assert_eq!(client.read_to_end_or_reset(), b"");
    }
    survivor.ask(b"a?", b"Alpha.");
    rig.join();
    assert_eq!(rig.closes(CloseReason::ServerFailed), 3);
    other.end();
}

#[test]
fn when_one_loop_fails_no_client_is_left_hanging() {
    for reuse_port in [false, true] {
        for failing in [0, 1] {
            let mut rig = Rig::start_loops(with_handler(), Loops { count: 2, reuse_port });
            fail_loop(&mut rig, failing);
            failure(&rig);
            for _ in 0..8 {
                // A server with a loop less serves it or lets it go.
                let Ok(mut client) = Client::try_connect(rig.server.address()) else { break };
                _ = client.0.write_all(b"q?");
                let came = client.read_to_end_or_reset();
                assert!(came == b"Bye." || came.is_empty());
            }
            rig.end();
        }
    }
}

/// Finds a connection that this loop serves, and has the handler panic there.
fn fail_loop(rig: &mut Rig, loop_number: usize) {
    for _ in 0..200 {
        let mut client = rig.client();
        client.send(b"x?");
        if rig.asked().who.loop_number == loop_number {
            client.send(b"panic!?");
            client.read_to_end_or_reset();
            return;
        }
    }
    panic!("loop {loop_number} gets no connection");
}
