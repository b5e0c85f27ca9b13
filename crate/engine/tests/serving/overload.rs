//! Limits of a whole server that are reached, and left again.

use crate::common::client::Client;
use crate::common::passing::{Asked, Told};
use crate::common::rig::{Loops, Rig};
use lancelot_engine::config::Options;
use lancelot_engine::handler::Overload::{self, Connections, InFlight};
use lancelot_engine::responses::{Outcome, Responses};
use std::thread;

/// What was told of overload since this was asked last.
pub(crate) fn overloads(rig: &Rig) -> Vec<(Overload, bool)> {
    rig.settle();
    let overload = |told| match told {
        Told::Overload { overload, begins, .. } => Some((overload, begins)),
        _ => None,
    };
    rig.told.try_iter().filter_map(overload).collect()
}

/// Until this is the next that is told of overload.
pub(crate) fn next(rig: &Rig, overload: Overload, begins: bool) -> usize {
    let (loop_number, told) = rig.next("overload", |told| match told {
        Told::Overload { loop_number, overload, begins } => Some((loop_number, (overload, begins))),
        _ => None,
    });
    assert_eq!(told, (overload, begins));
    loop_number
}

pub(crate) fn ask(rig: &Rig, requests: &[u8], count: usize) -> (Client, Vec<Asked>) {
    let mut client = rig.client();
    client.send(requests);
    let asked = (0..count).map(|_| rig.asked()).collect();
    (client, asked)
}

#[test]
fn requests_in_flight_are_too_many_from_when_one_waits_until_half_of_them_are_answered() {
    let options = Options { has_handler: true, in_flight_loop_max: 4, ..Options::default() };
    let mut rig = Rig::start(options);
    let (mut client, mut asked) = ask(&rig, b"1?2?3?4?", 4);
    assert_eq!(overloads(&rig), [], "the limit is reached, but nobody waits");
    let (mut waiting, mut waits) = ask(&rig, b"a?5?", 0);
    waiting.expect(b"Alpha.");
    next(&rig, InFlight, true);
    rig.respond(&asked.remove(0), b"One.");
    waits.push(rig.asked());
    assert_eq!(overloads(&rig), [], "four are in flight again");
    rig.respond(&asked.remove(0), b"Two.");
    assert_eq!(overloads(&rig), [], "three are in flight");
    rig.respond(&asked.remove(0), b"Three.");
    assert_eq!(overloads(&rig), [(InFlight, false)]);
    rig.respond(&waits.remove(0), b"Five.");
    rig.respond(&asked.remove(0), b"Four.");
    client.expect(b"One.Two.Three.Four.");
    waiting.expect(b"Five.");
    assert_eq!(overloads(&rig), [], "it ends once");
    // And it may begin again.
    let (_client, _) = ask(&rig, b"1?2?3?4?5?6?", 4);
    assert_eq!(overloads(&rig), [(InFlight, true)]);
    rig.end();
    assert_eq!(rig.told.try_iter().filter(|told| is_end(told, InFlight)).count(), 1);
}

fn is_end(told: &Told, of: Overload) -> bool {
    matches!(told, Told::Overload { overload, begins: false, .. } if *overload == of)
}

#[test]
fn bytes_in_flight_are_too_many_until_half_of_them_are_answered() {
    let options =
        Options { has_handler: true, in_flight_loop_bytes_max: 100, ..Options::default() };
    let mut rig = Rig::start(options);
    let (_client, mut asked) = ask(&rig, &[&[b'x'; 60][..], b"?", &[b'y'; 51], b"?"].concat(), 2);
    assert_eq!(overloads(&rig), []);
    assert_eq!(rig.server.counters().tally.in_flight_bytes, 111);
    let (_waiting, _) = ask(&rig, b"z?", 0);
    next(&rig, InFlight, true);
    rig.respond(&asked.remove(0), b"X.");
    let z = rig.asked();
    rig.respond(&z, b"Z.");
    assert_eq!(overloads(&rig), [], "51 are in flight");
    rig.respond(&asked.remove(0), b"Y.");
    assert_eq!(overloads(&rig), [(InFlight, false)]);
    rig.end();
}

