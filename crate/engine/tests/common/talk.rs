//! Runs one case of the vectors against the core, in simulated time.
//!
//! The twin of `__test__/conformance/run-on-core.ts`.

use super::case_handler::{CaseHandler, Outcome, decoded};
use super::cases::{Case, Step};
use super::comparing::{Verdict, compare_ends, counted, equal, text};
use super::drive::{Drive, Served};
use lancelot_engine::connection::State;
use lancelot_engine::error::{CloseReason, ConfigError};
use lancelot_engine::pipeline::Response;
use std::collections::VecDeque;

const TURNS_MAX: usize = 1000;
const NEVER_MS: u64 = u64::MAX;

/// Runs a case; an error says how the outcome is not what the case wants.
pub fn run(case: &Case) -> Verdict {
    let (options, entries) = case.options.translate(case.handler.is_some());
    let answer_bytes_max = options.answer_bytes_max;
    let served = match (Served::new(options, &entries), &case.refused) {
        (Ok(served), None) => served,
        (Err(error), Some(wanted)) => return equal("the refusal", &refusal(&error), wanted),
        (Ok(_), Some(wanted)) => return Err(format!("it starts, where {wanted} is wanted")),
        (Err(error), None) => return Err(format!("it does not start: {error}")),
    };
    let mut talk = Talk {
        handler: CaseHandler::new(case, answer_bytes_max),
        drive: Drive::open(&served, 1000, usize::MAX),
        unread: VecDeque::new(),
        finish: Finish::NotYet,
        stops: false,
        cut_at_ms: NEVER_MS,
        expected_bytes: 0,
    };
    talk.run(case)?;
    compare(&talk.drive, case)
}

fn compare(drive: &Drive<'_>, case: &Case) -> Verdict {
    compare_ends(&drive.out, drive.ended().map(CloseReason::code), drive.requests(), case)?;
    for (name, wanted) in &case.stats {
        match counted(&drive.tally, name) {
            Some(count) => equal(name, &count, wanted)?,
            // Counted by whoever accepts connections, which a core does not.
            None if ["accepted", "open", "closed", "refused"].contains(&&name[..]) => {}
            None => return Err(format!("the counter {name:?} is unknown")),
        }
    }
    Ok(())
}

/// The code with which TypeScript refuses the same.
fn refusal(error: &ConfigError) -> String {
    match error {
        ConfigError::KeyHoldsDelimiter | ConfigError::KeyTooLong => "ERR_LANCELOT_ANSWER_KEY",
        ConfigError::AnswerTooLong => "ERR_LANCELOT_ANSWER_VALUE",
        _ => "ERR_LANCELOT_OPTION_RANGE",
    }
    .to_string()
}

/// How far the peer's FIN has come.
#[derive(Clone, Copy, PartialEq)]
enum Finish {
    NotYet,
    Sent,
    Read,
}

struct Talk<'a> {
    drive: Drive<'a>,
    handler: CaseHandler,
    /// Sent by the peer and not read.
    unread: VecDeque<Vec<u8>>,
    finish: Finish,
    stops: bool,
    cut_at_ms: u64,
    expected_bytes: usize,
}

