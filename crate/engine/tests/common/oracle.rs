//! What a conversation should come to, by means too simple to be wrong.
//!
//! Sees the whole stream at once, looks at every byte, and knows neither pieces nor buffers nor
//! time.

use super::drive::Entry;
use lancelot_engine::config::Options;
use lancelot_engine::error::CloseReason;

/// How a conversation goes in which the peer sends a stream, takes everything, and finishes.
#[derive(Debug)]
pub struct Foretold {
    pub out: Vec<u8>,
    pub reason: CloseReason,
    pub requests: u64,
    /// The handler ended it, so requests behind that place may have been taken before.
    pub more_requests: bool,
}

/// What the handler says to a request: the rule that makes it foreseeable.
pub fn handle(request: &[u8]) -> Result<Vec<u8>, CloseReason> {
    match request {
        [.., b'!', b'!'] => Err(CloseReason::HandlerThrew),
        [.., b'!'] => Err(CloseReason::HandlerClose),
        [b'a', ..] => Ok(Vec::new()),
        _ => Ok([b"<", request, b">"].concat()),
    }
}

/// The request that a key names, if there can be such a request.
pub fn named<'a>(options: &Options, key: &'a [u8]) -> Option<&'a [u8]> {
    let request = key.strip_suffix(&options.delimiter[..]).unwrap_or(key);
    let is_cut_there = frame_bytes(&[request, &options.delimiter].concat(), &options.delimiter);
    let fits = request.len() <= options.request_bytes_max;
    (is_cut_there == Some(request.len()) && fits).then_some(request)
}

/// Where the first delimiter begins.
fn frame_bytes(stream: &[u8], delimiter: &[u8]) -> Option<usize> {
    (0..stream.len()).find(|&at| stream[at..].starts_with(delimiter))
}

pub fn foretell(options: &Options, entries: &[Entry], stream: &[u8]) -> Foretold {
    let mut rest = stream;
    let mut told = Foretold {
        out: options.greeting.clone(),
        reason: CloseReason::Finished,
        requests: 0,
        more_requests: false,
    };
    while let Some(request_bytes) = frame_bytes(rest, &options.delimiter) {
        let request = &rest[..request_bytes];
        if request_bytes > options.request_bytes_max {
            told.reason = CloseReason::RequestTooLong;
            return told;
        }
        told.requests += 1;
        if let Some(reason) = respond(options, entries, request, &mut told) {
            told.reason = reason;
            return told;
        }
        rest = &rest[request_bytes + options.delimiter.len()..];
    }
    if rest.len() >= options.request_bytes_max + options.delimiter.len() {
        told.reason = CloseReason::RequestTooLong;
    } else if !rest.is_empty() {
        told.reason = CloseReason::Truncated;
    }
    told
}

fn respond(
    options: &Options,
    entries: &[Entry],
    request: &[u8],
    told: &mut Foretold,
) -> Option<CloseReason> {
    let matches = |entry: &&Entry| named(options, &entry.0) == Some(request);
    if let Some((_, answer, close)) = entries.iter().rev().find(matches) {
        told.out.extend([&answer[..], &options.answer_suffix].concat());
        return close.then_some(CloseReason::AnswerClose);
    }
    if options.has_handler {
        match handle(request) {
            Ok(response) => told.out.extend([&response[..], &options.answer_suffix].concat()),
            Err(reason) => {
                told.more_requests = true;
                return Some(reason);
            }
        }
    } else if let Some(answer) = &options.unknown_answer {
        told.out.extend([&answer[..], &options.answer_suffix].concat());
    } else {
        return Some(CloseReason::UnknownRequest);
    }
    None
}
