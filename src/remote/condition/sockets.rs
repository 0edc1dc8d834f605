//! Which sockets must wait for others after an update as they did before.
//!
//! A socket is named by protocol, address and port: `tcp 0.0.0.0:22`, `udp [::1]:323`; its process is only shown.
//! Left out is what is not there to be found by others: sockets of logins, and of clients that asked the kernel for any
//! port. A service that listens at such a port has another one at every start, and is named by its process instead.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::shown;

/// What was read of sockets.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sockets {
    pub names: BTreeSet<String>,
    /// The process of a socket, where it is known.
    pub processes: BTreeMap<String, String>,
}

/// Ports that the kernel gives out, where it does not say: ip(7).
const USUAL_RANGE: RangeInclusive<u16> = 32_768..=60_999;

/// bindresvport(3): what speaks of itself to rpcbind takes any port below this one.
const RESERVED: u16 = 1024;

/// Reads the lines.
pub(super) fn read(text: &str) -> Sockets {
    let mut sockets = Sockets::default();
    let mut range = USUAL_RANGE;
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let found = match words[..] {
            ["range", first, last] => {
                if let (Ok(first), Ok(last)) = (first.parse(), last.parse()) {
                    range = first..=last;
                }
                None
            }
            ["unix", path] => is_lasting_path(path).then(|| (format!("unix {path}"), "-")),
            ["text", protocol, place, process] => Some((format!("{protocol} {place}"), process)),
            [table, place, process] => name(table, place, process, &range).map(|name| (name, process)),
            _ => None,
        };
        if let Some((name, process)) = found {
            let name = shown(&name);
            if process != "-" {
                sockets.processes.insert(name.clone(), shown(process));
            }
            sockets.names.insert(name);
        }
    }
    sockets
}

/// The name of a socket of /proc/net; `None` for one that comes and goes by itself.
fn name(table: &str, place: &str, process: &str, range: &RangeInclusive<u16>) -> Option<String> {
    let protocol = table.strip_suffix('6').unwrap_or(table);
    let (address, port) = place.split_once(':')?;
    let (address, port) = (address_of(address)?, u16::from_str_radix(port, 16).ok()?);
    // Whatever a login forwards ends with it: X11, the agent, `ssh -R`.
    if process == "login" {
        return None;
    }
    let is_told_by_rpcbind = process.starts_with("rpc.") || process == "rpcbind";
    let is_any = range.contains(&port) || (is_told_by_rpcbind && port < RESERVED && port != 111);
    let host = host_of(address);
    match (protocol, is_any) {
        (_, false) => Some(format!("{protocol} {host}:{port}")),
        ("tcp", true) if process == "-" => Some(format!("tcp {host}:any")),
        ("tcp", true) => Some(format!("tcp {host}:any {process}")),
        // Whoever asks a name server or waits for an answer.
        _ => None,
    }
}

/// Addresses of IPv6 that a host gives itself change with time, and every one of them has a socket of its own.
fn host_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => mapped.to_string(),
            None if address.is_loopback() || address.is_unspecified() => format!("[{address}]"),
            None if address.is_unicast_link_local() => "[link-local]".to_owned(),
            None => "[own address]".to_owned(),
        },
    }
}

/// The kernel writes each word of an address in the order of its own bytes; all supported machines of ours are
/// little-endian but for one, whose words read the other way round in both looks alike.
fn address_of(hex: &str) -> Option<IpAddr> {
    let word = |at: usize| u32::from_str_radix(hex.get(at..at + 8)?, 16).ok().map(u32::to_le_bytes);
    match hex.len() {
        8 => Some(IpAddr::V4(Ipv4Addr::from(word(0)?))),
        32 => {
            let words = [word(0)?, word(8)?, word(16)?, word(24)?];
            let bytes: Vec<u8> = words.into_iter().flatten().collect();
            let bytes: [u8; 16] = bytes.try_into().ok()?;
            Some(IpAddr::V6(Ipv6Addr::from(bytes)))
        }
        _ => None,
    }
}

/// Sockets in the file system that a service opens under a name of its own.
fn is_lasting_path(path: &str) -> bool {
    let is_place = ["/run/", "/var/run/", "/var/lib/", "/var/spool/"]
        .iter()
        .any(|place| path.starts_with(place));
    let is_of_others = [
        "/run/user/",
        "/run/systemd/",
        "/run/containerd/",
        "/run/docker/",
        "/run/podman/",
        "/run/netns/",
        "/var/lib/docker/",
        "/var/lib/containers/",
        "/var/lib/kubelet/",
    ]
    .iter()
    .any(|place| path.starts_with(place));
    // A process id or a random word in a name: another one at every start.
    let is_numbered = path.split(['/', '.', '-', '_']).any(|part| {
        let digits = part.chars().filter(char::is_ascii_digit).count();
        let is_number = part.len() >= 3 && digits == part.len();
        let is_random = part.len() >= 8 && digits >= 2 && part.chars().all(|c| c.is_ascii_alphanumeric());
        is_random || (is_number && !path.contains(".PGSQL."))
    });
    is_place && !is_of_others && !is_numbered
}
