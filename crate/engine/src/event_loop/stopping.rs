//! How a loop ends: in order, at the deadline of a stop, or by a fault of its own.

use super::EventLoop;
use crate::error::CloseReason;
use crate::handler::{Failure, Handler};
use crate::mailbox::Command;
use crate::selector::Selector;
use std::time::Duration;

/// What a loop did about its connections when it stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StopReport {
    /// Ended in order since the stop began.
    pub drained: u64,
    /// Were reset at the deadline.
    pub cut: u64,
}

/// A stop that has begun.
pub(super) struct Stopping {
    pub(super) deadline_ms: u64,
    /// Connections that had ended in order when the stop began.
    drained_before: u64,
}

impl<H: Handler, S: Selector> EventLoop<H, S> {
    /// No new connections; what came is answered; the rest is cut after `drain`. What the
    /// application asked for before is done before, while there is time.
    pub(super) fn stop(&mut self, drain: Duration) {
        let deadline_ms = self.now_ms + drain.as_millis() as u64;
        self.stop_by_ms = Some(self.stop_by_ms.map_or(deadline_ms, |ms| ms.min(deadline_ms)));
        self.stop_if_due();
    }

    /// Begins a stop that was asked for, once nothing else is to be done before.
    pub(super) fn stop_if_due(&mut self) {
        let Some(deadline_ms) = self.stop_by_ms else { return };
        if !self.acting.is_idle() && self.now_ms < deadline_ms {
            return;
        }
        self.stop_by_ms = None;
        let drain = Duration::from_millis(deadline_ms.saturating_sub(self.now_ms));
        self.stop_self(drain);
        if self.leads {
            self.stop_crew(drain);
        }
    }

    fn stop_self(&mut self, drain: Duration) {
        let deadline_ms = self.now_ms + drain.as_millis() as u64;
        if let Some(stopping) = &mut self.stopping {
            stopping.deadline_ms = stopping.deadline_ms.min(deadline_ms);
        } else {
            self.stopping =
                Some(Stopping { deadline_ms, drained_before: self.counters.ended_in_order() });
            self.accept_last();
            self.look_at_all();
        }
    }

    fn stop_crew(&self, drain: Duration) {
        for mailbox in &self.crew {
            // One that has ended needs not be told.
            _ = mailbox.put(Command::Stop(drain));
        }
    }

    fn look_at_all(&mut self) {
        for slot in 0..self.peers.slots() {
            let Some(id) = self.peers.owner(slot) else { continue };
            let Some(peer) = self.peers.find(id) else { continue };
            peer.sides().suspect_input();
            if peer.sides().list() {
                self.ready.push_back(id);
            }
        }
    }

    pub(super) fn end_all(&mut self, reason: CloseReason) {
        for slot in 0..self.peers.slots() {
            if let Some(id) = self.peers.owner(slot) {
                self.serve(id, |sides, _| sides.connection.cut(reason));
            }
        }
    }

    /// What the stop did, once it is complete.
    pub(super) fn stop_report(&self) -> Option<StopReport> {
        let stopping = self.stopping.as_ref()?;
        (self.acceptor.is_none() && self.counters.open() == 0).then(|| StopReport {
            drained: self.counters.ended_in_order() - stopping.drained_before,
            cut: self.counters.closes[CloseReason::Cut as usize],
        })
    }

    /// At its deadline a stop ends whatever is left.
    pub(super) fn cut_if_due(&mut self) {
        if self.stopping.as_ref().is_some_and(|stopping| stopping.deadline_ms <= self.now_ms) {
            self.end_all(CloseReason::Cut);
        }
    }

    /// The loop cannot go on: its connections end, the application is told, the crew stops.
    pub(crate) fn fail(&mut self, message: String, drain_of_others: Duration) {
        self.acceptor = None;
        self.stop_self(Duration::ZERO);
        self.stop_crew(drain_of_others);
        self.end_all(CloseReason::ServerFailed);
        self.handler.failed(Failure::Loop(message));
        self.end_turn();
        self.close_mailbox();
    }
}