#[test]
fn connections_are_too_many_from_the_first_refused_until_nine_tenths_are_open() {
    let mut rig = Rig::start(Options { connections_max: 20, ..Options::default() });
    let mut clients: Vec<_> = (0..20).map(|_| rig.known_client().0).collect();
    assert_eq!(overloads(&rig), [], "the limit is reached, but nobody is refused");
    for refused in 1..=3 {
        rig.client().read_to_end_or_reset();
        rig.wait_for("it is counted", |counters| counters.refused == refused);
    }
    assert_eq!(overloads(&rig), [(Connections, true)]);
    clients.pop().unwrap().reset();
    rig.closed();
    assert_eq!(overloads(&rig), [], "nineteen are open");
    clients.push(rig.known_client().0);
    rig.client().read_to_end_or_reset();
    rig.wait_for("it is counted", |counters| counters.refused == 4);
    assert_eq!(overloads(&rig), [], "it has not ended");
    clients.drain(18..).for_each(Client::reset);
    next(&rig, Connections, false);
    clients.pop().unwrap().reset();
    // The one whose end ended it, and this one.
    (0..2).for_each(|_| _ = rig.closed());
    assert_eq!(overloads(&rig), [], "it ends once");
    // And it may begin again.
    clients.extend((0..3).map(|_| rig.known_client().0));
    rig.client().read_to_end_or_reset();
    next(&rig, Connections, true);
    assert_eq!(rig.end().refused, 5);
    assert_eq!(rig.told.try_iter().filter(|told| is_end(told, Connections)).count(), 1);
}

#[test]
fn a_single_connection_is_one_too_many_until_it_is_gone() {
    let mut rig = Rig::start(Options { connections_max: 1, ..Options::default() });
    let (only, _) = rig.known_client();
    rig.client().read_to_end_or_reset();
    next(&rig, Connections, true);
    only.reset();
    next(&rig, Connections, false);
    rig.client().ask(b"a?", b"Alpha.");
    rig.end();
}

/// Rooms for two come, and three have waited.
#[test]
fn requests_in_flight_are_too_many_for_as_long_as_somebody_waits() {
    let options = Options { has_handler: true, in_flight_loop_max: 2, ..Options::default() };
    let mut rig = Rig::start(options);
    let (_client, asked) = ask(&rig, b"1?2?", 2);
    let mut waiting: Vec<_> = (0..3).map(|_| rig.known_client().0).collect();
    waiting.iter_mut().for_each(|client| client.send(b"a?x?"));
    waiting.iter_mut().for_each(|client| client.expect(b"Alpha."));
    next(&rig, InFlight, true);
    let mut responses = Responses::default();
    let outcomes = [Outcome::bytes(1), Outcome::bytes(1)];
    responses.push(asked[0].who.id, 1, outcomes.into_iter(), b"..");
    rig.server.mailbox(0).respond(responses);
    rig.wait_for("two are asked", |counters| counters.tally.requests == 7);
    let told = overloads(&rig);
    assert_eq!(told.iter().filter(|(_, begins)| *begins).count() * 2, told.len(), "{told:?}");
    rig.end();
}

/// One leaves just when another comes, which may be refused: by another loop.
#[test]
fn connections_are_no_more_too_many_once_all_are_gone_whichever_loop_they_leave() {
    const ROUNDS: u64 = 500;
    let options = Options { connections_max: 1, ..Options::default() };
    let mut rig = Rig::start_loops(options, Loops { count: 2, reuse_port: true });
    let address = rig.server.address();
    for round in 1..=ROUNDS {
        let leaving = rig.known_client().0;
        let coming = thread::spawn(move || Client::connect(address).reset());
        leaving.reset();
        coming.join().unwrap();
        rig.wait_for("both are gone", |counters| {
            counters.open() == 0 && counters.accepted + counters.refused == 2 * round
        });
        assert_eq!(rig.watch.overloads(), [0; 2], "it has begun and not ended");
    }
    rig.end();
}
