//! What of a connection's life the handler is told, and in which order: first that it opened, last
//! that it ended, each once.
//!
//! A connection is introduced when it is first spoken of. One whose opening the handler wanted and
//! did not admit is _missed_: nobody hears of it but by a request, and its events count as lost.

use super::EventLoop;
use crate::connection::Ask;
use crate::error::CloseReason;
use crate::handler::{ConnectionId, Handler, Interest, Introduction, Overload};
use crate::peer::Sides;
use crate::selector::Selector;
use mio::net::TcpStream;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;

/// Hands the requests of one connection to the handler, after an introduction.
pub(super) struct Asking<'a, H> {
    handler: &'a mut H,
    id: ConnectionId,
    socket: &'a TcpStream,
    opened_ms: u64,
    now_ms: u64,
    was_introduced: bool,
    is_introduced: bool,
    is_missed: bool,
    observes_requests: bool,
}

impl<'a, H: Handler> Asking<'a, H> {
    #[inline]
    pub(super) fn new(
        handler: &'a mut H,
        id: ConnectionId,
        sides: &Sides<'a>,
        interest: Interest,
        now_ms: u64,
    ) -> Self {
        let is_introduced = sides.is_introduced();
        Self {
            handler,
            id,
            socket: sides.socket,
            opened_ms: sides.connection.opened_ms(),
            now_ms,
            was_introduced: is_introduced,
            is_introduced,
            is_missed: sides.is_missed(),
            observes_requests: interest.observes.requests,
        }
    }

    /// Whether it was introduced just now.
    #[inline]
    pub(super) fn has_introduced(&self) -> bool {
        self.is_introduced != self.was_introduced
    }

    pub(super) fn introduce(&mut self) {
        if !std::mem::replace(&mut self.is_introduced, true) {
            let address = self.socket.peer_addr().ok();
            let late = if self.is_missed { Introduction::Missed } else { Introduction::Late };
            self.handler.opened(self.id, address, self.now_ms - self.opened_ms, late);
        }
    }

    /// Whether an event of so many bytes is told.
    fn tells(&mut self, bytes: usize) -> bool {
        if self.is_missed {
            self.handler.missed();
            return false;
        }
        let admitted = self.handler.admits(bytes);
        if admitted {
            self.introduce();
        }
        admitted
    }
}

impl<H: Handler> Ask for Asking<'_, H> {
    fn has_room(&self) -> bool {
        self.handler.has_room()
    }

    fn ask(&mut self, number: u32, route: u16, request: &[u8]) {
        if self.is_missed && self.observes_requests {
            // The application answers it, and nobody hears of it as an event.
            self.handler.missed();
        }
        self.introduce();
        self.handler.request(self.id, number, route, request);
    }

    fn requested(&mut self, number: u32, request: &[u8]) {
        if self.tells(request.len()) {
            self.handler.requested(self.id, number, request);
        }
    }

    fn responded(&mut self, number: u32, response: &[u8]) {
        if self.tells(response.len()) {
            self.handler.responded(self.id, number, response);
        }
    }
}

impl<H: Handler, S: Selector> EventLoop<H, S> {
    /// Tells of a new connection, if that is wanted.
    pub(super) fn tell_opened(&mut self, id: ConnectionId, address: SocketAddr) {
        if !self.interest.opened && !self.interest.closed {
            return;
        }
        let admitted = self.handler.admits(0);
        if admitted {
            self.handler.opened(id, Some(address), 0, Introduction::Fresh);
        }
        let Some(peer) = self.peers.find(id) else { return };
        match admitted {
            true => peer.sides().introduce(),
            false if self.interest.opened => peer.sides().miss(),
            false => {}
        }
    }

    /// Introduces a connection that is going to be spoken of.
    pub(super) fn introduce(&mut self, id: ConnectionId) {
        let Some(peer) = self.peers.find(id) else { return };
        let mut sides = peer.sides();
        Asking::new(&mut self.handler, id, &sides, self.interest, self.now_ms).introduce();
        sides.introduce();
    }

    /// Tells of the end of a connection, if that is wanted or the handler was told of it.
    pub(super) fn tell_end(&mut self, id: ConnectionId, sides: &Sides<'_>, reason: CloseReason) {
        let (introduced, missed) = (sides.is_introduced(), sides.is_missed());
        if missed && self.interest.closed {
            self.handler.missed();
        }
        let mut asking = Asking::new(&mut self.handler, id, sides, self.interest, self.now_ms);
        let told = introduced || (self.interest.closed && !missed && asking.tells(0));
        if told {
            let summary = sides.connection.summary(reason, self.now_ms);
            self.handler.closed(id, &summary, missed);
        }
    }

    /// So many connections are open: are they well below the limit again?
    #[cold]
    pub(super) fn end_refusal(&mut self, open: usize) {
        if self.common.config.is_roomy(open) && self.common.refuses.swap(false, Ordering::SeqCst) {
            self.handler.overloaded(Overload::Connections, false, self.now_ms);
        }
    }
}
