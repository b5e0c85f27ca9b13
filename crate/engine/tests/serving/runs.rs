//! Responses of many connections in one delivery: each reaches its own, whatever the others are.

use crate::common::client::Client;
use crate::common::passing::{Asked, Told, Who};
use crate::common::rig::{Rig, with_handler};
use lancelot_engine::error::CloseReason;
use lancelot_engine::responses::{Outcome, Responses};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeSet;

const PEERS: usize = 4;
const REQUESTS: usize = 6;

/// What the handler makes of a request.
#[derive(Clone, Debug)]
enum Made {
    Bytes(Vec<u8>),
    Close,
    /// A response comes in a delivery of its own, after all the others.
    Later,
}

fn made() -> impl Strategy<Value = Made> {
    prop_oneof![
        12 => proptest::collection::vec(any::<u8>(), 0..6).prop_map(Made::Bytes),
        1 => Just(Made::Close),
        5 => Just(Made::Later),
    ]
}

/// For each peer what becomes of its requests, whether it is gone, and how long its runs are.
type Peers = Vec<(Vec<Made>, bool, usize)>;

fn peers() -> impl Strategy<Value = Peers> {
    let of_peer = (proptest::collection::vec(made(), REQUESTS), any::<bool>(), 1..=REQUESTS);
    proptest::collection::vec(of_peer, PEERS)
}

const LATE: &[u8] = b"<late>";

/// Everything that a peer gets, and whether the server ends it.
fn foretell(made: &[Made]) -> (Vec<u8>, bool) {
    let mut out = Vec::new();
    for made in made {
        match made {
            Made::Bytes(bytes) => out.extend(bytes),
            Made::Later => out.extend(LATE),
            Made::Close => return (out, true),
        }
    }
    (out, false)
}

/// Runs of one peer: a request that is answered later ends a run, as the length of a run does.
fn runs(made: &[Made], run_max: usize) -> Vec<(u32, Vec<Outcome>, Vec<u8>)> {
    let mut runs: Vec<(u32, Vec<Outcome>, Vec<u8>)> = Vec::new();
    for (number, made) in (1..).zip(made) {
        let (outcome, bytes) = match made {
            Made::Bytes(bytes) => (Outcome::bytes(bytes.len() as u32), &bytes[..]),
            Made::Close => (Outcome::close(CloseReason::HandlerClose), &[][..]),
            Made::Later => continue,
        };
        match runs.last_mut() {
            Some((first, outcomes, all))
                if outcomes.len() < run_max && *first + outcomes.len() as u32 == number =>
            {
                outcomes.push(outcome);
                all.extend(bytes);
            }
            _ => runs.push((number, vec![outcome], bytes.to_vec())),
        }
    }
    runs
}

/// Who is gone is so before the responses are there.
fn connect(rig: &Rig, peers: &Peers) -> Vec<(Option<Client>, Who)> {
    let clients: Vec<_> = peers.iter().map(|_| rig.known_client()).collect();
    let connected = clients.into_iter().zip(peers).map(|((mut client, who), (_, is_gone, _))| {
        client.send(&b"x?".repeat(REQUESTS));
        let asked: BTreeSet<_> = (0..REQUESTS).map(|_| rig.asked().number).collect();
        assert_eq!(asked, (1..=REQUESTS as u32).collect());
        if *is_gone {
            client.reset();
            // Those of an earlier round may still be ending.
            rig.next("its end", |told| match told {
                Told::Closed { who: it, .. } if it == who => Some(()),
                _ => None,
            });
            return (None, who);
        }
        (Some(client), who)
    });
    connected.collect()
}

fn check(rig: &Rig, peers: &Peers) {
    let mut connected = connect(rig, peers);
    let dropped_before = rig.server.counters().tally.responses_dropped;
    let mut left: Vec<_> =
        peers.iter().map(|(made, _, run_max)| runs(made, *run_max).into_iter()).collect();
    let mut responses = Responses::default();
    let mut went = 0;
    // The runs of one peer stay in order, with those of the others in between.
    loop {
        let before = went;
        for ((_, who), runs) in connected.iter().zip(&mut left) {
            if let Some((number, outcomes, bytes)) = runs.next() {
                went += outcomes.len();
                responses.push(who.id, number, outcomes.into_iter(), &bytes);
            }
        }
        if went == before {
            break;
        }
    }
    rig.server.mailbox(0).respond(responses);
    for ((client, who), (made, ..)) in connected.iter_mut().zip(peers) {
        for (number, made) in (1..).zip(made) {
            if matches!(made, Made::Later) {
                let asked = Asked { who: *who, number, route: 0, request: b"x".to_vec() };
                rig.respond(&asked, LATE);
            }
        }
        let (out, ends) = foretell(made);
        match client {
            Some(client) if ends => client.expect_end(&out),
            Some(client) => client.expect(&out),
            None => {}
        }
    }
    rig.settle();
    let dropped = rig.server.counters().tally.responses_dropped - dropped_before;
    assert_eq!(dropped, foretell_dropped(peers));
}

/// What is for nobody: all to a peer that is gone, and what stands behind a response that closes.
fn foretell_dropped(peers: &Peers) -> u64 {
    let of_peer = |(made, is_gone, _): &(Vec<Made>, bool, usize)| {
        let taken =
            made.iter().position(|made| matches!(made, Made::Close)).map_or(REQUESTS, |at| at + 1);
        (REQUESTS - if *is_gone { 0 } else { taken }) as u64
    };
    peers.iter().map(of_peer).sum()
}

#[test]
fn any_runs_of_responses_reach_whom_they_are_for() {
    let mut rig = Rig::start(with_handler());
    // A server that failed once is none to shrink with.
    let config =
        Config { cases: 60, failure_persistence: None, max_shrink_iters: 0, ..Config::default() };
    let outcome = TestRunner::new(config).run(&peers(), |peers| {
        check(&rig, &peers);
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    rig.end();
}
