//! The application of a conversation that is driven: keeps what it is asked, and what it is shown.

use lancelot_engine::connection::{Ask, Observes};
use std::collections::VecDeque;

/// What the application was shown, under the number of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It was asked, by this route.
    Asked(u32, u16, Vec<u8>),
    Request(u32, Vec<u8>),
    Response(u32, Vec<u8>),
}

/// The application of a conversation.
#[derive(Default)]
pub struct Asked {
    /// What it was asked and has not looked at yet.
    pub waiting: VecDeque<(u32, u16, Vec<u8>)>,
    /// What it was shown, while it observes anything.
    pub seen: Vec<Seen>,
    pub observes: Observes,
    /// Whether it can take no request.
    pub is_full: bool,
}

impl Ask for Asked {
    fn has_room(&self) -> bool {
        !self.is_full
    }

    fn ask(&mut self, number: u32, route: u16, request: &[u8]) {
        assert!(!self.is_full, "a request for who has no room");
        self.waiting.push_back((number, route, request.to_vec()));
        if self.observes != Observes::default() {
            self.seen.push(Seen::Asked(number, route, request.to_vec()));
        }
    }

    fn requested(&mut self, number: u32, request: &[u8]) {
        assert!(self.observes.requests, "a request is shown to who does not observe them");
        self.seen.push(Seen::Request(number, request.to_vec()));
    }

    fn responded(&mut self, number: u32, response: &[u8]) {
        assert!(self.observes.responses, "a response is shown to who does not observe them");
        self.seen.push(Seen::Response(number, response.to_vec()));
    }
}
