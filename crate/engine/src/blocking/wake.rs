//! A descriptor by which other threads wake one that waits for a socket.
//!
//! A wake-up is never lost: whoever is woken empties the descriptor, disarms, and then looks at
//! what has changed; whatever changes later finds it disarmed and makes it readable again.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

pub(super) struct Wake {
    armed: AtomicBool,
    read_end: OwnedFd,
    /// Where one descriptor cannot be both.
    write_end: Option<OwnedFd>,
}

impl Wake {
    #[cfg(target_os = "linux")]
    pub(super) fn new() -> io::Result<Self> {
        use rustix::event::{EventfdFlags, eventfd};
        let read_end = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self { armed: AtomicBool::new(false), read_end, write_end: None })
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn new() -> io::Result<Self> {
        let (read_end, write_end) = std::os::unix::net::UnixStream::pair()?;
        read_end.set_nonblocking(true)?;
        write_end.set_nonblocking(true)?;
        let (read_end, write_end) = (read_end.into(), Some(write_end.into()));
        Ok(Self { armed: AtomicBool::new(false), read_end, write_end })
    }

    /// Makes the descriptor readable, if it is not.
    pub(super) fn wake(&self) {
        if !self.armed.swap(true, Ordering::AcqRel) {
            // It cannot be full: this is written once between two `clear`s.
            _ = rustix::io::write(self.write_end.as_ref().unwrap_or(&self.read_end), &ONE);
        }
    }

    /// Empties it. What changed before is to be looked at after.
    pub(super) fn clear(&self) {
        // Where there is nothing to read it is empty already.
        _ = rustix::io::read(&self.read_end, &mut [0; ONE.len()]);
        self.armed.store(false, Ordering::SeqCst);
    }
}

const ONE: [u8; 8] = 1u64.to_ne_bytes();

impl AsFd for Wake {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.read_end.as_fd()
    }
}
