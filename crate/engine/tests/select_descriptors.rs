//! What `select(2)` has no bit for. The only test of its file, for descriptors are the process's.
#![cfg(unix)]

mod common;

use common::client::allow_descriptors;
use common::rig::Rig;
use lancelot_engine::answers::Answers;
use lancelot_engine::config::{Config, Options};
use lancelot_engine::design::{AnyServer, Design};
use lancelot_engine::handler::NoHandler;
use lancelot_engine::server::{Listen, Waiting};
use std::fs::File;
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;
use std::sync::Arc;

const DESIGN: Design = Design::Loops(Waiting::SelectSyscall);
/// The first descriptor that a set has no bit for.
const SET_SIZE: i32 = 1024;

/// Takes every descriptor that has a bit.
fn take_all() -> Vec<File> {
    let mut taken = Vec::new();
    loop {
        let file = File::open("/dev/null").expect("the process may have more than 1024");
        if file.as_raw_fd() >= SET_SIZE {
            return taken;
        }
        taken.push(file);
    }
}

#[test]
fn connections_without_a_bit_are_refused_and_counted_and_harm_nobody() {
    allow_descriptors();
    let mut rig = Rig::start(Options::default());
    let mut client = rig.client();
    client.ask(b"a?", b"Alpha.");
    let taken = take_all();
    for refused in 1..=3 {
        let mut late = rig.client();
        assert_eq!(late.read_to_end_or_reset(), b"");
        rig.wait_for("it is counted", |counters| counters.refused == refused);
        client.ask(b"a?", b"Alpha.");
    }
    let counters = rig.server.counters();
    assert_eq!((counters.accepted, counters.open(), counters.accept_errors), (1, 1, 0));
    assert_eq!(start_another().err().map(|error| error.kind()), Some(ErrorKind::Unsupported));
    drop(taken);
    assert!(start_another().is_ok());
    rig.client().ask(b"a?", b"Alpha.");
    assert_eq!(rig.end().accepted, 2);
}

fn start_another() -> std::io::Result<AnyServer> {
    let config = Arc::new(Config::parse(Options::default()).unwrap());
    let answers = Arc::new(Answers::new(config.clone()));
    let address = (Ipv4Addr::LOCALHOST, 0).into();
    let listen = Listen { address, backlog: 16, reuse_port: false };
    AnyServer::start(DESIGN, &listen, config, answers, vec![NoHandler])
}
