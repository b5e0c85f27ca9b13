//! The border as JavaScript sees it: what loops tell comes out in order, whole, and once.

use lancelot_border::border::{Bell, Border, Drained, RequestLimits};
use lancelot_border::teller::Teller;
use lancelot_engine::connection::Summary;
use lancelot_engine::error::CloseReason;
use lancelot_engine::handler::{ConnectionId, Handler, Interest, Introduction, Overload, Reply};
use lancelot_engine::server::StopReport;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const HEADER_WORDS: usize = 6;
const OPENED: u32 = 1;
const REQUESTS: u32 = 2;
const CLOSED: u32 = 3;
const FAILED: u32 = 4;
const STOPPED: u32 = 5;
const REQUESTED: u32 = 6;
const OVERLOADED: u32 = 8;
const REPLY: u32 = 9;
const EVENTS_MAX: usize = 65_536;
const LIMITS: RequestLimits = RequestLimits { requests: 1_000_000, bytes: 1 << 30 };

/// Counts how often it is rung.
#[derive(Clone, Default)]
struct Counting(Arc<AtomicUsize>);

impl Bell for Counting {
    fn ring(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// One record, as it came out.
#[derive(Debug)]
struct Record {
    kind: u32,
    loop_number: u32,
    detail: u32,
    slot: u32,
    number: u32,
    words: Vec<u32>,
    text: Vec<u8>,
}

struct Rig {
    border: Arc<Border<Counting>>,
    tellers: Vec<Teller<Counting>>,
    bell: Counting,
}

fn id(slot: u32) -> ConnectionId {
    ConnectionId { slot, generation: 3 }
}

impl Rig {
    fn new(loops: usize) -> Self {
        let (border, bell) = (Border::new(loops), Counting::default());
        let tellers = Teller::for_loops(&border, LIMITS, true);
        border.hang(bell.clone());
        Self { border, tellers, bell }
    }

    fn rings(&self) -> usize {
        self.bell.0.load(Ordering::SeqCst)
    }

    /// Everything, in drains of at most so much room; room for text grows where it must.
    fn drain(&self, words_max: usize, text_max: usize) -> Vec<Record> {
        let mut records = Vec::new();
        let (mut words, mut text) = (vec![0; words_max], vec![0; text_max]);
        loop {
            match self.border.drain(&mut words, &mut text) {
                Drained::Records(0, _) => return records,
                Drained::Records(count, bytes) => {
                    read_records(&words[..count], &text[..bytes], &mut records);
                }
                Drained::NeedsText(bytes) => {
                    assert!(bytes > text.len(), "it asks only for what it was not given");
                    text = vec![0; bytes];
                }
            }
        }
    }
}

fn read_records(mut words: &[u32], mut text: &[u8], records: &mut Vec<Record>) {
    while let Some((header, rest)) = words.split_first_chunk::<HEADER_WORDS>() {
        let [head, slot, _, number, more, bytes] = *header;
        let (own, rest) = rest.split_at(more as usize);
        let (own_text, rest_text) = text.split_at(bytes as usize);
        (words, text) = (rest, rest_text);
        records.push(Record {
            kind: head & 0xff,
            loop_number: head >> 8 & 0xff,
            detail: head >> 16,
            slot,
            number,
            words: own.to_vec(),
            text: own_text.to_vec(),
        });
    }
    assert!(words.is_empty() && text.is_empty(), "records are whole");
}

/// The requests of runs, as JavaScript reads them: connection, number, route, text.
fn requests(records: &[Record], seen: &mut Vec<Vec<u8>>) -> Vec<(u32, u32, u32, Vec<u8>)> {
    let mut requests = Vec::new();
    for record in records.iter().filter(|record| record.kind == REQUESTS) {
        let (mut text, mut number) = (&record.text[..], record.number);
        let mut words = record.words.iter();
        while let Some(&written) = words.next() {
            let request = if written >> 31 == 1 {
                seen[(written & 0xffff) as usize].clone()
            } else {
                let (request, rest) = text.split_at((written & ((1 << 25) - 1)) as usize);
                text = rest;
                assert_eq!(written >> 29 & 1 == 1, request.is_ascii());
                if written >> 30 & 1 == 1 {
                    let place = *words.next().expect("its number follows") as usize;
                    seen.resize(seen.len().max(place + 1), Vec::new());
                    seen[place] = request.to_vec();
                }
                request.to_vec()
            };
            requests.push((record.slot, number, record.detail, request));
            number = number.wrapping_add(1);
        }
        assert!(text.is_empty(), "a run's text is that of its requests");
    }
    requests
}

#[test]
fn the_bell_rings_once_until_the_border_is_drained() {
    let mut rig = Rig::new(2);
    assert_eq!(rig.rings(), 1, "for what was told before it hung");
    rig.drain(100, 100);
    for _ in 0..3 {
        for teller in &mut rig.tellers {
            teller.reply(1, Reply::Reached(1));
            teller.turn_ended();
        }
    }
    assert_eq!(rig.rings(), 2);
    assert_eq!(rig.drain(100, 100).len(), 6);
    rig.tellers[0].turn_ended();
    assert_eq!(rig.rings(), 2, "a turn without anything to tell does not ring");
    rig.tellers[1].reply(7, Reply::Reached(3));
    rig.tellers[1].turn_ended();
    assert_eq!(rig.rings(), 3);
    let [reply] = &rig.drain(100, 100)[..] else { panic!("one record") };
    assert_eq!((reply.kind, reply.loop_number, reply.number, reply.slot), (REPLY, 1, 7, 3));
}

#[test]
fn requests_come_out_as_they_went_in_whatever_room_there_is() {
    let mut state = 7_u64;
    let mut random = move |below: u64| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) % below
    };
    for (words_max, text_max) in [(600, 70_000), (2_000, 1), (1 << 20, 1 << 24)] {
        let mut rig = Rig::new(1);
        let (mut told, mut numbers) = (Vec::new(), [0_u32; 4]);
        for _ in 0..300 {
            for _ in 0..random(40) {
                let slot = random(4) as usize;
                for _ in 0..random(20) {
                    let route = u16::from(random(10) == 0);
                    let bytes = if random(50) == 0 { random(90_000) } else { random(12) };
                    let request = vec![
                        b'a' + random(3) as u8 + 100 * (random(20) == 0) as u8;
                        bytes as usize
                    ];
                    numbers[slot] += 1 + u32::from(random(8) == 0);
                    rig.tellers[0].request(id(slot as u32), numbers[slot], route, &request);
                    told.push((slot as u32, numbers[slot], u32::from(route), request));
                }
            }
            rig.tellers[0].turn_ended();
        }
        let mut seen = Vec::new();
        assert!(requests(&rig.drain(words_max, text_max), &mut seen) == told);
        assert!(!seen.is_empty(), "some came again");
    }
}

