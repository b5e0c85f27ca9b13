//! Receiving from and sending to a socket, without waiting.
//!
//! On Linux by the bare system calls: in a process with threads each of libc's wrappers adds some
//! 50 instructions for thread cancellation, and a request makes two such calls (measured).
//! Elsewhere by mio, which on Windows must see every call. None may raise SIGPIPE.

use mio::net::TcpStream;
use std::io::{self, ErrorKind};

/// Takes what has come, into `buffer`. 0: the peer has finished. `None`: nothing is there.
#[inline]
pub(crate) fn receive(socket: &TcpStream, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    loop {
        match receive_once(socket, buffer) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            received => return received.map(Some),
        }
    }
}

/// Gives bytes to the system; how many it took.
#[inline]
pub(crate) fn send(socket: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    loop {
        match send_once(socket, bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(0),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            sent => return sent,
        }
    }
}

#[cfg(target_os = "linux")]
#[inline]
fn receive_once(socket: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    let (bytes, _) = rustix::net::recv(socket, buffer, rustix::net::RecvFlags::empty())?;
    Ok(bytes)
}

#[cfg(target_os = "linux")]
#[inline]
fn send_once(socket: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    Ok(rustix::net::send(socket, bytes, rustix::net::SendFlags::NOSIGNAL)?)
}

#[cfg(not(target_os = "linux"))]
fn receive_once(mut socket: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    io::Read::read(&mut socket, buffer)
}

#[cfg(not(target_os = "linux"))]
fn send_once(mut socket: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    io::Write::write(&mut socket, bytes)
}
