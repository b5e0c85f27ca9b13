//! Peers that ask and get answers.

use crate::common::client::Client;
use crate::common::rig::{Loops, ONE_LOOP, Rig, with_handler};
use lancelot_engine::config::Options;
use lancelot_engine::error::CloseReason;
use std::thread;

const ARRANGEMENTS: [Loops; 5] = [
    ONE_LOOP,
    Loops { count: 2, reuse_port: false },
    Loops { count: 4, reuse_port: false },
    Loops { count: 2, reuse_port: true },
    Loops { count: 4, reuse_port: true },
];

#[test]
fn questions_are_answered_and_what_nobody_knows_is_said_so() {
    let mut rig = Rig::start(Options { greeting: b"Hello.".to_vec(), ..Options::default() });
    let mut client = rig.client();
    client.expect(b"Hello.");
    client.ask(b"a?", b"Alpha.");
    client.ask(b"x?a?", b"Error: unknown question.Alpha.");
    client.finish();
    client.expect_end(b"");
    let counters = rig.end();
    let tally = &counters.tally;
    assert_eq!((tally.requests, tally.answered, tally.unknown), (3, 2, 1));
    assert_eq!((tally.bytes_read, tally.bytes_written), (6, 6 + 24 + 12));
    assert_eq!(counters.closes[CloseReason::Finished as usize], 1);
}

#[test]
fn ten_thousand_pipelined_requests_are_answered_in_order() {
    let mut rig = Rig::start(with_handler());
    for number in 0..100 {
        let (key, answer) = (format!("{number}?"), format!("<{number}>"));
        rig.answers.set(key.as_bytes(), answer.as_bytes(), false).unwrap();
    }
    let mut client = rig.client();
    let mut sender = Client(client.0.try_clone().unwrap());
    let numbers = || (0..10_000).map(|number| number % 100);
    let sending = thread::spawn(move || {
        sender.send(numbers().map(|number| format!("{number}?")).collect::<String>().as_bytes());
        sender.finish();
    });
    client.expect_end(numbers().map(|number| format!("<{number}>")).collect::<String>().as_bytes());
    sending.join().unwrap();
    assert_eq!(rig.end().tally.answered, 10_000);
}

#[test]
fn a_peer_that_finished_sending_still_gets_what_it_asked_for() {
    let mut rig = Rig::start(with_handler());
    let mut client = rig.client();
    client.send(b"a?x?a?");
    client.finish();
    client.expect(b"Alpha.");
    rig.respond(&rig.asked(), b"Late.");
    client.expect_end(b"Late.Alpha.");
    let mut truncated = rig.client();
    truncated.send(b"a?hal");
    truncated.finish();
    truncated.expect_end(b"Alpha.");
    let counters = rig.end();
    assert_eq!(counters.closes[CloseReason::Finished as usize], 1);
    assert_eq!(counters.closes[CloseReason::Truncated as usize], 1);
}

#[test]
fn an_answer_that_closes_is_the_last_thing_that_a_peer_gets() {
    let mut rig = Rig::start(Options::default());
    let mut client = rig.client();
    client.send(&[b"q?".to_vec(), b"a?".repeat(50_000)].concat());
    client.expect_end(b"Bye.");
    drop(client);
    rig.wait_for("it is closed", |counters| counters.closed() == 1);
    assert_eq!(rig.end().closes[CloseReason::AnswerClose as usize], 1);
}

#[test]
fn any_number_of_loops_serves_64_clients_at_once() {
    for loops in ARRANGEMENTS {
        let mut rig = Rig::start_loops(Options::default(), loops);
        let address = rig.server.address();
        let clients: Vec<_> = (0..64)
            .map(|_| {
                thread::spawn(move || {
                    let mut client = Client::connect(address);
                    (0..50).for_each(|_| client.ask(b"a?x?", b"Alpha.Error: unknown question."));
                    client.finish();
                    client.expect_end(b"");
                })
            })
            .collect();
        clients.into_iter().for_each(|client| client.join().unwrap());
        let counters = rig.end();
        assert_eq!((counters.accepted, counters.tally.requests), (64, 64 * 100));
        assert_eq!(counters.closes[CloseReason::Finished as usize], 64);
    }
}

#[test]
fn a_loop_with_nothing_to_do_does_nothing() {
    let rig = Rig::start(Options { idle_ms_max: 300, ..Options::default() });
    let (mut busy, mut idle) = (rig.client(), rig.client());
    busy.ask(b"a?", b"Alpha.");
    let turns = rig.turns();
    // The idle timeout is the clock here.
    idle.expect_end(b"");
    assert!(rig.turns() - turns < 20, "{} turns for nothing", rig.turns() - turns);
}
