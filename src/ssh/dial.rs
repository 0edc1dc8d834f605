//! From an address of the inventory to a TCP connection.
//!
//! A name is resolved anew for every connection: a host may have another address after its reboot. All addresses of a name are tried, staggered as RFC 8305 says, so that a dead IPv6 route costs a quarter
//! of a second and not the whole deadline. The first that answers wins.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

use crate::model::error::HostError;
use crate::model::host::Host;
use crate::model::ssh_options::AddressFamily;

use super::failure;
use super::handshake::HandshakeError;

/// How long one address is waited for before the next is tried as well (RFC 8305, section 5).
const STAGGER: Duration = Duration::from_millis(250);

/// Where to connect to, and from where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Destination<'host> {
    /// A name or an address, also `[address]` and `fe80::1%eth0`.
    address: &'host str,
    port: u16,
    family: AddressFamily,
    /// The address to connect from, if that is not the system's business.
    from: Option<&'host str>,
}

impl<'host> Destination<'host> {
    /// The destination of a host that is reached directly.
    pub(super) fn of(host: &'host Host) -> Self {
        Self {
            address: &host.address,
            port: host.port,
            family: host.ssh.address_family,
            from: host.ssh.bind_address.as_deref(),
        }
    }
}

/// Connects to a name or an address before the deadline.
///
/// # Errors
/// `E_CONNECT` when the name does not resolve or every address refuses, `E_TIMEOUT` at the deadline. Only a
/// name server that has no answer for now is transient.
pub(super) async fn dial(
    destination: &Destination<'_>,
    limit: Duration,
    deadline: Instant,
) -> Result<TcpStream, HandshakeError> {
    let addresses = resolve(destination.address, destination.port, limit, deadline).await?;
    let mut addresses = of_family(addresses, destination).map_err(HandshakeError::Final)?;
    let mut from = Vec::new();
    if let Some(name) = destination.from {
        from = resolve(name, 0, limit, deadline).await?;
        addresses.retain(|address| source_for(*address, &from).is_some());
        if addresses.is_empty() {
            return Err(HandshakeError::Final(failure::connect(
                format!(
                    "{} has no address of the family of BindAddress {name}",
                    destination.address
                ),
                "correct BindAddress, or leave it out",
            )));
        }
    }
    let mut failures: Vec<(SocketAddr, io::Error)> = Vec::new();
    let attempt = connect_any(&addresses, &from, &mut failures);
    match timeout_at(deadline, attempt).await {
        Ok(Some(stream)) => {
            // Without it every request waits for an acknowledgement (44 ms measured). It only saves time.
            let _ = stream.set_nodelay(true);
            // What is left to notice a dead peer where keepalives of SSH are switched off; OpenSSH does it too.
            let _ = socket2::SockRef::from(&stream).set_keepalive(true);
            Ok(stream)
        }
        Ok(None) => Err(HandshakeError::Final(describe(&failures))),
        Err(_) => {
            let shown: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            Err(HandshakeError::Final(failure::timeout(
                &format!("connecting to {}", shown.join(", ")),
                limit,
                "check that the host is up and that no firewall drops the packets",
            )))
        }
    }
}

async fn resolve(
    address: &str,
    port: u16,
    limit: Duration,
    deadline: Instant,
) -> Result<Vec<SocketAddr>, HandshakeError> {
    let bare = address
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(address);
    let lookup = match timeout_at(deadline, tokio::net::lookup_host((bare, port))).await {
        Ok(lookup) => lookup,
        Err(_) => {
            return Err(HandshakeError::Final(failure::timeout(
                &format!("resolving the name {address}"),
                limit,
                "check the name server, or give the host an IP address in the inventory",
            )));
        }
    };
    let hint = "check the spelling and DNS, or set `address` in the inventory";
    match lookup {
        Ok(found) => {
            let addresses = interleave(found.collect());
            if addresses.is_empty() {
                return Err(HandshakeError::Final(failure::connect(
                    format!("the name {address} has no address"),
                    hint,
                )));
            }
            Ok(addresses)
        }
        Err(error) => {
            let told = failure::connect(format!("the name {address} does not resolve: {error}"), hint);
            Err(if is_temporary(&error) {
                HandshakeError::Transient(told)
            } else {
                HandshakeError::Final(told)
            })
        }
    }
}

