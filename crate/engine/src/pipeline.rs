//! Responses that become ready in any order leave in the order of their requests.
//!
//! Only for connections that wait for the handler: while nothing waits, answers go straight to the
//! output and no pipeline exists. Knows nothing of sockets or of what a response says.
//!
//! ```text
//!  | request 7                | request 9                |
//!  | response? + what follows | response? + what follows |
//!               '-- answers of requests that came after this one and waited for nothing else
//! ```
//!
//! Invariant: the first entry has no response yet; an entry that has one, and everything that
//! follows it, leaves as soon as it is the first. Numbers grow from entry to entry.

use crate::error::CloseReason;
use std::collections::VecDeque;

/// Answered requests that may stand behind an unanswered one; the connection is not read meanwhile.
/// Their bytes are bounded by the high-water mark, and this bounds those without bytes.
pub const ANSWERED_BEHIND_MAX: usize = 4096;

/// Room that is made at once, for requests that wait seldom come alone.
const ENTRIES_MIN: usize = 16;

/// What the handler made of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response<'a> {
    /// These bytes, and the suffix after them.
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

/// What stands at the place of a request, beside the request itself.
#[derive(Debug, Default)]
struct Held {
    response: Option<Ready>,
    followers: Vec<u8>,
}

impl Held {
    fn bytes(&self) -> usize {
        let response = match &self.response {
            Some(Ready::Bytes(bytes)) => bytes.len(),
            _ => 0,
        };
        response + self.followers.len()
    }
}

#[derive(Debug)]
struct Entry {
    asked_ms: u64,
    number: u32,
    request_bytes: u32,
    /// Mostly nothing is, for mostly responses come in order.
    held: Option<Box<Held>>,
}

impl Entry {
    fn held_bytes(&self) -> usize {
        self.held.as_ref().map_or(0, |held| held.bytes())
    }

    fn waits(&self) -> bool {
        self.held.as_ref().is_none_or(|held| held.response.is_none())
    }
}

/// The requests of one connection that wait for the handler, and what waits behind them.
#[derive(Debug, Default)]
pub struct Pipeline {
    entries: VecDeque<Entry>,
    held_bytes: usize,
    waiting: usize,
    waiting_bytes: usize,
}

