//! The handler of a case: does what the case says, when the case says.

use super::cases::{Behaviour, Case};
use lancelot_engine::error::CloseReason;
use std::collections::BTreeMap;

/// What the handler says to one request.
pub type Outcome = Result<Vec<u8>, CloseReason>;

/// What is asked, and what is still to be said.
pub struct CaseHandler {
    /// By the request as it is decoded, for that is what the application sees.
    behaviours: BTreeMap<String, Behaviour>,
    answer_bytes_max: usize,
    pub asked: Vec<String>,
    /// What releases let go, the oldest first.
    later: Vec<(String, u32, Outcome)>,
}

/// A request as the application sees it.
pub fn decoded(request: &[u8]) -> String {
    String::from_utf8_lossy(request).into_owned()
}

impl CaseHandler {
    pub fn new(case: &Case, answer_bytes_max: usize) -> Self {
        let behaviours = case.handler.iter().flatten();
        Self {
            behaviours: behaviours.map(|(key, how)| (decoded(&key.0), how.clone())).collect(),
            answer_bytes_max,
            asked: Vec::new(),
            later: Vec::new(),
        }
    }

    /// The outcome, if there is one at once.
    pub fn ask(&mut self, number: u32, request: &[u8]) -> Result<Option<Outcome>, String> {
        let request = decoded(request);
        let Some(behaviour) = self.behaviours.get(&request).cloned() else {
            return Err(format!("the handler was asked {request:?}, which nobody foresaw"));
        };
        self.asked.push(request.clone());
        let (is_later, outcome) = match behaviour {
            Behaviour::Never => return Ok(None),
            Behaviour::Answer(answer) => (false, self.finish(&answer.0)),
            Behaviour::Later(answer) => (true, self.finish(&answer.0)),
            Behaviour::Close => (false, Err(CloseReason::HandlerClose)),
            Behaviour::CloseLater => (true, Err(CloseReason::HandlerClose)),
            Behaviour::Throw => (false, Err(CloseReason::HandlerThrew)),
            Behaviour::Reject => (false, Err(CloseReason::HandlerRejected)),
            Behaviour::ThrowLater => (true, Err(CloseReason::HandlerRejected)),
            Behaviour::Nonsense => (false, Err(CloseReason::HandlerBadAnswer)),
        };
        if is_later {
            self.later.push((request, number, outcome));
            return Ok(None);
        }
        Ok(Some(outcome))
    }

    /// An answer becomes a response, as the border to JavaScript makes it one.
    fn finish(&self, answer: &[u8]) -> Outcome {
        if answer.len() > self.answer_bytes_max {
            return Err(CloseReason::HandlerBadAnswer);
        }
        Ok(answer.to_vec())
    }

    pub fn release(&mut self, request: &[u8]) -> Result<(u32, Outcome), String> {
        let request = decoded(request);
        let at = self.later.iter().position(|(waits, ..)| *waits == request);
        let at = at.ok_or_else(|| format!("nothing to release for {request:?}"))?;
        let (_, number, outcome) = self.later.remove(at);
        Ok((number, outcome))
    }
}
