//! Ids, slots and descriptors that are used again.

use crate::common::client::Client;
use crate::common::rig::{Rig, with_handler};
use lancelot_engine::config::Options;
use std::thread;

#[test]
fn a_response_for_a_connection_that_is_gone_is_dropped_and_counted() {
    let mut rig = Rig::start(with_handler());
    let mut client = rig.client();
    client.send(b"x?");
    let asked = rig.asked();
    client.reset();
    rig.wait_for("it is closed", |counters| counters.closed() == 1);
    assert_eq!(rig.server.counters().tally.in_flight, 0);
    rig.respond(&asked, b"Too late.");
    rig.wait_for("it is counted", |counters| counters.tally.responses_dropped == 1);
    assert_eq!(rig.end().tally.handled, 0);
}

#[test]
fn a_response_under_an_old_id_never_reaches_the_next_owner_of_its_slot() {
    let mut rig = Rig::start(with_handler());
    let mut first = rig.client();
    first.send(b"x?");
    let old = rig.asked();
    first.reset();
    assert_eq!(rig.closed().0, old.who);
    let mut second = rig.client();
    second.send(b"x?");
    let new = rig.asked();
    // The same slot and the same number: only the generation tells them apart.
    assert_eq!((old.who.id.slot, old.number), (new.who.id.slot, new.number));
    assert_ne!(old.who.id.generation, new.who.id.generation);
    rig.respond(&old, b"For the first.");
    rig.wait_for("it is dropped", |counters| counters.tally.responses_dropped == 1);
    rig.respond(&new, b"For the second.");
    second.expect(b"For the second.");
    second.finish();
    second.expect_end(b"");
    rig.end();
}

#[test]
fn a_second_response_to_a_request_is_dropped_and_counted() {
    let mut rig = Rig::start(with_handler());
    let mut client = rig.client();
    client.send(b"x?");
    let asked = rig.asked();
    rig.respond(&asked, b"Once.");
    rig.respond(&asked, b"Twice.");
    client.expect(b"Once.");
    rig.wait_for("it is dropped", |counters| counters.tally.responses_dropped == 1);
    client.ask(b"a?", b"Alpha.");
    assert_eq!(rig.end().tally.handled, 1);
}

/// The fault of the textbook's poll server: it leaves the tidying up after a peer to a later event,
/// which then meets a new peer under the same descriptor.
#[test]
fn no_conversation_is_lost_while_descriptors_are_reused() {
    const THREADS: u64 = 12;
    const CONVERSATIONS: u64 = 100;
    let mut rig = Rig::start(Options::default());
    let address = rig.server.address();
    let talk = move || {
        for number in 0..CONVERSATIONS {
            let mut client = Client::connect(address);
            (0..10).for_each(|_| client.ask(b"a?", b"Alpha."));
            match number % 3 {
                0 => client.reset(),
                // Goes without waiting for the end.
                1 => drop(client),
                _ => client.ask(b"q?", b"Bye."),
            }
        }
    };
    let threads: Vec<_> = (0..THREADS).map(|_| thread::spawn(talk)).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let all = THREADS * CONVERSATIONS;
    rig.wait_for("all are closed", |counters| counters.closed() == all);
    let counters = rig.end();
    assert_eq!(counters.accepted, all);
    assert_eq!(counters.tally.requests, THREADS * (10 * CONVERSATIONS + CONVERSATIONS / 3));
}
