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
use crate::mailbox::{Command, Mailbox};
use crate::stats::{Counters, Stats};
use mio::net::TcpListener;
use socket2::{Domain, Protocol, Socket, Type};
use std::any::Any;
use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long the other loops drain when one failed.
const DRAIN_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Where and how to listen.
#[derive(Clone, Debug)]
pub struct Listen {
    /// Port 0 lets the system pick.
    pub address: SocketAddr,
    /// Connections that may wait to be accepted.
    pub backlog: i32,
    /// Whether every loop has a listener of its own.
    pub reuse_port: bool,
}

struct Member {
    mailbox: Mailbox,
    stats: Arc<Stats>,
    thread: Option<JoinHandle<StopReport>>,
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
        let mut loops = Vec::with_capacity(handlers.len());
        for handler in handlers {
            if listen.reuse_port && listener.is_none() {
                listener = Some(bind(listen, address)?);
            }
            loops.push(EventLoop::new(common.clone(), listener.take(), handler)?);
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

fn bind(listen: &Listen, address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    // On Windows this option would let a second server take the port over.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    #[cfg(unix)]
    if listen.reuse_port {
        socket.set_reuse_port(true)?;
    }
    // Answers leave whole, so holding small ones back gains nothing. Connections inherit it.
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(listen.backlog)?;
    Ok(TcpListener::from_std(socket.into()))
}

fn start_thread<H: Handler + 'static>(
    number: usize,
    mut event_loop: EventLoop<H>,
) -> io::Result<Member> {
    let (mailbox, stats) = (event_loop.mailbox(), event_loop.stats());
    let thread = thread::Builder::new()
        .name(format!("lancelot-{number}"))
        .spawn(move || run(&mut event_loop))?;
    Ok(Member { mailbox, stats, thread: Some(thread) })
}

/// The root of a loop's thread: whatever happens, it ends in order.
fn run<H: Handler>(event_loop: &mut EventLoop<H>) -> StopReport {
    let message = match catch_unwind(AssertUnwindSafe(|| event_loop.run())) {
        Ok(Ok(report)) => return report,
        Ok(Err(error)) => error.to_string(),
        Err(panic) => panic_message(&*panic),
    };
    // Should even this panic, the sockets close with the loop all the same.
    _ = catch_unwind(AssertUnwindSafe(|| event_loop.fail(message, DRAIN_AFTER_FAILURE)));
    StopReport::default()
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| text.to_string());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".into())
}