#[test]
fn events_beyond_the_bound_are_dropped_counted_and_announced() {
    let mut rig = Rig::new(1);
    let teller = &mut rig.tellers[0];
    for number in 0..EVENTS_MAX as u32 + 10 {
        if teller.admits(1) {
            teller.requested(id(1), number, b"q");
        }
        if number % 1000 == 0 {
            teller.turn_ended();
        }
    }
    teller.missed();
    // What somebody waits for is told all the same.
    teller.request(id(1), 1, 0, b"asked");
    teller.turn_ended();
    assert_eq!(rig.border.events_dropped(), 11);
    let records = rig.drain(10_000, 10_000);
    let events = records.iter().filter(|record| record.kind == REQUESTED).count();
    assert_eq!(events, EVENTS_MAX);
    assert_eq!(records.iter().filter(|record| record.kind == REQUESTS).count(), 1);
    let last = records.last().expect("there are some");
    assert_eq!((last.kind, last.detail, last.number), (FAILED, 2, 11));
    assert!(rig.tellers[0].admits(1), "there is room again");
}

#[test]
fn bytes_of_events_are_bounded_too() {
    let mut rig = Rig::new(1);
    let teller = &mut rig.tellers[0];
    let text = vec![b'x'; 1 << 20];
    let admitted = (0..20).filter(|_| {
        let admits = teller.admits(text.len());
        if admits {
            teller.requested(id(1), 1, &text);
        }
        teller.turn_ended();
        admits
    });
    assert_eq!(admitted.count(), 16);
    assert_eq!(rig.drain(1000, 10).len(), 17);
}

