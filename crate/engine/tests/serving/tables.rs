//! Answers that change while peers ask for them.

use crate::common::client::{Client, until};
use crate::common::rig::{Loops, Rig, with_handler};
use lancelot_engine::config::Options;
use std::io::Read;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

const NUMBERS: usize = 200;

/// An answer in which every part says which version it is.
fn version(number: usize) -> Vec<u8> {
    format!("{number:06},").repeat(NUMBERS).into_bytes()
}

/// Asks until it is told to end; each answer is one version or none, and none is older than the
/// one before.
fn hammer(address: SocketAddr, ends: &AtomicBool) -> usize {
    const NONE: &[u8] = b"none   ";
    let mut client = Client::connect(address);
    let (mut asked, mut newest) = (0, 0);
    while !ends.load(Ordering::Relaxed) {
        client.send(b"k?");
        let mut came = vec![0; NONE.len()];
        client.0.read_exact(&mut came).unwrap();
        if came != NONE {
            let number = std::str::from_utf8(&came[..6]).unwrap().parse().unwrap();
            came.resize(NONE.len() * NUMBERS, 0);
            client.0.read_exact(&mut came[NONE.len()..]).unwrap();
            assert!(came == version(number), "a torn answer: {}", came.escape_ascii());
            assert!(number >= newest, "{number} came after {newest}");
            newest = number;
        }
        asked += 1;
    }
    asked
}

#[test]
fn an_answer_is_the_old_or_the_new_one_and_after_the_change_the_new_one() {
    let unknown_answer = Some(b"none   ".to_vec());
    let options = Options { unknown_answer: unknown_answer.clone(), ..Options::default() };
    let mut rig = Rig::start_loops(options, Loops { count: 2, reuse_port: false });
    let address = rig.server.address();
    let ends = Arc::new(AtomicBool::new(false));
    let hammers: Vec<_> = (0..4)
        .map(|_| {
            let ends = ends.clone();
            thread::spawn(move || hammer(address, &ends))
        })
        .collect();
    let mut writer = rig.client();
    for number in 1..=300 {
        let answer = version(number);
        match number % 3 {
            0 => {
                assert!(rig.answers.delete(b"k"));
                writer.ask(b"k?", unknown_answer.as_ref().unwrap());
                assert!(!rig.answers.delete(b"k?"));
            }
            1 => rig.answers.set(b"k", &answer, false).unwrap(),
            _ => rig.server.replace_answers([(&b"k?"[..], &answer[..], false)]).unwrap(),
        }
        if number % 3 != 0 {
            writer.ask(b"k?", &answer);
        }
    }
    ends.store(true, Ordering::Relaxed);
    assert!(hammers.into_iter().all(|hammer| hammer.join().unwrap() > 0));
    rig.end();
}

/// The request is read in a turn that began before the change, for another request of its peer was
/// announced to that turn already.
#[test]
fn a_request_sent_after_a_change_gets_the_new_answer_in_a_turn_that_began_before_it() {
    let mut rig = Rig::start(with_handler());
    rig.answers.set(b"k", b"old.", false).unwrap();
    let (mut first, mut second, mut peer) = (rig.client(), rig.client(), rig.client());
    peer.ask(b"k?", b"old.");
    second.ask(b"k?", b"old.");
    first.send(b"block!?");
    rig.watch.gate.wait_for_blocked(1);
    // Announced to the next turn, in this order.
    second.send(b"block!?");
    peer.send(b"a?");
    rig.watch.gate.open();
    rig.watch.gate.wait_for_blocked(2);
    rig.answers.set(b"k", b"new.", false).unwrap();
    peer.send(b"k?");
    rig.watch.gate.open();
    peer.expect(b"Alpha.new.");
    rig.end();
}

#[test]
fn a_replacement_reaches_loops_without_traffic() {
    let mut rig = Rig::start_loops(Options::default(), Loops { count: 4, reuse_port: false });
    let old = Arc::downgrade(&rig.answers.table());
    rig.server.replace_answers([(&b"k"[..], &b"new."[..], false)]).unwrap();
    until("every loop lets go of the old table", || old.upgrade().is_none());
    rig.end();
}
