//! Why things end or are refused, and the stable code of each.
//!
//! Not here: errors of the operating system, which stay `std::io::Error`.

use std::fmt;

/// Why a connection ended. `docs/protocol.md` says when each applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum CloseReason {
    /// The peer finished sending between two requests and got every answer.
    Finished,
    /// The peer finished sending in the middle of a request.
    Truncated,
    /// The socket failed.
    Reset,
    /// A request was longer than the limit.
    RequestTooLong,
    /// Nothing knew the request, and unknown requests close.
    UnknownRequest,
    /// The answer was marked to close the connection.
    AnswerClose,
    /// The handler chose to close.
    HandlerClose,
    /// The handler threw.
    HandlerThrew,
    /// The handler's promise was rejected.
    HandlerRejected,
    /// The handler answered with something that is no answer.
    HandlerBadAnswer,
    /// The handler took too long.
    HandlerTimeout,
    /// The application closed the connection.
    ConnectionClose,
    /// The peer was silent for too long while nothing was owed.
    IdleTimeout,
    /// A request begun was not finished in time.
    RequestTimeout,
    /// The peer took no byte of its answers for too long.
    WriteTimeout,
    /// The server stopped and everything received was answered.
    Stopped,
    /// The server stopped and something was still owed at the deadline.
    Cut,
    /// The event loop that served the connection failed.
    ServerFailed,
}

impl CloseReason {
    /// Every reason, in the order of its number.
    pub const ALL: [Self; 18] = [
        Self::Finished,
        Self::Truncated,
        Self::Reset,
        Self::RequestTooLong,
        Self::UnknownRequest,
        Self::AnswerClose,
        Self::HandlerClose,
        Self::HandlerThrew,
        Self::HandlerRejected,
        Self::HandlerBadAnswer,
        Self::HandlerTimeout,
        Self::ConnectionClose,
        Self::IdleTimeout,
        Self::RequestTimeout,
        Self::WriteTimeout,
        Self::Stopped,
        Self::Cut,
        Self::ServerFailed,
    ];

    /// The stable code, the same in Rust and TypeScript.
    pub fn code(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Truncated => "truncated",
            Self::Reset => "reset",
            Self::RequestTooLong => "request-too-long",
            Self::UnknownRequest => "unknown-request",
            Self::AnswerClose => "answer-close",
            Self::HandlerClose => "handler-close",
            Self::HandlerThrew => "handler-threw",
            Self::HandlerRejected => "handler-rejected",
            Self::HandlerBadAnswer => "handler-bad-answer",
            Self::HandlerTimeout => "handler-timeout",
            Self::ConnectionClose => "connection-close",
            Self::IdleTimeout => "idle-timeout",
            Self::RequestTimeout => "request-timeout",
            Self::WriteTimeout => "write-timeout",
            Self::Stopped => "stopped",
            Self::Cut => "cut",
            Self::ServerFailed => "server-failed",
        }
    }

    /// Whether the server, after its last byte, waits for the peer's end, so that no reset of
    /// unread input overtakes the last answer.
    pub(crate) fn lingers(self) -> bool {
        matches!(
            self,
            Self::RequestTooLong
                | Self::UnknownRequest
                | Self::AnswerClose
                | Self::RequestTimeout
                | Self::HandlerClose
                | Self::HandlerThrew
                | Self::HandlerRejected
                | Self::HandlerBadAnswer
                | Self::HandlerTimeout
                | Self::ConnectionClose
        )
    }

    /// Whether the conversation was brought to its end, rather than broken off.
    pub(crate) fn is_in_order(self) -> bool {
        !matches!(self, Self::Reset | Self::WriteTimeout | Self::Cut | Self::ServerFailed)
    }

    /// Whether the socket is reset rather than closed, for unsent bytes would keep it alive.
    pub(crate) fn resets(self) -> bool {
        matches!(self, Self::WriteTimeout | Self::Cut)
    }
}

/// What is wrong with a configuration or a table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The delimiter must be 1 to 16 bytes; this many came.
    Delimiter(usize),
    /// A limit must be at least 1; the name of the one that is 0.
    ZeroLimit(&'static str),
    /// There are more routes than the most; this many came.
    Routes(usize),
    /// The key holds the delimiter, so no request can ever equal it.
    KeyHoldsDelimiter,
    /// The key is longer than the longest request.
    KeyTooLong,
    /// The answer is longer than the longest answer.
    AnswerTooLong,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delimiter(bytes) => {
                write!(formatter, "the delimiter must be 1 to 16 bytes, not {bytes}")
            }
            Self::ZeroLimit(name) => write!(formatter, "{name} must be at least 1, not 0"),
            Self::Routes(routes) => write!(formatter, "{routes} routes are too many"),
            Self::KeyHoldsDelimiter => {
                write!(formatter, "a key that holds the delimiter can never match")
            }
            Self::KeyTooLong => {
                write!(formatter, "a key longer than request_bytes_max can never match")
            }
            Self::AnswerTooLong => write!(formatter, "an answer is longer than answer_bytes_max"),
        }
    }
}

impl std::error::Error for ConfigError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_stands_at_its_own_number_and_has_its_own_code() {
        let mut codes: Vec<_> = CloseReason::ALL.iter().map(|reason| reason.code()).collect();
        for (number, reason) in CloseReason::ALL.iter().enumerate() {
            assert_eq!(*reason as usize, number);
        }
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), CloseReason::ALL.len());
    }
}
