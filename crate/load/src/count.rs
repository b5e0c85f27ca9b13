//! The counting shape: an exact number of requests, so that the difference of two runs is exact.

use crate::command::Count;
use crate::crowd::{Crowd, PATIENCE};
use crate::error::LoadError;
use crate::questions::{Mix, Script};
use serde_json::{Value, json};
use std::time::Instant;

pub fn run(count: &Count) -> Result<Value, LoadError> {
    let script = Script::new(count.depth, Mix::Repeating);
    let mut crowd = Crowd::open_all(count.target.address(), count.connections, script)?;
    let opening = (count.connections * count.depth) as u64;
    let mut finished = 0;
    let mut progress_at = Instant::now();
    crowd.ask(count.requests / count.depth as u64);
    while crowd.busy() > 0 && progress_at.elapsed() < PATIENCE {
        let before = finished;
        crowd.turn(|answers, _| finished += answers as u64)?;
        if finished > before {
            progress_at = Instant::now();
        }
    }
    let faults = crowd.finish()?;
    Ok(json!({
        "ok": true,
        "finished": finished,
        "requests": finished + opening,
        "wrong": faults.wrong,
        "lost": faults.lost,
        "missing": faults.missing,
    }))
}