/// Whether the resolver said `EAI_AGAIN`, of which the standard library keeps only the words (glibc's and musl's).
fn is_temporary(error: &io::Error) -> bool {
    let text = error.to_string();
    text.contains("Temporary failure in name resolution") || text.ends_with("Try again")
}

fn of_family(addresses: Vec<SocketAddr>, destination: &Destination<'_>) -> Result<Vec<SocketAddr>, HostError> {
    let (wanted, name) = match destination.family {
        AddressFamily::Any => return Ok(addresses),
        AddressFamily::Inet => (false, "IPv4"),
        AddressFamily::Inet6 => (true, "IPv6"),
    };
    let mut kept = addresses;
    kept.retain(|address| address.is_ipv6() == wanted);
    if kept.is_empty() {
        return Err(failure::connect(
            format!(
                "{} has no {name} address, and AddressFamily allows no other",
                destination.address
            ),
            "correct AddressFamily, or give the host such an address",
        ));
    }
    Ok(kept)
}

/// The address to connect from that fits one to connect to.
fn source_for(address: SocketAddr, from: &[SocketAddr]) -> Option<IpAddr> {
    from.iter()
        .find(|source| source.is_ipv6() == address.is_ipv6())
        .map(SocketAddr::ip)
}

async fn connect_from(address: SocketAddr, source: Option<IpAddr>) -> io::Result<TcpStream> {
    let Some(source) = source else {
        return TcpStream::connect(address).await;
    };
    let socket = if address.is_ipv6() {
        TcpSocket::new_v6()
    } else {
        TcpSocket::new_v4()
    }?;
    socket
        .bind(SocketAddr::new(source, 0))
        .map_err(|error| io::Error::other(format!("BindAddress {source} cannot be used: {error}")))?;
    socket.connect(address).await
}

/// Alternates the families and keeps the resolver's order within each, without repetitions.
fn interleave(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (leading, following): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == first_is_v6);
    let mut leading = leading.into_iter();
    let mut following = following.into_iter();
    let mut result: Vec<SocketAddr> = Vec::new();
    loop {
        let pair = [leading.next(), following.next()];
        if pair.iter().all(Option::is_none) {
            return result;
        }
        for address in pair.into_iter().flatten() {
            if !result.contains(&address) {
                result.push(address);
            }
        }
    }
}

async fn connect_any(
    addresses: &[SocketAddr],
    from: &[SocketAddr],
    failures: &mut Vec<(SocketAddr, io::Error)>,
) -> Option<TcpStream> {
    let mut waiting = addresses.iter().copied();
    // Dropped at the end, which aborts the attempts that lost.
    let mut attempts = JoinSet::new();
    loop {
        if let Some(address) = waiting.next() {
            let source = source_for(address, from);
            attempts.spawn(async move { (address, connect_from(address, source).await) });
        } else if attempts.is_empty() {
            return None;
        }
        let next = tokio::select! {
            next = attempts.join_next() => next,
            () = sleep(STAGGER), if waiting.len() > 0 => continue,
        };
        match next {
            Some(Ok((_, Ok(stream)))) => return Some(stream),
            Some(Ok((address, Err(error)))) => failures.push((address, error)),
            // A task of ours neither panics nor is aborted while it is waited for.
            Some(Err(_)) | None => {}
        }
    }
}

fn describe(failures: &[(SocketAddr, io::Error)]) -> HostError {
    let told: Vec<String> = failures
        .iter()
        .map(|(address, error)| describe_one(*address, error))
        .collect();
    let refused = failures
        .iter()
        .all(|(_, error)| error.kind() == io::ErrorKind::ConnectionRefused);
    let hint = if refused {
        "check that sshd runs there and that the port is right"
    } else {
        "check that the host is up and that its network can be reached from here"
    };
    failure::connect(told.join("; "), hint)
}

