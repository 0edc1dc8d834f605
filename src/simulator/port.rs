//! A port of this machine's loopback that stays one host's while nobody listens on it.
//!
//! Must stay true: a simulated host that is down for a while comes back where it was, and until then a
//! connection is refused; no other host, in this process or another, is given the port in between.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, TcpSocket};

/// A port that the system gives to nobody else as long as this lives.
///
/// On Linux a socket that is bound and does not listen keeps it: others that say which port they want and set
/// `SO_REUSEADDR` may listen beside it, and who asks for any port gets another (socket(7), `SO_REUSEADDR`).
/// Other systems do not allow that; there the port can be lost to another program while nobody listens.
#[derive(Debug)]
pub struct ReservedPort {
    address: SocketAddr,
    _keeper: Option<TcpSocket>,
}

impl ReservedPort {
    /// Some free port of 127.0.0.1.
    ///
    /// # Errors
    /// When the system has none to give.
    pub fn new() -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        Ok(Self {
            address: socket.local_addr()?,
            _keeper: cfg!(target_os = "linux").then_some(socket),
        })
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its number.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.address.port()
    }

    /// Listens on it.
    ///
    /// # Errors
    /// When somebody does already.
    pub async fn listen(&self) -> io::Result<TcpListener> {
        TcpListener::bind(self.address).await
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::collections::BTreeSet;

    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn it_can_be_listened_on_again_and_refuses_in_between() {
        let port = ReservedPort::new().unwrap();
        for _ in 0..3 {
            assert!(TcpStream::connect(port.address()).await.is_err());
            let listener = port.listen().await.unwrap();
            let (near, far) = tokio::join!(TcpStream::connect(port.address()), listener.accept());
            assert!(near.is_ok() && far.is_ok());
            assert!(port.listen().await.is_err(), "two listen at once");
        }
    }

    #[tokio::test]
    async fn nobody_else_is_given_it_although_nobody_listens() {
        let port = ReservedPort::new().unwrap();
        drop(port.listen().await.unwrap());
        let mut others = Vec::new();
        let mut numbers = BTreeSet::new();
        // Fewer than the files that a process may open at the least.
        for _ in 0..600 {
            let other = ReservedPort::new().unwrap();
            assert!(numbers.insert(other.number()), "{} was given twice", other.number());
            others.push(other);
        }
        assert!(!numbers.contains(&port.number()));
    }
}
