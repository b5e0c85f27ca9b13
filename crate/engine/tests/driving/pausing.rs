//! Connections that the application wants not to be read.

use crate::common::drive::Drive;
use crate::{handled, served};
use lancelot_engine::config::Options;
use lancelot_engine::connection::State;
use lancelot_engine::error::CloseReason;
use lancelot_engine::pipeline::Response;

/// Clocks that differ, so that a deadline says whose it is.
fn clocks() -> Options {
    Options {
        idle_ms_max: 10_000,
        request_ms_max: 100,
        write_ms_max: 200,
        handler_ms_max: 300,
        ..handled()
    }
}

#[test]
fn a_connection_that_is_held_back_is_not_read_and_goes_on_where_it_was() {
    let served = served(handled());
    let mut drive = Drive::open(&served, 0, usize::MAX);
    drive.handle_piece(b"a?hal");
    drive.serve(|connection, turn| {
        connection.hold_back(turn.now_ms);
        assert!(!connection.wants_read(), "not even once more");
    });
    assert!(drive.connection.is_held_back() && !drive.connection.wants_read());
    assert!(!drive.resume(), "nobody let it go on");
    // Twice is as once.
    drive.hold_back();
    drive.let_go_on();
    assert!(!drive.connection.is_held_back());
    assert!(!drive.connection.wants_read(), "the driver is to resume it first");
    assert!(drive.resume() && drive.connection.wants_read());
    drive.handle_piece(b"f?");
    assert_eq!(drive.asked.waiting.pop_front(), Some((2, 0, b"half".to_vec())));
    // Without need it changes nothing.
    drive.let_go_on();
    assert!(!drive.resume() && drive.connection.wants_read());
}

#[test]
fn what_was_read_and_not_taken_is_taken_when_a_connection_goes_on() {
    let served = served(Options { in_flight_max: 1, ..handled() });
    let mut drive = Drive::open(&served, 0, usize::MAX);
    drive.handle_piece(b"x?a?y?a?");
    drive.hold_back();
    drive.handle_response(1, Response::Bytes(b"X."));
    assert!(!drive.resume());
    assert_eq!((&drive.out[..], drive.requests()), (&b"X."[..], 1));
    drive.let_go_on();
    assert!(drive.resume());
    assert_eq!((&drive.out[..], drive.requests()), (&b"X.A."[..], 3));
    drive.handle_response(3, Response::Bytes(b"Y."));
    assert!(drive.resume());
    assert_eq!(&drive.out[..], b"X.A.Y.A.");
}

#[test]
fn a_connection_that_may_go_on_still_waits_for_what_else_it_waited_for() {
    let served = served(Options { high_water_bytes: 2, ..handled() });
    let mut drive = Drive::open(&served, 0, 0);
    drive.handle_piece(b"a?a?");
    drive.hold_back();
    drive.let_go_on();
    assert!(!drive.resume(), "the peer has not taken what it is owed");
    drive.take(1);
    assert!(drive.resume());
    assert_eq!(drive.requests(), 2);
}

#[test]
fn the_clock_of_a_request_stands_while_it_is_held_back_and_starts_anew() {
    let served = served(clocks());
    let mut drive = Drive::open(&served, 0, usize::MAX);
    drive.handle_piece(b"hal");
    assert_eq!(drive.deadline_ms, 100);
    drive.now_ms = 50;
    drive.hold_back();
    assert_eq!(drive.deadline_ms, 10_050);
    drive.now_ms = 5_000;
    drive.let_go_on();
    drive.resume();
    assert_eq!(drive.deadline_ms, 5_100);
    drive.pass_deadline();
    assert_eq!(drive.connection.state(), State::Lingering(CloseReason::RequestTimeout));
}

#[test]
fn a_connection_that_is_held_back_ends_when_it_is_idle_for_too_long() {
    for begun in [&b""[..], b"hal", b"a?"] {
        let served = served(clocks());
        let mut drive = Drive::open(&served, 0, usize::MAX);
        drive.handle_piece(begun);
        drive.hold_back();
        drive.now_ms = 7_000;
        drive.push(b"<1>");
        assert_eq!(drive.deadline_ms, 17_000, "what is sent is a sign of life");
        drive.pass_deadline();
        assert_eq!(drive.ended(), Some(CloseReason::IdleTimeout));
    }
}

#[test]
fn what_is_owed_has_its_clock_while_a_connection_is_held_back() {
    let served = served(clocks());
    let mut drive = Drive::open(&served, 0, 0);
    drive.handle_piece(b"x?");
    drive.hold_back();
    assert_eq!(drive.deadline_ms, 300);
    drive.push(b"<1>");
    assert_eq!(drive.deadline_ms, 200);
    drive.take(usize::MAX);
    drive.pass_deadline();
    assert_eq!(drive.connection.state(), State::Lingering(CloseReason::HandlerTimeout));
}

