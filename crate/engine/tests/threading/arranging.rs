//! Who is served, and who waits behind whom.

use crate::common::client::Client;
use crate::common::rig::{Rig, with_handler};
use crate::{ALL, arranged};
use lancelot_engine::blocking::Arrangement::{self, OneAtATime, Pool, ThreadPerConnection};
use lancelot_engine::config::Options;
use lancelot_engine::error::CloseReason;
use lancelot_engine::handler::Interest;
use std::io::{ErrorKind, Read};

/// So many peers that are served, and say nothing more.
fn idlers(rig: &Rig, count: usize) -> Vec<Client> {
    (0..count)
        .map(|_| {
            let mut client = rig.client();
            client.ask(b"a?", b"Alpha.");
            client
        })
        .collect()
}

/// Nothing has come for this peer.
fn assert_silence(client: &mut Client) {
    client.0.set_nonblocking(true).unwrap();
    let came = client.0.read(&mut [0; 1]).expect_err("nothing came");
    assert_eq!(came.kind(), ErrorKind::WouldBlock);
    client.0.set_nonblocking(false).unwrap();
}

/// As many idle peers as there are threads keep everybody else waiting, until one leaves.
fn assert_blocked_by(arrangement: Arrangement, count: usize) {
    let mut rig = arranged(arrangement);
    let mut idle = idlers(&rig, count);
    let mut waiting = rig.client();
    waiting.send(b"a?");
    // All who are served are served on.
    for client in &mut idle {
        (0..100).for_each(|_| client.ask(b"a?", b"Alpha."));
    }
    assert_silence(&mut waiting);
    assert_eq!(rig.server.counters().accepted, count as u64, "the last waits in the queue");
    let mut leaving = idle.pop().unwrap();
    leaving.finish();
    leaving.expect_end(b"");
    waiting.expect(b"Alpha.");
    drop((idle, waiting));
    let all = count as u64 + 1;
    rig.wait_for("all have left", |counters| counters.closed() == all);
    assert_eq!(rig.end().accepted, all);
}

#[test]
fn one_idle_peer_keeps_all_others_from_a_server_that_serves_one_at_a_time() {
    assert_blocked_by(OneAtATime, 1);
}

#[test]
fn a_pool_of_four_is_blocked_by_four_idle_peers() {
    assert_blocked_by(Pool(4), 4);
}

#[test]
fn a_pool_of_four_is_not_blocked_by_three_idle_peers() {
    let mut rig = arranged(Pool(4));
    let _idle = idlers(&rig, 3);
    for _ in 0..20 {
        let mut client = rig.client();
        client.ask(b"a?", b"Alpha.");
        client.finish();
        client.expect_end(b"");
    }
    rig.end();
}

#[test]
fn a_hundred_idle_peers_keep_nobody_from_a_thread_of_his_own() {
    let mut rig = arranged(ThreadPerConnection);
    let _idle = idlers(&rig, 100);
    idlers(&rig, 1)[0].ask(b"q?", b"Bye.");
    rig.end();
}

#[test]
fn peers_are_served_one_after_the_other_in_the_order_in_which_they_came() {
    let mut rig = arranged(OneAtATime);
    let (first, who) = rig.known_client();
    let mut waiting: Vec<_> = (0..5).map(|_| rig.client()).collect();
    waiting.iter_mut().for_each(|client| client.send(b"a?q?"));
    drop(first);
    assert_eq!(rig.closed(), (who, CloseReason::Finished, false));
    for mut client in waiting {
        client.expect_end(b"Alpha.Bye.");
        client.finish();
        assert_eq!(rig.closed().1, CloseReason::AnswerClose);
    }
    assert_eq!(rig.end().accepted, 6);
}

/// Only what the table does not know waits for the one handler.
#[test]
fn while_the_handler_is_busy_the_table_answers() {
    for arrangement in [ThreadPerConnection, Pool(4)] {
        let mut rig = Rig::start_as(arrangement, with_handler(), Interest::default());
        let mut others = idlers(&rig, 2);
        let mut blocking = rig.client();
        blocking.send(b"block!?");
        rig.watch.gate.wait_for_blocked(1);
        for client in &mut others {
            (0..100).for_each(|_| client.ask(b"a?a?", b"Alpha.Alpha."));
        }
        rig.watch.gate.open();
        rig.respond(&rig.asked(), b"Done.");
        blocking.expect(b"Done.");
        rig.end();
    }
}

#[test]
fn a_deadline_that_is_further_than_one_receive_waits_is_kept() {
    for arrangement in ALL {
        let options = Options { idle_ms_max: 1_300, ..Options::default() };
        let mut rig = Rig::start_as(arrangement, options, Interest::default());
        let mut client = rig.client();
        client.ask(b"a?", b"Alpha.");
        client.expect_end(b"");
        let counters = rig.end();
        assert_eq!(counters.closes[CloseReason::IdleTimeout as usize], 1);
    }
}
