//! When versions were first seen: written once, never changed.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};

use super::{read_time, sortable};
use crate::ledger::LedgerError;
use crate::model::first_seen::{FirstSeen, SeenVersion, Sighting};
use crate::model::name::{Architecture, HostName, InvalidName, PackageName, Version};

/// Notes sightings, but for what was seen before.
pub(super) fn keep(
    transaction: &Transaction<'_>,
    seen: &[(SeenVersion<'_>, &HostName)],
    at: Timestamp,
) -> Result<(), LedgerError> {
    let at = sortable(at);
    let mut insert = transaction.prepare_cached(
        "INSERT INTO first_seen (os, package, arch, version, at, host) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO NOTHING",
    )?;
    for (version, host) in seen {
        insert.execute(params![
            version.os,
            version.package.as_str(),
            version.arch.as_str(),
            version.version.as_str(),
            at,
            host.as_str()
        ])?;
    }
    Ok(())
}

/// What is known of these distributions.
pub(super) fn read(connection: &Connection, systems: &BTreeSet<&str>) -> Result<FirstSeen, LedgerError> {
    let mut found = FirstSeen::default();
    let mut select =
        connection.prepare_cached("SELECT package, arch, version, at, host FROM first_seen WHERE os = ?1")?;
    for os in systems {
        let rows = select.query_map([os], |row| {
            let row: [String; 5] = [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?];
            Ok(row)
        })?;
        for row in rows {
            let [package, arch, version, at, host] = row?;
            let unreadable = |error: InvalidName| LedgerError::Document(error.to_string());
            let seen = SeenVersion {
                os,
                package: &PackageName::new(package).map_err(unreadable)?,
                arch: &Architecture::new(arch).map_err(unreadable)?,
                version: &Version::new(version).map_err(unreadable)?,
            };
            let at = read_time(&at)?;
            let host = HostName::new(host).map_err(unreadable)?;
            found.note(seen, Sighting { at, host });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Ledger, SqliteLedger};

    #[test]
    fn the_first_sighting_stays_and_names_its_host() {
        let mut ledger = SqliteLedger::in_memory().unwrap();
        let (package, arch) = (PackageName::new("bash").unwrap(), Architecture::new("amd64").unwrap());
        let (one, two) = (Version::new("1").unwrap(), Version::new("2").unwrap());
        let seen = |version, os| SeenVersion {
            os,
            package: &package,
            arch: &arch,
            version,
        };
        let (web, db) = (HostName::new("web01").unwrap(), HostName::new("db01").unwrap());
        let at = |second| Timestamp::from_second(second).unwrap();
        ledger.keep_seen(&[(seen(&one, "debian"), &web)], at(10)).unwrap();
        ledger
            .keep_seen(&[(seen(&one, "debian"), &db), (seen(&two, "debian"), &db)], at(20))
            .unwrap();
        let found = ledger.first_seen(&BTreeSet::from(["debian", "fedora"])).unwrap();
        let sighting = |host: &HostName, second| Sighting {
            at: at(second),
            host: host.clone(),
        };
        assert_eq!(found.get(seen(&one, "debian")), Some(&sighting(&web, 10)));
        assert_eq!(found.get(seen(&two, "debian")), Some(&sighting(&db, 20)));
        assert_eq!(found.get(seen(&one, "fedora")), None);
        assert!(
            ledger
                .connection
                .execute("UPDATE first_seen SET host = 'x'", [])
                .is_err()
        );
    }
}
