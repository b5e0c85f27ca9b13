//! What the application sees of requests and responses, whoever answers, and how they are counted.

use crate::common::application::Seen;
use crate::common::drive::{Drive, Served};
use crate::{handled, served};
use lancelot_engine::config::Options;
use lancelot_engine::connection::State;
use lancelot_engine::error::CloseReason;
use lancelot_engine::pipeline::Response;

fn asked(number: u32, route: u16, request: &[u8]) -> Seen {
    Seen::Asked(number, route, request.to_vec())
}

fn request(number: u32, request: &[u8]) -> Seen {
    Seen::Request(number, request.to_vec())
}

fn response(number: u32, response: &[u8]) -> Seen {
    Seen::Response(number, response.to_vec())
}

/// Requests that begin with `x` are route 1, those with `xx` route 2; nobody takes the others.
fn routed() -> Options {
    Options {
        routes: vec![b"x".to_vec(), b"xx".to_vec()],
        unknown_answer: Some(b"No.".to_vec()),
        answer_suffix: b"!".to_vec(),
        ..Options::default()
    }
}

fn observing(served: &Served) -> Drive<'_> {
    let mut drive = Drive::open(served, 0, usize::MAX);
    drive.observe(true, true);
    drive
}

#[test]
fn the_number_of_a_request_counts_all_requests_of_its_connection() {
    let served = served(routed());
    let mut drive = Drive::open(&served, 0, usize::MAX);
    drive.handle_piece(b"a?x?u?a?xx?x");
    drive.handle_piece(b"y?a?");
    let asked: Vec<_> = drive.asked.waiting.drain(..).collect();
    let expected = [(2, 1, &b"x"[..]), (5, 2, b"xx"), (6, 1, b"xy")];
    assert_eq!(asked, expected.map(|(number, route, bytes)| (number, route, bytes.to_vec())));
    assert!(drive.asked.seen.is_empty(), "nobody observes");
    drive.handle_response(3, Response::Bytes(b"Nobody asked."));
    assert_eq!((drive.tally.responses_dropped, drive.requests()), (1, 7));
}

#[test]
fn what_is_observed_comes_in_order_and_without_the_suffix() {
    let served = served(routed());
    let mut drive = observing(&served);
    drive.handle_piece(b"a?x?u?e??xx?");
    // It is there, though it may not leave yet.
    drive.handle_response(6, Response::Bytes(b"XX."));
    drive.handle_response(2, Response::Bytes(b""));
    let expected = [
        request(1, b"a"),
        response(1, b"A."),
        asked(2, 1, b"x"),
        request(3, b"u"),
        response(3, b"No."),
        request(4, b"e"),
        response(4, b""),
        request(5, b""),
        response(5, b"No."),
        asked(6, 2, b"xx"),
        response(6, b"XX."),
        response(2, b""),
    ];
    assert_eq!(drive.asked.seen, expected);
    assert_eq!(drive.out.escape_ascii().to_string(), "A.!!No.!!No.!XX.!");
}

#[test]
fn requests_and_responses_are_observed_each_without_the_other() {
    let served = served(routed());
    for (requests, responses) in [(true, false), (false, true)] {
        let mut drive = Drive::open(&served, 0, usize::MAX);
        drive.observe(requests, responses);
        drive.handle_piece(b"a?x?u?");
        drive.handle_response(2, Response::Bytes(b"X."));
        let expected = if requests {
            vec![request(1, b"a"), asked(2, 1, b"x"), request(3, b"u")]
        } else {
            vec![response(1, b"A."), asked(2, 1, b"x"), response(3, b"No."), response(2, b"X.")]
        };
        assert_eq!(drive.asked.seen, expected);
    }
}

#[test]
fn a_request_that_waits_is_observed_once_when_it_is_taken() {
    let served = served(Options { in_flight_loop_max: 1, ..handled() });
    let mut drive = observing(&served);
    drive.occupy(1);
    drive.handle_piece(b"a?x?a?");
    assert_eq!(drive.asked.seen, [request(1, b"a"), response(1, b"A.")]);
    assert!(!drive.resume());
    drive.occupy(0);
    drive.resume();
    let expected = [asked(2, 0, b"x"), request(3, b"a"), response(3, b"A.")];
    assert_eq!(drive.asked.seen[2..], expected);
}

#[test]
fn an_answer_that_closes_is_observed_and_nothing_after_it() {
    let served = served(routed());
    let mut drive = observing(&served);
    drive.handle_piece(b"q?a?");
    assert_eq!(drive.asked.seen, [request(1, b"q"), response(1, b"Bye.")]);
    assert_eq!(drive.connection.state(), State::Lingering(CloseReason::AnswerClose));
}

#[test]
fn a_request_that_closes_as_unknown_is_observed_without_a_response() {
    let served = served(Options { unknown_answer: None, ..routed() });
    let mut drive = observing(&served);
    drive.handle_piece(b"a?u?a?");
    assert_eq!(drive.asked.seen, [request(1, b"a"), response(1, b"A."), request(2, b"u")]);
    assert_eq!(drive.connection.state(), State::Lingering(CloseReason::UnknownRequest));
}

#[test]
fn a_response_that_is_not_wanted_is_not_observed() {
    let served = served(routed());
    let mut drive = observing(&served);
    drive.handle_piece(b"x?x?x?");
    drive.asked.seen.clear();
    drive.handle_response(7, Response::Bytes(b"Never asked."));
    drive.handle_response(2, Response::Close(CloseReason::HandlerClose));
    drive.handle_response(2, Response::Bytes(b"Again."));
    drive.handle_response(3, Response::Bytes(b"Behind one that closes."));
    assert_eq!(drive.asked.seen, []);
    drive.handle_response(1, Response::Bytes(b"One."));
    drive.handle_response(1, Response::Bytes(b"Again."));
    assert_eq!(drive.asked.seen, [response(1, b"One.")]);
    assert_eq!((drive.tally.handled, drive.tally.responses_dropped), (1, 4));
}

#[test]
fn a_response_that_comes_while_it_drains_is_observed() {
    let served = served(routed());
    let mut drive = observing(&served);
    drive.handle_piece(b"x?");
    drive.close();
    drive.handle_response(1, Response::Bytes(b"X."));
    assert_eq!(drive.asked.seen, [asked(1, 1, b"x"), response(1, b"X.")]);
}
