//! A TCP connection from the controller. Who refuses or does not answer fails; a name that nobody knows, and a network
//! that this machine has no way to, measure nothing.

use std::io::ErrorKind;
use std::time::Duration;

use super::round::Outcome;

/// `timeout` is that of the whole measurement; a resolver that takes half of it does not answer.
pub(super) async fn ask(address: &str, timeout: Duration) -> Outcome {
    let found = match tokio::time::timeout(timeout / 2, tokio::net::lookup_host(address)).await {
        Ok(Ok(found)) => found.collect::<Vec<_>>(),
        Ok(Err(error)) => return Outcome::unknown(format!("{address}: {error}")),
        Err(_) => return Outcome::unknown(format!("{address}: the name is not resolved in time")),
    };
    match tokio::net::TcpStream::connect(found.as_slice()).await {
        Ok(_) => Outcome::pass(format!("{address} accepts connections")),
        Err(error) if is_local(error.kind()) => Outcome::unknown(format!("{address}: {error}")),
        Err(error) => Outcome::fail(format!("{address}: {error}")),
    }
}

/// Errors of this machine, not of the one that was asked.
pub(super) fn is_local(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
            | ErrorKind::AddrNotAvailable
            | ErrorKind::PermissionDenied
            | ErrorKind::InvalidInput
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::gate::GateResult;
    use crate::simulator::port::ReservedPort;

    #[tokio::test]
    async fn who_listens_passes_who_refuses_fails_and_nobody_knows_a_name_that_is_none() {
        let port = ReservedPort::new().unwrap();
        let listener = port.listen().await.unwrap();
        let address = port.address().to_string();
        let second = Duration::from_secs(1);
        assert_eq!(ask(&address, second).await.result, GateResult::Pass);
        drop(listener);
        assert_eq!(ask(&address, second).await.result, GateResult::Fail);
        assert_eq!(ask("no-such-host.invalid:80", second).await.result, GateResult::Unknown);
    }
}
