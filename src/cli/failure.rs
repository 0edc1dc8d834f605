//! Why a command ended early: an exit code, what happened, and what to do about it.

use std::fmt;

use super::exit::Exit;
use crate::inventory::SelectionError;
use crate::ledger::LedgerError;
use crate::model::diagnostic::Diagnostics;
use crate::plan::PlanError;
use crate::rollout::SinkError;

/// Why a command ended early.
#[derive(Debug)]
pub enum Failure {
    /// Files with mistakes, shown with their lines. Nothing was contacted.
    Files(Diagnostics),
    /// One error with a remedy.
    Plain {
        /// The exit code.
        exit: Exit,
        /// What happened, with its causes.
        error: anyhow::Error,
        /// What to do about it.
        hint: String,
    },
}

/// What every command returns.
pub type CommandResult = Result<Exit, Failure>;

impl Failure {
    /// A mistake of the caller.
    #[must_use]
    pub fn usage(message: impl fmt::Display, hint: impl Into<String>) -> Self {
        Self::Plain {
            exit: Exit::Usage,
            error: anyhow::anyhow!("{message}"),
            hint: hint.into(),
        }
    }

    /// Something else that has an exit code of its own.
    #[must_use]
    pub fn with_exit(exit: Exit, message: impl fmt::Display, hint: impl Into<String>) -> Self {
        Self::Plain {
            exit,
            error: anyhow::anyhow!("{message}"),
            hint: hint.into(),
        }
    }

    /// Something that should have worked.
    #[must_use]
    pub fn internal(error: impl Into<anyhow::Error>, hint: impl Into<String>) -> Self {
        Self::Plain {
            exit: Exit::Internal,
            error: error.into(),
            hint: hint.into(),
        }
    }

    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Files(_) => Exit::Usage,
            Self::Plain { exit, .. } => *exit,
        }
    }
}

impl From<Diagnostics> for Failure {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Files(diagnostics)
    }
}

impl From<SelectionError> for Failure {
    fn from(error: SelectionError) -> Self {
        match error {
            SelectionError::Unknown(diagnostics) => Self::Files(diagnostics),
            SelectionError::Empty { .. } => Self::usage(
                error,
                "see what there is with `patchwave inventory list` and `patchwave inventory graph`",
            ),
            SelectionError::Unexpected { .. } => Self::usage(
                error,
                "see which they are with `patchwave inventory list` and the same `--limit`",
            ),
        }
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Selection(error) => error.into(),
            error @ PlanError::Calendar { .. } => Self::usage(
                error,
                "correct the calendar that `blackouts` of the playbook names, or export it anew",
            ),
            other => Self::usage(
                other,
                "change the `select` of the waves; `patchwave playbook show` prints them",
            ),
        }
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        let hint = match &error {
            LedgerError::Full => "free some space on the disk of the state directory (`--state-dir`), then try again",
            LedgerError::Damaged(_) => {
                "keep `ledger.sqlite` and the files beside it, copy them, and try `sqlite3 ledger.sqlite .recover` on the \
                 copy; with another `--state-dir` patchwave works without its memory"
            }
            LedgerError::Busy => "see with `fuser ledger.sqlite` in the state directory which process that is",
            LedgerError::Newer { .. } => "use the newest patchwave that works with this state directory",
            _ => "look at the state directory (`--state-dir`), its disk and its permissions",
        };
        Self::internal(error, hint)
    }
}

impl From<SinkError> for Failure {
    fn from(error: SinkError) -> Self {
        Self::internal(
            error,
            "look at the disk of the state directory; running hosts were let end, no other was started",
        )
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::internal(error, "look at the file's permissions and at its disk")
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(error, "this is a fault of patchwave: please report it")
    }
}
