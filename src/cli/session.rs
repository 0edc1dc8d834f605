//! What the commands that deal with hosts share: inventory, selection, transport, ledger, clock and ids.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::arguments::{GlobalOptions, RefreshChoice, Surroundings};
use super::failure::Failure;
use super::interrupt;
use super::knowledge::{Notice, age_notice, read_last_scans, read_lists};
use super::parallel::default_parallel;
use super::printer::Printer;
use super::prompt::TerminalPrompter;
use super::recorder::Recorder;
use super::settings::{inventory_paths, project_known_hosts, resolve_context, state_directory};
use crate::inventory::load::load_inventory;
use crate::inventory::{Inventory, SelectionError, select_hosts};
use crate::ledger::{Ledger, SqliteLedger};
use crate::model::expression::Expression;
use crate::model::host::Host;
use crate::model::known::Knowledge;
use crate::model::name::{HostName, RunId};
use crate::model::scan::Scan;
use crate::remote::probe::{ProbeRequest, Refresh};
use crate::report::fold::fold_line;
use crate::report::page::{Page, Tone};
use crate::report::terminal::render;
use crate::rollout::{Control, Limits, scan_hosts};
use crate::ssh::{Notify, SshSettings, SshTransport};

/// An inventory that was read, and the options that every command has.
pub struct Session<'a> {
    /// The options.
    pub options: &'a GlobalOptions,
    /// Writes.
    pub printer: &'a Printer,
    /// The inventory.
    pub inventory: Inventory,
    /// The files and directories that it was read from.
    pub inventory_paths: Vec<PathBuf>,
    /// How the operator stops what runs.
    pub control: Control,
    /// What was said already: a command may select twice.
    told: Mutex<BTreeSet<String>>,
}

impl<'a> Session<'a> {
    /// Reads the inventory. Contacts nothing.
    ///
    /// # Errors
    /// When it is not there or has mistakes.
    pub fn open(options: &'a GlobalOptions, printer: &'a Printer) -> Result<Self, Failure> {
        let inventory_paths = inventory_paths(options)?;
        let inventory = load_inventory(&inventory_paths, &resolve_context(options))?;
        let warnings = if printer.quiet {
            inventory.warnings().losses()
        } else {
            inventory.warnings().clone()
        };
        if !warnings.is_empty() {
            super::show_diagnostics(printer, &warnings, true);
        }
        Ok(Self {
            options,
            printer,
            inventory,
            inventory_paths,
            control: Control::new(),
            told: Mutex::default(),
        })
    }

    /// The hosts that `--limit`, the positional expression and a playbook's `select` leave.
    ///
    /// # Errors
    /// When an expression names what is not there, none is left, or `--expect` names another number.
    pub fn select(&self, expression: Option<&str>, further: Option<&Expression>) -> Result<Vec<&Host>, Failure> {
        let mut expressions = Vec::new();
        for limit in &self.options.limit {
            expressions.push(Expression::from_option(limit, "--limit")?);
        }
        if let Some(text) = expression {
            expressions.push(Expression::from_option(text, "EXPR")?);
        }
        expressions.extend(further.cloned());
        let knowledge = self.knowledge(&expressions)?;
        let selected = select_hosts(&self.inventory, &expressions, self.options.expect, &knowledge);
        let is_unknown = matches!(selected, Err(SelectionError::Unknown(_)));
        let now = Timestamp::now();
        if let Some(notice) = age_notice(&expressions, &knowledge, selected.as_ref().ok(), now).filter(|_| !is_unknown)
        {
            self.tell(&notice);
        }
        Ok(selected?.hosts)
    }

    /// The hosts of a plan that `--limit` leaves. `--expect` counts these.
    ///
    /// # Errors
    /// As [`Self::select`].
    pub fn select_planned(&self, planned: &BTreeSet<&HostName>) -> Result<Vec<&Host>, Failure> {
        let expressions: Vec<Expression> = self
            .options
            .limit
            .iter()
            .map(|limit| Expression::from_option(limit, "--limit"))
            .collect::<Result<_, _>>()?;
        let knowledge = self.knowledge(&expressions)?;
        let mut hosts = select_hosts(&self.inventory, &expressions, None, &knowledge)?.hosts;
        hosts.retain(|host| planned.contains(&host.name));
        // A host that the inventory does not have is left out by every `--limit`.
        let absent = if expressions.is_empty() {
            planned.len() - hosts.len()
        } else {
            0
        };
        let selected = hosts.len() + absent;
        if let Some(expected) = self.options.expect.filter(|expected| *expected != selected) {
            return Err(SelectionError::Unexpected { selected, expected }.into());
        }
        if selected == 0 {
            return Err(Failure::usage(
                "`--limit` leaves none of the plan's hosts; nothing was contacted",
                "see which they are with `patchwave plan` and the plan file",
            ));
        }
        Ok(hosts)
    }

    /// What expressions ask beside the inventory. The ledger is opened only when one asks for the last scan.
    ///
    /// # Errors
    /// When a list or the ledger cannot be read.
    pub fn knowledge(&self, expressions: &[Expression]) -> Result<Knowledge, Failure> {
        let lists = read_lists(&expressions.iter().collect::<Vec<_>>())?;
        let asks_for_state = expressions
            .iter()
            .any(|expression| !expression.state_words().is_empty());
        let mut knowledge = if asks_for_state {
            read_last_scans(&self.ledger()?, &self.inventory)?
        } else {
            Knowledge::default()
        };
        knowledge.lists = lists;
        Ok(knowledge)
    }

