//! More connections than a loop deals with in one turn, and than `select(2)` can watch.

use crate::common::client::{Client, allow_descriptors};
use crate::common::passing::{Asked, Told, Who};
use crate::common::rig::{ONE_LOOP, Rig, with_handler};
use lancelot_engine::action::Action;
use lancelot_engine::config::Options;
use lancelot_engine::handler::{ConnectionId, Interest, Introduction};
use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(3600);

/// More than a loop reaches in one turn.
const CROWD: usize = 1_100;

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
fn connections_are_listed_in_parts_and_introduced_once() {
    allow_descriptors();
    let mut rig = Rig::start_wanting(Options::default(), ONE_LOOP, Interest::default());
    assert_eq!(rig.list(0, 0), (Vec::new(), None));
    let clients: Vec<_> = (0..CROWD).map(|_| rig.client()).collect();
    rig.wait_for("all are accepted", |counters| counters.open() == CROWD as u64);
    assert!(rig.told.try_recv().is_err(), "nobody wants to be told");
    let (mut ids, next) = rig.list(0, 0);
    assert_eq!((ids.len(), next), (1024, Some(1024)));
    // They are introduced before the list is there.
    let mut addresses: HashMap<_, _> = opened(&rig).collect();
    assert_eq!(addresses.len(), 1024);
    let (more, next) = rig.list(0, 1024);
    assert_eq!((more.len(), next), (CROWD - 1024, None));
    ids.extend(more);
    addresses.extend(opened(&rig));
    assert_eq!(ids.iter().collect::<HashSet<_>>(), addresses.keys().collect());
    let expected: HashSet<_> =
        clients.iter().map(|client| Some(client.0.local_addr().unwrap())).collect();
    assert_eq!(addresses.into_values().collect::<HashSet<_>>(), expected);
    assert_eq!(rig.list(0, 0).0, ids[..1024]);
    assert_eq!(rig.list(0, CROWD as u32), (Vec::new(), None));
    assert_eq!(rig.list(0, u32::MAX), (Vec::new(), None));
    assert_eq!(opened(&rig).count(), 0, "nobody is introduced twice");
    drop(clients);
    rig.wait_for("all are closed", |counters| counters.closed() == CROWD as u64);
    assert_eq!(rig.list(0, 0), (Vec::new(), Some(1024)));
    let closed = rig.told.try_iter().filter(|told| matches!(told, Told::Closed { .. })).count();
    assert_eq!(closed, CROWD, "who was introduced is told of to the end");
    rig.end();
}

/// Who was introduced since this was asked last.
fn opened(rig: &Rig) -> impl Iterator<Item = (ConnectionId, Option<SocketAddr>)> {
    rig.told.try_iter().map(|told| match told {
        Told::Opened { who, address, introduction: Introduction::Late } => (who.id, address),
        told => panic!("told instead: {told:?}"),
    })
}
