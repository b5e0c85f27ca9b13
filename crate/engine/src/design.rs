//! Every way in which the engine serves, and one face for the servers of all of them.

use crate::answers::Answers;
#[cfg(unix)]
use crate::blocking::{Arrangement, BlockingServer};
use crate::config::Config;
use crate::error::ConfigError;
use crate::handler::Handler;
use crate::mailbox::Mailbox;
use crate::server::{Listen, Server, StopReport, Waiting};
use crate::stats::Counters;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// A way in which the engine can serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Design {
    Loops(Waiting),
    #[cfg(unix)]
    Blocking(Arrangement),
}

/// A running server of any design. Dropping it stops it at once and waits for its threads.
pub enum AnyServer {
    Loops(Server),
    #[cfg(unix)]
    Blocking(BlockingServer),
}

impl From<Waiting> for Design {
    fn from(waiting: Waiting) -> Self {
        Self::Loops(waiting)
    }
}

#[cfg(unix)]
impl From<Arrangement> for Design {
    fn from(arrangement: Arrangement) -> Self {
        Self::Blocking(arrangement)
    }
}

impl AnyServer {
    /// Listens, and serves with one loop for each of the handlers; without loops there is one
    /// handler, the first. On an error nothing is left open.
    pub fn start<H: Handler + 'static>(
        design: Design,
        listen: &Listen,
        config: Arc<Config>,
        answers: Arc<Answers>,
        handlers: Vec<H>,
    ) -> io::Result<Self> {
        match design {
            Design::Loops(waiting) => {
                Server::start(waiting, listen, config, answers, handlers).map(Self::Loops)
            }
            #[cfg(unix)]
            Design::Blocking(arrangement) => {
                let handler = handlers.into_iter().next().ok_or(io::ErrorKind::InvalidInput)?;
                BlockingServer::start(listen, config, answers, handler, arrangement)
                    .map(Self::Blocking)
            }
        }
    }

    /// Where it listens: with the port that the system picked.
    pub fn address(&self) -> SocketAddr {
        match self {
            Self::Loops(server) => server.address(),
            #[cfg(unix)]
            Self::Blocking(server) => server.address(),
        }
    }

    /// The mailbox of a loop, for responses and actions; without loops that of all, which is 0.
    pub fn mailbox(&self, loop_number: usize) -> Mailbox {
        match self {
            Self::Loops(server) => server.mailbox(loop_number),
            #[cfg(unix)]
            Self::Blocking(server) => server.mailbox(loop_number),
        }
    }

    /// What all its threads counted.
    pub fn counters(&self) -> Counters {
        match self {
            Self::Loops(server) => server.counters(),
            #[cfg(unix)]
            Self::Blocking(server) => server.counters(),
        }
    }

    /// Replaces the answers; see `Answers::replace`. Threads without traffic let go of the old
    /// table too.
    pub fn replace_answers<'a>(
        &self,
        entries: impl IntoIterator<Item = (&'a [u8], &'a [u8], bool)>,
    ) -> Result<(), (usize, ConfigError)> {
        match self {
            Self::Loops(server) => server.replace_answers(entries),
            #[cfg(unix)]
            Self::Blocking(server) => server.replace_answers(entries),
        }
    }

    /// The handler is interested in something else: this holds for what is received from now on.
    /// Loops look at each turn by themselves.
    pub fn refresh_interest(&self) {
        #[cfg(unix)]
        if let Self::Blocking(server) = self {
            server.refresh_interest();
        }
    }

    /// No new connections; what came is answered; what is still owed after `drain` is reset. Called
    /// again it can only bring that nearer. Returns at once; `join` waits.
    pub fn stop(&self, drain: Duration) {
        match self {
            Self::Loops(server) => server.stop(drain),
            #[cfg(unix)]
            Self::Blocking(server) => server.stop(drain),
        }
    }

    /// The threads to wait for after `stop`.
    pub fn take_threads(&mut self) -> Vec<JoinHandle<StopReport>> {
        match self {
            Self::Loops(server) => server.take_threads(),
            #[cfg(unix)]
            Self::Blocking(server) => server.take_threads(),
        }
    }

    /// Waits until every thread ended, and adds up what they did.
    pub fn join(threads: Vec<JoinHandle<StopReport>>) -> StopReport {
        Server::join(threads)
    }
}
