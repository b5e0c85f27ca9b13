//! What the application sends of its own accord: to one peer, and to many.

use crate::common::rig::{ALL_LOOPS, Rig, with_handler};
use lancelot_engine::config::Options;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(3600);

#[test]
fn a_push_goes_out_at_once_and_before_what_is_waited_for() {
    let mut rig = Rig::start(Options { answer_suffix: b"!".to_vec(), ..with_handler() });
    let (mut client, who) = rig.known_client();
    assert!(rig.push(who, b"<1>"));
    client.expect(b"<1>");
    client.send(b"x?a?");
    let asked = rig.asked();
    assert!(rig.push(who, b"<2>"));
    client.expect(b"<2>");
    rig.respond(&asked, b"X.");
    assert!(rig.push(who, b"<3>"));
    client.expect(b"X.!Alpha.!<3>");
    assert_eq!(rig.end().tally.pushed, 3);
}

#[test]
fn a_broadcast_reaches_every_connection_of_every_loop() {
    for loops in ALL_LOOPS {
        let mut rig = Rig::start_loops(Options::default(), loops);
        assert_eq!(rig.broadcast(None, b"<none>"), 0);
        let mut clients: Vec<_> = (0..10).map(|_| rig.known_client()).collect();
        assert_eq!(rig.broadcast(None, b"<all>"), 10);
        assert_eq!(rig.broadcast(None, b""), 10);
        clients.iter_mut().for_each(|(client, _)| client.ask(b"a?", b"<all>Alpha."));
        assert_eq!(rig.end().tally.pushed, 20);
    }
}

#[test]
fn a_peer_that_is_too_far_behind_is_passed_over_and_counted() {
    let mut rig = Rig::start(Options { high_water_bytes: 1024, ..Options::default() });
    let (mut behind, who) = rig.known_client();
    let (mut other, _) = rig.known_client();
    // The buffers of the system are full when the server has to keep some.
    let push = vec![b'p'; 256 * 1024];
    let pushed = (0..1_000).take_while(|_| rig.push(who, &push)).count();
    assert!((1..1_000).contains(&pushed), "{pushed} were taken");
    assert!(rig.inspect(who).unwrap().unsent_bytes >= 1024);
    assert_eq!(rig.broadcast(None, b"<1>"), 1);
    other.expect(b"<1>");
    behind.expect(&push.repeat(pushed));
    assert_eq!(rig.broadcast(None, b"<2>"), 2);
    behind.expect(b"<2>");
    other.expect(b"<2>");
    let tally = rig.end().tally;
    assert_eq!((tally.pushed, tally.pushes_dropped), (pushed as u64 + 3, 2));
}

#[test]
fn a_last_broadcast_reaches_the_connections_of_every_loop() {
    for loops in ALL_LOOPS {
        let mut rig = Rig::start_loops(Options::default(), loops);
        let mut clients: Vec<_> = (0..10).map(|_| rig.known_client()).collect();
        let put = |number| rig.put_broadcast(number, None, b"<bye>");
        let tickets: Vec<_> = (0..rig.loops.count).map(put).collect();
        rig.server.stop(LONG);
        assert_eq!(tickets.into_iter().map(|ticket| rig.reached(ticket)).sum::<u32>(), 10);
        clients.iter_mut().for_each(|(client, _)| client.expect_end(b"<bye>"));
        assert_eq!(rig.join().drained, 10);
    }
}
