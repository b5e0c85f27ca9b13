//! The load generator: one JSON command per line in, lines of JSON out.
//!
//! A long-lived process, so that its own start never falls into a measurement. `--core 1` pins it
//! to that core; `synthetic JSON` makes it a server whose times are known. It asks only servers on
//! this machine, and checks every answer byte for byte.
//!
//! ```text
//! {"shape":"run","port":1060,"pid":7,"model":{"kind":"closed","users":50},"measureMs":1000}
//! {"shape":"run","port":1060,"model":{"kind":"open","rate":1000,"arrivals":"poisson",
//!  "connections":50},"measureMs":10000}
//! {"shape":"hold","port":1060,"connections":15000}
//! {"shape":"receive","text":"Camelot!"}
//! {"shape":"release"}
//! ```
//! A run says a line for each second before its result; the others say a result at once.
//! `src/load/load-protocol.ts` describes all of them. What cannot be done is
//! `{"ok":false,"code":"...","message":"..."}`.

mod command;
mod error;
mod held;
mod place;
mod questions;
mod run;
mod source;
mod synthetic;

use crate::command::Command;
use crate::error::LoadError;
use crate::held::Held;
use serde_json::Value;
use std::io::{BufRead, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    // What cannot be set is said, and makes figures worth less, not impossible.
    let warn = |result: Result<(), String>| result.unwrap_or_else(|said| eprintln!("{said}"));
    warn(place::raise_descriptors());
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => obey_all(),
        ["--core", core] if core.parse::<usize>().is_ok() => {
            warn(place::pin(core.parse().unwrap_or_default()));
            obey_all();
        }
        ["synthetic", json] => {
            let Err(error) = synthetic::serve(json);
            eprintln!("{}", error.message);
            return ExitCode::FAILURE;
        }
        _ => {
            eprintln!("expected nothing, --core NUMBER, or synthetic JSON; found {words:?}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// Carries out what stdin says, line by line, until it ends.
fn obey_all() {
    let mut held: Option<Held> = None;
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { return };
        let result = command::parse(&line)
            .and_then(|command| obey(command, &mut held))
            .unwrap_or_else(|error| error.to_json());
        if !say(&result) {
            return;
        }
    }
}

/// Writes a line; whoever gave the commands is gone when this fails.
fn say(line: &Value) -> bool {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}").and_then(|()| output.flush()).is_ok()
}

/// Carries out one command. `held` are the connections that wait for a release.
fn obey(command: Command, held: &mut Option<Held>) -> Result<Value, LoadError> {
    match command {
        // A line that nobody reads is noticed with the result.
        Command::Run(run) => run::run(*run, |line| {
            say(&line);
        }),
        Command::Hold(hold) => {
            // The connections held until now go first: two crowds may not fit the descriptors.
            *held = None;
            let (crowd, result) = Held::open(hold)?;
            *held = Some(crowd);
            Ok(result)
        }
        Command::Receive(receive) => match held {
            Some(crowd) => crowd.receive(receive.text.as_bytes()),
            None => {
                let message = "no connections are held; hold some before anything can be received";
                Err(LoadError::new("NOTHING_HELD", message.into()))
            }
        },
        Command::Release(_) => Ok(held::released(held.take())),
    }
}
