//! Takes connections from a listener, and survives every way in which that fails.
//!
//! With an edge-triggered poll a listener on which accepting failed for want of descriptors or
//! memory stays silent though they come back, until it is registered anew. So accepting pauses: the
//! listener is taken out of the selector, and put back a moment later.

use crate::selector::Selector;
use mio::net::{TcpListener, TcpStream};
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};

/// How long accepting pauses when the system has no descriptors or memory for it.
pub(crate) const ACCEPT_PAUSE_MS: u64 = 10;
/// Failures are told at most this often.
pub(crate) const REPORT_MS: u64 = 1_000;

/// What may wait on a listener when a stop begins.
pub(crate) const ACCEPTED_LAST_MAX: usize = 65_536;

/// What came of one try.
pub(crate) enum Accepted {
    Connection(TcpStream, SocketAddr),
    /// None waits.
    None,
    /// Try the next one.
    Failed,
    /// The system cannot; accepting pauses. With the error where it is time to tell.
    Paused(Option<io::Error>),
}

/// A listener in a selector.
pub(crate) struct Acceptor {
    listener: TcpListener,
    /// Whether connections may wait that were not announced, for the budget ended first.
    pub(crate) ready: bool,
    resume_at_ms: Option<u64>,
    reported_at_ms: Option<u64>,
}

impl Acceptor {
    pub(crate) fn new(mut listener: TcpListener, selector: &impl Selector) -> io::Result<Self> {
        selector.watch_listener(&mut listener)?;
        Ok(Self { listener, ready: false, resume_at_ms: None, reported_at_ms: None })
    }

    pub(crate) fn accept(&mut self, selector: &impl Selector, now_ms: u64) -> Accepted {
        match self.listener.accept() {
            Ok((stream, address)) => Accepted::Connection(stream, address),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.ready = false;
                Accepted::None
            }
            Err(error) if is_of_one_connection(&error) => Accepted::Failed,
            Err(error) => {
                self.ready = false;
                self.resume_at_ms = Some(now_ms + ACCEPT_PAUSE_MS);
                // Where even this fails the listener stays registered, and the pause still ends.
                _ = selector.ignore_listener(&mut self.listener);
                let silent = self.reported_at_ms.is_some_and(|at| now_ms < at + REPORT_MS);
                if !silent {
                    self.reported_at_ms = Some(now_ms);
                }
                Accepted::Paused((!silent).then_some(error))
            }
        }
    }

    /// Whether it is to be announced that connections wait.
    #[cfg(unix)]
    pub(crate) fn waits(&self) -> bool {
        !self.ready && self.resume_at_ms.is_none()
    }

    #[cfg(unix)]
    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }

    pub(crate) fn resume_at_ms(&self) -> Option<u64> {
        self.resume_at_ms
    }

    /// Accepts again, if a pause is over.
    pub(crate) fn resume(&mut self, selector: &impl Selector, now_ms: u64) {
        if self.resume_at_ms.is_some_and(|at| at <= now_ms) {
            let again = selector.watch_listener(&mut self.listener);
            self.resume_at_ms = match again {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    Some(now_ms + ACCEPT_PAUSE_MS)
                }
                _ => None,
            };
            self.ready = self.resume_at_ms.is_none();
        }
    }
}

/// Whether the error says something of the connection that was to be accepted, not of the system:
/// it is gone already, or the network refused it (accept(2) lists these).
pub(crate) fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionReset, HostUnreachable, Interrupted, NetworkDown,
        NetworkUnreachable, PermissionDenied, TimedOut,
    };
    matches!(
        error.kind(),
        ConnectionAborted
            | ConnectionReset
            | HostUnreachable
            | Interrupted
            | NetworkDown
            | NetworkUnreachable
            | PermissionDenied
            | TimedOut
    )
}
