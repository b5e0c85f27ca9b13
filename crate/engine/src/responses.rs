//! Responses on their way from the application to the connections that asked, in few allocations.
//!
//! They stand in runs: responses to requests of one connection whose numbers follow one another, as
//! they do where requests were pipelined.

use crate::error::CloseReason;
use crate::pipeline::Response;

/// Names one connection for the life of its loop: a slot, and how often the slot was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId {
    pub slot: u32,
    pub generation: u32,
}

/// What became of one request, in a word: the length of its response, or -1 minus the number of the
/// reason for which the connection ends instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Outcome(pub i32);

impl Outcome {
    /// A response of so many bytes.
    pub fn bytes(length: u32) -> Self {
        Self(length as i32)
    }

    /// The connection ends instead.
    pub fn close(reason: CloseReason) -> Self {
        Self(-1 - reason as i32)
    }

    /// A response of so many bytes, or the end.
    #[inline]
    fn read(self) -> Result<usize, CloseReason> {
        usize::try_from(self.0).map_err(|_| CloseReason::ALL[(-1 - self.0) as usize])
    }
}

#[derive(Debug)]
struct Span {
    id: ConnectionId,
    number: u32,
    outcomes: usize,
    bytes: usize,
}

/// What became of requests of one connection whose numbers follow one another.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    pub id: ConnectionId,
    /// Of the first request.
    pub number: u32,
    pub outcomes: &'a [Outcome],
    /// The responses, one after the other, without suffixes.
    pub bytes: &'a [u8],
}

impl<'a> Run<'a> {
    /// Whether none of them ends the connection.
    #[inline]
    pub(crate) fn is_all_bytes(&self) -> bool {
        self.outcomes.iter().all(|outcome| outcome.0 >= 0)
    }

    /// Each response under its number.
    pub fn responses(&self) -> impl Iterator<Item = (u32, Response<'a>)> + use<'a> {
        let (mut bytes, first) = (self.bytes, self.number);
        (0..).zip(self.outcomes).map(move |(at, outcome)| {
            let response = match outcome.read() {
                Ok(length) => {
                    let (response, rest) = bytes.split_at(length);
                    bytes = rest;
                    Response::Bytes(response)
                }
                Err(reason) => Response::Close(reason),
            };
            (first.wrapping_add(at), response)
        })
    }
}

/// Responses to requests of one loop.
#[derive(Debug, Default)]
pub struct Responses {
    spans: Vec<Span>,
    outcomes: Vec<Outcome>,
    bytes: Vec<u8>,
}

impl Responses {
    /// None yet, with room for so many and for so many bytes.
    pub fn with_capacity(outcomes: usize, bytes: usize) -> Self {
        Self {
            spans: Vec::new(),
            outcomes: Vec::with_capacity(outcomes),
            bytes: Vec::with_capacity(bytes),
        }
    }

    /// What became of requests of this connection, the first of which has `number`. `bytes` are the
    /// responses among them, one after the other, without suffixes.
    #[inline]
    pub fn push(
        &mut self,
        id: ConnectionId,
        number: u32,
        outcomes: impl Iterator<Item = Outcome>,
        bytes: &[u8],
    ) {
        let before = self.outcomes.len();
        self.outcomes.extend(outcomes);
        let outcomes = self.outcomes.len() - before;
        self.spans.push(Span { id, number, outcomes, bytes: bytes.len() });
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Each run, in the order in which they were pushed.
    pub(crate) fn runs(&self) -> impl Iterator<Item = Run<'_>> {
        let (mut outcomes, mut bytes) = (&self.outcomes[..], &self.bytes[..]);
        self.spans.iter().map(move |span| {
            let (of_run, other_outcomes) = outcomes.split_at(span.outcomes);
            let (bytes_of_run, other_bytes) = bytes.split_at(span.bytes);
            (outcomes, bytes) = (other_outcomes, other_bytes);
            Run { id: span.id, number: span.number, outcomes: of_run, bytes: bytes_of_run }
        })
    }
}
