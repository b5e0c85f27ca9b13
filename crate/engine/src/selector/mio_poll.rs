//! epoll, kqueue or IOCP, by mio: the system keeps the list, and tells only what changed.

use super::{EVENTS_PER_TURN, LISTENER, Readiness, Selector, Sources, WAKER, Waker};
use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use std::io;
use std::time::Duration;

/// The selector of the flagship. Everything in it is inlined, and what it has no use for is gone.
pub(crate) struct MioPoll {
    poll: Poll,
}

impl Selector for MioPoll {
    type Event = Event;
    type Events = Events;

    fn open() -> io::Result<(Self, Waker)> {
        let poll = Poll::new()?;
        let waker = mio::Waker::new(poll.registry(), WAKER)?;
        Ok((Self { poll }, Waker::Mio(waker)))
    }

    fn events() -> Events {
        Events::with_capacity(EVENTS_PER_TURN)
    }

    #[inline]
    fn takes(&self, _: &TcpStream) -> bool {
        true
    }

    #[inline]
    fn watch(&self, socket: &mut TcpStream, token: Token) -> io::Result<()> {
        self.poll.registry().register(socket, token, Interest::READABLE | Interest::WRITABLE)
    }

    fn watch_listener(&self, listener: &mut TcpListener) -> io::Result<()> {
        self.poll.registry().register(listener, LISTENER, Interest::READABLE)
    }

    fn ignore_listener(&self, listener: &mut TcpListener) -> io::Result<()> {
        self.poll.registry().deregister(listener)
    }

    #[inline]
    fn wait(
        &mut self,
        events: &mut Events,
        _: &impl Sources,
        timeout: Option<Duration>,
    ) -> io::Result<()> {
        match self.poll.poll(events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                events.clear();
                Ok(())
            }
            polled => polled,
        }
    }

    #[inline]
    fn announced(events: &Events) -> impl Iterator<Item = &Event> {
        events.iter()
    }
}

impl Readiness for Event {
    #[inline]
    fn token(&self) -> Token {
        self.token()
    }

    #[inline]
    fn is_readable(&self) -> bool {
        self.is_readable()
    }

    #[inline]
    fn is_read_closed(&self) -> bool {
        self.is_read_closed()
    }

    #[inline]
    fn is_writable(&self) -> bool {
        self.is_writable()
    }

    #[inline]
    fn is_broken(&self) -> bool {
        self.is_error() || self.is_write_closed()
    }
}
