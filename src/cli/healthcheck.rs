//! `taskforce healthcheck`: a readiness check for supervisors.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use super::{Failure, print_line};

const TIMEOUT: Duration = Duration::from_secs(5);

/// Requests `/health/ready` from the server at this address.
pub(super) fn run(listen: &str) -> Result<(), Failure> {
    let addresses = listen
        .to_socket_addrs()
        .map_err(|error| Failure::Startup(format!("{listen} is not an address: {error}")))?;
    let failure = |error: std::io::Error| {
        Failure::Runtime(format!("no server responds at {listen}: {error}"))
    };
    let address = addresses
        .map(connectable)
        .next()
        .ok_or_else(|| Failure::Startup(format!("{listen} is not an address")))?;
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT).map_err(failure)?;
    stream.set_read_timeout(Some(TIMEOUT)).map_err(failure)?;
    let request = format!(
        "GET /health/ready HTTP/1.1\r\nHost: {address}\r\nUser-Agent: \
        taskforce-healthcheck\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).map_err(failure)?;
    let mut status_line = [0; 12];
    stream.read_exact(&mut status_line).map_err(failure)?;
    match &status_line[9..] {
        b"200" => {
            print_line(format_args!("ready"));
            Ok(())
        }
        status => Err(Failure::Runtime(format!(
            "the server at {listen} is not ready: {}",
            String::from_utf8_lossy(status)
        ))),
    }
}

/// Replaces an unspecified listening address, such as `0.0.0.0`, with the loopback address.
fn connectable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => (Ipv4Addr::LOCALHOST, address.port()).into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => (Ipv6Addr::LOCALHOST, address.port()).into(),
        _ => address,
    }
}
