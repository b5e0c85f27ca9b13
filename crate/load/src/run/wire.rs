//! What carries the bytes of a connection: a socket, or TLS over one.
//!
//! Takes and gives what is asked and answered, and never waits. A plain socket is passed through,
//! and costs a comparison more than without this.

use super::tls::Tls;
use super::tls_stream::TlsStream;
use mio::net::TcpStream;
use std::io::{self, Read, Write};
use std::rc::Rc;

pub enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream>),
}

impl Wire {
    /// Over a socket that connects and is registered already.
    pub fn new(socket: TcpStream, tls: Option<&Rc<Tls>>) -> Self {
        match tls {
            None => Self::Plain(socket),
            Some(tls) => Self::Tls(Box::new(TlsStream::new(socket, tls.clone()))),
        }
    }

    /// Reads what has come; 0 is the end.
    #[inline]
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }

    /// Whether a read that filled only a part of its buffer has left nothing.
    #[inline]
    pub fn is_drained(&self) -> bool {
        match self {
            Self::Plain(_) => true,
            Self::Tls(stream) => stream.is_drained(),
        }
    }

    /// Sends as much as is taken now; as long as nothing can be asked, nothing is.
    #[inline]
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }
}
