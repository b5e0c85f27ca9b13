//! Responses that become ready in any order leave in the order of their requests.
//!
//! Only for connections that wait for the handler: while nothing waits, answers go straight to the
//! output and no pipeline exists. Knows nothing of sockets or of what a response says.
//!
//! ```text
//!  first                       first + 1                  first + waiting.len()
//!  | response? + what follows | response? + what follows |
//!               '-- answers of requests that came after this one and waited for nothing else
//! ```
//!
//! Invariant: the first entry has no response yet; an entry that has one, and everything that
//! follows it, leaves as soon as it is the first.

use crate::error::CloseReason;
use std::collections::VecDeque;

/// Answered requests that may stand behind an unanswered one; the connection is not read meanwhile.
/// Their bytes are bounded by the high-water mark, and this bounds those without bytes.
pub const ANSWERED_BEHIND_MAX: usize = 4096;

/// What the handler made of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response<'a> {
    /// These bytes, suffix included.
    Bytes(&'a [u8]),
    /// End the connection here, after the responses before it.
    Close(CloseReason),
}

/// Why a response was not taken: its request waits no more, or never did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotWaiting;

#[derive(Debug)]
enum Ready {
    Bytes(Vec<u8>),
    Close(CloseReason),
}

#[derive(Debug)]
struct Entry {
    asked_ms: u64,
    response: Option<Ready>,
    followers: Vec<u8>,
}

impl Entry {
    fn held_bytes(&self) -> usize {
        let response = match &self.response {
            Some(Ready::Bytes(bytes)) => bytes.len(),
            _ => 0,
        };
        response + self.followers.len()
    }
}

/// The requests of one connection that wait for the handler, and what waits behind them.
#[derive(Debug, Default)]
pub struct Pipeline {
    /// The number of the first entry.
    first: u32,
    entries: VecDeque<Entry>,
    held_bytes: usize,
    waiting: usize,
}

impl Pipeline {
    /// Requests without a response.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Requests with a response that must wait for an earlier one.
    pub fn answered_behind(&self) -> usize {
        self.entries.len().saturating_sub(self.waiting)
    }

    /// Bytes that are ready and must wait for an earlier response.
    pub fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// The request that waits longest: its number, and when it was handed over.
    pub fn oldest(&self) -> Option<(u32, u64)> {
        self.entries.front().map(|entry| (self.first, entry.asked_ms))
    }

    /// A request waits for the handler from now on, under the number that is returned. `request`
    /// counts the requests of the connection, this one included: numbers start from it where
    /// nothing waits, so that no number of a connection is used twice.
    pub fn ask(&mut self, request: u64, now_ms: u64) -> u32 {
        if self.entries.is_empty() {
            self.first = request as u32;
        }
        let number = self.first.wrapping_add(self.entries.len() as u32);
        self.entries.push_back(Entry { asked_ms: now_ms, response: None, followers: Vec::new() });
        self.waiting += 1;
        number
    }

    /// Puts an answer behind the last waiting request; whether there is one.
    pub fn follow(&mut self, answer: &[u8]) -> bool {
        let Some(last) = self.entries.back_mut() else { return false };
        last.followers.extend_from_slice(answer);
        self.held_bytes += answer.len();
        true
    }

    /// Takes the response to a request. What may leave now is appended to `output`; a response that
    /// closes is returned once it is its turn, and what waited behind it is dropped.
    pub fn respond(
        &mut self,
        number: u32,
        response: Response<'_>,
        output: &mut Vec<u8>,
    ) -> Result<Option<CloseReason>, NotWaiting> {
        let at = number.wrapping_sub(self.first) as usize;
        let entry = self.entries.get_mut(at).ok_or(NotWaiting)?;
        if entry.response.is_some() {
            return Err(NotWaiting);
        }
        self.waiting -= 1;
        if at > 0 {
            self.hold(at, response);
            return Ok(None);
        }
        match response {
            Response::Bytes(bytes) => output.extend_from_slice(bytes),
            Response::Close(reason) => return Ok(Some(self.abandon(reason))),
        }
        self.pop_first(output);
        Ok(self.release(output))
    }

    /// Keeps a response until those before it came. Behind one that closes nothing can leave.
    fn hold(&mut self, at: usize, response: Response<'_>) {
        self.entries[at].response = Some(match response {
            Response::Bytes(bytes) => {
                self.held_bytes += bytes.len();
                Ready::Bytes(bytes.to_vec())
            }
            Response::Close(reason) => {
                let followers = std::mem::take(&mut self.entries[at].followers);
                self.held_bytes -= followers.len();
                self.entries.drain(at + 1..).for_each(|entry| {
                    self.held_bytes -= entry.held_bytes();
                    self.waiting -= usize::from(entry.response.is_none());
                });
                Ready::Close(reason)
            }
        });
    }

