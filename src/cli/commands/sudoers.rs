//! `sudoers`: the smallest rules of sudo or doas that the logins of the inventory need. Contacts no host.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::arguments::{GlobalOptions, RulePurpose, SudoersArguments};
use crate::cli::exit::Exit;
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::printer::Printer;
use crate::cli::session::Session;
use crate::ledger::Ledger;
use crate::model::host::{Connect, Host, Privilege, PrivilegeMethod};
use crate::model::manager::Manager;
use crate::remote::rules::{Purpose, RuleError, RuleRequest, rules};
use crate::report::fold::fold_line;

/// As many names of hosts as a comment shows.
const NAMES: usize = 8;

/// The logins that need rules, each with its managers and hosts.
type Logins = BTreeMap<RuleRequest, (BTreeSet<Manager>, Vec<String>)>;

/// Prints the rules.
///
/// # Errors
/// When nobody is named, the hosts use no such method, or their managers are not known.
pub fn run(arguments: &SudoersArguments, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    let (method, logins) = match (&arguments.user, &arguments.expression) {
        (Some(user), None) => named(arguments, user)?,
        _ => of_inventory(arguments, options, printer)?,
    };
    let mut text = heading(method);
    for (request, (managers, hosts)) in logins {
        if !hosts.is_empty() {
            let hosts = fold_line(hosts.iter().map(String::as_str), NAMES);
            text.push_str(&format!("\n# On {hosts}:"));
        }
        let managers: Vec<Manager> = managers.into_iter().collect();
        let written = rules(method, &request, &managers).map_err(|error| refusal(&error))?;
        text.push_str(&format!("\n{written}"));
    }
    printer.data(&text)?;
    Ok(Exit::Done)
}

fn heading(method: PrivilegeMethod) -> String {
    match method {
        PrivilegeMethod::Doas => "# Rules of patchwave for doas: add them to the end of /etc/doas.conf, where the last rule that fits counts.\n\
             # Check the file first: doas -C FILE\n"
            .to_owned(),
        _ => "# Rules of patchwave for sudo: a file of mode 0440, for example /etc/sudoers.d/patchwave.\n\
             # Check it first: visudo -cf FILE\n"
            .to_owned(),
    }
}

fn refusal(error: &RuleError) -> Failure {
    let hint = match error {
        RuleError::Name(_) => "letters, digits, `.`, `_` and `-`; write the rule by hand for any other",
        RuleError::Method(_) => "use `--method sudo` or `--method doas`",
    };
    Failure::usage(error, hint)
}

fn purpose_of(asked: Option<RulePurpose>, privilege: Option<&Privilege>) -> Purpose {
    match asked {
        Some(RulePurpose::Scan) => Purpose::Scan,
        Some(RulePurpose::Apply) => Purpose::Apply,
        None if privilege.is_some_and(|privilege| privilege.only_for_refresh().is_some()) => Purpose::Scan,
        None => Purpose::Apply,
    }
}

/// For a login that the command line names: no inventory is read.
fn named(arguments: &SudoersArguments, user: &str) -> Result<(PrivilegeMethod, Logins), Failure> {
    let purpose = purpose_of(arguments.purpose, None);
    if purpose == Purpose::Scan && arguments.manager.is_empty() {
        return Err(Failure::usage(
            "the rules for a scan differ between package managers, and none is named",
            "name them: `--manager apt`, as often as needed; or leave out `--user`, and the inventory's hosts are taken",
        ));
    }
    let request = RuleRequest {
        user: user.to_owned(),
        target: "root".to_owned(),
        with_password: false,
        purpose,
    };
    let managers = arguments.manager.iter().copied().collect();
    let method = arguments.method.map_or(PrivilegeMethod::Sudo, PrivilegeMethod::from);
    Ok((method, Logins::from([(request, (managers, Vec::new()))])))
}

