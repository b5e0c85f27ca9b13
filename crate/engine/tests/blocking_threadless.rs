//! A process that can start no thread. The only test of its file, for the limit is the process's.
#![cfg(target_os = "linux")]

mod common;

use common::passing::Told;
use common::process::address_space_bytes;
use common::rig::{Rig, with_handler};
use lancelot_engine::blocking::Arrangement;
use lancelot_engine::config::Options;
use lancelot_engine::design::Design;
use lancelot_engine::error::CloseReason;
use lancelot_engine::handler::Interest;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;

const DESIGN: Design = Design::Blocking(Arrangement::ThreadPerConnection);
/// Of address space: less than a thread's stack needs, and enough for everything else.
const LEFT_BYTES: u64 = 128 * 1024;
/// Of a thread that serves.
const STACK_BYTES: usize = 256 * 1024;

/// Does something while no thread can be started.
fn threadless(act: impl FnOnce()) {
    let limit = getrlimit(Resource::As);
    let no_more = Rlimit { current: Some(address_space_bytes() + LEFT_BYTES), ..limit };
    setrlimit(Resource::As, no_more).unwrap();
    // The system's library has stacks left of threads that ended: somebody else takes them.
    let (release, until_released) = channel::<()>();
    let until_released = Arc::new(Mutex::new(until_released));
    let takers: Vec<_> = std::iter::from_fn(|| {
        let released = until_released.clone();
        let taker = thread::Builder::new().stack_size(STACK_BYTES);
        taker.spawn(move || _ = released.lock().unwrap().recv()).ok()
    })
    .collect();
    act();
    drop(release);
    takers.into_iter().for_each(|taker| taker.join().unwrap());
    setrlimit(Resource::As, limit).unwrap();
}

#[test]
fn where_no_thread_can_be_started_connections_are_refused_and_those_who_fail_start_anew() {
    // A trace of the stack would need memory.
    std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
    connections_are_refused_counted_and_told();
    a_thread_that_fails_starts_anew(Arrangement::OneAtATime);
    a_thread_that_fails_starts_anew(Arrangement::Pool(2));
}

fn connections_are_refused_counted_and_told() {
    let mut rig = Rig::start_as(DESIGN, Options::default(), Interest::default());
    let mut client = rig.client();
    client.ask(b"a?", b"Alpha.");
    threadless(|| {
        for refused in 1..=3 {
            assert_eq!(rig.client().read_to_end_or_reset(), b"");
            rig.wait_for("it is counted", |counters| counters.refused == refused);
            client.ask(b"a?", b"Alpha.");
        }
        rig.next("it failed", |told| matches!(told, Told::AcceptFailed).then_some(()));
    });
    rig.client().ask(b"q?", b"Bye.");
    assert_eq!(rig.end().accepted, 2);
}

/// More often than there are threads.
fn a_thread_that_fails_starts_anew(arrangement: Arrangement) {
    let mut rig = Rig::start_as(arrangement, with_handler(), Interest::default());
    rig.client().ask(b"q?", b"Bye.");
    threadless(|| {
        for _ in 0..5 {
            let mut client = rig.client();
            client.send(b"panic!?");
            assert_eq!(client.read_to_end_or_reset(), b"");
        }
    });
    rig.client().ask(b"q?", b"Bye.");
    assert_eq!(rig.end().closes[CloseReason::ServerFailed as usize], 5);
}
