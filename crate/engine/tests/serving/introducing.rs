//! What of a connection's life a handler is told: first that it opened, last that it closed, each
//! once. That it is so for every connection is watched in all tests, by `common/passing.rs`.

use crate::common::client::Client;
use crate::common::passing::{Asked, Told, Who};
use crate::common::rig::{ONE_LOOP, Rig};
use lancelot_engine::action::Action;
use lancelot_engine::config::Options;
use lancelot_engine::connection::Observes;
use lancelot_engine::error::CloseReason;
use lancelot_engine::handler::Introduction::{Fresh, Late, Missed};
use lancelot_engine::handler::{ConnectionId, Interest};
use std::sync::atomic::Ordering;

/// Any interest, by the bits of its number.
fn interest(number: u32) -> Interest {
    let bit = |at: u32| number >> at & 1 == 1;
    Interest {
        opened: bit(0),
        closed: bit(1),
        observes: Observes { requests: bit(2), responses: bit(3) },
    }
}

const EVERYTHING: u32 = 15;

/// The first connection of a server.
const FIRST: Who = Who { loop_number: 0, id: ConnectionId { slot: 0, generation: 0 } };

fn start(interest: Interest) -> Rig {
    let options = Options { routes: vec![b"x".to_vec()], ..Options::default() };
    Rig::start_wanting(options, ONE_LOOP, interest)
}

/// What was told since this was asked last, in short.
fn told(rig: &Rig) -> Vec<&'static str> {
    rig.settle();
    let name = |told| match told {
        Told::Opened { introduction: Fresh, .. } => "opened just now",
        Told::Opened { introduction: Late, .. } => "opened",
        Told::Opened { introduction: Missed, .. } => "opened unseen",
        Told::Request(_) => "asked",
        Told::Requested { .. } => "request",
        Told::Responded { .. } => "response",
        Told::Closed { missed: false, .. } => "closed",
        Told::Closed { missed: true, .. } => "closed unseen",
        Told::Overload { .. } | Told::AcceptFailed | Told::LoopFailed(_) => "other",
    };
    rig.told.try_iter().map(name).collect()
}

fn lost(rig: &Rig) -> (u64, u64) {
    (rig.watch.not_admitted.load(Ordering::SeqCst), rig.watch.missed.load(Ordering::SeqCst))
}

/// The peer ends it, and the server has noticed.
fn end(rig: &Rig, mut client: Client) {
    let closed = rig.server.counters().closed();
    client.finish();
    client.expect_end(b"");
    rig.wait_for("it is closed", |counters| counters.closed() == closed + 1);
}

/// What a life comes to, if the handler wants this and the peer asks the table and then a handler.
fn foretell(wanted: Interest, asks: bool) -> Vec<&'static str> {
    let Interest { opened, closed, observes } = wanted;
    let Observes { requests, responses } = observes;
    let mut told = Vec::new();
    if requests {
        told.push("request");
    }
    if responses {
        told.push("response");
    }
    if asks {
        told.push("asked");
        if responses {
            told.push("response");
        }
    }
    if closed || !told.is_empty() || opened {
        told.push("closed");
    }
    if !told.is_empty() {
        told.insert(0, if opened || closed { "opened just now" } else { "opened" });
    }
    told
}

#[test]
fn whatever_a_handler_wants_to_be_told_it_is_told_a_life_from_its_beginning_to_its_end() {
    for number in 0..=EVERYTHING {
        for asks in [false, true] {
            let mut rig = start(interest(number));
            let mut client = rig.client();
            client.ask(b"a?", b"Alpha.");
            if asks {
                client.send(b"x?");
                rig.wait_for("it is asked", |counters| counters.tally.in_flight == 1);
                let asked = Asked { who: FIRST, number: 2, route: 1, request: b"x".to_vec() };
                rig.respond(&asked, b"X.");
                client.expect(b"X.");
            }
            end(&rig, client);
            assert_eq!(told(&rig), foretell(interest(number), asks), "{:?}", interest(number));
            rig.end();
        }
    }
}

#[test]
fn a_connection_that_was_not_admitted_is_missed_until_a_handler_is_asked() {
    let mut rig = start(interest(EVERYTHING));
    rig.set_full(true);
    let mut client = rig.client();
    client.ask(b"a?", b"Alpha.");
    rig.set_full(false);
    assert_eq!((told(&rig), lost(&rig)), (vec![], (1, 2)));
    client.ask(b"a?", b"Alpha.");
    assert_eq!((told(&rig), lost(&rig)), (vec![], (1, 4)));
    client.send(b"a?x?");
    let asked = rig.next("all of it", |told| match told {
        Told::Request(asked) => Some(asked),
        Told::Opened { introduction: Missed, .. } => None,
        told => panic!("told instead: {told:?}"),
    });
    assert_eq!(asked.number, 4);
    rig.respond(&asked, b"X.");
    client.expect(b"Alpha.X.");
    end(&rig, client);
    // Two for each answer and for what the handler is asked, one for the end.
    assert_eq!((told(&rig), lost(&rig)), (vec!["closed unseen"], (1, 9)));
    rig.end();
}

