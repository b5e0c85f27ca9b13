//! Listening: how a server comes by its sockets before anybody accepts from them.

use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{SocketAddr, TcpListener};

/// Where and how to listen.
#[derive(Clone, Debug)]
pub struct Listen {
    /// Port 0 lets the system pick.
    pub address: SocketAddr,
    /// Connections that may wait to be accepted.
    pub backlog: i32,
    /// Whether every loop has a listener of its own.
    pub reuse_port: bool,
}

/// A listener at the address, not blocking. Its connections inherit that answers leave at once.
pub(crate) fn bind(listen: &Listen, address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    // On Windows this option would let a second server take the port over.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    #[cfg(unix)]
    if listen.reuse_port {
        socket.set_reuse_port(true)?;
    }
    // Answers leave whole, so holding small ones back gains nothing. Connections inherit it.
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(listen.backlog)?;
    Ok(socket.into())
}

/// One listener under several descriptors, each to be closed by whoever takes it; with where it
/// listens. The connections that wait go to whichever accepts first. On an error nothing is left
/// open.
#[cfg(unix)]
pub fn share(listen: &Listen, count: usize) -> io::Result<(SocketAddr, Vec<std::os::fd::OwnedFd>)> {
    let listener = bind(listen, listen.address)?;
    let address = listener.local_addr()?;
    let mut shared = Vec::with_capacity(count);
    for _ in 1..count {
        shared.push(listener.try_clone()?.into());
    }
    shared.push(listener.into());
    Ok((address, shared))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::io::ErrorKind;
    use std::net::{Ipv4Addr, TcpStream};

    fn any_port() -> Listen {
        Listen { address: (Ipv4Addr::LOCALHOST, 0).into(), backlog: 16, reuse_port: false }
    }

    #[test]
    fn each_descriptor_of_a_shared_listener_accepts_from_the_one_queue() {
        let (address, shared) = share(&any_port(), 3).unwrap();
        let listeners: Vec<TcpListener> = shared.into_iter().map(Into::into).collect();
        assert_eq!(listeners.len(), 3);
        for listener in &listeners {
            let peer = TcpStream::connect(address).unwrap();
            let (_, from) = listener.accept().expect("the connection waits for any of them");
            assert_eq!(from, peer.local_addr().unwrap());
        }
        let none = listeners[0].accept().expect_err("every connection was taken once");
        assert_eq!(none.kind(), ErrorKind::WouldBlock);
    }

    #[test]
    fn a_shared_listener_listens_until_its_last_descriptor_is_closed() {
        let (address, mut shared) = share(&any_port(), 2).unwrap();
        shared.pop();
        assert!(TcpStream::connect(address).is_ok());
        shared.pop();
        assert!(TcpStream::connect(address).is_err());
    }
}
