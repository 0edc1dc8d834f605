//! Answers target expressions: which hosts of the inventory are meant.
//!
//! A word that matches nothing is an error wherever it stands, behind a `!` too: a misspelt exclusion
//! would otherwise reach hosts that were to be spared.

use super::Inventory;
use super::evaluate::Evaluation;
use super::hosts::Hosts;
use crate::model::diagnostic::Diagnostics;
use crate::model::expression::Expression;
use crate::model::host::Host;
use crate::model::known::Knowledge;
use crate::model::text::count;
use crate::model::truth::Truth;

/// What expressions come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection<'inventory> {
    /// The hosts that are picked, in the order of the inventory.
    pub hosts: Vec<&'inventory Host>,
    /// Hosts of which only a scan can tell whether they are picked. They are not.
    pub undecided: Vec<&'inventory Host>,
}

/// Why no hosts can be picked. Nothing was contacted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// An expression names what is not there.
    #[error("{0}")]
    Unknown(Diagnostics),
    /// Every word matches something, but no host is left.
    #[error("`{expression}` picks none of the {} of the inventory", count(*hosts, "host"))]
    Empty {
        /// The expressions, joined by `&`.
        expression: String,
        /// How many hosts there are.
        hosts: usize,
        /// Of how many of these only a scan can tell whether they are picked.
        undecided: usize,
    },
    /// `--expect` names another number.
    #[error("{selected} selected, but {expected} expected", selected = count(*selected, "host"))]
    Unexpected {
        /// How many are selected.
        selected: usize,
        /// How many are expected.
        expected: usize,
    },
}

impl SelectionError {
    /// What to do about it, where the message does not say.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unknown(_) => None,
            Self::Empty { hosts: 0, .. } => Some("add hosts to the inventory"),
            Self::Empty { undecided: 1.., .. } => Some("hosts that were never scanned are not picked: scan them first"),
            Self::Empty { .. } => Some("`patchwave inventory list` shows every host with its groups and labels"),
            Self::Unexpected { .. } => Some("`patchwave inventory list` with the same `--limit` shows which"),
        }
    }
}

/// The hosts that every one of the expressions picks, at least one; all hosts without an expression.
///
/// # Errors
/// When an expression names what is not there, no host is left, or their number is not `expect`.
pub fn select_hosts<'inventory>(
    inventory: &'inventory Inventory,
    expressions: &[Expression],
    expect: Option<usize>,
    knowledge: &Knowledge,
) -> Result<Selection<'inventory>, SelectionError> {
    let mut picked = Hosts::all(inventory);
    let mut problems = Diagnostics::default();
    for expression in expressions {
        match Evaluation::new(inventory, expression, knowledge).hosts() {
            Ok(hosts) => picked.keep(&hosts),
            Err(more) => problems.merge(more),
        }
    }
    if !problems.is_empty() {
        return Err(SelectionError::Unknown(problems));
    }
    let selection = selection(inventory, &picked);
    if let Some(expected) = expect.filter(|expected| *expected != selection.hosts.len()) {
        return Err(SelectionError::Unexpected {
            selected: selection.hosts.len(),
            expected,
        });
    }
    if selection.hosts.is_empty() {
        let joined: Vec<&str> = expressions.iter().map(Expression::as_str).collect();
        let expression = if joined.is_empty() {
            "all".to_owned()
        } else {
            joined.join(" & ")
        };
        return Err(SelectionError::Empty {
            expression,
            hosts: inventory.hosts().len(),
            undecided: selection.undecided.len(),
        });
    }
    Ok(selection)
}

/// The hosts that one expression picks; there may be none.
///
/// # Errors
/// When it names what is not there.
pub fn evaluate<'inventory>(
    inventory: &'inventory Inventory,
    expression: &Expression,
    knowledge: &Knowledge,
) -> Result<Selection<'inventory>, Diagnostics> {
    let picked = Evaluation::new(inventory, expression, knowledge).hosts()?;
    Ok(selection(inventory, &picked))
}

fn selection<'inventory>(inventory: &'inventory Inventory, picked: &Hosts) -> Selection<'inventory> {
    Selection {
        hosts: picked.of(inventory, Truth::Yes),
        undecided: picked.of(inventory, Truth::Unknown),
    }
}