impl Talk<'_> {
    fn run(&mut self, case: &Case) -> Verdict {
        self.settle()?;
        for (number, step) in case.steps.iter().flatten().enumerate() {
            self.step(step).map_err(|fault| format!("step {number}, {step:?}: {fault}"))?;
        }
        if matches!(case.code.as_deref(), Some("finished" | "truncated")) {
            self.send_finish();
        }
        self.end()
    }

    fn step(&mut self, step: &Step) -> Verdict {
        match step {
            Step::Send(bytes) => self.unread.push_back(bytes.0.clone()),
            Step::Expect(wanted) => return self.expect(&wanted.0),
            Step::Asked(request) => {
                let was_asked = self.handler.asked.contains(&decoded(&request.0));
                return equal("whether it was asked", &was_asked, &true);
            }
            Step::Release(request) => {
                let (number, outcome) = self.handler.release(&request.0)?;
                self.respond(number, outcome);
            }
            Step::Wait(ms) => self.pass(*ms)?,
            Step::Finish(_) => self.send_finish(),
            Step::Reset(_) => self.drive.serve(|connection, _| connection.handle_failed()),
            Step::Stop(drain_ms_max) => {
                self.stops = true;
                self.cut_at_ms = self.cut_at_ms.min(self.drive.now_ms + drain_ms_max);
                self.settle()?;
                // Nothing to wait for: the deadline is now.
                self.pass(0)?;
            }
            Step::End(_) => self.end()?,
            Step::Take(bytes) => _ = self.drive.take(*bytes),
            Step::Reading(wanted) => {
                return equal("reading", &self.drive.connection.wants_read(), wanted);
            }
            Step::State(wanted) => return equal("the state", &self.state(), &wanted.as_str()),
        }
        self.settle()
    }

    fn state(&self) -> &'static str {
        match self.drive.connection.state() {
            State::Open => "open",
            State::Draining(_) => "draining",
            State::Lingering(_) => "lingering",
            State::Closed(_) => "closed",
        }
    }

    fn expect(&mut self, wanted: &[u8]) -> Verdict {
        let rest = &self.drive.out[self.expected_bytes..];
        let arrived = &rest[..rest.len().min(wanted.len())];
        self.expected_bytes += wanted.len();
        equal("what arrived", &text(arrived), &text(wanted))
    }

    fn send_finish(&mut self) {
        if self.finish == Finish::NotYet {
            self.finish = Finish::Sent;
        }
    }

    fn respond(&mut self, number: u32, outcome: Outcome) {
        self.drive.handle_response(
            number,
            match &outcome {
                Ok(bytes) => Response::Bytes(bytes),
                Err(reason) => Response::Close(*reason),
            },
        );
    }

    /// Time passes until the connection has ended, the peer answering the server's FIN.
    fn end(&mut self) -> Verdict {
        for _ in 0..TURNS_MAX {
            if self.state() == "lingering" {
                self.send_finish();
            }
            self.settle()?;
            match self.state() {
                "closed" => return Ok(()),
                "lingering" if self.finish != Finish::Read => {}
                _ => self.pass(self.due_ms() - self.drive.now_ms)?,
            }
        }
        Err(format!("nothing would end it: {}", self.state()))
    }

    fn due_ms(&self) -> u64 {
        let clock_ms = if self.state() == "closed" { NEVER_MS } else { self.drive.deadline_ms };
        clock_ms.min(self.cut_at_ms).max(self.drive.now_ms)
    }

    fn pass(&mut self, ms: u64) -> Verdict {
        let until_ms = self.drive.now_ms + ms;
        while self.due_ms() <= until_ms {
            self.drive.now_ms = self.due_ms();
            if self.cut_at_ms <= self.drive.now_ms {
                self.cut_at_ms = NEVER_MS;
                self.drive.serve(|connection, _| connection.cut(CloseReason::Cut));
            } else {
                self.drive.pass_deadline();
            }
            self.settle()?;
        }
        self.drive.now_ms = until_ms;
        Ok(())
    }

    /// Does what a driver does, until nothing is left that needs no time.
    fn settle(&mut self) -> Verdict {
        for _ in 0..TURNS_MAX {
            let is_busy = self.answer()?
                | self.drive.take(self.drive.takes)
                | self.drive.resume()
                | self.read();
            if !is_busy {
                return Ok(());
            }
        }
        Err("the core never comes to rest".into())
    }

    fn answer(&mut self) -> Result<bool, String> {
        let Some((number, _, request)) = self.drive.asked.waiting.pop_front() else {
            return Ok(false);
        };
        if let Some(outcome) = self.handler.ask(number, &request)? {
            self.respond(number, outcome);
        }
        Ok(true)
    }

    fn read(&mut self) -> bool {
        if !self.drive.connection.wants_read() {
            return false;
        }
        if let Some(piece) = self.unread.pop_front() {
            self.drive.handle_piece(&piece);
        } else if self.finish == Finish::Sent {
            self.finish = Finish::Read;
            self.drive.serve(|connection, _| connection.handle_finished());
        } else if self.stops && self.drive.connection.state() == State::Open {
            // Everything that the peer sent was read and handled.
            self.drive.serve(|connection, _| connection.stop());
        } else {
            return false;
        }
        true
    }
}
