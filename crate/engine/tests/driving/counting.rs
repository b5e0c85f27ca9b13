//! What waits for the handler, in requests and bytes, and what a connection says of itself.

use crate::common::drive::Drive;
use crate::{handled, served};
use lancelot_engine::config::Options;
use lancelot_engine::connection::{Inspection, State};
use lancelot_engine::error::CloseReason;
use lancelot_engine::pipeline::Response;
use lancelot_engine::responses::Outcome;

#[test]
fn bytes_in_flight_are_those_of_the_requests_that_wait() {
    let served = served(handled());
    let mut drive = Drive::open(&served, 0, usize::MAX);
    let in_flight = |drive: &Drive<'_>| (drive.tally.in_flight, drive.tally.in_flight_bytes);
    drive.handle_piece(b"123?a??12345?hal");
    assert_eq!(in_flight(&drive), (3, 8));
    drive.handle_response(4, Response::Bytes(b"Five."));
    assert_eq!(in_flight(&drive), (2, 3));
    drive.handle_response(4, Response::Bytes(b"Again."));
    assert_eq!(in_flight(&drive), (2, 3));
    drive.handle_response(1, Response::Bytes(b""));
    assert_eq!(in_flight(&drive), (1, 0));
    drive.handle_response(3, Response::Bytes(b"Empty."));
    assert_eq!(in_flight(&drive), (0, 0));
}

#[test]
fn what_of_a_run_is_not_wanted_is_dropped_and_counted() {
    for suffix in [&b""[..], b"!"] {
        let served = served(Options { answer_suffix: suffix.to_vec(), ..handled() });
        let mut drive = Drive::open(&served, 0, usize::MAX);
        let bytes = [Outcome::bytes(1); 3];
        drive.handle_piece(b"1?2?3?4?a?6?");
        drive.handle_response(2, Response::Bytes(b"-"));
        drive.handle_run(1, &bytes, b"123");
        assert_eq!((drive.tally.handled, drive.tally.responses_dropped), (3, 1));
        // One of the table stands between them, and one was never asked.
        drive.handle_run(4, &bytes, b"456");
        drive.handle_run(7, &bytes, b"789");
        drive.handle_run(1, &[], b"");
        assert_eq!((drive.tally.handled, drive.tally.responses_dropped), (5, 5));
        assert_eq!(drive.tally.in_flight, 0);
        let out = [&b"1"[..], b"-", b"3", b"4", b"A.", b"6"].join(suffix);
        assert_eq!(drive.out, [&out[..], suffix].concat());
    }
}

/// Where something without bytes stands between them, only numbers tell.
#[test]
fn a_run_answers_the_requests_of_its_numbers_and_no_others() {
    let served = served(handled());
    let pair = [Outcome::bytes(1); 2];
    // Of each of these pairs there is one.
    for first in [1, 2, 3] {
        let mut drive = Drive::open(&served, 0, usize::MAX);
        drive.handle_piece(b"1?e?3?e?5?");
        drive.handle_run(first, &pair, b"xx");
        let dropped = drive.tally.responses_dropped;
        assert_eq!((drive.tally.handled, dropped), (1, 1), "from {first}");
        let answered = if first == 1 { 1 } else { 3 };
        for number in [1, 3, 5].into_iter().filter(|number| *number != answered) {
            drive.handle_response(number, Response::Bytes(b"y"));
        }
        assert_eq!((drive.tally.handled, drive.tally.in_flight), (3, 0));
        assert_eq!(drive.out, if first == 1 { b"xyy" } else { b"yxy" });
    }
    // One that is answered already, with nothing.
    let mut drive = Drive::open(&served, 0, usize::MAX);
    drive.handle_piece(b"1?2?");
    drive.handle_response(2, Response::Bytes(b""));
    drive.handle_run(1, &pair, b"xx");
    assert_eq!((&drive.out[..], drive.tally.responses_dropped), (&b"x"[..], 1));
}

#[test]
fn a_request_that_finds_the_bytes_in_flight_at_their_limit_waits() {
    let served = served(Options { in_flight_loop_bytes_max: 10, ..handled() });
    let mut drive = Drive::open(&served, 0, usize::MAX);
    drive.handle_piece(b"123456789?1234567?1?a?");
    // It passes the limit by at most one request.
    assert_eq!((drive.tally.in_flight, drive.tally.in_flight_bytes), (2, 16));
    assert!(drive.connection.waits_for_room(&served.config));
    assert!(!drive.resume());
    drive.handle_response(2, Response::Bytes(b""));
    assert!(drive.resume());
    assert_eq!((drive.tally.in_flight, drive.tally.in_flight_bytes), (2, 10));
    assert_eq!(drive.requests(), 4);
}

