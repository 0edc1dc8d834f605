//! The arguments of `sudoers`.

use clap::{Args, ValueEnum};

use crate::model::host::PrivilegeMethod;
use crate::model::manager::Manager;

/// `sudoers`.
#[derive(Debug, Args)]
pub struct SudoersArguments {
    /// The hosts whose logins and package managers (of the last scan) are taken.
    #[arg(value_name = "EXPR")]
    pub expression: Option<String>,
    /// The login; without EXPR no inventory is read then.
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Package managers to refresh; may be given several times.
    #[arg(long, value_name = "NAME", value_parser = parse_manager)]
    pub manager: Vec<Manager>,
    /// What the login is to do. Default: what the inventory's `become` says, else everything.
    #[arg(long = "for", value_enum, value_name = "WHAT")]
    pub purpose: Option<RulePurpose>,
    /// Whose rules. Default: what the hosts use, else sudo.
    #[arg(long, value_enum)]
    pub method: Option<RuleMethod>,
}

/// What a login is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RulePurpose {
    /// Refresh the package lists and scan.
    Scan,
    /// Everything.
    Apply,
}

/// Programs that have rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RuleMethod {
    /// sudo.
    Sudo,
    /// doas.
    Doas,
}

impl From<RuleMethod> for PrivilegeMethod {
    fn from(method: RuleMethod) -> Self {
        match method {
            RuleMethod::Sudo => Self::Sudo,
            RuleMethod::Doas => Self::Doas,
        }
    }
}

fn parse_manager(text: &str) -> Result<Manager, String> {
    Manager::from_name(text).ok_or_else(|| {
        let names: Vec<&str> = Manager::ALL.iter().map(|manager| manager.as_str()).collect();
        format!("expected one of {}", names.join(", "))
    })
}
