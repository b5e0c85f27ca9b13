//! Connections that the application closes.

use crate::common::drive::Drive;
use crate::{handled, served};
use lancelot_engine::config::Options;
use lancelot_engine::connection::{LINGER_MS_MAX, State};
use lancelot_engine::error::CloseReason;
use lancelot_engine::pipeline::Response;

const CLOSED: CloseReason = CloseReason::ConnectionClose;

#[test]
fn a_connection_that_is_closed_answers_what_it_took_and_lingers() {
    let served = served(Options { in_flight_max: 2, ..handled() });
    let mut drive = Drive::open(&served, 0, usize::MAX);
    drive.handle_piece(b"a?x?a?y?z?hal");
    assert!(drive.push(b"<1>"));
    drive.close();
    assert_eq!(drive.connection.state(), State::Draining(CLOSED));
    drive.handle_response(4, Response::Bytes(b"Y."));
    assert!(!drive.sent_finish);
    drive.handle_response(2, Response::Bytes(b"X."));
    assert_eq!(drive.connection.state(), State::Lingering(CLOSED));
    // What it had not taken is no request, nor is what comes now.
    drive.handle_piece(b"a?");
    assert_eq!((&drive.out[..], drive.requests()), (&b"A.<1>X.A.Y."[..], 4));
    drive.serve(|connection, _| connection.handle_finished());
    assert_eq!(drive.ended(), Some(CLOSED));
}

#[test]
fn a_connection_at_rest_that_is_closed_lingers_at_once_and_not_for_ever() {
    for begun in [&b""[..], b"hal"] {
        let served = served(Options::default());
        let mut drive = Drive::open(&served, 50, usize::MAX);
        drive.handle_piece(begun);
        drive.close();
        assert!(drive.sent_finish);
        assert_eq!(drive.deadline_ms, 50 + LINGER_MS_MAX);
        drive.pass_deadline();
        assert_eq!((drive.ended(), drive.requests()), (Some(CLOSED), 0));
    }
}

#[test]
fn a_close_waits_until_the_peer_took_what_it_is_owed() {
    let served = served(Options::default());
    let mut drive = Drive::open(&served, 0, 1);
    drive.handle_piece(b"a?a?");
    drive.close();
    assert_eq!(drive.connection.state(), State::Draining(CLOSED));
    drive.take(2);
    assert!(!drive.sent_finish);
    drive.take(1);
    assert!(drive.sent_finish);
}

#[test]
fn the_first_reason_to_drain_is_kept() {
    let served = served(handled());
    let mut drive = Drive::open(&served, 0, usize::MAX);
    drive.handle_piece(b"x?");
    drive.serve(|connection, _| connection.handle_finished());
    drive.close();
    assert_eq!(drive.connection.state(), State::Draining(CloseReason::Finished));
    let mut drive = Drive::open(&served, 0, usize::MAX);
    drive.handle_piece(b"x?");
    drive.close();
    drive.serve(|connection, _| connection.stop());
    drive.serve(|connection, _| connection.handle_finished());
    drive.close();
    drive.handle_response(1, Response::Bytes(b"X."));
    // The peer had finished, so there is nothing to linger for.
    assert_eq!(drive.ended(), Some(CLOSED));
    drive.close();
    assert_eq!(drive.ended(), Some(CLOSED));
}

#[test]
fn a_failure_on_the_way_replaces_the_reason() {
    let served = served(handled());
    let mut drive = Drive::open(&served, 0, usize::MAX);
    drive.handle_piece(b"x?");
    drive.close();
    drive.handle_response(1, Response::Close(CloseReason::HandlerThrew));
    assert_eq!(drive.connection.state(), State::Lingering(CloseReason::HandlerThrew));
    let mut drive = Drive::open(&served, 0, usize::MAX);
    drive.handle_piece(b"x?");
    drive.close();
    drive.serve(|connection, _| connection.handle_failed());
    assert_eq!(drive.ended(), Some(CloseReason::Reset));
}
