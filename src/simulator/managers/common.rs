//! How a transaction of dnf, zypper, pacman and apk comes about: the same steps, each manager's own words.

use crate::simulator::system::{Pending, System};
use crate::simulator::transaction::{PlanLine, Resolved, Step, Transaction, drift, resolve};

/// The exit code of patchwave's own guards.
const REFUSED: i32 = 78;

/// A manager's words about a transaction.
pub(super) struct Words {
    /// A planned version is in no repository, and the exit code.
    pub gone: fn(&PlanLine) -> String,
    pub gone_code: i32,
    /// What is printed while these packages are installed.
    pub progress: fn(&[Step]) -> String,
    /// What is printed when all went well.
    pub done: fn(&[Step]) -> String,
    /// What is printed for packages whose script failed, and the exit code.
    pub failed: fn(&[Step]) -> String,
    pub failed_code: i32,
    /// Whether such a package stays at its old version.
    pub failed_stays_old: bool,
}

/// Works a transaction out.
pub(super) fn transaction(words: &Words, system: &System, plan: &[PlanLine]) -> Transaction {
    let steps = match checked(words, system, plan) {
        Ok(steps) => steps,
        Err((log, code)) => return Transaction::refused(log, code),
    };
    let failing: Vec<Step> = steps.iter().filter(|step| step.fails).cloned().collect();
    let mut log = (words.progress)(&steps);
    if failing.is_empty() {
        log.push_str(&(words.done)(&steps));
    } else {
        log.push_str(&(words.failed)(&failing));
    }
    Transaction {
        log,
        exit_code: if failing.is_empty() { 0 } else { words.failed_code },
        installed: steps
            .into_iter()
            .filter(|step| !(step.fails && words.failed_stays_old))
            .collect(),
        restarted: Vec::new(),
        leaves_broken: !words.failed_stays_old,
        kept: Vec::new(),
    }
}

/// What simulating the transaction prints, and the exit code.
pub(super) fn simulate(
    words: &Words,
    system: &System,
    plan: &[PlanLine],
    write: fn(&[Step]) -> String,
) -> (String, i32) {
    match checked(words, system, plan) {
        Ok(steps) => (write(&steps), 0),
        Err(refused) => refused,
    }
}

fn checked(words: &Words, system: &System, plan: &[PlanLine]) -> Result<Vec<Step>, (String, i32)> {
    match resolve(system, plan) {
        Resolved::Steps(steps) => Ok(steps),
        Resolved::Gone(line) => Err(((words.gone)(&line), words.gone_code)),
        Resolved::Unplanned(step) => Err((drift(&step), REFUSED)),
    }
}

/// Updates, held ones too.
pub(super) fn all_updates(system: &System) -> Vec<Pending<'_>> {
    [system.upgradable(), system.held()].concat()
}

/// One line an item.
pub(super) fn lines<T>(items: impl IntoIterator<Item = T>, line: impl Fn(T) -> String) -> String {
    items.into_iter().map(|item| line(item) + "\n").collect()
}

/// `NAME-VERSION.ARCH`, as rpm labels a package.
pub(super) fn label(name: &str, version: &str, arch: &str) -> String {
    format!("{name}-{version}.{arch}")
}
