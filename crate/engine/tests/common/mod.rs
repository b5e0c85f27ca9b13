//! What tests of servers stand on. A test that must not leave any of it unused names the files
//! itself, without the `allow`.

#![allow(dead_code, reason = "each test uses what it needs")]

pub mod acting;
pub mod client;
pub mod passing;
#[cfg(unix)]
pub mod process;
pub mod rig;
