//! The load side of the benchmark: one JSON command per line in, one JSON result per line out.
//!
//! A long-lived process, so that its own start never falls into a measurement; pin it from outside.
//! It asks only servers on this machine, and checks every answer byte for byte.
//!
//! ```text
//! {"shape":"steady","port":1060,"pid":7,"connections":50,"depth":1,"warmMs":50,"sliceMs":350}
//! {"shape":"conversations","port":1060,"pid":7,"users":20,"warmMs":50,"sliceMs":350}
//! {"shape":"count","port":1060,"connections":10,"depth":16,"requests":16000}
//! {"shape":"hold","port":1060,"connections":15000}
//! {"shape":"receive","text":"Camelot!"}
//! {"shape":"release"}
//! ```
//! A result is `{"ok":true,...}` (see `outcome`) or `{"ok":false,"code":"...","message":"..."}`.

mod asker;
mod command;
mod conversations;
mod count;
mod cpu;
mod crowd;
mod error;
mod hold;
mod outcome;
mod questions;
mod slice;
mod source;
mod steady;

use crate::command::Command;
use crate::crowd::Crowd;
use crate::error::LoadError;
use serde_json::{Value, json};
use std::io::{BufRead, Write};

fn main() {
    let mut held: Option<Crowd> = None;
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { return };
        let result = command::parse(&line)
            .and_then(|command| obey(command, &mut held))
            .unwrap_or_else(|error| error.to_json());
        let mut output = std::io::stdout().lock();
        // Whoever gave the commands is gone when this fails; there is nobody left to tell.
        if writeln!(output, "{result}").and_then(|()| output.flush()).is_err() {
            return;
        }
    }
}

/// Carries out one command. `held` are the connections that wait for a release.
fn obey(command: Command, held: &mut Option<Crowd>) -> Result<Value, LoadError> {
    match command {
        Command::Steady(steady) => steady::run(&steady).map(|outcome| outcome.to_json()),
        Command::Conversations(users) => {
            conversations::run(&users).map(|outcome| outcome.to_json())
        }
        Command::Count(count) => count::run(&count),
        Command::Hold(hold) => {
            // The connections held until now go first: two crowds may not fit the descriptors.
            *held = None;
            let (crowd, result) = hold::run(&hold)?;
            *held = Some(crowd);
            Ok(result)
        }
        Command::Receive(receive) => hold::receive(&receive, held.as_mut()),
        Command::Release(_) => {
            let released = held.take().map_or(0, |crowd| crowd.open());
            Ok(json!({ "ok": true, "released": released }))
        }
    }
}
