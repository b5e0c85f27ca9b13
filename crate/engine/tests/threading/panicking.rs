//! Threads that die of their handler's panic.

use crate::common::passing::Told;
use crate::common::rig::{Rig, with_handler};
use crate::{ALL, arranged};
use lancelot_engine::connection::Observes;
use lancelot_engine::error::CloseReason;
use lancelot_engine::handler::Interest;

fn failure(rig: &Rig) -> String {
    rig.next("a thread failed", |told| match told {
        Told::LoopFailed(message) => Some(message),
        _ => None,
    })
}

/// More often than there are threads.
const PANICS: u64 = 10;

#[test]
fn a_thread_that_dies_loses_its_own_peer_only_and_is_replaced() {
    for arrangement in ALL {
        let mut rig = arranged(arrangement);
        for _ in 0..PANICS {
            let mut client = rig.client();
            client.send(b"a?panic!?a?");
            // It was not sent yet: all answers of one piece leave together.
            assert_eq!(client.read_to_end_or_reset(), b"");
            assert!(failure(&rig).contains("because the test asked for it"));
        }
        let mut client = rig.client();
        client.ask(b"a?", b"Alpha.");
        client.send(b"x?");
        rig.respond(&rig.asked(), b"X.");
        client.expect(b"X.");
        client.finish();
        client.expect_end(b"");
        let counters = rig.end();
        assert_eq!(counters.closes[CloseReason::ServerFailed as usize], PANICS);
        assert_eq!(counters.closes[CloseReason::Finished as usize], 1);
    }
}

#[test]
fn those_who_are_served_by_others_do_not_notice() {
    for arrangement in &ALL[1..] {
        let mut rig = arranged(*arrangement);
        let (mut idle, mut owed) = (rig.client(), rig.client());
        idle.ask(b"a?", b"Alpha.");
        owed.send(b"x?");
        let asked = rig.asked();
        let mut client = rig.client();
        client.send(b"y?panic!?");
        rig.asked();
        assert_eq!(client.read_to_end_or_reset(), b"");
        failure(&rig);
        // What it owed is in flight no more, and a response to it reaches nobody.
        rig.wait_for("it is closed", |counters| counters.tally.in_flight == 1);
        rig.respond(&asked, b"X.");
        owed.expect(b"X.");
        idle.ask(b"a?", b"Alpha.");
        rig.end();
    }
}

/// It was told of the peer only because of the request that made it panic.
#[test]
fn a_handler_that_panics_hears_of_the_end_of_whom_it_was_told() {
    for arrangement in ALL {
        let mut rig = Rig::start_as(arrangement, with_handler(), Interest::default());
        let mut client = rig.client();
        client.send(b"panic!?");
        assert_eq!(client.read_to_end_or_reset(), b"");
        assert_eq!(rig.closed().1, CloseReason::ServerFailed);
        rig.end();
    }
}

/// Responses come on a thread that is everybody's.
#[test]
fn a_panic_over_a_response_loses_its_own_peer_only() {
    let observes = Observes { responses: true, ..Observes::default() };
    let interest = Interest { observes, ..Interest::default() };
    for arrangement in ALL {
        let mut rig = Rig::start_as(arrangement, with_handler(), interest);
        for _ in 0..3 {
            let mut client = rig.client();
            client.send(b"x?");
            rig.respond(&rig.asked(), b"panic!");
            assert_eq!(client.read_to_end_or_reset(), b"");
            assert!(failure(&rig).contains("because the test asked for it"));
        }
        let mut client = rig.client();
        client.send(b"x?");
        rig.respond(&rig.asked(), b"X.");
        client.expect(b"X.");
        assert_eq!(rig.end().closes[CloseReason::ServerFailed as usize], 3);
    }
}
