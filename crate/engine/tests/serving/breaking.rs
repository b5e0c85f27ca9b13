//! Peers that break off while nobody reads them. Not with `select(2)`, which says nothing of a
//! socket of which nothing is wanted: there it shows when the connection is read or written again,
//! or at a deadline.

use crate::common::client::Client;
use crate::common::rig::{Rig, with_handler};
use crate::serving::overload::{ask, next, overloads};
use lancelot_engine::action::Action;
use lancelot_engine::config::Options;
use lancelot_engine::error::CloseReason;
use lancelot_engine::handler::Overload::InFlight;
use std::sync::atomic::Ordering;

#[test]
fn a_peer_that_resets_while_it_is_held_back_is_let_go() {
    let mut rig = Rig::start(Options::default());
    let (client, who) = rig.known_client();
    rig.act_on(who, Action::Pause);
    client.reset();
    assert_eq!(rig.closed(), (who, CloseReason::Reset, false));
    rig.end();
}

#[test]
fn a_peer_that_resets_while_what_it_sent_is_held_back_is_let_go() {
    let mut rig = Rig::start(Options::default());
    let ((mut client, who), mut other) = (rig.known_client(), rig.client());
    rig.act_on(who, Action::Pause);
    client.send(b"a?");
    other.ask(b"a?", b"Alpha.");
    client.reset();
    assert_eq!(rig.closed(), (who, CloseReason::Reset, false));
    rig.end();
}

#[test]
fn requests_in_flight_are_no_more_too_many_when_who_waited_is_gone() {
    let options = Options { has_handler: true, in_flight_loop_max: 1, ..Options::default() };
    let mut rig = Rig::start(options);
    let (first, asked) = ask(&rig, b"1?", 1);
    let (second, _) = ask(&rig, b"2?", 0);
    next(&rig, InFlight, true);
    second.reset();
    rig.closed();
    assert_eq!(overloads(&rig), [], "one is in flight");
    first.reset();
    next(&rig, InFlight, false);
    rig.respond(&asked[0], b"Nobody wants it.");
    let (mut third, asked) = ask(&rig, b"3?", 1);
    rig.respond(&asked[0], b"Three.");
    third.expect(b"Three.");
    assert_eq!(overloads(&rig), []);
    rig.end();
}

#[test]
fn requests_in_flight_are_no_more_too_many_when_who_waited_for_the_handler_is_gone() {
    let mut rig = Rig::start(with_handler());
    rig.watch.takes_no_request.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        let mut clients = [(); 2].map(|()| rig.client());
        // Who has its answer waits with the other request, which came with it.
        clients.iter_mut().for_each(|client| client.ask(b"a?x?", b"Alpha."));
        next(&rig, InFlight, true);
        clients.into_iter().for_each(Client::reset);
        next(&rig, InFlight, false);
    }
    rig.end();
}
