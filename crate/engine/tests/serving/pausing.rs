//! Connections that the application wants not to be read for a while.

use crate::common::client::until;
use crate::common::rig::{Rig, with_handler};
use lancelot_engine::action::Action;
use lancelot_engine::config::Options;
use lancelot_engine::error::CloseReason;
use std::time::Duration;

#[test]
fn a_connection_that_is_held_back_is_read_when_it_goes_on() {
    let mut rig = Rig::start(with_handler());
    let ((mut client, who), (mut other, _)) = (rig.known_client(), rig.known_client());
    client.send(b"x?hal");
    let asked = rig.asked();
    rig.act_on(who, Action::Pause);
    client.send(b"f?a?");
    client.finish();
    (0..10).for_each(|_| other.ask(b"a?", b"Alpha."));
    assert!(rig.push(who, b"<1>"));
    rig.respond(&asked, b"X.");
    client.expect(b"<1>X.");
    let stands = rig.inspect(who).unwrap();
    assert_eq!((stands.bytes_read, stands.requests), (5, 1));
    rig.act_on(who, Action::Resume);
    let half = rig.asked();
    assert_eq!((&half.request[..], half.number), (&b"half"[..], 2));
    rig.respond(&half, b"Half.");
    client.expect_end(b"Half.Alpha.");
    assert_eq!(rig.closed(), (who, CloseReason::Finished, false));
    rig.end();
}

#[test]
fn a_peer_that_resets_while_what_it_sent_is_held_back_keeps_no_loop_busy() {
    let mut rig = Rig::start(Options { idle_ms_max: 300, ..Options::default() });
    let ((mut client, who), (mut other, _)) = (rig.known_client(), rig.known_client());
    rig.act_on(who, Action::Pause);
    client.send(b"a?");
    other.ask(b"a?", b"Alpha.");
    let turns = rig.turns();
    client.reset();
    // The idle timeout is the clock here, of both where nobody says that the first broke.
    rig.wait_for("both are gone", |counters| counters.open() == 0);
    assert!(rig.turns() - turns < 20, "{} turns for nothing", rig.turns() - turns);
    rig.end();
}

#[test]
fn a_peer_that_finished_sending_keeps_no_loop_busy_while_it_waits() {
    let mut rig = Rig::start(Options { idle_ms_max: 300, ..with_handler() });
    let (mut client, mut idle) = (rig.client(), rig.client());
    client.send(b"x?");
    client.finish();
    let asked = rig.asked();
    let turns = rig.turns();
    // The idle timeout is the clock here; who waits for the handler is not idle.
    idle.expect_end(b"");
    assert!(rig.turns() - turns < 20, "{} turns for nothing", rig.turns() - turns);
    rig.respond(&asked, b"X.");
    client.expect_end(b"X.");
    rig.end();
}

#[test]
fn a_peer_that_is_held_back_for_too_long_is_idle_whatever_it_sends() {
    let mut rig = Rig::start(Options { idle_ms_max: 200, ..Options::default() });
    let (mut client, who) = rig.known_client();
    rig.act_on(who, Action::Pause);
    client.send(b"a?a?");
    assert_eq!(rig.closed(), (who, CloseReason::IdleTimeout, false));
    assert_eq!(client.read_to_end_or_reset(), b"");
    assert_eq!(rig.end().tally.requests, 0);
}

#[test]
fn a_connection_that_is_held_back_does_not_hold_back_a_stop() {
    let mut rig = Rig::start(with_handler());
    let ((mut client, who), (mut owed, other)) = (rig.known_client(), rig.known_client());
    rig.act_on(who, Action::Pause);
    owed.send(b"x?");
    let asked = rig.asked();
    rig.act_on(other, Action::Pause);
    rig.server.stop(Duration::from_secs(3600));
    client.expect_end(b"");
    rig.respond(&asked, b"X.");
    owed.expect_end(b"X.");
    assert_eq!(rig.join().drained, 2);
    assert_eq!(rig.closes(CloseReason::Stopped), 2);
}

/// It is not read as it is, so that the pause alone changes nothing that its driver waits for.
#[test]
fn a_connection_that_is_held_back_during_a_stop_ends_when_it_owes_nothing() {
    let mut rig = Rig::start(Options { in_flight_max: 1, ..with_handler() });
    let (mut client, who) = rig.known_client();
    client.send(b"x?y?");
    let asked = rig.asked();
    rig.server.stop(Duration::from_secs(3600));
    rig.settle();
    rig.act_on(who, Action::Pause);
    rig.respond(&asked, b"X.");
    client.expect_end(b"X.");
    rig.join();
    assert_eq!(rig.closes(CloseReason::Stopped), 1);
}

#[test]
fn room_that_a_connection_held_back_does_not_take_goes_to_the_next() {
    let options = Options { has_handler: true, in_flight_loop_max: 1, ..Options::default() };
    let mut rig = Rig::start(options);
    let mut peers = [(); 3].map(|()| rig.known_client());
    for (at, (client, _)) in peers.iter_mut().enumerate() {
        client.send(format!("{at}?a?").as_bytes());
        // So they wait in this order.
        rig.wait_for("it is read", |counters| counters.tally.bytes_read == 4 * (at as u64 + 1));
    }
    let first = rig.asked();
    rig.act_on(peers[1].1, Action::Pause);
    rig.respond(&first, b"Zero.");
    let second = rig.asked();
    assert_eq!(second.who, peers[2].1);
    rig.act_on(peers[1].1, Action::Resume);
    rig.respond(&second, b"Two.");
    let third = rig.asked();
    assert_eq!(third.who, peers[1].1);
    rig.respond(&third, b"One.");
    for ((client, _), word) in peers.iter_mut().zip([&b"Zero."[..], b"One.", b"Two."]) {
        client.expect(&[word, b"Alpha."].concat());
    }
    rig.end();
}

#[test]
fn a_peer_is_idle_though_the_application_is_busy_with_it() {
    let mut rig = Rig::start(Options { idle_ms_max: 200, ..Options::default() });
    let (mut client, who) = rig.known_client();
    let meddles = || {
        rig.push(who, b"");
        rig.act_on(who, Action::Pause);
        rig.act_on(who, Action::Resume);
        rig.inspect(who).is_some()
    };
    until("it ends", || !meddles());
    assert_eq!(rig.closed(), (who, CloseReason::IdleTimeout, false));
    client.expect_end(b"");
    rig.end();
}

/// It goes on after the ready list was served, and before the clocks are looked at.
#[test]
fn a_connection_that_was_held_back_for_long_is_not_late_when_it_goes_on_behind_a_broadcast() {
    const HANDLER_MS_MAX: u32 = 50;
    let mut rig = Rig::start(Options { handler_ms_max: HANDLER_MS_MAX, ..with_handler() });
    let ((mut client, who), (mut blocking, _)) = (rig.known_client(), rig.known_client());
    rig.act_on(who, Action::Pause);
    client.send(b"a?");
    let held_back_ms = || rig.inspect(who).unwrap().duration_ms;
    until("time passes", || held_back_ms() > 2 * u64::from(HANDLER_MS_MAX));
    blocking.send(b"block!?");
    rig.respond(&rig.asked(), b"Done.");
    rig.put_broadcast(0, None, b"<all>");
    rig.put(0, |_| Action::Resume(who.id));
    rig.watch.gate.open();
    client.expect(b"<all>Alpha.");
    blocking.expect(b"Done.<all>");
    client.finish();
    assert_eq!(rig.closed(), (who, CloseReason::Finished, false));
    rig.end();
}