    fn release(&mut self, output: &mut Vec<u8>) -> Option<CloseReason> {
        while let Some(ready) = self.entries.front_mut().and_then(|entry| entry.response.take()) {
            match ready {
                Ready::Bytes(bytes) => {
                    self.held_bytes -= bytes.len();
                    output.extend_from_slice(&bytes);
                }
                Ready::Close(reason) => return Some(self.abandon(reason)),
            }
            self.pop_first(output);
        }
        None
    }

    fn pop_first(&mut self, output: &mut Vec<u8>) {
        let entry = self.entries.pop_front().expect("the caller answered the first entry");
        self.held_bytes -= entry.followers.len();
        output.extend_from_slice(&entry.followers);
        self.first = self.first.wrapping_add(1);
    }

    /// Nothing behind a response that closes can leave.
    fn abandon(&mut self, reason: CloseReason) -> CloseReason {
        self.entries.clear();
        (self.held_bytes, self.waiting) = (0, 0);
        reason
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_response_waits_for_the_one_before_it() {
        let (mut pipeline, mut output) = (Pipeline::default(), Vec::new());
        assert_eq!(pipeline.ask(7, 0), 7);
        assert!(pipeline.follow(b"b"));
        assert_eq!(pipeline.ask(9, 5), 8);
        assert!(pipeline.follow(b"d"));
        assert_eq!(pipeline.respond(8, Response::Bytes(b"c"), &mut output), Ok(None));
        assert_eq!((&output[..], pipeline.held_bytes()), (&b""[..], 3));
        assert_eq!(pipeline.respond(7, Response::Bytes(b"a"), &mut output), Ok(None));
        assert_eq!((&output[..], pipeline.held_bytes()), (&b"abcd"[..], 0));
        assert!(!pipeline.follow(b"e"));
    }

    #[test]
    fn a_second_or_foreign_response_is_refused() {
        let (mut pipeline, mut output) = (Pipeline::default(), Vec::new());
        pipeline.ask(0, 0);
        pipeline.ask(1, 0);
        pipeline.respond(1, Response::Bytes(b"b"), &mut output).unwrap();
        assert_eq!(pipeline.respond(1, Response::Bytes(b"b"), &mut output), Err(NotWaiting));
        assert_eq!(pipeline.respond(2, Response::Bytes(b"c"), &mut output), Err(NotWaiting));
        pipeline.respond(0, Response::Bytes(b"a"), &mut output).unwrap();
        assert_eq!(pipeline.respond(0, Response::Bytes(b"a"), &mut output), Err(NotWaiting));
        assert_eq!(output, b"ab");
    }

    #[test]
    fn a_response_that_closes_does_so_in_its_turn_and_drops_what_follows() {
        let (mut pipeline, mut output) = (Pipeline::default(), Vec::new());
        (0..4).for_each(|request| _ = pipeline.ask(request, 0));
        pipeline.respond(2, Response::Bytes(b"c"), &mut output).unwrap();
        let close = Response::Close(CloseReason::HandlerClose);
        assert_eq!(pipeline.respond(1, close, &mut output), Ok(None));
        assert_eq!((pipeline.waiting(), pipeline.held_bytes()), (1, 0));
        assert_eq!(pipeline.respond(3, Response::Bytes(b"d"), &mut output), Err(NotWaiting));
        let closed = pipeline.respond(0, Response::Bytes(b"a"), &mut output);
        assert_eq!(closed, Ok(Some(CloseReason::HandlerClose)));
        assert_eq!((&output[..], pipeline.held_bytes()), (&b"a"[..], 0));
    }

    proptest! {
        #[test]
        fn any_order_of_responses_gives_the_order_of_requests(
            requests in proptest::collection::vec(any::<(bool, Vec<u8>)>(), 0..60),
            seed in any::<u64>(),
        ) {
            let (mut pipeline, mut output) = (Pipeline::default(), Vec::new());
            let start = u64::from(u32::MAX - 20);
            let mut waiting = Vec::new();
            let mut sent = Vec::new();
            for (request, (asks, bytes)) in (start..).zip(&requests) {
                sent.extend_from_slice(bytes);
                if *asks {
                    waiting.push((pipeline.ask(request, 0), bytes));
                } else if !pipeline.follow(bytes) {
                    output.extend_from_slice(bytes);
                }
            }
            let mut state = seed;
            while !waiting.is_empty() {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                let (number, bytes) = waiting.swap_remove((state >> 33) as usize % waiting.len());
                let closes = pipeline.respond(number, Response::Bytes(bytes), &mut output);
                prop_assert_eq!(closes, Ok(None));
            }
            prop_assert_eq!(output, sent);
            prop_assert_eq!((pipeline.waiting(), pipeline.held_bytes()), (0, 0));
        }
    }
}
