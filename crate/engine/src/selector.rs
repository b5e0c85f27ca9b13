//! What a loop waits with: how it learns which of its sockets have something for it.
//!
//! The loop is written for edges: a socket is announced when something changes, and then read until
//! nothing is left. `mio_poll` gives it these from epoll, kqueue or IOCP. `poll(2)` and `select(2)`
//! know levels only: they announce the same again and again until it is dealt with. So before each
//! wait they ask which sockets have been dealt with, and watch those alone: for reading only while
//! none is announced already, for writing only while the peer took less than it was given. That is
//! the same to the loop, and costs what these calls are known for: a look at every connection.
//!
//! Chosen once for each server, at compile time: each kind of loop is a type of its own.

mod mio_poll;
#[cfg(unix)]
mod poll_syscall;
#[cfg(unix)]
mod select_syscall;

pub(crate) use self::mio_poll::MioPoll;
#[cfg(unix)]
pub(crate) use self::poll_syscall::PollSyscall;
#[cfg(unix)]
pub(crate) use self::select_syscall::SelectSyscall;
use mio::Token;
use mio::net::{TcpListener, TcpStream};
use std::io;
#[cfg(unix)]
use std::io::{PipeReader, PipeWriter, Read, Write};
#[cfg(unix)]
use std::os::fd::BorrowedFd;
#[cfg(unix)]
use std::sync::Arc;
use std::time::Duration;

/// What one wait may announce; the rest is announced by the next.
pub(crate) const EVENTS_PER_TURN: usize = 1024;
/// The listener's token; connections have those of their ids.
pub(crate) const LISTENER: Token = Token(usize::MAX);
/// The waker's token. Where it is announced at all, it says only that the wait is over.
pub(crate) const WAKER: Token = Token(usize::MAX - 1);

/// Waits for sockets, on behalf of one loop.
pub(crate) trait Selector: Sized {
    type Event: Readiness + 'static;
    /// What one wait announced.
    type Events;

    fn open() -> io::Result<(Self, Waker)>;

    fn events() -> Self::Events;

    /// Whether it can watch this socket at all.
    fn takes(&self, socket: &TcpStream) -> bool;

    /// Watches a socket from now on, until it is closed.
    fn watch(&self, socket: &mut TcpStream, token: Token) -> io::Result<()>;

    /// Watches a listener from now on, until it is closed or ignored.
    fn watch_listener(&self, listener: &mut TcpListener) -> io::Result<()>;

    fn ignore_listener(&self, listener: &mut TcpListener) -> io::Result<()>;

    /// Waits until something can be announced, the waker wakes it or the time is over. Asks
    /// `sources` for what is watched, unless it knows.
    fn wait(
        &mut self,
        events: &mut Self::Events,
        sources: &impl Sources,
        timeout: Option<Duration>,
    ) -> io::Result<()>;

    fn announced(events: &Self::Events) -> impl Iterator<Item = &Self::Event>;
}

/// What is announced of one socket. Nothing of it is certain: trying tells.
pub(crate) trait Readiness {
    fn token(&self) -> Token;
    fn is_readable(&self) -> bool;
    /// The peer has finished, and will not be announced again.
    fn is_read_closed(&self) -> bool;
    fn is_writable(&self) -> bool;
    /// The socket is of no more use for sending.
    fn is_broken(&self) -> bool;
}

/// What a loop has to be told of.
pub(crate) trait Sources {
    /// Calls `look` with each socket, once.
    #[cfg(unix)]
    fn each<'a>(&'a self, look: impl FnMut(Watched<'a>));
}

/// A socket, and what is to be announced of it.
#[cfg(unix)]
pub(crate) struct Watched<'a> {
    pub(crate) token: Token,
    pub(crate) descriptor: BorrowedFd<'a>,
    pub(crate) reads: bool,
    pub(crate) writes: bool,
}

/// What `poll(2)` or `select(2)` announced.
#[cfg(unix)]
pub(crate) struct Announced {
    token: Token,
    readable: bool,
    writable: bool,
    /// Neither side sends any more.
    ended: bool,
    failed: bool,
}

#[cfg(unix)]
impl Readiness for Announced {
    fn token(&self) -> Token {
        self.token
    }

    fn is_readable(&self) -> bool {
        self.readable
    }

    fn is_read_closed(&self) -> bool {
        self.ended
    }

    fn is_writable(&self) -> bool {
        self.writable
    }

    fn is_broken(&self) -> bool {
        self.ended || self.failed
    }
}

/// Ends a wait, from any thread.
pub(crate) enum Waker {
    Mio(mio::Waker),
    /// With its other end, so that writing never fails for want of one.
    #[cfg(unix)]
    Pipe {
        writer: PipeWriter,
        _reader: Arc<PipeReader>,
    },
}

impl Waker {
    /// Whoever calls it twice between two turns waits for nothing: a pipe holds far more.
    pub(crate) fn wake(&self) -> io::Result<()> {
        match self {
            Self::Mio(waker) => waker.wake(),
            #[cfg(unix)]
            Self::Pipe { writer, .. } => (&*writer).write_all(&[0]),
        }
    }
}

/// A waker, and what becomes readable when it wakes.
#[cfg(unix)]
pub(crate) fn open_pipe() -> io::Result<(Arc<PipeReader>, Waker)> {
    let (reader, writer) = io::pipe()?;
    let reader = Arc::new(reader);
    Ok((reader.clone(), Waker::Pipe { writer, _reader: reader }))
}

/// Takes what woke the loop, which is there.
#[cfg(unix)]
pub(crate) fn take_wakes(mut reader: &PipeReader) -> io::Result<()> {
    match reader.read(&mut [0; 64]) {
        Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
        _ => Ok(()),
    }
}

/// The memory of a list, for things that live shorter or longer than those that it held. The list
/// is empty after; it is collected in place.
#[cfg(unix)]
fn emptied<T, U>(mut list: Vec<T>) -> Vec<U> {
    list.clear();
    list.into_iter().map(|_| unreachable!("the list is empty")).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn an_emptied_list_keeps_its_memory() {
        let list: Vec<Watched<'_>> = Vec::with_capacity(100);
        let place = list.as_ptr().cast::<u8>();
        let emptied: Vec<Watched<'static>> = emptied(list);
        assert_eq!((emptied.as_ptr().cast(), emptied.capacity()), (place, 100));
    }
}
