//! Where short connections come from: a new address of this machine for each.
//!
//! A connection that its own side closed occupies its pair of addresses and ports for a minute.
//! From one address, some ten thousand conversations use up the ports that are quick to find, and
//! connecting becomes several times dearer: the load would measure itself. The network 127.0.0.0/8
//! has addresses enough. The port is chosen on connecting, not on binding, or it would have to be
//! free towards every server.

use mio::net::TcpStream;
use nix::errno::Errno;
use nix::sys::socket::sockopt::IpBindAddressNoPort;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, setsockopt, socket,
};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::os::fd::AsRawFd;

/// Addresses used in turn. Each has some 28,000 ports for every server.
const SOURCES: u8 = 64;

/// The addresses 127.0.1.0 to 127.0.1.63, round and round.
#[derive(Default)]
pub struct Sources {
    next: u8,
}

impl Sources {
    pub fn next(&mut self) -> Ipv4Addr {
        let source = Ipv4Addr::new(127, 0, 1, self.next);
        self.next = (self.next + 1) % SOURCES;
        source
    }
}

/// Begins to connect, from `source` where the target speaks IPv4; IPv6 has but one address here.
pub fn connect_from(source: Ipv4Addr, target: SocketAddr) -> io::Result<TcpStream> {
    let SocketAddr::V4(target) = target else { return TcpStream::connect(target) };
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let socket = socket(AddressFamily::Inet, SockType::Stream, flags, None)?;
    setsockopt(&socket, IpBindAddressNoPort, &true)?;
    bind(socket.as_raw_fd(), &SockaddrIn::from(SocketAddrV4::new(source, 0)))?;
    match connect(socket.as_raw_fd(), &SockaddrIn::from(target)) {
        Ok(()) | Err(Errno::EINPROGRESS) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(TcpStream::from_std(std::net::TcpStream::from(socket)))
}

#[cfg(test)]
mod tests {
    use super::{Sources, connect_from};
    use std::net::{Ipv4Addr, TcpListener};

    #[test]
    fn a_connection_comes_from_its_source() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let source = Ipv4Addr::new(127, 0, 1, 7);
        let stream = connect_from(source, listener.local_addr().unwrap()).unwrap();
        let (_, peer) = listener.accept().unwrap();
        assert_eq!(peer.ip(), source);
        assert_eq!(peer, stream.local_addr().unwrap());
    }

    #[test]
    fn sources_are_used_in_turn() {
        let mut sources = Sources::default();
        let all: Vec<_> = (0..64).map(|_| sources.next()).collect();
        assert_ne!(all[0], all[1]);
        assert_eq!(sources.next(), all[0]);
    }
}
