//! Receiving from, sending to and waiting for a socket that blocks.
//!
//! Receiving waits as long as the socket's receive timeout says; sending never waits, so that
//! nobody keeps a lock while a peer does not read. None may raise SIGPIPE.

use super::wake::Wake;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use std::io;
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::time::Duration;

#[cfg(not(target_vendor = "apple"))]
const SEND_FLAGS: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);
// Rust programs and Node ignore SIGPIPE from their start.
#[cfg(target_vendor = "apple")]
const SEND_FLAGS: SendFlags = SendFlags::DONTWAIT;

/// Whether what has arrived is handed over though the server has ended its own reading. Elsewhere
/// the system throws it away.
pub(super) const KEEPS_WHAT_CAME: bool = cfg!(target_os = "linux");

/// What one receive came back with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// So many bytes.
    Bytes(usize),
    /// The peer has finished.
    Finished,
    /// Nothing came in time.
    Nothing,
    Failed,
}

/// Waits for bytes, at most as long as the socket's timeout.
#[inline]
pub(super) fn receive(socket: &TcpStream, buffer: &mut [u8]) -> Received {
    received(recv(socket, buffer, RecvFlags::empty()).map(|(bytes, _)| bytes))
}

/// Takes what is there.
pub(super) fn receive_now(socket: &TcpStream, buffer: &mut [u8]) -> Received {
    loop {
        match recv(socket, &mut *buffer, RecvFlags::DONTWAIT).map(|(bytes, _)| bytes) {
            Err(Errno::INTR) => {}
            result => return received(result),
        }
    }
}

/// Whether nothing is there to be received.
pub(super) fn is_empty(socket: &TcpStream) -> bool {
    match recv(socket, &mut [0; 1][..], RecvFlags::DONTWAIT | RecvFlags::PEEK) {
        Ok((bytes, _)) => bytes == 0,
        Err(error) => error == Errno::AGAIN,
    }
}

fn received(result: Result<usize, Errno>) -> Received {
    match result {
        Ok(0) => Received::Finished,
        Ok(bytes) => Received::Bytes(bytes),
        // A signal makes it look at its deadline a little early.
        Err(Errno::AGAIN | Errno::INTR) => Received::Nothing,
        Err(_) => Received::Failed,
    }
}

/// Gives bytes to the system; how many it took.
#[inline]
pub(super) fn send_now(socket: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    loop {
        match send(socket, bytes, SEND_FLAGS) {
            Err(Errno::AGAIN) => return Ok(0),
            Err(Errno::INTR) => {}
            sent => return Ok(sent?),
        }
    }
}

/// What a wait ended with.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Readiness {
    pub(super) readable: bool,
    pub(super) writable: bool,
    /// The socket failed, or both directions ended.
    pub(super) broken: bool,
    pub(super) woken: bool,
}

/// Waits until the socket is as it is wanted, the descriptor is woken, or the time is over.
pub(super) fn wait(
    socket: &impl AsFd,
    (read, write): (bool, bool),
    wake: Option<&Wake>,
    timeout: Option<Duration>,
) -> Readiness {
    let mut wanted = PollFlags::empty();
    wanted.set(PollFlags::IN, read);
    wanted.set(PollFlags::OUT, write);
    let mut both = [PollFd::new(socket, wanted), PollFd::new(socket, wanted)];
    let used = match wake {
        Some(wake) => {
            both[1] = PollFd::new(wake, PollFlags::IN);
            2
        }
        None => 1,
    };
    let timeout = timeout.map(timespec);
    if poll(&mut both[..used], timeout.as_ref()).is_err() {
        // Interrupted, or without memory: looked at as if the time were over.
        return Readiness::default();
    }
    let came = both[0].revents();
    Readiness {
        readable: came.contains(PollFlags::IN),
        writable: came.contains(PollFlags::OUT),
        broken: came.intersects(PollFlags::HUP | PollFlags::ERR),
        woken: wake.is_some() && !both[1].revents().is_empty(),
    }
}

/// Waits for a wake-up only.
pub(super) fn wait_for_wake(wake: &Wake, timeout: Duration) {
    let timeout = timespec(timeout);
    // Where this fails the time counts as over.
    _ = poll(&mut [PollFd::new(wake, PollFlags::IN)], Some(&timeout));
}

fn timespec(duration: Duration) -> Timespec {
    Timespec { tv_sec: duration.as_secs() as i64, tv_nsec: duration.subsec_nanos().into() }
}