fn of_inventory(
    arguments: &SudoersArguments,
    options: &GlobalOptions,
    printer: &Printer,
) -> Result<(PrivilegeMethod, Logins), Failure> {
    let session = Session::open(options, printer)?;
    let selected = session.select(arguments.expression.as_deref(), None)?;
    let method = method(arguments, &selected)?;
    let ledger = session.ledger()?;
    let mut logins = Logins::new();
    let mut unscanned = Vec::new();
    for host in selected.iter().filter(|host| needs_rules(host, method)) {
        let user = arguments.user.as_deref().unwrap_or(&host.user);
        let purpose = purpose_of(arguments.purpose, Some(&host.privilege));
        let request = request(user, purpose, &host.privilege);
        let found = ledger.latest_host_scan(&host.name, &host.address, host.port)?;
        let found = found.and_then(|latest| latest.host.facts).map(|facts| facts.manager);
        if request.purpose == Purpose::Scan && arguments.manager.is_empty() && found.is_none() {
            unscanned.push(host.name.as_str());
        }
        let (managers, hosts) = logins.entry(request).or_default();
        hosts.push(host.name.to_string());
        managers.extend(arguments.manager.iter().copied());
        managers.extend(found.filter(|_| arguments.manager.is_empty()));
    }
    if !unscanned.is_empty() {
        return Err(Failure::usage(
            format!(
                "the package manager of {} is not known: no scan has told it yet",
                fold_line(unscanned, NAMES)
            ),
            "name it (`--manager apt`, as often as needed), or scan first; a scan without a refresh needs no rule: \
             `patchwave scan --refresh never`",
        ));
    }
    if logins.is_empty() {
        return Err(Failure::usage(
            format!("no selected host becomes root by {method}"),
            "set `become` in the inventory, or name the login: `patchwave sudoers --user deploy`",
        ));
    }
    Ok((method, logins))
}

/// A refresh alone is always run as root, and nobody is asked for a password then.
fn request(user: &str, purpose: Purpose, privilege: &Privilege) -> RuleRequest {
    let (target, with_password) = match purpose {
        Purpose::Scan => ("root", false),
        Purpose::Apply => (privilege.user.as_str(), privilege.password.is_some()),
    };
    RuleRequest {
        user: user.to_owned(),
        target: target.to_owned(),
        with_password,
        purpose,
    }
}

fn needs_rules(host: &Host, method: PrivilegeMethod) -> bool {
    host.privilege.method == method && (host.connect == Connect::Local || host.user != host.privilege.user)
}

/// The one method of the selected hosts: each has a file of its own kind.
fn method(arguments: &SudoersArguments, selected: &[&Host]) -> Result<PrivilegeMethod, Failure> {
    if let Some(method) = arguments.method {
        return Ok(method.into());
    }
    let uses = |method| selected.iter().any(|host| needs_rules(host, method));
    match (uses(PrivilegeMethod::Sudo), uses(PrivilegeMethod::Doas)) {
        (true, true) => Err(Failure::usage(
            "some of the selected hosts use sudo and some doas, whose rules are two files",
            "ask for one after the other: `--method sudo`, `--method doas`",
        )),
        (false, true) => Ok(PrivilegeMethod::Doas),
        _ => Ok(PrivilegeMethod::Sudo),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::host::PrivilegeScope;
    use crate::model::secret::SecretReference;

    #[test]
    fn a_refresh_is_run_as_root_without_a_password_whatever_the_inventory_says_of_the_rest() {
        let privilege = Privilege {
            method: PrivilegeMethod::Sudo,
            user: "svc".to_owned(),
            password: Some(SecretReference::Env("A".to_owned())),
            scope: PrivilegeScope::Everything,
        };
        let scan = request("deploy", Purpose::Scan, &privilege);
        assert_eq!((scan.target.as_str(), scan.with_password), ("root", false));
        let apply = request("deploy", Purpose::Apply, &privilege);
        assert_eq!((apply.target.as_str(), apply.with_password), ("svc", true));
    }
}