#[test]
fn who_is_held_back_does_not_wait_for_room() {
    let served = served(Options { in_flight_loop_max: 1, ..clocks() });
    let mut drive = Drive::open(&served, 0, usize::MAX);
    drive.occupy(1);
    drive.handle_piece(b"x?");
    assert!(drive.connection.waits_for_room(&served.config));
    assert_eq!(drive.deadline_ms, 300);
    drive.hold_back();
    assert!(!drive.connection.waits_for_room(&served.config));
    assert_eq!(drive.deadline_ms, 10_000);
    drive.occupy(0);
    assert!(!drive.resume());
    drive.let_go_on();
    assert!(drive.resume());
    assert_eq!(drive.asked.waiting.len(), 1);
}

#[test]
fn who_goes_on_waits_for_room_from_then_on() {
    let served = served(Options { in_flight_loop_max: 1, ..clocks() });
    let mut drive = Drive::open(&served, 0, usize::MAX);
    drive.occupy(1);
    drive.handle_piece(b"x?");
    drive.hold_back();
    drive.now_ms = 5_000;
    drive.let_go_on();
    assert!(drive.connection.waits_for_room(&served.config));
    assert_eq!(drive.deadline_ms, 5_300);
    drive.pass_deadline();
    assert_eq!(drive.connection.state(), State::Lingering(CloseReason::HandlerTimeout));
}

#[test]
fn who_asks_a_handler_that_has_no_room_waits_for_it() {
    let served = served(clocks());
    let mut drive = Drive::open(&served, 0, usize::MAX);
    drive.asked.is_full = true;
    drive.handle_piece(b"a?x?a?");
    assert_eq!((&drive.out[..], drive.requests()), (&b"A."[..], 1));
    assert!(!drive.connection.wants_read() && !drive.resume());
    assert!(drive.connection.waits_for_room(&served.config));
    assert_eq!(drive.deadline_ms, 300);
    drive.asked.is_full = false;
    assert!(drive.resume());
    assert_eq!((drive.asked.waiting.len(), drive.requests()), (1, 3));
}

/// The driver resumes it in a later turn, and looks at the clocks before.
#[test]
fn a_connection_that_was_held_back_for_long_is_not_late_when_it_goes_on() {
    let served = served(clocks());
    let mut drive = Drive::open(&served, 0, usize::MAX);
    drive.hold_back();
    drive.now_ms = 5_000;
    drive.let_go_on();
    drive.expire();
    assert_eq!(drive.connection.state(), State::Open);
    assert!(drive.resume());
}

#[test]
fn a_connection_that_waited_for_its_peer_for_long_is_not_late_when_it_goes_on() {
    let options = Options { greeting: vec![b'g'; 10], high_water_bytes: 5, ..clocks() };
    let served = served(options);
    let mut drive = Drive::open(&served, 0, 0);
    assert!(!drive.connection.wants_read());
    for now_ms in [150, 300, 450] {
        drive.now_ms = now_ms;
        drive.take(1);
    }
    drive.take(usize::MAX);
    drive.expire();
    assert_eq!(drive.connection.state(), State::Open);
    assert!(drive.resume());
}

#[test]
fn a_connection_that_is_held_back_ends_in_order() {
    let served = served(handled());
    type End = fn(&mut Drive<'_>);
    let ends: [(End, CloseReason); 2] = [
        (|drive| drive.close(), CloseReason::ConnectionClose),
        (|drive| drive.serve(|connection, _| connection.stop()), CloseReason::Stopped),
    ];
    for (end, reason) in ends {
        let mut drive = Drive::open(&served, 0, usize::MAX);
        drive.handle_piece(b"x?hal");
        drive.hold_back();
        end(&mut drive);
        assert_eq!(drive.connection.state(), State::Draining(reason));
        drive.handle_response(1, Response::Bytes(b"X."));
        // Now it is too late.
        drive.hold_back();
        if reason == CloseReason::ConnectionClose {
            assert_eq!(drive.connection.state(), State::Lingering(reason));
            drive.serve(|connection, _| connection.handle_finished());
        }
        assert_eq!((&drive.out[..], drive.ended()), (&b"X."[..], Some(reason)));
    }
}

#[test]
fn who_drains_or_lingers_is_not_held_back() {
    let served = served(handled());
    let mut drive = Drive::open(&served, 0, 0);
    drive.handle_piece(b"q?");
    drive.hold_back();
    assert!(!drive.connection.is_held_back());
    drive.take(usize::MAX);
    drive.hold_back();
    assert!(!drive.connection.is_held_back() && drive.connection.wants_read());
}
