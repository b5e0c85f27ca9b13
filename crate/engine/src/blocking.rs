//! The same `Connection` over blocking reads: a thread serves one peer at a time.
//!
//! Three arrangements, from the oldest to the most patient:
//!
//! - one thread: whoever is connected is served to the end, and the others wait in the listen
//!   queue, even behind a peer that says nothing;
//! - a thread for each connection;
//! - a pool of threads that share one listener.
//!
//! ```text
//!  listener -- entrance -- worker at a seat: receive, handle, send -- desk: the one handler
//!                               peer sits there                        (only what the table
//!                                     |                                 does not know, and events)
//!  mailbox --- postman ---------------'  finds seats in the directory
//! ```
//!
//! A member of the crew that panics is replaced; only its own peer is lost. What the table answers
//! costs one receive and one send, and takes no lock but that of the worker's own seat.

mod acting;
mod asking;
mod crew;
mod desk;
mod directory;
mod entrance;
mod ledger;
mod postman;
mod seat;
mod serving;
mod socket;
mod stopping;
mod wake;
mod worker;

use self::crew::Crew;
use self::desk::Desk;
use self::directory::Directory;
use self::entrance::Entrance;
use self::ledger::Ledger;
use self::postman::{MAILBOX, Postman};
use crate::answers::Answers;
use crate::config::Config;
use crate::error::ConfigError;
use crate::handler::Handler;
use crate::listen::{Listen, bind};
use crate::mailbox::{Command, Mailbox};
use crate::selector::Waker;
use crate::server::{Server, StopReport};
use crate::stats::Counters;
use mio::Poll;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The most threads of a pool.
pub const POOL_MAX: usize = 1024;

/// Which threads serve whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrangement {
    /// One thread, one peer after the other.
    OneAtATime,
    /// Every connection has a thread of its own.
    ThreadPerConnection,
    /// So many threads, 1 to `POOL_MAX`, that share one listener.
    Pool(usize),
}

/// When a server stops that was not told to.
const NOT_STOPPING: u64 = u64::MAX;
/// How long a bare receive waits at the most: then its thread sees a deadline that the application
/// has brought nearer, and on some systems a stop.
const RECEIVE_MS_MAX: u64 = 1_000;

/// What all threads of one server share.
struct Shared<H> {
    config: Arc<Config>,
    answers: Arc<Answers>,
    mailbox: Mailbox,
    entrance: Entrance,
    desk: Desk<H>,
    directory: Directory,
    ledger: Arc<Ledger>,
    crew: Crew,
    /// Connections open, and those that were let in and wait for a thread.
    open: AtomicUsize,
    /// Whether new connections were refused lately.
    refuses: AtomicBool,
    /// By when a stop must be complete.
    stop_by_ms: AtomicU64,
    /// A bare receive waits no longer than this.
    receive_ms_max: u64,
    started: Instant,
}

impl<H> Shared<H> {
    fn is_stopping(&self) -> bool {
        self.stop_by_ms.load(Ordering::SeqCst) != NOT_STOPPING
    }
}

/// A running server. Dropping it stops it at once and waits for its threads.
pub struct BlockingServer {
    address: SocketAddr,
    answers: Arc<Answers>,
    mailbox: Mailbox,
    ledger: Arc<Ledger>,
    thread: Option<JoinHandle<StopReport>>,
    ask_interest: Box<dyn Fn() + Send + Sync>,
}

