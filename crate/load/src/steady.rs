//! The steady shape: a closed load of connections that stay, each asking again once answered.

use crate::command::Steady;
use crate::crowd::Crowd;
use crate::error::LoadError;
use crate::outcome::Outcome;
use crate::questions::Script;
use crate::slice::{Slice, wait_for_rest};

pub fn run(steady: &Steady) -> Result<Outcome, LoadError> {
    let script = Script::new(steady.depth, steady.mix);
    let mut crowd = Crowd::open_all(steady.target.address(), steady.connections, script)?;
    let mut slice = Slice::begin(steady.pid, steady.warm_ms, steady.slice_ms);
    crowd.ask(u64::MAX);
    loop {
        let now = crowd.turn(|count, service_time| slice.record(count, service_time))?;
        if slice.advance(now)? || crowd.open() == 0 {
            break;
        }
    }
    let faults = crowd.finish()?;
    drop(crowd);
    wait_for_rest(steady.pid)?;
    Ok(slice.into_outcome(faults))
}
