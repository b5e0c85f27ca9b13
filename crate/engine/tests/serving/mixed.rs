//! Peers that talk while the application does whatever it likes to them, in any order and to ids
//! that are long gone. `SEED=123` repeats what each does, but threads decide what meets what: what
//! must hold holds in every run.

use crate::common::client::Client;
use crate::common::passing::{Asked, Told, Who};
use crate::common::rig::{Loops, Rig};
use lancelot_engine::action::Action;
use lancelot_engine::config::Options;
use lancelot_engine::error::CloseReason;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

const PEERS: u64 = 8;
const CONVERSATIONS: u64 = 40;
const REQUESTS: u64 = 30;
/// Stands in brackets, which no response does.
const PUSH: &[u8] = b"[push]";

/// Numbers that look like chance.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % end
    }

    fn one_of<'a, T>(&mut self, values: &'a [T]) -> Option<&'a T> {
        values.get(self.below(values.len().max(1) as u64) as usize)
    }
}

/// What a peer got: the responses without the pushes, and how many pushes. None inside a response,
/// for each begins with `<` and ends with `>`.
fn part(came: &[u8]) -> (Vec<u8>, u64) {
    let (mut responses, mut pushes, mut rest) = (Vec::new(), 0, came);
    while let Some(&byte) = rest.first() {
        if let Some(after) = rest.strip_prefix(PUSH) {
            assert!(matches!(responses.last(), None | Some(b'>')), "a push inside a response");
            (pushes, rest) = (pushes + 1, after);
        } else {
            responses.push(byte);
            rest = &rest[1..];
        }
    }
    (responses, pushes)
}

/// Asks, and reads to the end; whether all was answered, and how many pushes came.
fn converse(address: SocketAddr, dice: &mut Dice) -> (bool, u64) {
    let mut client = Client::connect(address);
    let mut expected = Vec::new();
    for number in 0..REQUESTS {
        let request = [format!("{number}?"), "k?".into()][dice.below(2) as usize].clone();
        expected.extend(format!("<{}>", request.trim_end_matches('?')).bytes());
        // Where the application closed it there may be nobody to send to.
        if client.0.write_all(request.as_bytes()).is_err() {
            break;
        }
    }
    _ = client.0.shutdown(Shutdown::Write);
    let mut came = Vec::new();
    // A reset may overtake the last bytes where the peer sends to who has closed.
    let ended = client.0.read_to_end(&mut came);
    let (responses, pushes) = part(&came);
    assert!(expected.starts_with(&responses), "{} came", came.escape_ascii());
    assert!(ended.is_err() || matches!(responses.last(), None | Some(b'>')), "a torn response");
    (responses.len() == expected.len(), pushes)
}

/// Of one kind or another, to one that was told of, perhaps long ago.
fn act(rig: &Rig, dice: &mut Dice, known: &[Who], tickets: &mut Vec<u32>) {
    let Some(&who) = dice.one_of(known) else { return };
    let Who { loop_number, id } = who;
    let group = [b"one".as_slice(), b"two"][dice.below(2) as usize];
    match dice.below(16) {
        0..=5 => tickets.push(rig.put_push(who, PUSH)),
        6 => tickets.push(rig.put_broadcast(loop_number, None, PUSH)),
        7 | 8 => tickets.push(rig.put_broadcast(loop_number, Some(group), PUSH)),
        9 => _ = rig.put(loop_number, |ticket| Action::Join { id, group: group.into(), ticket }),
        10 => _ = rig.put(loop_number, |ticket| Action::Leave { id, group: group.into(), ticket }),
        11 => _ = rig.put(loop_number, |_| Action::Pause(id)),
        12 => _ = rig.put(loop_number, |_| Action::Resume(id)),
        13 => _ = rig.put(loop_number, |ticket| Action::Inspect { id, ticket }),
        14 => _ = rig.put(loop_number, |ticket| Action::List { from_slot: 0, ticket }),
        _ if dice.below(8) == 0 => _ = rig.put(loop_number, |_| Action::Close(id)),
        _ => {}
    }
}

/// The application: answers in any order, and meddles, until all peers are gone.
fn meddle(rig: &Rig, dice: &mut Dice) -> (u64, u64) {
    let (mut known, mut waiting) = (Vec::new(), Vec::<Asked>::new());
    let (mut tickets, mut closed, mut closed_by_us) = (Vec::new(), 0, 0);
    while closed < PEERS * CONVERSATIONS {
        let told = rig.told.recv_timeout(Duration::from_millis(1));
        match told {
            Ok(Told::Opened { who, .. }) => known.push(who),
            Ok(Told::Request(asked)) => waiting.push(asked),
            Ok(Told::Closed { summary, .. }) => {
                closed += 1;
                closed_by_us += u64::from(summary.reason == CloseReason::ConnectionClose);
            }
            Ok(Told::Overload { .. }) => {}
            Ok(told) => panic!("told: {told:?}"),
            // Nothing happens, perhaps because everybody is held back or waits.
            Err(_) => known.iter().for_each(|&who| {
                rig.put(who.loop_number, |_| Action::Resume(who.id));
            }),
        }
        if !waiting.is_empty() && dice.below(8) > 0 {
            let asked = waiting.swap_remove(dice.below(waiting.len() as u64) as usize);
            rig.respond(&asked, &[b"<", &asked.request[..], b">"].concat());
        }
        let from = known.len().saturating_sub(4 * PEERS as usize);
        act(rig, dice, &known[from..], &mut tickets);
    }
    let pushed = tickets.into_iter().map(|ticket| u64::from(rig.reached(ticket))).sum();
    (closed_by_us, pushed)
}

#[test]
fn whatever_the_application_does_conversations_stay_in_order() {
    let given = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| UNIX_EPOCH.elapsed().unwrap().subsec_nanos().into());
    println!("seed {seed}");
    let options = Options { has_handler: true, in_flight_loop_max: 20, ..Options::default() };
    let mut rig = Rig::start_loops(options, Loops { count: 2, reuse_port: false });
    rig.answers.set(b"k", b"<k>", false).unwrap();
    let address = rig.server.address();
    let peers: Vec<_> = (0..PEERS)
        .map(|peer| {
            thread::spawn(move || {
                let mut dice = Dice(seed + peer);
                (0..CONVERSATIONS).map(|_| converse(address, &mut dice)).collect::<Vec<_>>()
            })
        })
        .collect();
    let (closed_by_us, pushed) = meddle(&rig, &mut Dice(seed));
    let talks: Vec<_> = peers.into_iter().flat_map(|peer| peer.join().unwrap()).collect();
    let unanswered = talks.iter().filter(|(complete, _)| !complete).count() as u64;
    assert!(unanswered <= closed_by_us, "{unanswered} unanswered, {closed_by_us} closed");
    let came: u64 = talks.iter().map(|(_, pushes)| pushes).sum();
    let tally = rig.end().tally;
    assert_eq!(tally.pushed, pushed, "replies say how many were reached");
    assert!(came <= pushed && came > 0);
}
