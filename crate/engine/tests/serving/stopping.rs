//! Servers that are told to stop.

use crate::common::rig::{ALL_LOOPS, Loops, ONE_LOOP, Rig, with_handler};
use lancelot_engine::config::Options;
use lancelot_engine::error::CloseReason;
use lancelot_engine::server::StopReport;
use std::net::TcpStream;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(3600);

#[test]
fn a_stop_waits_for_what_is_owed() {
    for loops in ALL_LOOPS {
        let mut rig = Rig::start_loops(with_handler(), loops);
        let mut idle = rig.client();
        idle.ask(b"a?", b"Alpha.");
        let mut clients: Vec<_> = (0..6).map(|_| rig.client()).collect();
        let mut asked = Vec::new();
        for client in &mut clients {
            client.send(b"x?a?");
            asked.push(rig.asked());
        }
        rig.server.stop(LONG);
        idle.expect_end(b"");
        asked.iter().for_each(|asked| rig.respond(asked, b"Late."));
        clients.iter_mut().for_each(|client| client.expect_end(b"Late.Alpha."));
        assert_eq!(rig.join(), StopReport { drained: 7, cut: 0 });
        assert_eq!(rig.closes(CloseReason::Stopped), 7);
    }
}

#[test]
fn what_arrived_before_a_stop_is_answered() {
    for loops in ALL_LOOPS {
        let mut rig = Rig::start_loops(Options::default(), loops);
        let mut clients: Vec<_> = (0..10).map(|_| rig.client()).collect();
        clients.iter_mut().for_each(|client| client.ask(b"a?", b"Alpha."));
        clients.iter_mut().for_each(|client| client.send(&b"a?".repeat(10_000)));
        rig.server.stop(LONG);
        clients.iter_mut().for_each(|client| client.expect_end(&b"Alpha.".repeat(10_000)));
        assert_eq!(rig.join(), StopReport { drained: 10, cut: 0 });
    }
}

#[test]
fn a_peer_that_connected_before_a_stop_is_served() {
    for loops in [ONE_LOOP, Loops { count: 3, reuse_port: false }] {
        let mut rig = Rig::start_loops(with_handler(), loops);
        let mut blocking = rig.client();
        blocking.send(b"block!?");
        rig.watch.gate.wait_for_blocked(1);
        // The accepting loop is busy, so these wait in its backlog.
        let mut waiting: Vec<_> = (0..5).map(|_| rig.client()).collect();
        waiting.iter_mut().for_each(|client| client.send(b"a?"));
        rig.server.stop(LONG);
        rig.watch.gate.open();
        waiting.iter_mut().for_each(|client| client.expect_end(b"Alpha."));
        rig.respond(&rig.asked(), b"Done.");
        blocking.expect_end(b"Done.");
        assert_eq!(rig.join(), StopReport { drained: 6, cut: 0 });
    }
}

#[test]
fn a_stopped_server_takes_no_connection() {
    for loops in ALL_LOOPS {
        let mut rig = Rig::start_loops(Options::default(), loops);
        let address = rig.server.address();
        rig.client().ask(b"a?", b"Alpha.");
        rig.end();
        assert!(TcpStream::connect(address).is_err());
    }
}

#[test]
fn at_the_deadline_what_is_owed_is_cut() {
    for loops in ALL_LOOPS {
        let mut rig = Rig::start_loops(with_handler(), loops);
        let mut clients: Vec<_> = (0..4).map(|_| rig.client()).collect();
        for client in &mut clients {
            client.send(b"a?x?a?");
            client.expect(b"Alpha.");
            rig.asked();
        }
        let mut idle = rig.client();
        idle.ask(b"a?", b"Alpha.");
        rig.server.stop(Duration::from_millis(50));
        idle.expect_end(b"");
        clients.iter_mut().for_each(|client| assert_eq!(client.read_to_end_or_reset(), b""));
        assert_eq!(rig.join(), StopReport { drained: 1, cut: 4 });
        assert_eq!((rig.closes(CloseReason::Stopped), rig.closes(CloseReason::Cut)), (1, 4));
    }
}

#[test]
fn a_second_stop_brings_the_deadline_nearer_and_never_moves_it_away() {
    for loops in ALL_LOOPS {
        for (first, second) in [(LONG, Duration::ZERO), (Duration::from_millis(50), LONG)] {
            let mut rig = Rig::start_loops(with_handler(), loops);
            let mut clients: Vec<_> = (0..4).map(|_| rig.client()).collect();
            for client in &mut clients {
                client.send(b"x?");
                rig.asked();
            }
            rig.server.stop(first);
            rig.server.stop(second);
            clients.iter_mut().for_each(|client| _ = client.read_to_end_or_reset());
            assert_eq!(rig.join(), StopReport { drained: 0, cut: 4 });
        }
    }
}

#[test]
fn a_response_after_the_stop_is_dropped_without_harm() {
    let mut rig = Rig::start(with_handler());
    let mut client = rig.client();
    client.send(b"x?");
    let asked = rig.asked();
    rig.end();
    rig.respond(&asked, b"Too late.");
    client.read_to_end_or_reset();
}

#[test]
fn a_server_that_is_dropped_ends_its_connections_and_threads() {
    for loops in ALL_LOOPS {
        let rig = Rig::start_loops(with_handler(), loops);
        let address = rig.server.address();
        let mut client = rig.client();
        client.send(b"x?");
        rig.asked();
        drop(rig);
        client.read_to_end_or_reset();
        assert!(TcpStream::connect(address).is_err());
    }
}