#[test]
fn a_request_for_the_handler_is_missed_only_where_requests_are_observed() {
    // Opening and end, then the responses too.
    for (number, missed) in [(3, 1), (11, 2)] {
        let mut rig = start(interest(number));
        rig.set_full(true);
        let mut client = rig.client();
        client.send(b"x?");
        rig.respond(&rig.asked(), b"X.");
        client.expect(b"X.");
        rig.set_full(false);
        end(&rig, client);
        assert_eq!((told(&rig), lost(&rig)), (vec!["closed unseen"], (1, missed)));
        rig.end();
    }
}

#[test]
fn of_a_connection_that_was_not_admitted_and_asks_nobody_nothing_is_told() {
    for (number, lost_and_missed) in [(EVERYTHING, (1, 3)), (3, (1, 1)), (1, (1, 0))] {
        let mut rig = start(interest(number));
        rig.set_full(true);
        let mut client = rig.client();
        client.ask(b"?", b"Error: unknown question.");
        rig.set_full(false);
        end(&rig, client);
        assert_eq!((told(&rig), lost(&rig)), (vec![], lost_and_missed), "{number}");
        rig.end();
    }
}

#[test]
fn a_connection_whose_opening_nobody_wanted_is_not_missed() {
    // The end alone, or the requests too.
    for number in [2, 6] {
        let mut rig = start(interest(number));
        rig.set_full(true);
        let mut client = rig.client();
        client.ask(b"a?", b"Alpha.");
        rig.set_full(false);
        let lost_before = lost(&rig);
        assert_eq!(lost_before, (1 + u64::from(number == 6), 0));
        end(&rig, client);
        assert_eq!((told(&rig), lost(&rig)), (vec!["opened", "closed"], lost_before));
        // Nor is an end that finds no room.
        rig.set_full(true);
        let client = rig.client();
        end(&rig, client);
        assert_eq!((told(&rig), lost(&rig)), (vec![], (lost_before.0 + 2, 0)));
        rig.end();
    }
}

#[test]
fn an_event_that_finds_no_room_is_lost_and_the_end_of_who_was_introduced_is_not() {
    let mut rig = start(interest(EVERYTHING));
    let (mut client, _) = rig.known_client();
    rig.set_full(true);
    client.ask(b"a?", b"Alpha.");
    client.send(b"x?");
    let asked = rig.asked();
    rig.respond(&asked, b"X.");
    client.expect(b"X.");
    end(&rig, client);
    assert_eq!((told(&rig), lost(&rig)), (vec!["closed"], (3, 0)));
    rig.end();
}

#[test]
fn who_was_introduced_is_told_of_to_the_end_though_nobody_wants_that_any_more() {
    let mut rig = start(interest(EVERYTHING));
    let (mut client, who) = rig.known_client();
    rig.want(Interest::default());
    client.ask(b"a?", b"Alpha.");
    end(&rig, client);
    assert_eq!(rig.closed(), (who, CloseReason::Finished, false));
    rig.end();
}

#[test]
fn who_came_before_anybody_wanted_to_know_is_introduced_when_it_is_spoken_of() {
    let mut rig = start(Interest::default());
    let mut clients = [rig.client(), rig.client()];
    clients.iter_mut().for_each(|client| client.ask(b"a?", b"Alpha."));
    assert_eq!(told(&rig), [""; 0]);
    rig.want(interest(EVERYTHING));
    let [mut speaking, silent] = clients;
    speaking.ask(b"a?", b"Alpha.");
    assert_eq!(told(&rig), ["opened", "request", "response"]);
    end(&rig, silent);
    end(&rig, speaking);
    assert_eq!(told(&rig), ["opened", "closed", "closed"]);
    rig.end();
}

#[test]
fn who_is_asked_after_is_introduced_once() {
    let mut rig = start(interest(EVERYTHING));
    rig.set_full(true);
    let client = rig.client();
    rig.wait_for("it is accepted", |counters| counters.accepted == 1);
    let (ids, _) = rig.list(0, 0);
    assert_eq!((told(&rig), lost(&rig)), (vec!["opened unseen"], (1, 0)));
    assert_eq!(rig.list(0, 0).0, ids);
    rig.put(0, |_| Action::Close(ids[0]));
    end(&rig, client);
    assert_eq!((told(&rig), lost(&rig)), (vec!["closed unseen"], (1, 1)));
    rig.end();
}
