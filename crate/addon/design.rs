//! Which of the engine's servers JavaScript asked for, and one face for all of them.

use crate::convert::failure;
use lancelot_engine::answers::Answers;
#[cfg(unix)]
use lancelot_engine::blocking::{Arrangement, BlockingServer};
use lancelot_engine::config::Config;
use lancelot_engine::error::ConfigError;
use lancelot_engine::handler::Handler;
use lancelot_engine::mailbox::Mailbox;
use lancelot_engine::server::{Listen, Server, StopReport, Waiting};
use lancelot_engine::stats::Counters;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// A way in which the engine can serve.
#[derive(Clone, Copy)]
pub(crate) enum Design {
    Loops(Waiting),
    #[cfg(unix)]
    Blocking(Arrangement),
}

impl Design {
    /// By its name; `workers` matter to designs that have some. The error's text begins with
    /// `design:`.
    pub(crate) fn parse(name: &str, workers: u32) -> napi::Result<Self> {
        Ok(match name {
            "poll" => Self::Loops(Waiting::Mio),
            #[cfg(unix)]
            "poll-syscall" => Self::Loops(Waiting::PollSyscall),
            #[cfg(unix)]
            "select" => Self::Loops(Waiting::SelectSyscall),
            #[cfg(unix)]
            "one-at-a-time" => Self::Blocking(Arrangement::OneAtATime),
            #[cfg(unix)]
            "thread-per-connection" => Self::Blocking(Arrangement::ThreadPerConnection),
            #[cfg(unix)]
            "thread-pool" => Self::Blocking(Arrangement::Pool(workers.max(1) as usize)),
            _ => {
                _ = workers;
                return Err(failure("design", format!("{name} is none that this system has")));
            }
        })
    }
}

/// A running server of any design.
pub(crate) enum AnyServer {
    Loops(Server),
    #[cfg(unix)]
    Blocking(BlockingServer),
}

impl AnyServer {
    /// Listens, and serves with one loop for each of the handlers; without loops there is one
    /// handler.
    pub(crate) fn start<H: Handler + 'static>(
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

    pub(crate) fn address(&self) -> SocketAddr {
        match self {
            Self::Loops(server) => server.address(),
            #[cfg(unix)]
            Self::Blocking(server) => server.address(),
        }
    }

    pub(crate) fn mailbox(&self, loop_number: usize) -> Mailbox {
        match self {
            Self::Loops(server) => server.mailbox(loop_number),
            #[cfg(unix)]
            Self::Blocking(server) => server.mailbox(loop_number),
        }
    }

    pub(crate) fn counters(&self) -> Counters {
        match self {
            Self::Loops(server) => server.counters(),
            #[cfg(unix)]
            Self::Blocking(server) => server.counters(),
        }
    }

    pub(crate) fn replace_answers<'a>(
        &self,
        entries: impl IntoIterator<Item = (&'a [u8], &'a [u8], bool)>,
    ) -> Result<(), (usize, ConfigError)> {
        match self {
            Self::Loops(server) => server.replace_answers(entries),
            #[cfg(unix)]
            Self::Blocking(server) => server.replace_answers(entries),
        }
    }

    /// JavaScript wants to be told of something else. Loops look at each turn by themselves.
    pub(crate) fn refresh_interest(&self) {
        #[cfg(unix)]
        if let Self::Blocking(server) = self {
            server.refresh_interest();
        }
    }

    pub(crate) fn stop(&self, drain: Duration) {
        match self {
            Self::Loops(server) => server.stop(drain),
            #[cfg(unix)]
            Self::Blocking(server) => server.stop(drain),
        }
    }

    pub(crate) fn take_threads(&mut self) -> Vec<JoinHandle<StopReport>> {
        match self {
            Self::Loops(server) => server.take_threads(),
            #[cfg(unix)]
            Self::Blocking(server) => server.take_threads(),
        }
    }

    /// Waits until every thread ended, and adds up what they did.
    pub(crate) fn join(threads: Vec<JoinHandle<StopReport>>) -> StopReport {
        Server::join(threads)
    }
}
