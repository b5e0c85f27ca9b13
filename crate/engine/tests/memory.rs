//! What connections and tables allocate: a connection nothing at rest and never more than its
//! limits say, a change of a table no more than the way to what it changes.
//!
//! Counts what the test's own thread allocates and has not freed.

mod common {
    #[allow(dead_code, reason = "each test uses what it needs")]
    pub mod application;
    #[allow(dead_code, reason = "each test uses what it needs")]
    pub mod drive;
}

use common::drive::{Drive, Served};
use lancelot_engine::answers::Answers;
use lancelot_engine::config::{Config, Options};
use lancelot_engine::pipeline::Response;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;
use std::time::Instant;

thread_local! {
    static OWNED_BYTES: Cell<isize> = const { Cell::new(0) };
    static ALLOCATED_BYTES: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

fn count(bytes: isize) {
    // A thread that is being torn down counts no more.
    _ = OWNED_BYTES.try_with(|owned| owned.set(owned.get() + bytes));
}

// SAFETY: every call is the system's; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        _ = ALLOCATED_BYTES.try_with(|all| all.set(all.get() + layout.size()));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// What this thread allocated and has not freed.
fn owned_bytes() -> usize {
    OWNED_BYTES.get().try_into().expect("more is freed than was allocated")
}

fn served(options: Options) -> Served {
    let answers = [(b"a".to_vec(), vec![b'A'; 1000], false), (b"e".to_vec(), Vec::new(), false)];
    Served::new(options, &answers).unwrap()
}

#[test]
fn a_connection_at_rest_owns_no_memory() {
    let served = served(Options { has_handler: true, in_flight_max: 2, ..Options::default() });
    let before = owned_bytes();
    let mut drive = Drive::open(&served, 0, usize::MAX);
    // The buffer that all connections share is the driver's; let it grow now.
    drive.handle_piece(b"a?a?a?a?");
    drive.out = Vec::new();
    let at_rest = owned_bytes();
    for _ in 0..100 {
        drive.handle_piece(b"a?a");
        drive.handle_piece(b"?x?a?y?a?z");
        drive.handle_piece(b"?a?");
        drive.take(10);
        while let Some((number, ..)) = drive.asked.waiting.pop_back() {
            drive.handle_response(number, Response::Bytes(&[b'R'; 100]));
            drive.take(usize::MAX);
            drive.resume();
        }
        (drive.out, drive.asked.waiting) = Default::default();
        assert_eq!(owned_bytes(), at_rest);
    }
    drop(drive);
    assert_eq!(owned_bytes(), before);
}

#[test]
fn a_peer_that_always_leaves_a_byte_makes_nothing_grow() {
    let served = served(Options { high_water_bytes: 1000, ..Options::default() });
    let mut drive = Drive::open(&served, 0, usize::MAX);
    let before = owned_bytes();
    drive.takes = 999;
    for _ in 0..10_000 {
        drive.handle_piece(b"a?");
        assert_eq!(drive.connection.unsent(&[]).len(), 1);
        drive.takes = 1000;
        drive.out = Vec::new();
        // Some answers; all of them are ten million bytes.
        assert!(owned_bytes() < before + 200_000, "{} requests taken", drive.requests());
    }
}

#[test]
fn empty_answers_behind_one_that_waits_make_nothing_grow() {
    let served = served(Options { has_handler: true, ..Options::default() });
    let mut drive = Drive::open(&served, 0, usize::MAX);
    let before = owned_bytes();
    drive.handle_piece(b"first?");
    drive.asked.waiting.pop_front();
    for _ in 0..100_000 {
        if !drive.connection.wants_read() {
            break;
        }
        drive.handle_piece(b"x?e?");
        while let Some((number, ..)) = drive.asked.waiting.pop_front() {
            drive.handle_response(number, Response::Bytes(b""));
        }
        assert!(owned_bytes() < before + 1_000_000, "{} requests taken", drive.requests());
    }
}

/// A table with this many entries, `0` and up.
fn table_of(entries: usize) -> Answers {
    let answers = Answers::new(Arc::new(Config::parse(Options::default()).unwrap()));
    replace(&answers, entries, b"old");
    answers
}

fn replace(answers: &Answers, entries: usize, answer: &[u8]) {
    let keys: Vec<_> = (0..entries).map(|number| number.to_string()).collect();
    answers.replace(keys.iter().map(|key| (key.as_bytes(), answer, false))).unwrap();
}

/// What one change copies at the most, of a hundred.
fn copied_bytes_max(answers: &Answers) -> usize {
    let copied = (0..100).map(|number: usize| {
        let before = ALLOCATED_BYTES.get();
        answers.set((number * 7).to_string().as_bytes(), b"new", false).unwrap();
        ALLOCATED_BYTES.get() - before
    });
    copied.max().unwrap()
}

#[test]
fn a_change_of_one_answer_copies_the_path_to_it_and_no_more() {
    let [small, large] = [1_000, 100_000].map(|entries| copied_bytes_max(&table_of(entries)));
    // A hundred times the entries are less than two levels more of 32 branches each.
    assert!(large < small + 2 * 1024, "{small} bytes of 1,000, {large} of 100,000 entries");
}

/// `cargo test --release -p lancelot-engine --test memory -- --ignored --nocapture`
#[test]
#[ignore = "measures and asserts nothing"]
fn how_long_a_change_among_a_million_answers_takes() {
    const ENTRIES: usize = 1_000_000;
    let answers = table_of(ENTRIES);
    let mut nanoseconds: Vec<_> = (0..1_000)
        .map(|number: usize| {
            let key = (number * 997).to_string();
            let start = Instant::now();
            answers.set(key.as_bytes(), b"new", false).unwrap();
            start.elapsed().as_nanos()
        })
        .collect();
    nanoseconds.sort_unstable();
    println!(
        "set among {ENTRIES}: median {} ns, longest {} ns",
        nanoseconds[500], nanoseconds[999]
    );
    let start = Instant::now();
    replace(&answers, ENTRIES, b"new");
    println!("replace of {ENTRIES}: {} ms, its keys made anew", start.elapsed().as_millis());
}
