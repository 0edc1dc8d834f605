//! Default routes, by gateway and device: `default via 10.0.0.1 dev eth0`. Metrics change with every lease and are
//! left out.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::collections::BTreeSet;

use super::shown;

/// Reads `4 DEVICE GATEWAY` and `6 DEVICE GATEWAY` with gateways as /proc/net has them, and `text DEVICE GATEWAY`.
pub(super) fn read(text: &str) -> BTreeSet<String> {
    text.lines().filter_map(route).collect()
}

fn route(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    let (family, device, gateway) = (words.next()?, words.next()?, words.next()?);
    let gateway = match family {
        "4" => Some(Ipv4Addr::from(u32::from_str_radix(gateway, 16).ok()?.to_le_bytes()))
            .filter(|address| !address.is_unspecified())
            .map(|address| address.to_string()),
        "6" => Some(Ipv6Addr::from(u128::from_str_radix(gateway, 16).ok()?))
            .filter(|address| !address.is_unspecified())
            .map(|address| address.to_string()),
        "text" => Some(gateway.to_owned()),
        _ => return None,
    };
    let family = if family == "6" { "default6" } else { "default" };
    Some(shown(&match gateway {
        Some(gateway) => format!("{family} via {gateway} dev {device}"),
        None => format!("{family} dev {device}"),
    }))
}
