//! One connection that speaks TLS: the handshake, then what is asked and answered.
//!
//! Never waits. Only `advance` shakes hands, and whoever calls it reads afterwards what came with
//! the end of the handshake; nothing is taken to be sent before. What was taken and the socket did
//! not take stays here, and goes first. What it is told of its peer is in `tls`.

use super::link::is_early;
use super::tls::Tls;
use mio::net::TcpStream;
use rustls::ClientConnection;
use std::io::{self, ErrorKind, Read, Write};
use std::rc::Rc;

pub struct TlsStream {
    socket: TcpStream,
    session: ClientConnection,
    tls: Rc<Tls>,
    /// Whether the last read of the socket left nothing in it.
    is_drained: bool,
    /// Whether the server said something beside the handshake.
    was_answered: bool,
    /// Why nothing can come any more.
    failure: Option<ErrorKind>,
}

impl TlsStream {
    pub fn new(socket: TcpStream, tls: Rc<Tls>) -> Self {
        Self {
            socket,
            session: tls.begin(),
            tls,
            is_drained: false,
            was_answered: false,
            failure: None,
        }
    }

    /// Sends what waits, and shakes hands as far as it can; returns whether that is over.
    pub fn advance(&mut self) -> io::Result<bool> {
        let was_shaking = self.session.is_handshaking();
        let flushed = self.flush();
        while self.session.is_handshaking() {
            // Why the server does not take what is sent may stand in what it said.
            match self.take() {
                Ok(()) => {}
                Err(error) if is_early(&error) => return flushed.map(|()| false),
                Err(error) => return Err(self.broke(flushed.err().unwrap_or(error))),
            }
            if let Some(kind) = self.failure {
                return Err(kind.into());
            }
        }
        if was_shaking {
            self.tls.note_handshake(&self.session);
        }
        flushed.map(|()| true)
    }

    /// Reads what was said; 0 is the end, with or without a good-bye.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.session.is_handshaking() {
            return Err(ErrorKind::WouldBlock.into());
        }
        loop {
            match self.session.reader().read(buffer) {
                Ok(taken) => {
                    self.was_answered |= taken > 0;
                    return Ok(taken);
                }
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(0),
                Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
                Err(_) => {}
            }
            if let Some(kind) = self.failure {
                return Err(kind.into());
            }
            self.take()?;
        }
    }

    pub fn is_drained(&self) -> bool {
        self.is_drained && self.failure.is_none()
    }

    /// Takes as much as fits, unless something else waits to be sent.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.flush()?;
        if self.session.is_handshaking() || self.session.wants_write() {
            return Err(ErrorKind::WouldBlock.into());
        }
        let taken = self.session.writer().write(bytes)?;
        self.flush()?;
        Ok(taken)
    }

    /// Sends what waits, as far as the socket takes it.
    fn flush(&mut self) -> io::Result<()> {
        while self.session.wants_write() {
            match self.session.write_tls(&mut self.socket) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_early(&error) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads the socket once, and understands what came.
    fn take(&mut self) -> io::Result<()> {
        let mut socket = Watched { socket: &mut self.socket, is_drained: false };
        let taken = loop {
            match self.session.read_tls(&mut socket) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                taken => break taken?,
            }
        };
        self.is_drained = socket.is_drained;
        if let Err(error) = self.session.process_new_packets() {
            self.fail(&error.to_string());
        } else if taken == 0 && self.session.is_handshaking() {
            self.fail("the server ended the connection before the handshake was over");
        }
        // An alert to the server, or a new key. If it is gone, the next read says so.
        let _ = self.flush();
        Ok(())
    }

    /// The socket failed in the handshake. That nobody listens is no matter of TLS.
    fn broke(&self, error: io::Error) -> io::Error {
        if error.kind() != ErrorKind::ConnectionRefused {
            self.tls.note_failure(&format!("the connection broke in the handshake: {error}"));
        }
        error
    }

    /// Of a server that never said anything this is a refusal.
    fn fail(&mut self, why: &str) {
        self.tls.note_failure(why);
        self.failure = Some(if self.was_answered {
            ErrorKind::ConnectionAborted
        } else {
            ErrorKind::ConnectionRefused
        });
    }
}

/// Whoever leaves says so, as far as the socket takes it now.
impl Drop for TlsStream {
    fn drop(&mut self) {
        if self.failure.is_none() && !self.session.is_handshaking() {
            self.session.send_close_notify();
            let _ = self.flush();
        }
    }
}

/// A socket of which is known whether a read took all that was there.
struct Watched<'a> {
    socket: &'a mut TcpStream,
    is_drained: bool,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let taken = self.socket.read(buffer)?;
        self.is_drained = taken < buffer.len();
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tls::{Tls, TlsWish};
    use super::TlsStream;
    use mio::{Events, Interest, Poll, Token};
    use nix::sys::socket::{setsockopt, sockopt};
    use rustls::crypto::ring::default_provider;
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use rustls::{ServerConfig, ServerConnection, StreamOwned};
    use std::io::Read;
    use std::net::TcpListener;
    use std::rc::Rc;
    use std::sync::{Arc, mpsc};
    use std::time::Duration;

    fn server_session() -> ServerConnection {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../__test__/certificates/server");
        let certificate = CertificateDer::from_pem_file(format!("{path}.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_file(format!("{path}-key.pem")).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        ServerConnection::new(Arc::new(config)).unwrap()
    }

    #[test]
    fn what_was_taken_and_not_sent_goes_as_soon_as_the_socket_takes_it() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, told) = mpsc::channel();
        let server = std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let mut session = server_session();
            session.complete_io(&mut socket).unwrap();
            // It reads nothing before the socket is full.
            let mut bytes = vec![0; told.recv().unwrap()];
            StreamOwned::new(session, socket).read_exact(&mut bytes).unwrap();
            bytes.into_iter().all(|byte| byte == 7)
        });
        let (mut poll, mut events) = (Poll::new().unwrap(), Events::with_capacity(8));
        let mut socket = mio::net::TcpStream::connect(address).unwrap();
        setsockopt(&socket, sockopt::SndBuf, &16_384).unwrap();
        let interest = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut socket, Token(0), interest).unwrap();
        let tls = Rc::new(Tls::new(&TlsWish::default()).unwrap());
        let mut stream = TlsStream::new(socket, tls);
        while !stream.advance().unwrap() {
            poll.poll(&mut events, None).unwrap();
        }
        let mut taken = 0;
        while let Ok(bytes) = stream.write(&[7; 4096]) {
            taken += bytes;
        }
        assert!(stream.session.wants_write());
        tell.send(taken).unwrap();
        while stream.session.wants_write() {
            poll.poll(&mut events, Some(Duration::from_secs(20))).unwrap();
            assert!(!events.is_empty(), "nothing moves any more");
            stream.advance().unwrap();
        }
        assert!(server.join().unwrap());
    }
}
