//! The condition of a host: what of it must be the same before and after an update, in one round trip.
//!
//! Data line of the script: `everything` or `failed-units`. Sections of the answer, each with exit code 0 when it is
//! complete and another when it is not known; a simulated host must print the same:
//!
//! - `failed-units`: a name a line.
//! - `active-units`: `NAME ACTIVE SUB FILE FLAGS`, see [`units`].
//! - `sockets`: `range FIRST LAST`, then `TABLE ADDRESS:PORT PROCESS` as in /proc/net, `unix PATH`, or
//!   `text PROTOCOL ADDRESS:PORT PROCESS` where another program says it; see [`sockets`].
//! - `mounts`: `ID PARENT POINT TYPE`, see [`mounts`]. `routes`: `4 DEVICE GATEWAY`, `6 DEVICE GATEWAY`, see [`routes`].
//! - `resolver`: the lines of /etc/resolv.conf.
//!
//! What must stay true: whatever comes and goes by itself is left out of both looks, by these files and nowhere else.

mod mounts;
mod routes;
mod sockets;
#[cfg(test)]
mod tests;
mod units;

use std::collections::BTreeSet;

use crate::model::condition::Condition;
use crate::model::error::HostError;
use crate::model::section::Sections;
use crate::model::text::{printable, shorten};

use super::script::{Nonce, Script, UnsendableValue};
use super::transport::ScriptOutput;
use super::{frame, program};

/// The kind of the script.
pub const KIND: &str = "condition";

/// The longest name that is kept, in characters.
const LONGEST: usize = 300;

/// How much is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Everything,
    /// Failed units alone.
    FailedUnits,
}

/// The script that looks. It changes nothing; without root it knows no processes of sockets.
///
/// # Errors
/// None in practice: it sends no value of others.
pub fn condition_script(extent: Extent, nonce: Nonce) -> Result<Script, UnsendableValue> {
    let word = match extent {
        Extent::Everything => "everything",
        Extent::FailedUnits => "failed-units",
    };
    Script::new(KIND, &program::condition(), nonce, [word])
}

/// Reads what was seen. A section that is missing or failed is unknown.
///
/// # Errors
/// `E_LOST` or `E_PROTOCOL` when the answer is not complete.
pub fn parse_condition(output: &ScriptOutput, nonce: &Nonce) -> Result<Condition, HostError> {
    let sections = frame::parse(output, nonce)?;
    let units = known(&sections, "active-units").map(units::read);
    let sockets = known(&sections, "sockets").map(sockets::read);
    let failed = known(&sections, "failed-units").map(|text| {
        let names = text.lines().map(str::trim).filter(|line| !line.is_empty());
        names.filter(|name| !units::is_passing(name)).map(shown).collect()
    });
    let (active, left_out) = match units {
        Some(units) => (Some(units.active), units.left_out),
        None => (None, BTreeSet::new()),
    };
    let (sockets, processes) = sockets.map_or((None, Default::default()), |sockets| {
        (Some(sockets.names), sockets.processes)
    });
    Ok(Condition {
        failed_units: failed,
        active_units: active,
        left_out_units: left_out,
        sockets,
        processes,
        mounts: known(&sections, "mounts").map(mounts::read),
        routes: known(&sections, "routes").map(routes::read),
        resolver: known(&sections, "resolver").map(resolver),
    })
}

fn known<'a>(sections: &'a Sections, name: &str) -> Option<&'a str> {
    let section = sections.get(name).filter(|section| section.exit_code == 0)?;
    Some(section.stdout.as_str())
}

/// resolv.conf(5): comments begin with `#` or `;`.
fn resolver(text: &str) -> BTreeSet<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .filter(|line| !line.starts_with(['#', ';']))
        .map(|line| shown(&line.split_whitespace().collect::<Vec<_>>().join(" ")))
        .collect()
}

/// A name as it is kept and shown.
fn shown(name: &str) -> String {
    shorten(&printable(name), LONGEST)
}
