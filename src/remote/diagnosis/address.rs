//! What the sockets of a job wait for, from the tables of the kernel (proc_pid_net(5)).

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::BTreeSet;

use super::processes::Process;
use super::reason::Reason;

/// States of tcp in the kernel's numbers: `TCP_ESTABLISHED`, `TCP_SYN_SENT`, `TCP_CLOSE_WAIT`.
const ESTABLISHED: &str = "01";
const SYN_SENT: &str = "02";
const CLOSE_WAIT: &str = "08";

/// The port of name servers.
const DNS: u16 = 53;

/// Whom the job's connections go to, each once; connections that are being made come first.
pub(super) fn waited_for(text: &str, processes: &[Process]) -> Vec<Reason> {
    let mut found = BTreeSet::new();
    for line in text.lines() {
        let mut parts = line.split('|');
        let (Some(id), Some(protocol), Some(state), Some(remote)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let Some((address, port)) = remote_of(remote) else {
            continue;
        };
        let is_name_server = protocol.starts_with("udp");
        if (is_name_server && port != DNS) || port == 0 {
            continue;
        }
        let is_connected = match state {
            _ if is_name_server => true,
            SYN_SENT => false,
            ESTABLISHED | CLOSE_WAIT => true,
            _ => continue,
        };
        let name = processes.iter().find(|process| process.id.to_string() == id);
        let Some(process) = name.map(Process::in_words) else {
            continue;
        };
        found.insert((is_connected, address, port, process));
    }
    let reasons = found.into_iter().take(3);
    reasons
        .map(|(is_connected, address, port, process)| Reason::Remote {
            process,
            address: format!("{address} port {port}"),
            is_connected,
        })
        .collect()
}

/// `0101010A:0050`: an address in words of 32 bits as this machine has them in memory, and a port. The kernels of
/// little-endian machines, which all of these are, write each word the other way round.
fn remote_of(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |from: usize| {
        u32::from_str_radix(address.get(from..from + 8)?, 16)
            .ok()
            .map(u32::swap_bytes)
    };
    let address = match address.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let words = [word(0)?, word(8)?, word(16)?, word(24)?];
            let bits = words.iter().fold(0_u128, |bits, word| (bits << 32) | u128::from(*word));
            let address = Ipv6Addr::from(bits);
            address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4)
        }
        _ => return None,
    };
    Some((address, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_the_kernel_writes_them() {
        let read = |text| remote_of(text).map(|(address, port)| format!("{address} {port}"));
        assert_eq!(read("0100007F:0050").as_deref(), Some("127.0.0.1 80"));
        assert_eq!(
            read("00000000000000000000000001000000:01BB").as_deref(),
            Some("::1 443")
        );
        assert_eq!(
            read("0000000000000000FFFF000001014D0A:0050").as_deref(),
            Some("10.77.1.1 80")
        );
        assert_eq!(
            read("B80D0120000000000000000001000000:0050").as_deref(),
            Some("2001:db8::1 80")
        );
        for text in ["", "x:y", "0100007F", "0100007F:", "ä100007F:0050"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
