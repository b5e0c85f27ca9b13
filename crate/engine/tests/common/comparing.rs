//! What came of a case beside what the case says.

use super::cases::Case;
use lancelot_engine::connection::Tally;
use std::fmt::Debug;

/// An error says what is not as the case wants it.
pub type Verdict = Result<(), String>;

pub fn equal<T: PartialEq + Debug>(what: &str, is: &T, wanted: &T) -> Verdict {
    if is == wanted { Ok(()) } else { Err(format!("{what} is {is:?} where {wanted:?} is wanted")) }
}

pub fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

/// What the peer got, how the conversation ended, and how many requests were taken.
pub fn compare_ends(out: &[u8], code: Option<&str>, requests: u64, case: &Case) -> Verdict {
    equal("out", &text(out), &text(&case.out.as_ref().expect("parsed").0))?;
    equal("the code", &code, &case.code.as_deref())?;
    equal("the count of requests", &requests, &case.requests.unwrap_or(requests))
}

/// A counter by its name, if it is one of those that a connection counts.
pub fn counted(tally: &Tally, name: &str) -> Option<u64> {
    Some(match name {
        "requests" => tally.requests,
        "answered" => tally.answered,
        "handled" => tally.handled,
        "unknown" => tally.unknown,
        "inFlight" => tally.in_flight,
        "responsesDropped" => tally.responses_dropped,
        "bytesRead" => tally.bytes_read,
        "bytesWritten" => tally.bytes_written,
        _ => return None,
    })
}
