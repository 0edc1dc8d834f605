//! The words of operators to runs. Any process may add one; the controller of the run reads them.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::{LedgerError, read_document, read_time, sortable, write_document};
use crate::model::name::RunId;
use crate::model::order::{GivenOrder, Order};

/// Adds a word with the next number of its run, in one statement: two operators never get the same number.
pub(super) fn give(
    connection: &Connection,
    run: &RunId,
    order: Order,
    by: &str,
    at: Timestamp,
) -> Result<GivenOrder, LedgerError> {
    let number: i64 = connection
        .prepare_cached(
            "INSERT INTO orders (run, number, word, at, given_by)
             VALUES (?1, (SELECT COALESCE(MAX(number), 0) + 1 FROM orders WHERE run = ?1), ?2, ?3, ?4)
             RETURNING number",
        )?
        .query_row(
            params![run.as_str(), write_document(&order)?, sortable(at), by],
            |row| row.get(0),
        )?;
    Ok(GivenOrder {
        number: u64::try_from(number).unwrap_or_default(),
        order,
        at,
        by: by.to_owned(),
    })
}

/// The words with higher numbers, in their order.
pub(super) fn after(connection: &Connection, run: &RunId, number: u64) -> Result<Vec<GivenOrder>, LedgerError> {
    let mut statement = connection.prepare_cached(
        "SELECT number, word, at, given_by FROM orders WHERE run = ?1 AND number > ?2 ORDER BY number",
    )?;
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![run.as_str(), number], |row| {
        let order: (i64, String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        Ok(order)
    })?;
    rows.map(|row| {
        let (number, word, at, by) = row?;
        Ok(GivenOrder {
            number: u64::try_from(number).unwrap_or_default(),
            order: read_document(&word)?,
            at: read_time(&at)?,
            by,
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::sqlite::tests::begin;
    use crate::ledger::{Ledger, SqliteLedger};

    #[test]
    fn words_are_numbered_within_their_run_and_stay_as_they_were_said() {
        let folder = tempfile::tempdir().unwrap();
        let mut one = SqliteLedger::open(folder.path()).unwrap();
        let mut other = SqliteLedger::open(folder.path()).unwrap();
        let (run, another) = (begin(&mut one, "r1", 0), begin(&mut one, "r2", 0));
        let at = Timestamp::from_second(5).unwrap();
        one.give_order(&run, Order::Pause, "eva@desk", at).unwrap();
        other.give_order(&another, Order::Abort, "max@lap", at).unwrap();
        let second = other.give_order(&run, Order::Continue, "max@lap", at).unwrap();
        assert_eq!(second.number, 2);
        let all = one.orders_after(&run, 0).unwrap();
        assert_eq!(
            all.iter().map(|given| (given.number, given.order)).collect::<Vec<_>>(),
            [(1, Order::Pause), (2, Order::Continue)]
        );
        assert_eq!(one.orders_after(&run, 1).unwrap(), [second]);
        let unknown = RunId::new("r9").unwrap();
        assert!(one.give_order(&unknown, Order::Pause, "eva@desk", at).is_err());
        assert!(
            one.connection
                .execute("UPDATE orders SET given_by = 'nobody'", [])
                .is_err()
        );
    }
}
