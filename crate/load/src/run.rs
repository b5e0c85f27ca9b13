//! The shape `run`: one measurement of a closed, an open or a partly-open load, with idle crowds
//! and slow peers beside it. What it is told and says is in `src/load/load-protocol.ts`.
//!
//! ```text
//!  request   what it is told                schedule    when requests are due (pure)
//!  driver    phases, turns, seconds         tally       what became of them (pure)
//!  opening   connecting, before all         times       histograms
//!  roles     who does what next             clock       time, and what of it was stolen
//!  feed      what an event moves            usage       what it cost
//!  field     all connections                processes   of the server and its descendants
//!  link      one connection                 report      the lines
//!  wire      what carries its bytes         tls         whom TLS trusts (tls_stream: it speaks)
//! ```

mod clock;
pub mod driver;
mod feed;
pub mod field;
mod link;
mod opening;
mod processes;
mod report;
pub mod request;
mod roles;
mod schedule;
pub mod tally;
mod times;
mod tls;
mod tls_stream;
mod usage;
mod wire;

use crate::error::LoadError;
use crate::run::driver::Driver;
use crate::run::request::Run;
use crate::run::usage::wait_for_rest;
use serde_json::Value;

/// Measures once. `emit` gets a line for each second; the result is the last line.
pub fn run(run: Run, emit: impl FnMut(Value) + 'static) -> Result<Value, LoadError> {
    let pid = run.pid;
    let mut driver = Driver::new(run, Box::new(emit))?;
    let result = driver.drive()?;
    // The connections close here; what that costs the server is not the next run's.
    drop(driver);
    if let Some(pid) = pid {
        wait_for_rest(pid);
    }
    Ok(result)
}
