//! Several loops that share connections: which of them does what.

use crate::common::rig::{Loops, Rig, with_handler};
use crate::serving::overload::next;
use lancelot_engine::config::Options;
use lancelot_engine::handler::Overload::{Connections, InFlight};

#[test]
fn a_loop_that_hands_connections_out_gives_every_loop_its_share() {
    let mut rig = Rig::start_loops(with_handler(), Loops { count: 4, reuse_port: false });
    let mut asked_by = [0; 4];
    let mut clients: Vec<_> = (0..8).map(|_| rig.client()).collect();
    for client in &mut clients {
        client.send(b"x?");
        let asked = rig.asked();
        asked_by[asked.who.loop_number] += 1;
        rig.respond(&asked, b"X.");
        client.expect(b"X.");
    }
    assert_eq!(asked_by, [2; 4]);
    rig.end();
}

#[test]
fn every_loop_tells_of_its_own_requests_in_flight() {
    let options = Options { has_handler: true, in_flight_loop_max: 1, ..Options::default() };
    let mut rig = Rig::start_loops(options, Loops { count: 2, reuse_port: false });
    let mut clients: Vec<_> = (0..4).map(|_| rig.known_client()).collect();
    for at in [0, 2, 1, 3] {
        clients[at].0.send(b"x?");
        if at < 2 {
            let asked = rig.asked();
            assert_eq!(asked.who, clients[at].1);
        } else {
            assert_eq!(next(&rig, InFlight, true), clients[at].1.loop_number);
        }
    }
    assert_ne!(clients[0].1.loop_number, clients[1].1.loop_number);
    rig.end();
}

#[test]
fn the_loop_that_closes_a_connection_tells_that_they_are_no_more_too_many() {
    let options = Options { connections_max: 4, ..Options::default() };
    let mut rig = Rig::start_loops(options, Loops { count: 2, reuse_port: false });
    for closing in [0, 1] {
        let mut clients: Vec<_> = (0..4).map(|_| rig.known_client()).collect();
        rig.client().read_to_end_or_reset();
        assert_eq!(next(&rig, Connections, true), 0, "who accepts refuses");
        let at = clients.iter().position(|(_, who)| who.loop_number == closing).unwrap();
        clients.remove(at).0.reset();
        assert_eq!(next(&rig, Connections, false), closing);
        clients.into_iter().for_each(|(client, _)| client.reset());
        (0..4).for_each(|_| _ = rig.closed());
    }
    rig.end();
}
