//! What a driver lends a connection while it handles something, and what they count together.

use crate::answers::Reader;
use crate::config::Config;

/// What connections of one driver count together. Gauges and totals; `docs/protocol.md` defines
/// each.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub requests: u64,
    pub answered: u64,
    pub handled: u64,
    pub unknown: u64,
    pub in_flight: u64,
    pub in_flight_bytes: u64,
    pub responses_dropped: u64,
    pub pushed: u64,
    pub pushes_dropped: u64,
    pub bytes_read: u64,
    pub bytes_written: u64,
}

/// What the application wants to see, whoever answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Observes {
    pub requests: bool,
    pub responses: bool,
}

impl Observes {
    #[inline]
    pub(crate) fn any(self) -> bool {
        self.requests || self.responses
    }
}

/// Takes the requests that the table does not know, and sees what it observes.
pub trait Ask {
    /// Whether one more can be taken.
    fn has_room(&self) -> bool;

    /// The response is wanted by this connection under this number, from the handler of the route.
    fn ask(&mut self, number: u32, route: u16, request: &[u8]);

    /// A request was taken that nobody is asked. Only where requests are observed.
    fn requested(&mut self, number: u32, request: &[u8]);

    /// There is a response, without its suffix. Only where responses are observed.
    fn responded(&mut self, number: u32, response: &[u8]);
}

/// What a driver lends a connection while it handles something.
pub struct Turn<'a> {
    pub config: &'a Config,
    pub answers: &'a mut Reader,
    /// Shared by all connections: empty when a connection is handed the turn, and again after
    /// `handle_sent`.
    pub output: &'a mut Vec<u8>,
    pub tally: &'a mut Tally,
    pub handler: &'a mut dyn Ask,
    pub observes: Observes,
    pub now_ms: u64,
}

impl Turn<'_> {
    /// Whether one more request may wait for the handler, whatever its length.
    pub(crate) fn has_room(&self) -> bool {
        self.tally.in_flight < self.config.in_flight_loop_max as u64
            && self.tally.in_flight_bytes < self.config.in_flight_loop_bytes_max as u64
            && self.handler.has_room()
    }
}
