//! `poll(2)` itself: the loop hands over the list of its sockets each time, and the system walks
//! it.
//!
//! The list is made anew before each wait, from the sockets themselves, for a safe wrapper takes no
//! descriptor that might be closed meanwhile. What that costs is a few percent of what the system's
//! own walk does.

use super::{
    Announced, EVENTS_PER_TURN, Selector, Sources, WAKER, Waker, emptied, open_pipe, take_wakes,
};
use mio::Token;
use mio::net::{TcpListener, TcpStream};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io::{self, PipeReader};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

/// The selector that hands over a list.
pub(crate) struct PollSyscall {
    wakes: Arc<PipeReader>,
    /// Memory of the list between two waits, when it is empty.
    list: Vec<PollFd<'static>>,
    /// Whose each entry of the list is.
    tokens: Vec<Token>,
    /// Where to look first: behind the last one that was announced, so that each has its turn.
    next: usize,
}

impl Selector for PollSyscall {
    type Event = Announced;
    type Events = Vec<Announced>;

    fn open() -> io::Result<(Self, Waker)> {
        let (wakes, waker) = open_pipe()?;
        Ok((Self { wakes, list: Vec::new(), tokens: Vec::new(), next: 0 }, waker))
    }

    fn events() -> Vec<Announced> {
        Vec::with_capacity(EVENTS_PER_TURN)
    }

    fn takes(&self, _: &TcpStream) -> bool {
        true
    }

    fn watch(&self, _: &mut TcpStream, _: Token) -> io::Result<()> {
        Ok(())
    }

    fn watch_listener(&self, _: &mut TcpListener) -> io::Result<()> {
        Ok(())
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
        self.tokens.clear();
        let wakes = self.wakes.clone();
        let mut list: Vec<PollFd<'_>> = std::mem::take(&mut self.list);
        list.push(PollFd::new(wakes.as_fd(), PollFlags::POLLIN));
        self.tokens.push(WAKER);
        sources.each(|watched| {
            // Neither: only that the socket is broken, which the system always announces, and the
            // loop ends the connection or reads it out then.
            let mut wanted = PollFlags::empty();
            wanted.set(PollFlags::POLLIN, watched.reads);
            wanted.set(PollFlags::POLLOUT, watched.writes);
            list.push(PollFd::new(watched.descriptor, wanted));
            self.tokens.push(watched.token);
        });
        let ready = match poll(&mut list, poll_timeout(timeout)) {
            Err(Errno::EINTR) => 0,
            ready => ready? as usize,
        };
        if ready > 0 && is_announced(&list[0]) {
            take_wakes(&wakes)?;
        }
        self.announce(events, &list, ready);
        self.list = emptied(list);
        Ok(())
    }

    fn announced(events: &Vec<Announced>) -> impl Iterator<Item = &Announced> {
        events.iter()
    }
}

impl PollSyscall {
    /// Finds those that were announced, so many with the waker, within the budget.
    fn announce(&mut self, events: &mut Vec<Announced>, list: &[PollFd<'_>], ready: usize) {
        let first = self.next.min(list.len());
        let mut left = ready - usize::from(is_announced(&list[0]));
        for at in (first..list.len()).chain(1..first) {
            if left == 0 || events.len() == EVENTS_PER_TURN {
                return;
            }
            if is_announced(&list[at]) {
                left -= 1;
                self.next = at + 1;
                events.push(announced(self.tokens[at], &list[at]));
            }
        }
    }
}

fn is_announced(entry: &PollFd<'_>) -> bool {
    entry.any().unwrap_or(true)
}

fn announced(token: Token, entry: &PollFd<'_>) -> Announced {
    // A flag that the wrapper does not know was not asked for.
    let flags = entry.revents().unwrap_or(PollFlags::POLLERR);
    Announced {
        token,
        readable: flags.contains(PollFlags::POLLIN),
        writable: flags.contains(PollFlags::POLLOUT),
        ended: flags.contains(PollFlags::POLLHUP),
        failed: flags.intersects(PollFlags::POLLERR | PollFlags::POLLNVAL),
    }
}

/// The longest that can be said is 24 days, and then the loop waits again.
fn poll_timeout(timeout: Option<Duration>) -> PollTimeout {
    timeout.map_or(PollTimeout::NONE, |timeout| {
        PollTimeout::try_from(timeout).unwrap_or(PollTimeout::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selector::Watched;
    use std::collections::HashSet;
    use std::io::{PipeWriter, Write};

    /// So many entries for one pipe.
    struct Crowd(PipeReader, usize);

    impl Sources for Crowd {
        fn each<'a>(&'a self, mut look: impl FnMut(Watched<'a>)) {
            for number in 0..self.1 {
                let (token, descriptor) = (Token(number), self.0.as_fd());
                look(Watched { token, descriptor, reads: true, writes: false });
            }
        }
    }

    fn readable_crowd(count: usize) -> (Crowd, PipeWriter) {
        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(b"x").unwrap();
        (Crowd(reader, count), writer)
    }

    fn announced_by_one_wait(selector: &mut PollSyscall, crowd: &Crowd) -> HashSet<Token> {
        let mut events = PollSyscall::events();
        selector.wait(&mut events, crowd, None).unwrap();
        assert_eq!(events.len(), EVENTS_PER_TURN);
        events.iter().map(|event| event.token).collect()
    }

    #[test]
    fn what_one_wait_has_no_room_for_is_first_in_the_next() {
        let (mut selector, waker) = PollSyscall::open().unwrap();
        let (crowd, _writer) = readable_crowd(2 * EVENTS_PER_TURN);
        let first = announced_by_one_wait(&mut selector, &crowd);
        waker.wake().unwrap();
        let second = announced_by_one_wait(&mut selector, &crowd);
        assert!(first.is_disjoint(&second));
        let third = announced_by_one_wait(&mut selector, &crowd);
        assert_eq!(third, first);
    }

    #[test]
    fn a_wake_ends_one_wait_and_not_the_next() {
        let (mut selector, waker) = PollSyscall::open().unwrap();
        let (nobody, _writer) = readable_crowd(0);
        let mut events = PollSyscall::events();
        waker.wake().unwrap();
        waker.wake().unwrap();
        selector.wait(&mut events, &nobody, None).unwrap();
        let list = [PollFd::new(selector.wakes.as_fd(), PollFlags::POLLIN)];
        assert_eq!(poll(&mut list.clone(), PollTimeout::ZERO), Ok(0), "both wakes were taken");
        assert_eq!(events.len(), 0);
    }
}
