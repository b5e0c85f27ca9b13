//! What the application sends of its own accord: to one peer, and to many.

use crate::common::client::{Client, allow_descriptors};
use crate::common::passing::{Asked, Who};
use crate::common::rig::{Loops, ONE_LOOP, Rig};
use lancelot_engine::action::Action;
use lancelot_engine::config::Options;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(3600);
const ARRANGEMENTS: [Loops; 3] =
    [ONE_LOOP, Loops { count: 3, reuse_port: false }, Loops { count: 3, reuse_port: true }];

/// More than a loop reaches in one turn.
const CROWD: usize = 1_100;

fn with_handler() -> Options {
    Options { has_handler: true, ..Options::default() }
}

/// Many connections of one loop, whose slots are 0 and up, and another one whose request keeps the
/// loop busy until the gate opens.
fn crowd(rig: &Rig) -> (Vec<(Client, Who)>, Client, Asked) {
    allow_descriptors();
    let clients: Vec<_> = (0..CROWD).map(|_| rig.known_client()).collect();
    assert!((0..).zip(&clients).all(|(slot, (_, who))| who.id.slot == slot));
    let mut blocking = rig.client();
    blocking.send(b"block!?");
    (clients, blocking, rig.asked())
}

#[test]
fn a_push_goes_out_at_once_and_before_what_is_waited_for() {
    let mut rig = Rig::start(Options { answer_suffix: b"!".to_vec(), ..with_handler() });
    let (mut client, who) = rig.known_client();
    assert!(rig.push(who, b"<1>"));
    client.expect(b"<1>");
    client.send(b"x?a?");
    let asked = rig.asked();
    assert!(rig.push(who, b"<2>"));
    client.expect(b"<2>");
    rig.respond(&asked, b"X.");
    assert!(rig.push(who, b"<3>"));
    client.expect(b"X.!Alpha.!<3>");
    assert_eq!(rig.end().tally.pushed, 3);
}

#[test]
fn a_broadcast_reaches_every_connection_of_every_loop() {
    for loops in ARRANGEMENTS {
        let mut rig = Rig::start_loops(Options::default(), loops);
        assert_eq!(rig.broadcast(None, b"<none>"), 0);
        let mut clients: Vec<_> = (0..10).map(|_| rig.known_client()).collect();
        assert_eq!(rig.broadcast(None, b"<all>"), 10);
        assert_eq!(rig.broadcast(None, b""), 10);
        clients.iter_mut().for_each(|(client, _)| client.ask(b"a?", b"<all>Alpha."));
        assert_eq!(rig.end().tally.pushed, 20);
    }
}

#[test]
fn what_comes_after_a_broadcast_to_many_waits_for_it() {
    let mut rig = Rig::start(with_handler());
    let (mut clients, mut blocking, asked) = crowd(&rig);
    // The first slot is the last to be reached, in a later turn.
    let first = clients[0].1;
    let all = rig.put_broadcast(0, None, b"<1>");
    let one = rig.put_push(first, b"<2>");
    let again = rig.put_broadcast(0, None, b"<3>");
    rig.put(0, |_| Action::Close(first.id));
    let last = rig.put_push(first, b"<4>");
    rig.watch.gate.open();
    assert_eq!((rig.reached(all), rig.reached(one)), (CROWD as u32 + 1, 1));
    assert_eq!((rig.reached(again), rig.reached(last)), (CROWD as u32 + 1, 0));
    clients[0].0.expect_end(b"<1><2><3>");
    clients[1..].iter_mut().for_each(|(client, _)| client.expect(b"<1><3>"));
    rig.respond(&asked, b"Done.");
    blocking.expect(b"<1><3>Done.");
    let tally = rig.end().tally;
    assert_eq!((tally.pushed, tally.pushes_dropped), (2 * (CROWD as u64 + 1) + 1, 1));
}

#[test]
fn who_leaves_or_comes_during_a_broadcast_is_not_reached() {
    let mut rig = Rig::start(with_handler());
    let (mut clients, mut blocking, asked) = crowd(&rig);
    let (leaving, first) = clients.remove(0);
    let ticket = rig.put_broadcast(0, None, b"<all>");
    // Announced to the turn that begins the broadcast, before it comes to the first slot.
    leaving.reset();
    let mut coming = rig.client();
    rig.watch.gate.open();
    assert_eq!(rig.reached(ticket), CROWD as u32);
    assert_eq!(rig.closed().0, first);
    clients.iter_mut().for_each(|(client, _)| client.expect(b"<all>"));
    coming.ask(b"a?", b"Alpha.");
    rig.respond(&asked, b"Done.");
    blocking.expect(b"<all>Done.");
    assert_eq!(rig.end().tally.pushes_dropped, 0);
}

