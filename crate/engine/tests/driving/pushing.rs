//! Bytes that the application sends of its own accord.

use crate::common::drive::Drive;
use crate::{handled, served};
use lancelot_engine::config::Options;
use lancelot_engine::connection::State;
use lancelot_engine::error::CloseReason;
use lancelot_engine::pipeline::Response;
use lancelot_engine::responses::Outcome;

fn ascii(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

#[test]
fn a_push_leaves_after_what_is_ready_and_before_what_is_waited_for() {
    let served = served(Options { answer_suffix: b"!".to_vec(), ..handled() });
    let mut drive = Drive::open(&served, 0, usize::MAX);
    assert!(drive.push(b"<1>"));
    drive.handle_piece(b"a?x?a?y?");
    assert!(drive.push(b"<2>"));
    drive.handle_response(4, Response::Bytes(b"Y."));
    assert!(drive.push(b"<3>"));
    drive.handle_response(2, Response::Bytes(b"X."));
    assert!(drive.push(b"<4>"));
    assert_eq!(ascii(&drive.out), "<1>A.!<2><3>X.!A.!Y.!<4>");
    assert_eq!((drive.tally.pushed, drive.tally.pushes_dropped), (4, 0));
    assert_eq!((drive.tally.requests, drive.tally.handled), (4, 2));
}

#[test]
fn a_push_leaves_behind_what_the_same_wake_up_made_ready() {
    let served = served(handled());
    let mut drive = Drive::open(&served, 0, usize::MAX);
    drive.handle_piece(b"x?y?");
    drive.serve(|connection, turn| {
        connection.handle_response(1, Response::Bytes(b"X."), turn);
        assert!(connection.push(b"<1>", turn));
        connection.handle_response(2, Response::Bytes(b"Y."), turn);
        assert!(connection.push(b"<2>", turn));
    });
    assert_eq!(ascii(&drive.out), "X.<1>Y.<2>");
}

#[test]
fn a_push_leaves_behind_what_the_peer_has_not_taken_however_it_takes_it() {
    for takes in 1..8 {
        let served = served(handled());
        let mut drive = Drive::open(&served, 0, 1);
        drive.handle_piece(b"a?x?a?");
        assert!(drive.push(b"<1>"));
        drive.handle_piece(b"a?");
        drive.handle_response(2, Response::Bytes(b"X."));
        assert!(drive.push(b"<2>"));
        while drive.take(takes) {}
        assert_eq!(ascii(&drive.out), "A.<1>X.A.A.<2>");
    }
}

#[test]
fn what_is_new_leaves_behind_what_is_unsent_though_the_peer_takes_all_of_it_now() {
    let served = served(handled());
    let news: [fn(&mut Drive<'_>); 3] = [
        |drive| assert!(drive.push(b"<1>")),
        |drive| drive.handle_response(3, Response::Bytes(b"<1>")),
        |drive| drive.handle_run(3, &[Outcome::bytes(3)], b"<1>"),
    ];
    for new in news {
        let mut drive = Drive::open(&served, 0, 1);
        drive.handle_piece(b"a?a?x?");
        drive.takes = usize::MAX;
        new(&mut drive);
        assert_eq!(ascii(&drive.out), "A.A.<1>");
    }
}

#[test]
fn a_push_at_the_high_water_mark_is_refused_and_counted() {
    let served = served(Options { high_water_bytes: 10, ..handled() });
    let mut drive = Drive::open(&served, 0, 0);
    assert!(drive.push(&[b'p'; 9]));
    assert!(drive.push(&[b'p'; 9]), "the mark is not reached");
    assert!(!drive.push(b"q"));
    drive.take(8);
    assert!(!drive.push(b"q"), "ten are unsent");
    drive.take(1);
    assert!(drive.push(b""), "nine are unsent");
    assert_eq!((drive.tally.pushed, drive.tally.pushes_dropped), (3, 2));
    drive.take(usize::MAX);
    assert_eq!(drive.out, [b'p'; 18]);
}

#[test]
fn what_is_held_behind_a_response_counts_towards_the_high_water_mark_of_a_push() {
    let served = served(Options { high_water_bytes: 10, ..handled() });
    let mut drive = Drive::open(&served, 0, usize::MAX);
    drive.handle_piece(b"x?a?a?y?");
    drive.handle_response(4, Response::Bytes(b"12345"));
    assert_eq!(drive.inspect().unsent_bytes, 9);
    assert!(drive.push(b"<1>"));
    drive.handle_piece(b"a?");
    assert_eq!(drive.inspect().unsent_bytes, 11);
    assert!(!drive.push(b"<2>"));
    drive.handle_response(1, Response::Bytes(b"X."));
    assert!(drive.push(b"<3>"));
    assert_eq!(ascii(&drive.out), "<1>X.A.A.12345A.<3>");
}

#[test]
fn what_the_same_wake_up_made_ready_counts_towards_the_high_water_mark_of_a_push() {
    let served = served(Options { high_water_bytes: 10, ..handled() });
    let mut drive = Drive::open(&served, 0, usize::MAX);
    drive.serve(|connection, turn| {
        assert!(connection.push(&[b'p'; 10], turn));
        assert!(!connection.push(b"q", turn));
    });
    assert_eq!(drive.out, [b'p'; 10]);
}

#[test]
fn a_push_is_refused_and_counted_once_no_more_requests_are_taken() {
    type End = fn(&mut Drive<'_>);
    let ends: [(End, CloseReason); 5] = [
        (|drive| drive.close(), CloseReason::ConnectionClose),
        (|drive| drive.serve(|connection, _| connection.stop()), CloseReason::Stopped),
        (|drive| drive.serve(|connection, _| connection.handle_finished()), CloseReason::Finished),
        (|drive| drive.handle_piece(b"q?"), CloseReason::AnswerClose),
        (
            |drive| drive.handle_response(1, Response::Close(CloseReason::HandlerClose)),
            CloseReason::HandlerClose,
        ),
    ];
    for (end, reason) in ends {
        let served = served(handled());
        let mut drive = Drive::open(&served, 0, 0);
        assert!(drive.push(b"<1>"));
        drive.handle_piece(b"x?");
        end(&mut drive);
        assert_eq!(drive.connection.state(), State::Draining(reason));
        assert!(!drive.push(b"<2>"));
        drive.take(usize::MAX);
        drive.handle_response(1, Response::Bytes(b"X."));
        assert_ne!(drive.connection.state(), State::Draining(reason));
        assert!(!drive.push(b"<3>"), "it lingers or is closed");
        assert!(drive.out.starts_with(b"<1>") && !drive.out[1..].contains(&b'<'));
        assert_eq!((drive.tally.pushed, drive.tally.pushes_dropped), (1, 2));
    }
}

#[test]
fn a_push_that_is_not_taken_ends_at_the_write_timeout() {
    let served = served(Options { write_ms_max: 50, ..Options::default() });
    let mut drive = Drive::open(&served, 1_000, 0);
    drive.now_ms = 1_100;
    assert!(drive.push(b"<1>"));
    assert_eq!(drive.deadline_ms, 1_150);
    drive.pass_deadline();
    assert_eq!(drive.ended(), Some(CloseReason::WriteTimeout));
}

#[test]
fn a_push_is_a_sign_of_life() {
    let served = served(Options::default());
    let mut drive = Drive::open(&served, 0, usize::MAX);
    let idle_ms_max = u64::from(served.options.idle_ms_max);
    assert_eq!(drive.deadline_ms, idle_ms_max);
    drive.now_ms = 1_000;
    drive.push(b"<1>");
    assert_eq!(drive.deadline_ms, 1_000 + idle_ms_max);
}

#[test]
fn what_moves_no_byte_is_no_sign_of_life() {
    let served = served(handled());
    let mut drive = Drive::open(&served, 0, usize::MAX);
    let deadline_ms = drive.deadline_ms;
    drive.now_ms = 1_000;
    assert!(drive.push(b""));
    drive.hold_back();
    drive.let_go_on();
    drive.resume();
    drive.handle_response(1, Response::Bytes(b"Nobody asked."));
    assert_eq!(drive.deadline_ms, deadline_ms);
    drive.handle_piece(b"x?");
    drive.now_ms = 2_000;
    drive.handle_response(1, Response::Bytes(b""));
    assert_eq!(drive.deadline_ms, deadline_ms + 2_000, "it waited for a response until now");
}
