//! Starts loops over a listener, stops them and joins them.
//!
//! The first loop accepts and hands connections out in turn. Only where the caller asked for
//! SO_REUSEPORT has every loop a listener of its own: one that closes loses what is queued on it.

use crate::answers::Answers;
use crate::config::Config;
use crate::error::ConfigError;
pub use crate::event_loop::StopReport;
use crate::event_loop::{Common, EventLoop};
use crate::handler::{Handler, LOOPS_MAX};
pub use crate::listen::Listen;
use crate::listen::bind;
use crate::mailbox::{Command, Mailbox};
use crate::selector::{MioPoll, Selector};
#[cfg(unix)]
use crate::selector::{PollSyscall, SelectSyscall};
use crate::stats::{Counters, Stats};
use mio::net::TcpListener;
use std::any::Any;
use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long the other loops drain when one failed.
const DRAIN_AFTER_FAILURE: Duration = Duration::from_secs(5);

struct Member {
    mailbox: Mailbox,
    stats: Arc<Stats>,
    thread: Option<JoinHandle<StopReport>>,
}

/// What the loops of a server wait with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// What the system has for many connections: epoll, kqueue or IOCP, by mio.
    Mio,
    /// `poll(2)`, which looks at every connection each time.
    #[cfg(unix)]
    PollSyscall,
    /// `select(2)`, which does so too, and refuses connections whose descriptor is 1024 or more.
    #[cfg(unix)]
    SelectSyscall,
}

/// A running server. Dropping it stops it at once and waits for its threads.
pub struct Server {
    address: SocketAddr,
    answers: Arc<Answers>,
    reuse_port: bool,
    members: Vec<Member>,
}

impl Server {
    /// Listens, and serves with one loop for each of the handlers, 1 to 64. On an error nothing is
    /// left open.
    pub fn start<H: Handler + 'static>(
        waiting: Waiting,
        listen: &Listen,
        config: Arc<Config>,
        answers: Arc<Answers>,
        handlers: Vec<H>,
    ) -> io::Result<Self> {
        match waiting {
            Waiting::Mio => Self::start_with::<H, MioPoll>(listen, config, answers, handlers),
            #[cfg(unix)]
            Waiting::PollSyscall => {
                Self::start_with::<H, PollSyscall>(listen, config, answers, handlers)
            }
            #[cfg(unix)]
            Waiting::SelectSyscall => {
                Self::start_with::<H, SelectSyscall>(listen, config, answers, handlers)
            }
        }
    }

    fn start_with<H: Handler + 'static, S: Selector + Send + 'static>(
        listen: &Listen,
        config: Arc<Config>,
        answers: Arc<Answers>,
        handlers: Vec<H>,
    ) -> io::Result<Self> {
        assert!((1..=LOOPS_MAX).contains(&handlers.len()), "1 to {LOOPS_MAX} loops");
        let common = Common {
            config,
            answers: answers.clone(),
            open: Arc::default(),
            refuses: Arc::default(),
        };
        let first = bind(listen, listen.address)?;
        let address = first.local_addr()?;
        let mut listener = Some(first);
        let mut loops = Vec::<EventLoop<H, S>>::with_capacity(handlers.len());
        for handler in handlers {
            if listen.reuse_port && listener.is_none() {
                listener = Some(bind(listen, address)?);
            }
            let listener = listener.take().map(TcpListener::from_std);
            loops.push(EventLoop::new(common.clone(), listener, handler)?);
        }
        let mailboxes: Vec<_> = loops.iter().map(EventLoop::mailbox).collect();
        for (number, event_loop) in loops.iter_mut().enumerate() {
            let mut crew = mailboxes.clone();
            crew.remove(number);
            event_loop.join_crew(crew, number == 0 && !listen.reuse_port);
        }
        let mut server =
            Self { address, answers, reuse_port: listen.reuse_port, members: Vec::new() };
        for (number, event_loop) in loops.into_iter().enumerate() {
            server.members.push(start_thread(number, event_loop)?);
        }
        Ok(server)
    }

    /// Where it listens: with the port that the system picked.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The mailbox of a loop, for responses.
    pub fn mailbox(&self, loop_number: usize) -> Mailbox {
        self.members[loop_number].mailbox.clone()
    }

    /// What all loops counted.
    pub fn counters(&self) -> Counters {
        let mut sum = Counters::default();
        self.members.iter().for_each(|member| sum.add(&member.stats.read()));
        sum
    }

    /// Replaces the answers; see `Answers::replace`. Loops without traffic let go of the old table
    /// too.
    pub fn replace_answers<'a>(
        &self,
        entries: impl IntoIterator<Item = (&'a [u8], &'a [u8], bool)>,
    ) -> Result<(), (usize, ConfigError)> {
        self.answers.replace(entries)?;
        for member in &self.members {
            // One that has ended holds no table.
            _ = member.mailbox.put(Command::Refresh);
        }
        Ok(())
    }

    /// No new connections; what came is answered; what is still owed after `drain` is reset. Called
    /// again it can only bring that nearer. Returns at once; `join` waits.
    pub fn stop(&self, drain: Duration) {
        // A loop that hands connections out tells the others itself, after the last of them.
        let told = if self.reuse_port { self.members.len() } else { 1 };
        for member in self.members.iter().take(told) {
            // One that has ended needs not be told, and has told the others.
            _ = member.mailbox.put(Command::Stop(drain));
        }
    }

    /// The threads to wait for after `stop`, each with what its loop did.
    pub fn take_threads(&mut self) -> Vec<JoinHandle<StopReport>> {
        self.members.iter_mut().filter_map(|member| member.thread.take()).collect()
    }

    /// Waits until every loop ended, and adds up what they did.
    pub fn join(threads: Vec<JoinHandle<StopReport>>) -> StopReport {
        threads.into_iter().fold(StopReport::default(), |sum, thread| {
            // The root of a thread catches every panic, so there is no error to pass on.
            let report = thread.join().unwrap_or_default();
            StopReport { drained: sum.drained + report.drained, cut: sum.cut + report.cut }
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop(Duration::ZERO);
        Self::join(self.take_threads());
    }
}

fn start_thread<H: Handler + 'static, S: Selector + Send + 'static>(
    number: usize,
    mut event_loop: EventLoop<H, S>,
) -> io::Result<Member> {
    let (mailbox, stats) = (event_loop.mailbox(), event_loop.stats());
    let thread = thread::Builder::new()
        .name(format!("lancelot-{number}"))
        .spawn(move || run(&mut event_loop))?;
    Ok(Member { mailbox, stats, thread: Some(thread) })
}

/// The root of a loop's thread: whatever happens, it ends in order.
fn run<H: Handler, S: Selector>(event_loop: &mut EventLoop<H, S>) -> StopReport {
    let message = match catch_unwind(AssertUnwindSafe(|| event_loop.run())) {
        Ok(Ok(report)) => return report,
        Ok(Err(error)) => error.to_string(),
        Err(panic) => panic_message(&*panic),
    };
    // Should even this panic, the sockets close with the loop all the same.
    _ = catch_unwind(AssertUnwindSafe(|| event_loop.fail(message, DRAIN_AFTER_FAILURE)));
    StopReport::default()
}

pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| text.to_string());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".into())
}
