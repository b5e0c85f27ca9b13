//! What is blocking servers' own: who waits for whom, and what becomes of threads.
#![cfg(unix)]

mod common;

mod threading {
    mod arranging;
    mod panicking;
    mod stopping;
}

use common::rig::{Rig, both_ends, with_handler};
use lancelot_engine::blocking::Arrangement;
use lancelot_engine::design::Design;

/// What the rig takes where a test does not say.
const DESIGN: Design = Design::Blocking(Arrangement::Pool(4));

const ALL: [Arrangement; 3] =
    [Arrangement::OneAtATime, Arrangement::ThreadPerConnection, Arrangement::Pool(4)];

/// A server that asks its handler what the table does not know.
fn arranged(arrangement: Arrangement) -> Rig {
    Rig::start_as(arrangement, with_handler(), both_ends())
}
