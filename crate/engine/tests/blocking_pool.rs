//! What holds for loops holds for blocking threads: a pool of threads.
#![cfg(unix)]

mod common;

#[path = "serving/breaking.rs"]
mod breaking;
mod serving;

use lancelot_engine::blocking::Arrangement;
use lancelot_engine::design::Design;

/// What the servers of this test are.
const DESIGN: Design = Design::Blocking(Arrangement::Pool(128));
