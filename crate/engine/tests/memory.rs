//! What a connection owns: nothing at rest, and never more than its limits say.
//!
//! Counts what the test's own thread allocates and has not freed.

mod common {
    #[allow(dead_code, reason = "each test uses what it needs")]
    pub mod drive;
}

use common::drive::{Drive, Served};
use lancelot_engine::config::Options;
use lancelot_engine::pipeline::Response;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static OWNED_BYTES: Cell<isize> = const { Cell::new(0) };
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
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// What a server's table and options, and this thread's own business, do not explain.
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
        while let Some((number, _)) = drive.asked.0.pop_back() {
            drive.handle_response(number, Response::Bytes(&[b'R'; 100]));
            drive.take(usize::MAX);
            drive.resume();
        }
        (drive.out, drive.asked.0) = Default::default();
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
        // An answer and the mark, twice over for a buffer that doubles, and what the test holds.
        assert!(
            owned_bytes() < before + 10_000,
            "unsent are {}",
            drive.connection.unsent(&[]).len()
        );
    }
}

#[test]
fn empty_answers_behind_one_that_waits_make_nothing_grow() {
    let served = served(Options { has_handler: true, ..Options::default() });
    let mut drive = Drive::open(&served, 0, usize::MAX);
    let before = owned_bytes();
    drive.handle_piece(b"first?");
    drive.asked.0.pop_front();
    for _ in 0..100_000 {
        if !drive.connection.wants_read() {
            break;
        }
        drive.handle_piece(b"x?e?");
        while let Some((number, _)) = drive.asked.0.pop_front() {
            drive.handle_response(number, Response::Bytes(b""));
        }
        assert!(owned_bytes() < before + 1_000_000, "{} requests taken", drive.requests());
    }
}