#[test]
fn a_request_longer_than_the_limit_of_bytes_in_flight_is_asked_all_the_same() {
    let served = served(Options { in_flight_loop_bytes_max: 1, ..handled() });
    let mut drive = Drive::open(&served, 0, usize::MAX);
    // An empty one takes no room.
    drive.handle_piece(b"?123456789?1?");
    assert_eq!((drive.tally.in_flight, drive.tally.in_flight_bytes), (2, 9));
    drive.handle_response(2, Response::Bytes(b""));
    assert!(drive.resume());
    assert_eq!((drive.tally.in_flight, drive.tally.in_flight_bytes), (2, 1));
}

#[test]
fn every_way_to_end_gives_back_what_was_in_flight() {
    type End = fn(&mut Drive<'_>);
    let ends: [(End, CloseReason); 11] = [
        (|drive| drive.serve(|connection, _| connection.handle_failed()), CloseReason::Reset),
        (|drive| drive.serve(|connection, _| connection.cut(CloseReason::Cut)), CloseReason::Cut),
        (close_first, CloseReason::HandlerClose),
        (close_second, CloseReason::HandlerThrew),
        (
            |drive| {
                drive.serve(|connection, _| connection.stop());
                answer_all(drive);
            },
            CloseReason::Stopped,
        ),
        (
            |drive| {
                drive.serve(|connection, _| connection.handle_finished());
                answer_all(drive);
            },
            CloseReason::Finished,
        ),
        (
            |drive| {
                drive.close();
                answer_all(drive);
            },
            CloseReason::ConnectionClose,
        ),
        (
            |drive| {
                drive.handle_piece(b"q?");
                answer_all(drive);
            },
            CloseReason::AnswerClose,
        ),
        (|drive| drive.pass_deadline(), CloseReason::HandlerTimeout),
        (
            |drive| {
                drive.takes = 0;
                drive.push(b"<1>");
                drive.now_ms = 60;
                // Of the two clocks the peer's is the first.
                drive.pass_deadline();
            },
            CloseReason::WriteTimeout,
        ),
        (
            |drive| {
                drive.handle_piece(&[b'x'; 100]);
                answer_all(drive);
            },
            CloseReason::RequestTooLong,
        ),
    ];
    for (end, reason) in ends {
        let options = Options { request_bytes_max: 50, write_ms_max: 50, ..handled() };
        let served = served(options);
        let mut drive = Drive::open(&served, 0, usize::MAX);
        drive.handle_piece(b"1?22?a?333?4444?");
        drive.handle_response(4, Response::Bytes(b"333."));
        assert_eq!((drive.tally.in_flight, drive.tally.in_flight_bytes), (3, 7));
        end(&mut drive);
        let ended = match drive.connection.state() {
            State::Lingering(reason) | State::Closed(reason) => reason,
            state => panic!("it has not ended: {state:?}"),
        };
        assert_eq!(ended, reason);
        assert_eq!((drive.tally.in_flight, drive.tally.in_flight_bytes), (0, 0), "{reason:?}");
    }
}

fn answer_all(drive: &mut Drive<'_>) {
    while let Some((number, ..)) = drive.asked.waiting.pop_back() {
        drive.handle_response(number, Response::Bytes(b"Late."));
    }
}

fn close_first(drive: &mut Drive<'_>) {
    drive.handle_response(1, Response::Close(CloseReason::HandlerClose));
}

/// In its turn: what stands before it leaves first, and what stands behind it waits no more.
fn close_second(drive: &mut Drive<'_>) {
    drive.handle_response(2, Response::Close(CloseReason::HandlerThrew));
    assert_eq!((drive.tally.in_flight, drive.tally.in_flight_bytes), (1, 1));
    answer_all(drive);
}

#[test]
fn a_connection_tells_how_it_stands() {
    let served = served(Options { greeting: b"Hello.".to_vec(), ..handled() });
    let mut drive = Drive::open(&served, 1_000, 7);
    drive.handle_piece(b"a?x?a?y?hal");
    drive.handle_response(4, Response::Bytes(b"12345"));
    drive.now_ms = 1_250;
    let expected = Inspection {
        requests: 4,
        bytes_read: 11,
        bytes_written: 7,
        duration_ms: 250,
        in_flight: 1,
        // One of `A.`, and `A.12345` behind what waits.
        unsent_bytes: 1 + 7,
    };
    assert_eq!(drive.inspect(), expected);
    drive.take(usize::MAX);
    drive.handle_response(2, Response::Bytes(b"X."));
    let expected = Inspection { bytes_written: 17, in_flight: 0, unsent_bytes: 0, ..expected };
    assert_eq!(drive.inspect(), expected);
}