impl Pipeline {
    /// Requests without a response.
    #[inline]
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Bytes of the requests without a response.
    #[inline]
    pub fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
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
        self.entries.front().map(|entry| (entry.number, entry.asked_ms))
    }

    /// A request of so many bytes waits for the handler from now on. Numbers grow, and wrap.
    #[inline]
    pub fn ask(&mut self, number: u32, request_bytes: usize, now_ms: u64) {
        let request_bytes = request_bytes as u32;
        if self.entries.capacity() == 0 {
            self.entries.reserve(ENTRIES_MIN);
        }
        self.entries.push_back(Entry { asked_ms: now_ms, number, request_bytes, held: None });
        self.waiting += 1;
        self.waiting_bytes += request_bytes as usize;
    }

    /// Puts an answer behind the last waiting request; whether there is one.
    pub fn follow(&mut self, answer: &[u8]) -> bool {
        let Some(last) = self.entries.back_mut() else { return false };
        last.held.get_or_insert_default().followers.extend_from_slice(answer);
        self.held_bytes += answer.len();
        true
    }

    /// Lets go of so many requests that wait longest, if the first of them has this number, their
    /// numbers follow one another, and nothing is held anywhere. Returns the bytes that they had.
    #[inline]
    pub fn answer_first(&mut self, number: u32, requests: usize) -> Option<usize> {
        let last = requests.checked_sub(1)?;
        // Numbers grow, so if the first and the last are right, those between them are.
        if self.entries.front()?.number != number
            || self.entries.get(last)?.number != number.wrapping_add(last as u32)
            || self.waiting < self.entries.len()
            || self.held_bytes > 0
        {
            return None;
        }
        let request_bytes =
            self.entries.drain(..requests).map(|entry| entry.request_bytes as usize).sum();
        self.waiting -= requests;
        self.waiting_bytes -= request_bytes;
        Some(request_bytes)
    }

    /// Takes the response to a request. What may leave now is appended to `output`; a response that
    /// closes is returned once it is its turn, and what waited behind it is dropped.
    #[inline]
    pub fn respond(
        &mut self,
        number: u32,
        response: Response<'_>,
        suffix: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<Option<CloseReason>, NotWaiting> {
        let at = self.place(number).ok_or(NotWaiting)?;
        self.forget_waiting(at);
        if at > 0 {
            self.hold(at, response, suffix);
            return Ok(None);
        }
        match response {
            Response::Bytes(bytes) => {
                output.extend_from_slice(bytes);
                output.extend_from_slice(suffix);
            }
            Response::Close(reason) => return Ok(Some(self.abandon(reason))),
        }
        self.pop_first(output);
        Ok(self.release(output))
    }

    /// Where the request of this number stands, if it waits. The first, mostly.
    #[inline]
    fn place(&self, number: u32) -> Option<usize> {
        let first = self.entries.front()?.number;
        if first == number {
            return Some(0);
        }
        let from_first = number.wrapping_sub(first);
        let at = self
            .entries
            .binary_search_by_key(&from_first, |entry| entry.number.wrapping_sub(first))
            .ok()?;
        self.entries[at].waits().then_some(at)
    }

    fn forget_waiting(&mut self, at: usize) {
        self.waiting -= 1;
        self.waiting_bytes -= self.entries[at].request_bytes as usize;
    }

    /// Keeps a response until those before it came. Behind one that closes nothing can leave.
    fn hold(&mut self, at: usize, response: Response<'_>, suffix: &[u8]) {
        let ready = match response {
            Response::Bytes(bytes) => {
                self.held_bytes += bytes.len() + suffix.len();
                Ready::Bytes([bytes, suffix].concat())
            }
            Response::Close(reason) => {
                self.held_bytes -= self.entries[at].held_bytes();
                self.entries[at].held = None;
                while self.entries.len() > at + 1 {
                    let last = self.entries.len() - 1;
                    if self.entries[last].waits() {
                        self.forget_waiting(last);
                    }
                    self.held_bytes -= self.entries[last].held_bytes();
                    self.entries.pop_back();
                }
                Ready::Close(reason)
            }
        };
        self.entries[at].held.get_or_insert_default().response = Some(ready);
    }

    fn release(&mut self, output: &mut Vec<u8>) -> Option<CloseReason> {
        while let Some(held) = self.entries.front_mut().and_then(|entry| entry.held.as_mut())
            && let Some(ready) = held.response.take()
        {
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

    #[inline]
    fn pop_first(&mut self, output: &mut Vec<u8>) {
        let entry = self.entries.pop_front().expect("the caller answered the first entry");
        if let Some(held) = entry.held {
            self.held_bytes -= held.followers.len();
            output.extend_from_slice(&held.followers);
        }
    }

    /// Nothing behind a response that closes can leave.
    fn abandon(&mut self, reason: CloseReason) -> CloseReason {
        *self = Self::default();
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
        pipeline.ask(7, 10, 0);
        assert!(pipeline.follow(b"b"));
        pipeline.ask(9, 1, 5);
        assert_eq!((pipeline.waiting(), pipeline.waiting_bytes()), (2, 11));
        assert!(pipeline.follow(b"d"));
        assert_eq!(pipeline.respond(9, Response::Bytes(b"c"), b"", &mut output), Ok(None));
        assert_eq!((&output[..], pipeline.held_bytes()), (&b""[..], 3));
        assert_eq!(pipeline.respond(7, Response::Bytes(b"a"), b"", &mut output), Ok(None));
        assert_eq!((&output[..], pipeline.held_bytes()), (&b"abcd"[..], 0));
        assert!(!pipeline.follow(b"e"));
    }

    #[test]
    fn a_second_or_foreign_response_is_refused() {
        let (mut pipeline, mut output) = (Pipeline::default(), Vec::new());
        pipeline.ask(0, 0, 0);
        pipeline.ask(1, 0, 0);
        pipeline.respond(1, Response::Bytes(b"b"), b"", &mut output).unwrap();
        assert_eq!(pipeline.respond(1, Response::Bytes(b"b"), b"", &mut output), Err(NotWaiting));
        assert_eq!(pipeline.respond(2, Response::Bytes(b"c"), b"", &mut output), Err(NotWaiting));
        pipeline.respond(0, Response::Bytes(b"a"), b"", &mut output).unwrap();
        assert_eq!(pipeline.respond(0, Response::Bytes(b"a"), b"", &mut output), Err(NotWaiting));
        assert_eq!(output, b"ab");
    }

    #[test]
    fn a_response_that_closes_does_so_in_its_turn_and_drops_what_follows() {
        let (mut pipeline, mut output) = (Pipeline::default(), Vec::new());
        (0..4).for_each(|request| pipeline.ask(request, 3, 0));
        pipeline.respond(2, Response::Bytes(b"c"), b"", &mut output).unwrap();
        let close = Response::Close(CloseReason::HandlerClose);
        assert_eq!(pipeline.respond(1, close, b"", &mut output), Ok(None));
        assert_eq!(
            (pipeline.waiting(), pipeline.waiting_bytes(), pipeline.held_bytes()),
            (1, 3, 0)
        );
        assert_eq!(pipeline.respond(3, Response::Bytes(b"d"), b"", &mut output), Err(NotWaiting));
        let closed = pipeline.respond(0, Response::Bytes(b"a"), b"", &mut output);
        assert_eq!(closed, Ok(Some(CloseReason::HandlerClose)));
        assert_eq!((&output[..], pipeline.held_bytes()), (&b"a"[..], 0));
    }

    #[test]
    fn those_that_wait_longest_are_answered_at_once_if_nothing_is_between_them() {
        let mut pipeline = Pipeline::default();
        [7, 8, 9, 11].into_iter().for_each(|number| pipeline.ask(number, 2, 0));
        assert_eq!(pipeline.answer_first(8, 1), None, "it is not the first");
        assert_eq!(pipeline.answer_first(7, 4), None, "10 waits for nobody");
        assert_eq!(pipeline.answer_first(7, 5), None, "so many do not wait");
        assert_eq!(pipeline.answer_first(7, 0), None);
        assert_eq!(pipeline.answer_first(7, 2), Some(4));
        assert_eq!((pipeline.waiting(), pipeline.waiting_bytes()), (2, 4));
        assert!(pipeline.follow(b"x"));
        assert_eq!(pipeline.answer_first(9, 1), None, "something is behind it");
    }

    proptest! {
        #[test]
        fn any_order_of_responses_gives_the_order_of_requests(
            requests in proptest::collection::vec(any::<(bool, Vec<u8>)>(), 0..60),
            seed in any::<u64>(),
        ) {
            let (mut pipeline, mut output) = (Pipeline::default(), Vec::new());
            let start = u64::from(u32::MAX - 20);
            let suffix = b"!";
            let mut waiting = Vec::new();
            let mut sent = Vec::new();
            for (request, (asks, bytes)) in (start..).zip(&requests) {
                sent.extend_from_slice(bytes);
                if *asks {
                    sent.extend_from_slice(suffix);
                    pipeline.ask(request as u32, bytes.len(), 0);
                    waiting.push((request as u32, bytes));
                } else if !pipeline.follow(bytes) {
                    output.extend_from_slice(bytes);
                }
            }
            let mut state = seed;
            while !waiting.is_empty() {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                let (number, bytes) = waiting.swap_remove((state >> 33) as usize % waiting.len());
                let closes = pipeline.respond(number, Response::Bytes(bytes), suffix, &mut output);
                prop_assert_eq!(closes, Ok(None));
            }
            prop_assert_eq!(output, sent);
            prop_assert_eq!((pipeline.waiting(), pipeline.waiting_bytes()), (0, 0));
            prop_assert_eq!(pipeline.held_bytes(), 0);
        }
    }
}
