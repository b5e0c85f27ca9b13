//! Runs one case of the vectors against a blocking server, over a socket and in real time.
//!
//! The twin of `__test__/conformance/run-on-server.ts`.

use crate::common::case_handler::{CaseHandler, Outcome as Said, decoded};
use crate::common::cases::{Case, Step};
use crate::common::client::PATIENCE;
use crate::common::comparing::{Verdict, compare_ends, counted, equal, text};
use crate::common::passing::{Asked, Told};
use crate::common::rig::{ONE_LOOP, Rig, both_ends};
use lancelot_engine::blocking::Arrangement;
use lancelot_engine::connection::Summary;
use lancelot_engine::responses::{Outcome, Responses};
use lancelot_engine::stats::Counters;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// Runs a case; an error says how the outcome is not what the case wants.
pub fn run(case: &Case, arrangement: Arrangement) -> Verdict {
    let (options, entries) = case.options.translate(case.handler.is_some());
    let handler = CaseHandler::new(case, options.answer_bytes_max);
    let entries = entries.iter().map(|(key, answer, close)| (&key[..], &answer[..], *close));
    let rig = Rig::start_answering(entries, arrangement, options, ONE_LOOP, both_ends());
    let socket = rig.client().0;
    socket.set_nonblocking(true).unwrap();
    let mut talk = Conversation {
        rig,
        socket: Some(socket),
        handler,
        waiting: Vec::new(),
        out: Vec::new(),
        expected_bytes: 0,
        ended: false,
        summary: None,
    };
    talk.run(case)
}

struct Conversation {
    rig: Rig,
    /// Until it resets.
    socket: Option<TcpStream>,
    handler: CaseHandler,
    /// Who may be answered later.
    waiting: Vec<Asked>,
    out: Vec<u8>,
    expected_bytes: usize,
    /// The server has ended its stream.
    ended: bool,
    summary: Option<Summary>,
}

impl Conversation {
    fn run(&mut self, case: &Case) -> Verdict {
        for (number, step) in case.steps.iter().flatten().enumerate() {
            self.step(step).map_err(|fault| format!("step {number}, {step:?}: {fault}"))?;
        }
        if matches!(case.code.as_deref(), Some("finished" | "truncated")) {
            self.finish();
        }
        if self.socket.is_some() {
            self.end()?;
        } else {
            self.out.truncate(self.expected_bytes);
        }
        let summary = self.summary.expect("it has ended");
        compare_ends(&self.out, Some(summary.reason.code()), summary.requests, case)?;
        for (name, &wanted) in &case.stats {
            self.until(name, |talk| counter(&talk.rig.server.counters(), name) == wanted)?;
        }
        self.rig.server.stop(Duration::ZERO);
        let report = self.rig.join();
        let cut = u64::from(case.code.as_deref() == Some("cut"));
        equal("how many were cut", &report.cut, &cut)
    }

    fn step(&mut self, step: &Step) -> Verdict {
        match step {
            Step::Send(bytes) => self.send(&bytes.0)?,
            Step::Expect(wanted) => {
                self.expected_bytes += wanted.0.len();
                self.until("what is expected", |talk| talk.out.len() >= talk.expected_bytes)?;
                let from = self.expected_bytes - wanted.0.len();
                let came = text(&self.out[from..self.expected_bytes]);
                return equal("what arrived", &came, &text(&wanted.0));
            }
            Step::Asked(request) => {
                let request = decoded(&request.0);
                self.until("it is asked", |talk| talk.handler.asked.contains(&request))?;
            }
            Step::Release(request) => {
                let text = decoded(&request.0);
                let waits = |asked: &Asked| decoded(&asked.request) == text;
                self.until("it waits", |talk| talk.waiting.iter().any(waits))?;
                let (number, said) = self.handler.release(&request.0)?;
                let at = self.waiting.iter().position(|asked| asked.number == number).unwrap();
                let asked = self.waiting.remove(at);
                self.respond(&asked, said);
            }
            Step::Wait(ms) => {
                let since = Instant::now();
                self.until("time passes", |_| since.elapsed() >= Duration::from_millis(*ms))?;
            }
            Step::Finish(_) => self.finish(),
            Step::Reset(_) => {
                let socket = self.socket.take().ok_or("it resets twice")?;
                socket2::SockRef::from(&socket).set_linger(Some(Duration::ZERO)).unwrap();
                drop(socket);
                self.until("it is noticed", |talk| talk.summary.is_some())?;
            }
            Step::Stop(drain_ms_max) => {
                self.rig.server.stop(Duration::from_millis(*drain_ms_max));
            }
            Step::End(_) => self.end()?,
            Step::Take(_) | Step::Reading(_) | Step::State(_) => {
                return Err("a step for cores".into());
            }
        }
        Ok(())
    }

    fn send(&mut self, mut bytes: &[u8]) -> Verdict {
        self.until("it is sent", |talk| {
            let sent = talk.socket.as_ref().map_or(Ok(0), |mut socket| socket.write(bytes));
            match sent {
                Ok(sent) => bytes = &bytes[sent..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                // The server has ended it, which is what comes out.
                Err(_) => bytes = b"",
            }
            bytes.is_empty()
        })
    }

    fn finish(&self) {
        if let Some(socket) = &self.socket {
            // One that the server has reset needs no end.
            _ = socket.shutdown(Shutdown::Write);
        }
    }

    fn end(&mut self) -> Verdict {
        self.until("it ends", |talk| talk.ended)?;
        self.finish();
        self.until("its end is told", |talk| talk.summary.is_some())
    }

    /// Reads and answers until it is so.
    fn until(&mut self, what: &str, mut is_so: impl FnMut(&mut Self) -> bool) -> Verdict {
        let since = Instant::now();
        loop {
            self.pump()?;
            if is_so(self) {
                return Ok(());
            }
            if since.elapsed() > PATIENCE {
                return Err(format!("it never happens: {what}; so far came {}", text(&self.out)));
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn pump(&mut self) -> Verdict {
        while let Ok(told) = self.rig.told.try_recv() {
            match told {
                Told::Request(asked) => match self.handler.ask(asked.number, &asked.request)? {
                    Some(said) => self.respond(&asked, said),
                    None => self.waiting.push(asked),
                },
                Told::Closed { summary, .. } => self.summary = Some(summary),
                _ => {}
            }
        }
        let mut piece = [0; 64 * 1024];
        while let Some(mut socket) = self.socket.as_ref().filter(|_| !self.ended) {
            match socket.read(&mut piece) {
                Ok(0) => self.ended = true,
                Ok(bytes) => self.out.extend_from_slice(&piece[..bytes]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(_) => self.ended = true,
            }
        }
        Ok(())
    }

    fn respond(&self, asked: &Asked, said: Said) {
        let mut responses = Responses::default();
        let (outcome, bytes) = match said {
            Ok(bytes) => (Outcome::bytes(bytes.len() as u32), bytes),
            Err(reason) => (Outcome::close(reason), Vec::new()),
        };
        responses.push(asked.who.id, asked.number, [outcome].into_iter(), &bytes);
        self.rig.server.mailbox(0).respond(responses);
    }
}

fn counter(counters: &Counters, name: &str) -> u64 {
    match name {
        "accepted" => counters.accepted,
        "refused" => counters.refused,
        "open" => counters.open(),
        "closed" => counters.closed(),
        _ => counted(&counters.tally, name).unwrap_or_else(|| panic!("{name:?} is no counter")),
    }
}
