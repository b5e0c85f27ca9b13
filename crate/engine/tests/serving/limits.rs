//! Peers that do not read, requests that wait, and too many of either.

use crate::common::acting::NOBODY;
use crate::common::passing::{Told, Who};
use crate::common::rig::{Rig, with_handler};
use lancelot_engine::config::Options;
use lancelot_engine::error::CloseReason;
use std::io::Write;
use std::sync::atomic::Ordering;

const ANSWER_BYTES: usize = 64 * 1024;

#[test]
fn a_peer_that_resets_with_unread_answers_is_counted_as_reset() {
    let mut rig = Rig::start(Options::default());
    for closes_only in [false, true] {
        let mut client = rig.client();
        client.send(&b"a?".repeat(1000));
        client.expect(b"Alpha.");
        if closes_only {
            // With unread bytes the system makes a reset of it.
            drop(client);
        } else {
            client.reset();
        }
    }
    rig.wait_for("both are closed", |counters| counters.closed() == 2);
    assert_eq!(rig.end().closes[CloseReason::Reset as usize], 2);
}

#[test]
fn a_peer_that_never_reads_holds_bounded_output_and_ends_at_the_write_timeout() {
    let options =
        Options { write_ms_max: 300, high_water_bytes: ANSWER_BYTES, ..Options::default() };
    let mut rig = Rig::start(options);
    rig.answers.set(b"big?", &[b'B'; ANSWER_BYTES], false).unwrap();
    let mut client = rig.client();
    // More than the buffers of the system hold; they are full when sending ends early.
    _ = client.0.write_all(&b"big?".repeat(20_000));
    rig.wait_for("it is let go", |counters| counters.closed() == 1);
    let counters = rig.end();
    assert_eq!(counters.closes[CloseReason::WriteTimeout as usize], 1);
    let owed_bytes = counters.tally.requests * ANSWER_BYTES as u64 - counters.tally.bytes_written;
    assert!(owed_bytes <= 2 * ANSWER_BYTES as u64, "{owed_bytes} bytes were unsent");
    assert!(counters.tally.requests < 20_000);
    client.read_to_end_or_reset();
}

#[test]
fn a_peer_that_reads_late_gets_everything() {
    let mut rig = Rig::start(Options { high_water_bytes: 1000, ..Options::default() });
    rig.answers.set(b"big?", &[b'B'; ANSWER_BYTES], false).unwrap();
    let mut client = rig.client();
    client.send(&b"big?".repeat(500));
    client.finish();
    rig.wait_for("output waits", |counters| counters.tally.requests > 0);
    client.expect_end(&vec![b'B'; 500 * ANSWER_BYTES]);
    assert_eq!(rig.end().closes[CloseReason::Finished as usize], 1);
}

#[test]
fn a_handler_that_is_full_stops_no_answers_of_other_connections() {
    let options = Options { has_handler: true, in_flight_loop_max: 2, ..Options::default() };
    let mut rig = Rig::start(options);
    let (mut first, mut second, mut third) = (rig.client(), rig.client(), rig.client());
    first.send(b"1?2?3?");
    let asked = [rig.asked(), rig.asked()];
    third.send(b"a?z?a?");
    third.expect(b"Alpha.");
    (0..100).for_each(|_| second.ask(b"a?", b"Alpha."));
    assert_eq!(rig.server.counters().tally.in_flight, 2);
    rig.respond(&asked[0], b"One.");
    rig.respond(&asked[1], b"Two.");
    first.expect(b"One.Two.");
    // Room has come for those that waited, in whatever order.
    for _ in 0..2 {
        let asked = rig.asked();
        rig.respond(&asked, &[&asked.request[..], b"."].concat());
    }
    first.expect(b"3.");
    third.expect(b"z.Alpha.");
    let counters = rig.end();
    assert_eq!((counters.tally.handled, counters.tally.answered), (4, 102));
}

#[test]
fn a_connection_that_waits_for_room_and_for_its_peer_does_not_keep_the_loop_busy() {
    let options = Options {
        has_handler: true,
        in_flight_loop_max: 1,
        idle_ms_max: 500,
        ..Options::default()
    };
    let mut rig = Rig::start(options);
    let mut client = rig.client();
    client.send(b"1?2?");
    let asked = rig.asked();
    // Room comes, but the peer does not take the response, so it may not be used yet.
    let response_bytes = 32 << 20;
    rig.respond(&asked, &vec![b'R'; response_bytes]);
    rig.wait_for("the response waits", |counters| counters.tally.handled == 1);
    let turns = rig.turns();
    // The idle timeout of another peer is the clock here.
    rig.client().expect_end(b"");
    let turns = rig.turns() - turns;
    assert!(turns < 100, "{turns} turns for nothing");
    client.expect(&vec![b'R'; response_bytes]);
    rig.respond(&rig.asked(), b"Two.");
    client.expect(b"Two.");
    rig.end();
}