    fn tell(&self, notice: &Notice) {
        let (text, tone) = match (&notice.left_out, self.printer.quiet) {
            (Some(left_out), false) => (format!("{}; {left_out}", notice.answered), Tone::Quiet),
            (None, false) => (notice.answered.clone(), Tone::Quiet),
            // A host that is never picked would never be patched, and nobody would know.
            (Some(left_out), true) => (format!("warning: {left_out}"), Tone::Warning),
            (None, true) => return,
        };
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.insert(text.clone()) {
            let mut page = Page::new();
            page.line(text, tone);
            self.printer.complaint(&render(&page, self.printer.notice_look()));
        }
    }

    /// Refuses a command that needs root where the inventory has it for the refresh of package lists alone.
    ///
    /// # Errors
    /// When there is such a host among them.
    pub fn require_root(&self, hosts: &[&Host], command: &str) -> Result<(), Failure> {
        let narrow = hosts.iter().filter(|host| host.privilege.only_for_refresh().is_some());
        let narrow: Vec<&str> = narrow.map(|host| host.name.as_str()).collect();
        if narrow.is_empty() {
            return Ok(());
        }
        Err(Failure::usage(
            format!(
                "`{command}` needs root, and the inventory has it for refreshing alone (`become: {{scope: refresh}}`) \
                 on {}; nothing was contacted",
                fold_line(narrow, 8)
            ),
            "take `scope` away and install the rule that `patchwave sudoers --for apply` prints, or leave these hosts out",
        ))
    }

    /// The limits of scans and runs.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let parallel = self.options.parallel.map_or_else(default_parallel, usize::from);
        let usual = Limits::default();
        Limits {
            parallel,
            command: self.options.timeout,
            stall: self.options.stall_after,
            job: self.options.job_timeout,
            lock_wait: self.options.lock_wait.unwrap_or(usual.lock_wait),
            read_lock_wait: self.options.lock_wait.unwrap_or(usual.read_lock_wait),
            ..usual
        }
    }

    /// The transport to the hosts of the inventory. Opens nothing yet.
    #[must_use]
    pub fn transport(&self) -> SshTransport {
        let known_hosts = project_known_hosts(&self.inventory_paths);
        let mut settings = match self.options.surroundings {
            Surroundings::OfTheUser => {
                let bars = self.printer.bars();
                SshSettings::from_environment(known_hosts, Arc::new(TerminalPrompter::new(bars)))
            }
            Surroundings::Isolated => SshSettings {
                known_hosts: known_hosts.into_iter().collect(),
                ..SshSettings::isolated()
            },
        };
        if let Some(limit) = self.options.connect_timeout {
            settings.connect_timeout = limit;
            settings.connect_timeout_wins = true;
        }
        let printer = self.printer.clone();
        settings.notify = Notify::new(move |sentence| {
            let mut page = Page::new();
            page.line(sentence, Tone::Warning);
            printer.notice(&page);
        });
        settings.parallel = self.limits().parallel;
        let mut hosts: BTreeMap<HostName, Host> = self.hosts_by_name();
        for hop in self.inventory.hops() {
            hosts.entry(hop.name.clone()).or_insert_with(|| hop.clone());
        }
        SshTransport::new(settings, Arc::new(move |name| hosts.get(name).cloned()))
    }

    /// Every host of the inventory by name.
    #[must_use]
    pub fn hosts_by_name(&self) -> BTreeMap<HostName, Host> {
        self.inventory
            .hosts()
            .iter()
            .map(|host| (host.name.clone(), host.clone()))
            .collect()
    }

    /// The ledger.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn ledger(&self) -> Result<SqliteLedger, Failure> {
        Ok(SqliteLedger::open(&state_directory(self.options)?)?)
    }

    /// Scans hosts and keeps the scan.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn scan(
        &self,
        hosts: &[&Host],
        refresh: RefreshChoice,
        transport: &SshTransport,
        ledger: &mut SqliteLedger,
    ) -> Result<Scan, Failure> {
        interrupt::watch(&self.control);
        let id = new_run_id()?;
        let request = ProbeRequest {
            refresh: refresh_policy(refresh),
            installed: false,
            lock_wait: self.limits().read_lock_wait,
        };
        let hosts: Vec<Host> = hosts.iter().copied().cloned().collect();
        let mut recorder = Recorder::of_scan(id.clone(), self.printer);
        let scan = scan_hosts(
            id,
            &hosts,
            &request,
            transport,
            &self.limits(),
            &self.control,
            &mut recorder,
        )
        .await?;
        ledger.keep_scan(&scan)?;
        Ok(scan)
    }
}

pub(super) fn refresh_policy(choice: RefreshChoice) -> Refresh {
    match choice {
        RefreshChoice::Always => Refresh::Always,
        RefreshChoice::Never => Refresh::Never,
        RefreshChoice::OlderThan(age) => Refresh::OlderThan(age),
    }
}

/// A new id: the time, so that ids sort, and a random part, so that two controllers do not meet.
///
/// # Errors
/// Never for a clock that works.
pub fn new_run_id() -> Result<RunId, Failure> {
    let text = format!(
        "{}-{:04x}",
        Timestamp::now().strftime("%Y%m%dT%H%M%SZ"),
        rand::random::<u16>()
    );
    RunId::new(text).map_err(|error| Failure::internal(error, "look at the machine's clock"))
}
