//! Threads and descriptors come and go. The only test of its file, for it counts the process's.
#![cfg(target_os = "linux")]

mod common;

use common::client::{allow_descriptors, until};
use common::process::address_space_bytes;
use common::rig::{Rig, with_handler};
use lancelot_engine::blocking::Arrangement;
use lancelot_engine::design::Design;
use lancelot_engine::handler::Interest;
use std::fs::read_dir;

const DESIGN: Design = Design::Blocking(Arrangement::ThreadPerConnection);
const CROWD: usize = 500;
/// Of a thread that serves.
const STACK_BYTES: u64 = 256 * 1024;

fn threads() -> usize {
    read_dir("/proc/self/task").unwrap().count()
}

fn descriptors() -> usize {
    read_dir("/proc/self/fd").unwrap().count()
}

/// A crowd that talks, some of it to the handler, and goes; the most address space meanwhile.
fn come_and_go(rig: &Rig, at_once: usize) -> u64 {
    let mut most = 0;
    for _ in 0..CROWD / at_once {
        let mut clients: Vec<_> = (0..at_once).map(|_| rig.client()).collect();
        for client in &mut clients {
            client.ask(b"a?", b"Alpha.");
            client.send(b"x?");
            rig.respond(&rig.asked(), b"X.");
            client.expect(b"X.");
        }
        most = address_space_bytes().max(most);
    }
    most
}

#[test]
fn when_500_connections_have_come_and_gone_no_thread_and_no_descriptor_is_left() {
    allow_descriptors();
    let before = (threads(), descriptors());
    for (arrangement, at_once, resident) in [
        (Arrangement::ThreadPerConnection, CROWD, 2),
        (Arrangement::Pool(4), 4, 5),
        (Arrangement::OneAtATime, 1, 2),
    ] {
        let mut rig = Rig::start_as(arrangement, with_handler(), Interest::default());
        let at_rest = descriptors();
        for round in 1..=2 {
            let most = come_and_go(&rig, at_once);
            let all = CROWD as u64 * round;
            rig.wait_for("all have left", |counters| counters.closed() == all);
            until("their threads end", || threads() == before.0 + resident);
            // The system's library keeps some 40 MiB of stacks for the next threads.
            let given_back = if at_once == CROWD { CROWD as u64 * STACK_BYTES / 2 } else { 0 };
            until("their stacks are given back", || address_space_bytes() + given_back <= most);
            // Each resident thread keeps one to be woken by, once it has needed it.
            until("their sockets are closed", || descriptors() <= at_rest + resident);
        }
        rig.end();
        drop(rig);
        // A thread that was joined is in the system's list a moment longer.
        until("nothing is left", || (threads(), descriptors()) == before);
    }
}