fn describe_one(address: SocketAddr, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => format!("connection refused by {address}"),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            format!("no route to {address}")
        }
        io::ErrorKind::TimedOut => format!("{address} did not answer"),
        io::ErrorKind::ConnectionReset => format!("connection reset by {address}"),
        _ => format!("cannot connect to {address}: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(address: &str, port: u16) -> Destination<'_> {
        Destination {
            address,
            port,
            family: AddressFamily::Any,
            from: None,
        }
    }

    async fn fails(destination: &Destination<'_>) -> (HostError, bool) {
        let (limit, deadline) = deadline();
        match dial(destination, limit, deadline).await {
            Err(HandshakeError::Final(error)) => (error, false),
            Err(HandshakeError::Transient(error)) => (error, true),
            _ => panic!("it connected"),
        }
    }

    fn deadline() -> (Duration, Instant) {
        let limit = Duration::from_secs(5);
        (limit, Instant::now() + limit)
    }

    #[tokio::test]
    async fn a_refused_connection_names_the_address() {
        let reserved = crate::simulator::port::ReservedPort::new().unwrap();
        let port = reserved.number();
        let (error, is_transient) = fails(&to("127.0.0.1", port)).await;
        assert!(!is_transient);
        assert_eq!(error.code.as_str(), "E_CONNECT");
        assert_eq!(error.message, format!("connection refused by 127.0.0.1:{port}"));
    }

    #[tokio::test]
    async fn a_name_that_does_not_exist_says_so() {
        let (error, _) = fails(&to("no-such-host.invalid", 22)).await;
        assert!(
            error.message.contains("no-such-host.invalid") && error.code.as_str() == "E_CONNECT"
                || error.code.as_str() == "E_TIMEOUT",
            "{error}"
        );
    }

    #[tokio::test]
    async fn the_second_address_is_used_when_the_first_refuses() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let good = listener.local_addr().unwrap();
        let bad: SocketAddr = format!("127.0.0.2:{}", good.port()).parse().unwrap();
        let mut failures = Vec::new();
        let stream = connect_any(&[bad, good], &[], &mut failures).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), good);
    }

    #[test]
    fn families_alternate() {
        let parse = |text: &str| text.parse::<SocketAddr>().unwrap();
        let (a, b, c, d) = (
            parse("[::1]:22"),
            parse("[::2]:22"),
            parse("1.1.1.1:22"),
            parse("1.1.1.2:22"),
        );
        assert_eq!(interleave(vec![a, b, a, c, d]), [a, c, b, d]);
    }

    #[test]
    fn only_a_name_server_without_an_answer_is_asked_again() {
        let error = |text: &str| io::Error::other(format!("failed to lookup address information: {text}"));
        assert!(is_temporary(&error("Temporary failure in name resolution")));
        assert!(is_temporary(&error("Try again")));
        assert!(!is_temporary(&error("Name or service not known")));
    }

    #[tokio::test]
    async fn a_family_without_an_address_is_named() {
        let mut destination = to("127.0.0.1", 22);
        destination.family = AddressFamily::Inet6;
        let (error, _) = fails(&destination).await;
        assert!(error.message.contains("has no IPv6 address"), "{error}");
    }

    #[tokio::test]
    async fn it_connects_from_the_address_that_was_asked_for() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut destination = to("127.0.0.1", listener.local_addr().unwrap().port());
        destination.from = Some("127.0.0.3");
        let (limit, deadline) = deadline();
        let Ok(stream) = dial(&destination, limit, deadline).await else {
            panic!("it does not connect")
        };
        assert_eq!(stream.local_addr().unwrap().ip().to_string(), "127.0.0.3");
        destination.from = Some("::1");
        let (error, _) = fails(&destination).await;
        assert!(error.message.contains("BindAddress ::1"), "{error}");
        destination.from = Some("192.0.2.1");
        let (error, _) = fails(&destination).await;
        assert!(
            error.message.contains("BindAddress 192.0.2.1 cannot be used"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn scope_ids_and_brackets_of_ipv6_are_understood() {
        let (limit, deadline) = deadline();
        for (text, expected) in [
            ("[::1]", "[::1]:22"),
            ("fe80::1%lo", "[fe80::1%1]:22"),
            ("[fe80::1%1]", "[fe80::1%1]:22"),
        ] {
            let Ok(found) = resolve(text, 22, limit, deadline).await else {
                panic!("{text} does not resolve")
            };
            assert_eq!(found.first().unwrap().to_string(), expected);
        }
    }
}