#[test]
fn the_last_word_comes_last() {
    let mut rig = Rig::new(1);
    let summary = Summary {
        reason: CloseReason::Cut,
        requests: 1,
        bytes_read: 2,
        bytes_written: 3,
        duration_ms: 4,
    };
    let teller = &mut rig.tellers[0];
    teller.opened(id(9), Some("[::ffff:127.0.0.1]:80".parse().unwrap()), 0, Introduction::Fresh);
    teller.opened(id(8), Some("[::1]:81".parse().unwrap()), 0, Introduction::Missed);
    teller.closed(id(9), &summary, true);
    teller.turn_ended();
    rig.border.tell_stopped(StopReport { drained: 5, cut: 6 });
    let records = rig.drain(1000, 1000);
    let kinds: Vec<_> = records.iter().map(|record| record.kind).collect();
    assert_eq!(kinds, [OPENED, OPENED, CLOSED, STOPPED]);
    assert_eq!(
        (records[0].detail, records[0].number, &records[0].text[8..]),
        (1, 80, &[127, 0, 0, 1][..])
    );
    assert_eq!((records[1].detail, records[1].number, &records[1].text[8..]), (6, 81, &b"::1"[..]));
    assert_eq!(records[2].detail, CloseReason::Cut as u32 | 1 << 8);
    let doubles: Vec<_> = records[2]
        .text
        .chunks(8)
        .map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap()))
        .collect();
    assert_eq!(doubles, [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn the_interest_is_what_was_set() {
    use lancelot_engine::connection::Observes;
    let rig = Rig::new(1);
    for bits in 0..16_u8 {
        let has = |bit: u8| bits >> bit & 1 != 0;
        let observes = Observes { requests: has(2), responses: has(3) };
        let interest = Interest { opened: has(0), closed: has(1), observes };
        rig.border.set_interest(interest);
        assert_eq!(rig.tellers[0].interest(), interest);
    }
}

#[test]
fn nothing_is_lost_between_a_loop_that_tells_and_a_drain() {
    const TURNS: u32 = 20_000;
    let mut rig = Rig::new(2);
    let threads: Vec<_> = rig
        .tellers
        .drain(..)
        .map(|mut teller| {
            std::thread::spawn(move || {
                for number in 0..TURNS {
                    teller.request(id(0), number, 0, &number.to_le_bytes());
                    teller.turn_ended();
                }
            })
        })
        .collect();
    let mut next = [0_u32; 2];
    let mut seen = [Vec::new(), Vec::new()];
    let mut rings = 0;
    while next != [TURNS; 2] {
        // Only a ring makes it look, as JavaScript is made to.
        while rig.rings() == rings {
            std::hint::spin_loop();
        }
        rings += 1;
        for record in rig.drain(700, 70_000) {
            let loop_number = record.loop_number as usize;
            for (_, number, _, request) in requests(&[record], &mut seen[loop_number]) {
                assert_eq!(number, next[loop_number]);
                assert_eq!(request, number.to_le_bytes());
                next[loop_number] += 1;
            }
        }
    }
    threads.into_iter().for_each(|thread| thread.join().expect("no loop panicked"));
    assert_eq!(rig.drain(700, 700).len(), 0);
}

#[test]
fn an_overload_is_told_as_it_changes_and_as_it_is_once_there_is_room() {
    let mut rig = Rig::new(1);
    let overloads = |rig: &Rig| -> Vec<_> {
        let records = rig.drain(10_000, 10_000);
        let told = records.iter().filter(|record| record.kind == OVERLOADED);
        told.map(|record| (record.detail & 0xff, record.detail >> 8 != 0, record.number)).collect()
    };
    let teller = &mut rig.tellers[0];
    teller.overloaded(Overload::InFlight, true, 5);
    teller.overloaded(Overload::Connections, true, 6);
    teller.overloaded(Overload::InFlight, false, 7);
    teller.turn_ended();
    assert_eq!(overloads(&rig), [(0, true, 5), (1, true, 6), (0, false, 7)]);
    let teller = &mut rig.tellers[0];
    while teller.admits(0) {
        teller.requested(id(1), 1, b"");
    }
    for now_ms in 0..1000 {
        teller.overloaded(Overload::InFlight, now_ms % 2 == 0, now_ms);
        teller.overloaded(Overload::Connections, now_ms % 2 == 0, now_ms);
        teller.turn_ended();
    }
    assert_eq!(overloads(&rig), []);
    rig.tellers[0].turn_ended();
    assert_eq!(overloads(&rig), [(1, false, 999)], "the other is as it was told");
}

#[test]
fn requests_that_nobody_takes_are_bounded_whoever_asked_them() {
    for limits in
        [RequestLimits { requests: 3, bytes: 1000 }, RequestLimits { requests: 1000, bytes: 15 }]
    {
        let mut rig = Rig::new(2);
        let mut tellers = Teller::for_loops(&rig.border, limits, false);
        for number in 0..3 {
            assert!(tellers[1].has_room());
            tellers[1].request(id(number), 1, 0, b"quest");
            if number == 1 {
                tellers[1].turn_ended();
            }
        }
        assert!(!tellers[1].has_room(), "those of this turn count too");
        tellers[1].turn_ended();
        assert!(!tellers[1].has_room() && tellers[0].has_room());
        assert_eq!(rig.border.take_wanting().count(), 0, "there is no room yet");
        rig.drain(1000, 1000);
        assert_eq!(rig.border.take_wanting().collect::<Vec<_>>(), [1]);
        assert_eq!(rig.border.take_wanting().count(), 0, "it is named once");
        assert!(tellers[1].has_room());
        rig.tellers.clear();
    }
}