impl BlockingServer {
    /// Listens and serves. The handler counts as that of loop 0, and is called by whichever thread
    /// has something to tell, by one at a time. On an error nothing is left open.
    ///
    /// After a change of what the handler is interested in, `refresh_interest` must be called.
    pub fn start<H: Handler + 'static>(
        listen: &Listen,
        config: Arc<Config>,
        answers: Arc<Answers>,
        handler: H,
        arrangement: Arrangement,
    ) -> io::Result<Self> {
        Self::start_receiving(listen, config, answers, handler, arrangement, RECEIVE_MS_MAX)
    }

    fn start_receiving<H: Handler + 'static>(
        listen: &Listen,
        config: Arc<Config>,
        answers: Arc<Answers>,
        handler: H,
        arrangement: Arrangement,
        receive_ms_max: u64,
    ) -> io::Result<Self> {
        if let Arrangement::Pool(threads) = arrangement {
            assert!((1..=POOL_MAX).contains(&threads), "1 to {POOL_MAX} threads");
        }
        let listener = bind(listen, listen.address)?;
        let (address, ledger, poll) = (listener.local_addr()?, Arc::default(), Poll::new()?);
        let waker = mio::Waker::new(poll.registry(), MAILBOX)?;
        let shared = Arc::new(Shared {
            config,
            answers: answers.clone(),
            mailbox: Mailbox::new(Waker::Mio(waker)),
            entrance: Entrance::new(listener)?,
            desk: Desk::new(handler),
            directory: Directory::new(),
            ledger: Arc::clone(&ledger),
            crew: Crew::default(),
            open: AtomicUsize::new(0),
            refuses: AtomicBool::new(false),
            stop_by_ms: AtomicU64::new(NOT_STOPPING),
            receive_ms_max,
            started: Instant::now(),
        });
        let postman = Postman::new(shared.clone(), poll);
        let builder = thread::Builder::new().name("lancelot-post".into());
        let thread = Some(builder.spawn(|| postman.run())?);
        let mailbox = shared.mailbox.clone();
        let desk = Arc::downgrade(&shared);
        let ask_interest = Box::new(move || _ = desk.upgrade().map(|shared| shared.desk.refresh()));
        // Should one of the threads not start, dropping this stops the others.
        let server = Self { address, answers, mailbox, ledger, thread, ask_interest };
        match arrangement {
            Arrangement::ThreadPerConnection => shared.start(Shared::start_for_each)?,
            Arrangement::OneAtATime => shared.start(Shared::serve_in_turn)?,
            Arrangement::Pool(threads) => {
                for _ in 0..threads {
                    shared.start(Shared::serve_in_turn)?;
                }
            }
        }
        Ok(server)
    }

    /// Where it listens: with the port that the system picked.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The mailbox for responses and actions; as far as it is concerned there is one loop, 0.
    pub fn mailbox(&self, loop_number: usize) -> Mailbox {
        assert_eq!(loop_number, 0, "one handler, one mailbox");
        self.mailbox.clone()
    }

    /// What all threads counted.
    pub fn counters(&self) -> Counters {
        self.ledger.counters()
    }

    /// Replaces the answers; see `Answers::replace`. Threads without traffic let go of the old
    /// table too.
    pub fn replace_answers<'a>(
        &self,
        entries: impl IntoIterator<Item = (&'a [u8], &'a [u8], bool)>,
    ) -> Result<(), (usize, ConfigError)> {
        self.answers.replace(entries)?;
        // A server that has ended holds no table.
        _ = self.mailbox.put(Command::Refresh);
        Ok(())
    }

    /// The handler is interested in something else: this holds for what is received from now on.
    pub fn refresh_interest(&self) {
        (self.ask_interest)();
    }

    /// No new connections; what came is answered; what is still owed after `drain` is reset. Called
    /// again it can only bring that nearer. Returns at once; `join` waits.
    pub fn stop(&self, drain: Duration) {
        // One that has ended needs not be told.
        _ = self.mailbox.put(Command::Stop(drain));
    }

    /// The thread to wait for after `stop`, which itself waits for all others, with what was done.
    pub fn take_threads(&mut self) -> Vec<JoinHandle<StopReport>> {
        self.thread.take().into_iter().collect()
    }
}

impl Drop for BlockingServer {
    fn drop(&mut self) {
        self.stop(Duration::ZERO);
        Server::join(self.take_threads());
    }
}
