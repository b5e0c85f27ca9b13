//! How one peer's thread comes to the handler: at the first thing it has to tell it goes to the
//! desk, and stays there until it has handled what it is at.
//!
//! A connection is introduced when it is first spoken of, as `event_loop/introducing.rs` does.

use super::desk::{Desk, Inside};
use super::seat::Face;
use crate::config::Config;
use crate::connection::{Ask, Summary};
use crate::handler::{Handler, Interest, Introduction};
use std::cell::OnceCell;
use std::sync::MutexGuard;

/// Hands what one connection has to tell to the handler, after an introduction.
pub(super) struct Asking<'a, H: Handler> {
    desk: &'a Desk<H>,
    config: &'a Config,
    at_desk: OnceCell<MutexGuard<'a, Inside<H>>>,
    face: &'a Face,
    now_ms: u64,
    observes_requests: bool,
    /// Requests in flight of this seat, and their bytes, as the desk knows them.
    accounted: &'a mut (u64, u64),
}

impl<'a, H: Handler> Asking<'a, H> {
    #[inline]
    pub(super) fn new(
        desk: &'a Desk<H>,
        config: &'a Config,
        accounted: &'a mut (u64, u64),
        face: &'a Face,
        interest: Interest,
        now_ms: u64,
    ) -> Self {
        Self {
            desk,
            config,
            at_desk: OnceCell::new(),
            face,
            now_ms,
            observes_requests: interest.observes.requests,
            accounted,
        }
    }

    /// Goes to the desk.
    pub(super) fn inside(&mut self) -> &mut Inside<H> {
        self.at_desk.get_or_init(|| self.desk.lock());
        self.at_desk.get_mut().expect("it was put in just now")
    }

    pub(super) fn introduce(&mut self) {
        let face = self.face;
        if !face.introduced.replace(true) {
            let address = face.socket.peer_addr().ok();
            let late = if face.missed { Introduction::Missed } else { Introduction::Late };
            let open_for_ms = self.now_ms - face.opened_ms;
            self.inside().handler.opened(face.id, address, open_for_ms, late);
        }
    }

    /// Whether an event of so many bytes is told.
    fn tells(&mut self, bytes: usize) -> bool {
        if self.face.missed {
            self.inside().handler.missed();
            return false;
        }
        let admitted = self.inside().handler.admits(bytes);
        if admitted {
            self.introduce();
        }
        admitted
    }

    /// Tells of the end, if that is wanted or the handler was told of the connection.
    pub(super) fn tell_end(&mut self, summary: &Summary, wanted: bool) {
        let (id, missed) = (self.face.id, self.face.missed);
        let introduced = self.face.introduced.get();
        if missed && wanted {
            self.inside().handler.missed();
        }
        if introduced || (wanted && !missed && self.tells(0)) {
            self.inside().handler.closed(id, summary, missed);
        }
    }

    /// Requests of this seat that are in flight no more are so for the desk too.
    #[inline]
    pub(super) fn account(&mut self, in_flight: u64, in_flight_bytes: u64) {
        let now = (in_flight, in_flight_bytes);
        if *self.accounted != now {
            let before = std::mem::replace(self.accounted, now);
            let inside = self.inside();
            inside.in_flight -= before.0 - now.0;
            inside.in_flight_bytes -= before.1 - now.1;
        }
    }

    /// Leaves the desk, if it went there.
    #[inline]
    pub(super) fn end(mut self) {
        if let Some(mut inside) = self.at_desk.take() {
            inside.end(self.config, self.now_ms);
        }
    }
}

impl<H: Handler> Ask for Asking<'_, H> {
    fn has_room(&self) -> bool {
        self.at_desk.get_or_init(|| self.desk.lock()).has_room(self.config)
    }

    fn ask(&mut self, number: u32, route: u16, request: &[u8]) {
        // First of all, for the connection counts it already, whatever the handler makes of it.
        let bytes = request.len() as u64;
        *self.accounted = (self.accounted.0 + 1, self.accounted.1 + bytes);
        let inside = self.inside();
        inside.in_flight += 1;
        inside.in_flight_bytes += bytes;
        if self.face.missed && self.observes_requests {
            // The application answers it, and nobody hears of it as an event.
            self.inside().handler.missed();
        }
        self.introduce();
        let id = self.face.id;
        self.inside().handler.request(id, number, route, request);
    }

    fn requested(&mut self, number: u32, request: &[u8]) {
        if self.tells(request.len()) {
            let id = self.face.id;
            self.inside().handler.requested(id, number, request);
        }
    }

    fn responded(&mut self, number: u32, response: &[u8]) {
        if self.tells(response.len()) {
            let id = self.face.id;
            self.inside().handler.responded(id, number, response);
        }
    }
}
