//! A peer over a socket, which waits for nothing for ever.

use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// Nothing that works takes this long; what takes longer hangs.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until something that another thread does is done.
pub fn until(what: &str, condition: impl Fn() -> bool) {
    let since = Instant::now();
    while !condition() {
        assert!(since.elapsed() < PATIENCE, "never happens: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// For tests with more connections than a process may mostly have.
pub fn allow_descriptors() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    }
}

/// A peer.
pub struct Client(pub TcpStream);

impl Client {
    pub fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address).expect("connects")
    }

    pub fn try_connect(address: SocketAddr) -> std::io::Result<Self> {
        let socket = TcpStream::connect(address)?;
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
        socket.set_nodelay(true).unwrap();
        Ok(Self(socket))
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("the server reads");
    }

    /// Exactly these bytes come next.
    pub fn expect(&mut self, wanted: &[u8]) {
        let mut came = vec![0; wanted.len()];
        self.0.read_exact(&mut came).expect("the server answers");
        assert_eq!(came.escape_ascii().to_string(), wanted.escape_ascii().to_string());
    }

    pub fn ask(&mut self, request: &[u8], answer: &[u8]) {
        self.send(request);
        self.expect(answer);
    }

    pub fn finish(&mut self) {
        self.0.shutdown(Shutdown::Write).unwrap();
    }

    /// The server ends the conversation in order, after these bytes.
    pub fn expect_end(&mut self, wanted: &[u8]) {
        let mut came = Vec::new();
        self.0.read_to_end(&mut came).expect("the server ends it in order");
        assert_eq!(came.escape_ascii().to_string(), wanted.escape_ascii().to_string());
    }

    /// The server ends the conversation, in order or by a reset; what came before.
    pub fn read_to_end_or_reset(&mut self) -> Vec<u8> {
        let mut came = Vec::new();
        if let Err(error) = self.0.read_to_end(&mut came) {
            let is_end = matches!(error.kind(), ConnectionReset | ConnectionAborted | BrokenPipe);
            assert!(is_end, "the server does not end it: {error}");
        }
        came
    }

    /// Ends with a reset.
    pub fn reset(self) {
        socket2::SockRef::from(&self.0).set_linger(Some(Duration::ZERO)).unwrap();
    }
}
