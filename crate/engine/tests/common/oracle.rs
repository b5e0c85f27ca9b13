//! What a conversation should come to, by means too simple to be wrong.
//!
//! Sees the whole stream at once, looks at every byte, and knows neither pieces nor buffers nor
//! time, nor what the application does of its own accord.

use super::drive::Entry;
use lancelot_engine::config::Options;
use lancelot_engine::error::CloseReason;

/// How a conversation goes in which the peer sends a stream, takes everything, and finishes.
#[derive(Debug)]
pub struct Foretold {
    /// Everything that the peer gets, but for pushes.
    pub out: Vec<u8>,
    /// Where in `out` nothing is torn apart: behind the greeting, and behind each response.
    pub seams: Vec<usize>,
    pub reason: CloseReason,
    /// The requests that are taken, in order.
    pub exchanges: Vec<Exchange>,
    /// The handler ended it, so requests behind that place may have been taken before.
    pub more_requests: bool,
}

/// A request and what answers it.
#[derive(Debug)]
pub struct Exchange {
    pub request: Vec<u8>,
    /// The number of the handler that is asked, if one is.
    pub route: Option<u16>,
    /// Without the suffix. None where the connection ends instead.
    pub response: Option<Vec<u8>>,
}

/// What the handler of a route says to a request: the rule that makes it foreseeable.
pub fn handle(route: u16, request: &[u8]) -> Result<Vec<u8>, CloseReason> {
    match request {
        [.., b'!', b'!'] => Err(CloseReason::HandlerThrew),
        [.., b'!'] => Err(CloseReason::HandlerClose),
        [b'a', ..] => Ok(Vec::new()),
        _ => Ok([&vec![b'<'; 1 + usize::from(route)], request, b">"].concat()),
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

/// The number of the handler to ask.
fn route_of(options: &Options, request: &[u8]) -> Option<u16> {
    let fitting = (1..).zip(&options.routes).filter(|(_, prefix)| request.starts_with(prefix));
    let longest = fitting.max_by_key(|(_, prefix)| prefix.len());
    longest.map(|(route, _)| route).or(options.has_handler.then_some(0))
}

pub fn foretell(options: &Options, entries: &[Entry], stream: &[u8]) -> Foretold {
    let mut rest = stream;
    let mut told = Foretold {
        out: options.greeting.clone(),
        seams: vec![0, options.greeting.len()],
        reason: CloseReason::Finished,
        exchanges: Vec::new(),
        more_requests: false,
    };
    while let Some(request_bytes) = frame_bytes(rest, &options.delimiter) {
        let request = &rest[..request_bytes];
        if request_bytes > options.request_bytes_max {
            told.reason = CloseReason::RequestTooLong;
            return told;
        }
        if let Some(reason) = exchange(options, entries, request, &mut told) {
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

/// One request; why it is the last one, if it is.
fn exchange(
    options: &Options,
    entries: &[Entry],
    request: &[u8],
    told: &mut Foretold,
) -> Option<CloseReason> {
    let matches = |entry: &&Entry| named(options, &entry.0) == Some(request);
    let entry = entries.iter().rev().find(matches);
    let route = if entry.is_some() { None } else { route_of(options, request) };
    let (response, ends) = match (entry, route) {
        (Some((_, answer, close)), _) => {
            (Some(answer.clone()), close.then_some(CloseReason::AnswerClose))
        }
        (None, Some(route)) => match handle(route, request) {
            Ok(response) => (Some(response), None),
            Err(reason) => {
                told.more_requests = true;
                (None, Some(reason))
            }
        },
        (None, None) => {
            let closes = options.unknown_answer.is_none().then_some(CloseReason::UnknownRequest);
            (options.unknown_answer.clone(), closes)
        }
    };
    if let Some(response) = &response {
        told.out.extend([response, &options.answer_suffix[..]].concat());
        told.seams.push(told.out.len());
    }
    told.exchanges.push(Exchange { request: request.to_vec(), route, response });
    ends
}
