//! When versions were first seen: written once, never changed.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{read_time, sortable};
use crate::ledger::LedgerError;
use crate::model::first_seen::{FirstSeen, SeenVersion, Sighting};
use crate::model::name::HostName;

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

/// What is known of these versions.
pub(super) fn read(connection: &Connection, wanted: &[SeenVersion<'_>]) -> Result<FirstSeen, LedgerError> {
    let mut found = FirstSeen::default();
    let mut select = connection.prepare_cached(
        "SELECT at, host FROM first_seen WHERE os = ?1 AND package = ?2 AND arch = ?3 AND version = ?4",
    )?;
    for version in wanted {
        let key = params![
            version.os,
            version.package.as_str(),
            version.arch.as_str(),
            version.version.as_str()
        ];
        let row: Option<(String, String)> = select.query_row(key, |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        if let Some((at, host)) = row {
            let at = read_time(&at)?;
            let host = HostName::new(host).map_err(|error| LedgerError::Document(error.to_string()))?;
            found.note(*version, Sighting { at, host });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Ledger, SqliteLedger};
    use crate::model::name::{Architecture, PackageName, Version};

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
        let found = ledger
            .first_seen(&[seen(&one, "debian"), seen(&two, "debian"), seen(&one, "fedora")])
            .unwrap();
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
