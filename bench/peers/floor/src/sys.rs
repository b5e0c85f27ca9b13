//! The system calls, each behind a safe function. No policy lives here.

use std::io;
use std::mem::size_of;
use std::os::fd::RawFd;

/// Something can be read, or the peer finished, or the socket failed: all are learnt by reading.
pub const READABLE: u32 =
    (libc::EPOLLIN | libc::EPOLLRDHUP | libc::EPOLLHUP | libc::EPOLLERR) as u32;
/// The peer finished sending, or worse.
pub const CLOSED: u32 = (libc::EPOLLRDHUP | libc::EPOLLHUP | libc::EPOLLERR) as u32;

const PEER_INTEREST: i32 = libc::EPOLLIN | libc::EPOLLOUT | libc::EPOLLRDHUP | libc::EPOLLET;
const LISTENER_INTEREST: i32 = libc::EPOLLIN | libc::EPOLLET;

/// What one `recv` brought.
pub enum Received {
    Bytes(usize),
    Nothing,
    End,
    Failed,
}

/// Turns the -1 of a system call into the error it stands for.
fn check(result: i32) -> io::Result<i32> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Listens on 127.0.0.1; returns the descriptor and the port.
pub fn listen(port: u16, backlog: i32) -> io::Result<(RawFd, u16)> {
    let kind = libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: takes no pointers.
    let fd = check(unsafe { libc::socket(libc::AF_INET, kind, 0) })?;
    set_option(fd, libc::SOL_SOCKET, libc::SO_REUSEADDR)?;
    // Accepted sockets inherit it on Linux, which saves a call for each.
    set_option(fd, libc::IPPROTO_TCP, libc::TCP_NODELAY)?;
    let mut address = libc::sockaddr_in {
        sin_family: libc::AF_INET as libc::sa_family_t,
        sin_port: port.to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes([127, 0, 0, 1]) },
        sin_zero: [0; 8],
    };
    let mut length = size_of::<libc::sockaddr_in>() as libc::socklen_t;
    // SAFETY: the pointer is to a whole sockaddr_in and `length` is its size.
    check(unsafe { libc::bind(fd, (&raw const address).cast(), length) })?;
    // SAFETY: takes no pointers.
    check(unsafe { libc::listen(fd, backlog) })?;
    // SAFETY: both pointers are to live locals; the call writes at most `length` bytes.
    check(unsafe { libc::getsockname(fd, (&raw mut address).cast(), &raw mut length) })?;
    Ok((fd, u16::from_be(address.sin_port)))
}

fn set_option(fd: RawFd, level: i32, name: i32) -> io::Result<()> {
    let on: i32 = 1;
    let length = size_of::<i32>() as libc::socklen_t;
    // SAFETY: the pointer is to a live i32 and `length` is its size.
    check(unsafe { libc::setsockopt(fd, level, name, (&raw const on).cast(), length) })?;
    Ok(())
}

/// The next connection that waits, or None. What failed before it was taken is passed over.
pub fn accept(listener: RawFd) -> io::Result<Option<RawFd>> {
    let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    loop {
        let none = std::ptr::null_mut();
        // SAFETY: null says that the peer's address is not wanted.
        match check(unsafe { libc::accept4(listener, none, std::ptr::null_mut(), flags) }) {
            Ok(fd) => return Ok(Some(fd)),
            Err(error) => match error.raw_os_error() {
                Some(libc::EAGAIN) => return Ok(None),
                Some(libc::EINTR | libc::ECONNABORTED) => {}
                _ => return Err(error),
            },
        }
    }
}

/// Reads once.
pub fn recv(fd: RawFd, buffer: &mut [u8]) -> Received {
    loop {
        // SAFETY: the pointer and the length are those of one live slice.
        let taken = unsafe { libc::recv(fd, buffer.as_mut_ptr().cast(), buffer.len(), 0) };
        if taken > 0 {
            return Received::Bytes(taken as usize);
        }
        if taken == 0 {
            return Received::End;
        }
        match io::Error::last_os_error().raw_os_error() {
            Some(libc::EAGAIN) => return Received::Nothing,
            Some(libc::EINTR) => {}
            _ => return Received::Failed,
        }
    }
}

/// Sends once: the bytes taken, which may be none; None when the connection failed.
pub fn send(fd: RawFd, bytes: &[u8]) -> Option<usize> {
    loop {
        // SAFETY: the pointer and the length are those of one live slice.
        let sent =
            unsafe { libc::send(fd, bytes.as_ptr().cast(), bytes.len(), libc::MSG_NOSIGNAL) };
        if sent >= 0 {
            return Some(sent as usize);
        }
        match io::Error::last_os_error().raw_os_error() {
            Some(libc::EAGAIN) => return Some(0),
            Some(libc::EINTR) => {}
            _ => return None,
        }
    }
}

pub fn close(fd: RawFd) {
    // SAFETY: takes no pointers; the caller does not use the descriptor again.
    unsafe { libc::close(fd) };
}

/// Where the byte first is.
pub fn find(byte: u8, bytes: &[u8]) -> Option<usize> {
    let start = bytes.as_ptr();
    // SAFETY: the pointer and the length are those of one live slice.
    let found = unsafe { libc::memchr(start.cast(), i32::from(byte), bytes.len()) };
    if found.is_null() { None } else { Some(found as usize - start as usize) }
}

/// Room for a batch of events.
pub fn events(count: usize) -> Vec<libc::epoll_event> {
    vec![libc::epoll_event { events: 0, u64: 0 }; count]
}

pub struct Epoll(RawFd);

impl Epoll {
    pub fn new() -> io::Result<Self> {
        // SAFETY: takes no pointers.
        Ok(Self(check(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?))
    }

    /// Registers what is only read from.
    pub fn add_listener(&self, fd: RawFd) -> io::Result<()> {
        self.add(fd, LISTENER_INTEREST)
    }

    /// Registers a connection once and for all, for reading and writing.
    pub fn add_peer(&self, fd: RawFd) -> io::Result<()> {
        self.add(fd, PEER_INTEREST)
    }

    fn add(&self, fd: RawFd, interest: i32) -> io::Result<()> {
        let mut event = libc::epoll_event { events: interest as u32, u64: fd as u64 };
        // SAFETY: the pointer is to a live event, which the kernel copies.
        check(unsafe { libc::epoll_ctl(self.0, libc::EPOLL_CTL_ADD, fd, &raw mut event) })?;
        Ok(())
    }

    /// Waits for events without a deadline.
    pub fn wait<'a>(
        &self,
        events: &'a mut [libc::epoll_event],
    ) -> io::Result<&'a [libc::epoll_event]> {
        loop {
            // SAFETY: the pointer and the length are those of one live slice.
            let result = check(unsafe {
                libc::epoll_wait(self.0, events.as_mut_ptr(), events.len() as i32, -1)
            });
            match result {
                Ok(count) => return Ok(&events[..count as usize]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}