#[test]
fn a_peer_that_is_too_far_behind_is_passed_over_and_counted() {
    let mut rig = Rig::start(Options { high_water_bytes: 1024, ..Options::default() });
    let (mut behind, who) = rig.known_client();
    let (mut other, _) = rig.known_client();
    // The buffers of the system are full when the server has to keep some.
    let push = vec![b'p'; 256 * 1024];
    let pushed = (0..1_000).take_while(|_| rig.push(who, &push)).count();
    assert!((1..1_000).contains(&pushed), "{pushed} were taken");
    assert!(rig.inspect(who).unwrap().unsent_bytes >= 1024);
    assert_eq!(rig.broadcast(None, b"<1>"), 1);
    other.expect(b"<1>");
    behind.expect(&push.repeat(pushed));
    assert_eq!(rig.broadcast(None, b"<2>"), 2);
    behind.expect(b"<2>");
    other.expect(b"<2>");
    let tally = rig.end().tally;
    assert_eq!((tally.pushed, tally.pushes_dropped), (pushed as u64 + 3, 2));
}

#[test]
fn what_is_asked_for_before_a_stop_is_done_before_it() {
    let mut rig = Rig::start(with_handler());
    let (mut clients, mut blocking, asked) = crowd(&rig);
    let first = clients[0].1;
    let all = rig.put_broadcast(0, None, b"<all>");
    let one = rig.put_push(first, b"<one>");
    rig.server.stop(LONG);
    rig.watch.gate.open();
    assert_eq!((rig.reached(all), rig.reached(one)), (CROWD as u32 + 1, 1));
    clients[0].0.expect_end(b"<all><one>");
    clients[1..].iter_mut().for_each(|(client, _)| client.expect_end(b"<all>"));
    rig.respond(&asked, b"Done.");
    blocking.expect_end(b"<all>Done.");
    assert_eq!(rig.join().cut, 0);
}

#[test]
fn a_stop_without_time_waits_for_no_broadcast() {
    let mut rig = Rig::start(with_handler());
    let (mut clients, mut blocking, _) = crowd(&rig);
    rig.put_broadcast(0, None, b"<all>");
    rig.server.stop(Duration::ZERO);
    rig.watch.gate.open();
    // Some may be reached before they are stopped.
    let mut reached = 0;
    for (client, _) in &mut clients {
        let came = client.read_to_end_or_reset();
        assert!(came.is_empty() || came == b"<all>");
        reached += u64::from(!came.is_empty());
    }
    blocking.read_to_end_or_reset();
    rig.join();
    let pushed = rig.server.counters().tally.pushed;
    assert!(reached <= pushed && pushed < CROWD as u64, "{pushed} were reached");
}

#[test]
fn a_second_stop_gives_a_broadcast_and_what_is_owed_no_more_time() {
    let mut rig = Rig::start(with_handler());
    let (mut clients, mut blocking, _) = crowd(&rig);
    rig.put_broadcast(0, None, b"<all>");
    rig.server.stop(Duration::from_millis(200));
    rig.server.stop(LONG);
    rig.watch.gate.open();
    clients.iter_mut().for_each(|(client, _)| _ = client.read_to_end_or_reset());
    blocking.read_to_end_or_reset();
    assert_eq!(rig.join().cut, 1, "nobody answered it");
}

#[test]
fn a_last_broadcast_reaches_the_connections_of_every_loop() {
    for loops in ARRANGEMENTS {
        let mut rig = Rig::start_loops(Options::default(), loops);
        let mut clients: Vec<_> = (0..10).map(|_| rig.known_client()).collect();
        let put = |number| rig.put_broadcast(number, None, b"<bye>");
        let tickets: Vec<_> = (0..loops.count).map(put).collect();
        rig.server.stop(LONG);
        assert_eq!(tickets.into_iter().map(|ticket| rig.reached(ticket)).sum::<u32>(), 10);
        clients.iter_mut().for_each(|(client, _)| client.expect_end(b"<bye>"));
        assert_eq!(rig.join().drained, 10);
    }
}
