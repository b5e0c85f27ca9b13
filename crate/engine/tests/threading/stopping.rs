//! Stops, where peers wait for threads.

use crate::arranged;
use lancelot_engine::blocking::Arrangement::{OneAtATime, Pool, ThreadPerConnection};
use lancelot_engine::error::CloseReason;
use lancelot_engine::server::StopReport;
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(3600);

#[test]
fn who_waits_in_the_queue_when_a_stop_begins_is_served() {
    for (arrangement, idlers) in [(OneAtATime, 1), (Pool(2), 2), (ThreadPerConnection, 2)] {
        let mut rig = arranged(arrangement);
        let mut idle: Vec<_> = (0..idlers).map(|_| rig.known_client().0).collect();
        let mut waiting: Vec<_> = (0..5).map(|_| rig.client()).collect();
        waiting.iter_mut().for_each(|client| client.send(b"a?a?"));
        rig.server.stop(LONG);
        idle.iter_mut().for_each(|client| client.expect_end(b""));
        waiting.iter_mut().for_each(|client| client.expect_end(b"Alpha.Alpha."));
        assert_eq!(rig.join(), StopReport { drained: idlers + 5, cut: 0 });
        assert_eq!(rig.closes(CloseReason::Stopped), idlers + 5);
        assert!(TcpStream::connect(rig.server.address()).is_err());
    }
}

#[test]
fn nobody_comes_in_once_a_stop_has_begun_though_the_thread_is_busy() {
    let mut rig = arranged(OneAtATime);
    let (mut client, who) = rig.known_client();
    client.send(b"x?");
    let asked = rig.asked();
    rig.server.stop(LONG);
    // What is done in order is done after the stop began.
    assert!(rig.inspect(who).is_some());
    assert!(TcpStream::connect(rig.server.address()).is_err());
    rig.respond(&asked, b"X.");
    client.expect_end(b"X.");
    assert_eq!(rig.join(), StopReport { drained: 1, cut: 0 });
}

#[test]
fn at_the_deadline_those_who_still_wait_for_the_thread_are_cut() {
    let mut rig = arranged(OneAtATime);
    let mut first = rig.client();
    first.send(b"x?");
    rig.asked();
    let mut waiting: Vec<_> = (0..3).map(|_| rig.client()).collect();
    waiting.iter_mut().for_each(|client| client.send(b"a?"));
    rig.server.stop(Duration::from_millis(50));
    assert_eq!(first.read_to_end_or_reset(), b"");
    waiting.iter_mut().for_each(|client| assert_eq!(client.read_to_end_or_reset(), b""));
    assert_eq!(rig.join(), StopReport { drained: 0, cut: 4 });
    assert_eq!(rig.server.counters().accepted, 4);
}

/// What a peer sends while its thread is being woken out of a receive is not mistaken for an end.
#[test]
fn a_stop_in_the_middle_of_traffic_answers_whole_requests_in_order() {
    for arrangement in [OneAtATime, Pool(4), ThreadPerConnection] {
        for _ in 0..20 {
            let mut rig = arranged(arrangement);
            let mut client = rig.client();
            client.ask(b"a?", b"Alpha.");
            let mut sending = client.0.try_clone().unwrap();
            let sender = std::thread::spawn(move || {
                // Until the server has ended it.
                (0..100_000).take_while(|_| sending.write_all(b"a?").is_ok()).count()
            });
            client.expect(b"Alpha.Alpha.");
            rig.server.stop(LONG);
            let came = client.read_to_end_or_reset();
            assert!(came.chunks(6).all(|answer| b"Alpha.".starts_with(answer)));
            sender.join().unwrap();
            assert_eq!(rig.join().cut, 0);
        }
    }
}
