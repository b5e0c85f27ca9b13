//! `select(2)` itself: a bit for each descriptor, handed over each time and walked by the system.
//!
//! It cannot watch descriptors from 1024 on: there is no bit for them. A connection that gets one
//! is refused. Nor does it say that a socket broke of which nothing is to be announced: that shows
//! when the loop reads or writes it again, or at a deadline.

use super::{Announced, Selector, Sources, Waker, Watched, emptied, open_pipe, take_wakes};
use mio::Token;
use mio::net::{TcpListener, TcpStream};
use nix::errno::Errno;
use nix::sys::select::{FD_SETSIZE, FdSet, select};
use nix::sys::time::{TimeVal, TimeValLike};
use std::io::{self, PipeReader};
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::time::Duration;

/// The selector that hands over bits.
pub(crate) struct SelectSyscall {
    wakes: Arc<PipeReader>,
    /// Memory of the list between two waits, when it is empty.
    list: Vec<Watched<'static>>,
}

impl Selector for SelectSyscall {
    type Event = Announced;
    type Events = Vec<Announced>;

    fn open() -> io::Result<(Self, Waker)> {
        let (wakes, waker) = open_pipe()?;
        check(&*wakes)?;
        Ok((Self { wakes, list: Vec::new() }, waker))
    }

    /// There are never more than descriptors that it can watch, which is the budget.
    fn events() -> Vec<Announced> {
        Vec::with_capacity(FD_SETSIZE)
    }

    fn takes(&self, socket: &TcpStream) -> bool {
        has_bit(socket)
    }

    fn watch(&self, socket: &mut TcpStream, _: Token) -> io::Result<()> {
        check(socket)
    }

    fn watch_listener(&self, listener: &mut TcpListener) -> io::Result<()> {
        check(listener)
    }

    fn ignore_listener(&self, _: &mut TcpListener) -> io::Result<()> {
        Ok(())
    }

    fn wait(
        &mut self,
        events: &mut Vec<Announced>,
        sources: &impl Sources,
        timeout: Option<Duration>,
    ) -> io::Result<()> {
        events.clear();
        let mut list: Vec<Watched<'_>> = std::mem::take(&mut self.list);
        let (mut reads, mut writes) = (FdSet::new(), FdSet::new());
        reads.insert(self.wakes.as_fd());
        let mut highest = self.wakes.as_raw_fd();
        sources.each(|watched| {
            if watched.reads {
                reads.insert(watched.descriptor);
            }
            if watched.writes {
                writes.insert(watched.descriptor);
            }
            highest = highest.max(watched.descriptor.as_raw_fd());
            list.push(watched);
        });
        let mut time = timeout.map(|timeout| TimeVal::milliseconds(timeout.as_millis() as i64));
        match select(highest + 1, &mut reads, &mut writes, None, time.as_mut()) {
            // Then the bits are as they were handed over, and say nothing.
            Err(Errno::EINTR) => {}
            Ok(0) => {}
            selected => {
                selected?;
                if reads.contains(self.wakes.as_fd()) {
                    take_wakes(&self.wakes)?;
                }
                events
                    .extend(list.iter().filter_map(|watched| announced(watched, &reads, &writes)));
            }
        }
        self.list = emptied(list);
        Ok(())
    }

    fn announced(events: &Vec<Announced>) -> impl Iterator<Item = &Announced> {
        events.iter()
    }
}

fn announced(watched: &Watched<'_>, reads: &FdSet<'_>, writes: &FdSet<'_>) -> Option<Announced> {
    let readable = watched.reads && reads.contains(watched.descriptor);
    let writable = watched.writes && writes.contains(watched.descriptor);
    (readable || writable).then_some(Announced {
        token: watched.token,
        readable,
        writable,
        ended: false,
        failed: false,
    })
}

fn has_bit(socket: &impl AsRawFd) -> bool {
    usize::try_from(socket.as_raw_fd()).is_ok_and(|descriptor| descriptor < FD_SETSIZE)
}

/// Of what a server cannot do without.
fn check(socket: &impl AsRawFd) -> io::Result<()> {
    if has_bit(socket) {
        return Ok(());
    }
    let descriptor = socket.as_raw_fd();
    let fault = format!(
        "select(2) watches descriptors below {FD_SETSIZE}, and the server got {descriptor}: let \
         the process open less before, or choose another architecture"
    );
    Err(io::Error::new(io::ErrorKind::Unsupported, fault))
}