#[test]
fn a_connection_that_waits_for_bytes_in_flight_does_not_keep_the_loop_busy() {
    let options = Options {
        has_handler: true,
        in_flight_loop_bytes_max: 1,
        idle_ms_max: 300,
        ..Options::default()
    };
    let mut rig = Rig::start(options);
    let (mut first, mut second) = (rig.client(), rig.client());
    first.send(b"1?");
    let asked = rig.asked();
    second.send(b"a?2?");
    second.expect(b"Alpha.");
    let turns = rig.turns();
    // The idle timeout of another peer is the clock here.
    rig.client().expect_end(b"");
    let turns = rig.turns() - turns;
    assert!(turns < 100, "{turns} turns for nothing");
    rig.respond(&asked, b"One.");
    first.expect(b"One.");
    rig.respond(&rig.asked(), b"Two.");
    second.expect(b"Two.");
    rig.end();
}

#[test]
fn requests_wait_for_a_handler_that_has_no_room_until_it_wakes_the_loop() {
    // No clock wakes the loop for as long as a test is patient.
    let mut rig = Rig::start(with_handler());
    rig.watch.takes_no_request.store(true, Ordering::SeqCst);
    let (mut first, mut second) = (rig.client(), rig.client());
    first.send(b"a?x?a?");
    first.expect(b"Alpha.");
    second.send(b"a?y?");
    second.expect(b"Alpha.");
    // Counted at the end of a turn, after which the loop sleeps.
    rig.push(Who { loop_number: 0, id: NOBODY }, b"");
    rig.wait_for("the turn is over", |counters| counters.tally.pushes_dropped == 1);
    assert_eq!(rig.server.counters().tally.in_flight, 0);
    rig.watch.takes_no_request.store(false, Ordering::SeqCst);
    rig.server.mailbox(0).wake();
    for _ in 0..2 {
        let asked = rig.asked();
        rig.respond(&asked, &[&asked.request[..], b"."].concat());
    }
    first.expect(b"x.Alpha.");
    second.expect(b"y.");
    rig.end();
}

#[test]
fn a_connection_that_waits_for_a_handler_without_room_does_not_keep_the_loop_busy() {
    let options = Options { has_handler: true, idle_ms_max: 300, ..Options::default() };
    let mut rig = Rig::start(options);
    rig.watch.takes_no_request.store(true, Ordering::SeqCst);
    let mut client = rig.client();
    client.send(b"a?x?");
    client.expect(b"Alpha.");
    let turns = rig.turns();
    // The idle timeout of another peer is the clock here.
    rig.client().expect_end(b"");
    let turns = rig.turns() - turns;
    assert!(turns < 100, "{turns} turns for nothing");
    rig.end();
}

#[test]
fn a_peer_that_talks_is_never_idle() {
    const IDLE_MS_MAX: u32 = 600;
    let mut rig = Rig::start(Options { idle_ms_max: IDLE_MS_MAX, ..Options::default() });
    let (mut client, who) = rig.known_client();
    let open_for_ms = || rig.inspect(who).expect("it is there").duration_ms;
    while open_for_ms() <= u64::from(IDLE_MS_MAX) + 100 {
        client.ask(b"a?", b"Alpha.");
    }
    client.finish();
    client.expect_end(b"");
    assert_eq!(rig.end().closes[CloseReason::Finished as usize], 1);
}

#[test]
fn connections_over_the_limit_are_refused_and_counted_until_one_leaves() {
    let mut rig = Rig::start(Options { connections_max: 2, ..Options::default() });
    let (mut first, mut second) = (rig.client(), rig.client());
    first.ask(b"a?", b"Alpha.");
    second.ask(b"a?", b"Alpha.");
    for refused in 1..=3 {
        rig.client().read_to_end_or_reset();
        rig.wait_for("it is counted", |counters| counters.refused == refused);
    }
    first.finish();
    first.expect_end(b"");
    rig.wait_for("one has left", |counters| counters.closed() == 1);
    rig.client().ask(b"a?", b"Alpha.");
    second.ask(b"a?", b"Alpha.");
    let opened = rig.told.try_iter().filter(|told| matches!(told, Told::Opened { .. })).count();
    let counters = rig.end();
    assert_eq!((opened, counters.accepted, counters.refused), (3, 3, 3));
}

#[test]
fn every_clock_ends_its_own_connection() {
    let options = Options {
        has_handler: true,
        idle_ms_max: 150,
        request_ms_max: 100,
        handler_ms_max: 100,
        ..Options::default()
    };
    let mut rig = Rig::start(options);
    let (mut idle, mut begun, mut asking) = (rig.client(), rig.client(), rig.client());
    begun.send(b"a?hal");
    asking.send(b"a?x?a?");
    idle.expect_end(b"");
    begun.expect_end(b"Alpha.");
    asking.expect_end(b"Alpha.");
    drop((idle, begun, asking));
    rig.wait_for("all are closed", |counters| counters.closed() == 3);
    for reason in
        [CloseReason::IdleTimeout, CloseReason::RequestTimeout, CloseReason::HandlerTimeout]
    {
        assert_eq!(rig.closes(reason), 1, "{reason:?}");
    }
    rig.end();
}
