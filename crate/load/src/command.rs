//! What can be asked of the load side, parsed once from a line of JSON.

use crate::error::LoadError;
use crate::run::request::{CONNECTIONS_MAX, Run};
use nix::ifaddrs::{InterfaceAddress, getifaddrs};
use serde::Deserialize;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The longest text to receive.
const TEXT_BYTES_MAX: usize = 65_536;

#[derive(Debug, Deserialize)]
#[serde(tag = "shape", rename_all = "camelCase")]
pub enum Command {
    Run(Box<Run>),
    Hold(Hold),
    Receive(Receive),
    Release(Release),
}

/// Where the server listens. Only this machine is asked: this is an instrument, not a weapon.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Target {
    #[serde(default = "localhost")]
    host: IpAddr,
    port: u16,
}

impl Target {
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }
}

/// Connections that ask once, or never, and then stay idle until the release.
#[derive(Debug, Deserialize)]
pub struct Hold {
    #[serde(flatten)]
    pub target: Target,
    pub connections: usize,
    #[serde(default = "yes")]
    pub asks: bool,
}

/// What every connection that is held gets next, without asking.
#[derive(Debug, Deserialize)]
pub struct Receive {
    pub text: String,
}

#[derive(Debug, Deserialize)]
pub struct Release {}

fn yes() -> bool {
    true
}

fn localhost() -> IpAddr {
    IpAddr::V4(Ipv4Addr::LOCALHOST)
}

/// Reads and checks a command; after this nothing asks again whether it makes sense.
pub fn parse(line: &str) -> Result<Command, LoadError> {
    let command: Command = serde_json::from_str(line)
        .map_err(|error| LoadError::new("BAD_COMMAND", format!("cannot read {line}: {error}")))?;
    match &command {
        Command::Hold(hold) => {
            check_target(&hold.target)?;
            check_range("connections", hold.connections, CONNECTIONS_MAX)?;
        }
        Command::Receive(receive) => {
            check_range("the length of text", receive.text.len(), TEXT_BYTES_MAX)?;
        }
        Command::Release(_) => {}
        Command::Run(run) => {
            check_target(&run.target)?;
            run.check()?;
        }
    }
    Ok(command)
}

fn check_target(target: &Target) -> Result<(), LoadError> {
    if target.host.is_loopback() || is_own(target.host) {
        return Ok(());
    }
    let found = format!("host is {}, expected an address of this machine (127.0.0.1)", target.host);
    Err(LoadError::new("NOT_LOOPBACK", found))
}

/// Whether an interface of this machine has the address.
fn is_own(host: IpAddr) -> bool {
    let address_of = |interface: InterfaceAddress| {
        let address = interface.address?;
        let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
        v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
    };
    getifaddrs().is_ok_and(|mut all| all.any(|interface| address_of(interface) == Some(host)))
}

pub fn check_range(name: &str, found: usize, max: usize) -> Result<(), LoadError> {
    if (1..=max).contains(&found) {
        return Ok(());
    }
    Err(LoadError::new("BAD_RANGE", format!("{name} is {found}, expected 1 to {max}")))
}

#[cfg(test)]
mod tests {
    use super::{Command, parse};

    #[test]
    fn a_command_says_its_shape() {
        let line = r#"{"shape":"hold","port":1060,"connections":15000}"#;
        let Ok(Command::Hold(hold)) = parse(line) else { panic!("not a hold") };
        assert_eq!((hold.connections, hold.asks), (15_000, true));
        assert_eq!(hold.target.address().to_string(), "127.0.0.1:1060");
    }

    #[test]
    fn a_target_beyond_this_machine_is_refused() {
        let line = r#"{"shape":"hold","host":"192.0.2.1","port":1060,"connections":1}"#;
        assert_eq!(parse(line).unwrap_err().code, "NOT_LOOPBACK");
    }

    #[test]
    fn nonsense_is_refused_by_code() {
        let none = r#"{"shape":"hold","port":1060,"connections":0}"#;
        assert_eq!(parse(none).unwrap_err().code, "BAD_RANGE");
        assert_eq!(parse("{}").unwrap_err().code, "BAD_COMMAND");
    }
}
