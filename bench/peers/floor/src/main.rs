//! The floor: the least that a correct epoll server can do, against which the others are measured.
//!
//! One thread, one epoll, edge-triggered, each connection registered once. It answers the three
//! Launcelot questions and nothing else: no deadlines, no limits, no counters, no configuration.
//! Whoever wants a server takes the engine; this one only shows what the kernel charges.
//!
//! `lancelot-floor PORT [SPIN]` listens on 127.0.0.1 (0 picks a port) and prints `listening PORT`.
//! Each question costs it SPIN rounds of work for nothing, so that a known slowdown can be planted.
//! A line `broadcast TEXT` on stdin sends the text to every connection, one `send` each, and prints
//! how many took it.

mod answers;
mod peer;
mod sys;

use peer::{Peer, Shared, State};
use std::io;
use std::os::fd::RawFd;

/// Connections that may wait to be accepted. The kernel lowers it to its own maximum.
const BACKLOG: i32 = 4096;
/// Events taken from one `epoll_wait`.
const EVENTS_MAX: usize = 1024;
const STDIN: RawFd = 0;

fn main() {
    let Some(port) = std::env::args().nth(1).and_then(|text| text.parse().ok()) else {
        eprintln!("FLOOR_PORT: expected first a port from 0 to 65535; 0 picks a free one");
        std::process::exit(2);
    };
    let Ok(spin) = std::env::args().nth(2).map_or(Ok(0), |text| text.parse()) else {
        eprintln!("FLOOR_SPIN: expected as second argument a number of rounds from 0 up");
        std::process::exit(2);
    };
    if let Err(error) = serve(port, spin) {
        eprintln!("FLOOR_FAILED: the server ended: {error}");
        std::process::exit(1);
    }
}

/// Listens and serves until the process is killed; returns only when the system refuses something.
fn serve(port: u16, spin: u32) -> io::Result<()> {
    let (listener, port) = sys::listen(port, BACKLOG)?;
    let epoll = sys::Epoll::new()?;
    epoll.add_listener(listener)?;
    // A file cannot be waited for, and has no commands.
    _ = epoll.add_listener(STDIN);
    println!("listening {port}");

    // Indexed by descriptor. No generation is needed: a descriptor appears at most once in a batch
    // of events, and is closed only while its own event is handled, so none in the batch is stale.
    let mut peers: Vec<Peer> = Vec::new();
    let mut shared = Shared::new(spin);
    let mut events = sys::events(EVENTS_MAX);
    loop {
        for event in epoll.wait(&mut events)? {
            let fd = event.u64 as RawFd;
            if fd == listener {
                accept_all(listener, &epoll, &mut peers)?;
                continue;
            }
            if fd == STDIN {
                obey(&peers);
                continue;
            }
            let peer = &mut peers[fd as usize];
            if peer.handle_ready(fd, event.events, &mut shared) == State::Ended {
                *peer = Peer::default();
                sys::close(fd);
            }
        }
    }
}

/// Takes every connection that waits, for the listener is edge-triggered as well.
fn accept_all(listener: RawFd, epoll: &sys::Epoll, peers: &mut Vec<Peer>) -> io::Result<()> {
    while let Some(fd) = sys::accept(listener)? {
        if peers.len() <= fd as usize {
            peers.resize_with(fd as usize + 1, Peer::default);
        }
        peers[fd as usize] = Peer::open();
        epoll.add_peer(fd)?;
    }
    Ok(())
}

/// Carries out the command that stands on stdin, if one does: whoever writes waits for the answer.
fn obey(peers: &[Peer]) {
    let mut line = String::new();
    if std::io::stdin().read_line(&mut line).is_err() {
        return;
    }
    if let Some(text) = line.trim_end().strip_prefix("broadcast ") {
        let reached = peers
            .iter()
            .enumerate()
            .filter(|(fd, peer)| peer.push(*fd as RawFd, text.as_bytes()))
            .count();
        println!("{reached}");
    }
}
