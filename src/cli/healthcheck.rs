//! `taskforce healthcheck`: whether the server on this machine is ready, for whoever supervises it.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use super::{Failure, say};

const PATIENCE: Duration = Duration::from_secs(5);

/// Asks `/health/ready` of the server that listens at this address.
pub(super) fn run(listen: &str) -> Result<(), Failure> {
    let addresses = listen
        .to_socket_addrs()
        .map_err(|error| Failure::Begin(format!("{listen} is no address: {error}")))?;
    let failed =
        |error: std::io::Error| Failure::Work(format!("no server answers at {listen}: {error}"));
    let address = addresses
        .map(reachable)
        .next()
        .ok_or_else(|| Failure::Begin(format!("{listen} is no address")))?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(failed)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    let request = format!(
        "GET /health/ready HTTP/1.1\r\nHost: {address}\r\nUser-Agent: \
        taskforce-healthcheck\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).map_err(failed)?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).map_err(failed)?;
    match &answer[9..] {
        b"200" => {
            say(format_args!("ready"));
            Ok(())
        }
        status => Err(Failure::Work(format!(
            "the server at {listen} is not ready: {}",
            String::from_utf8_lossy(status)
        ))),
    }
}

/// The address at which a server is reached that listens on all.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => (Ipv4Addr::LOCALHOST, address.port()).into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => (Ipv6Addr::LOCALHOST, address.port()).into(),
        _ => address,
    }
}
