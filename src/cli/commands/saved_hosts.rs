//! The hosts of a saved plan, compared with the inventory, as far as `--limit` leaves them.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::saved_plan::PlanFile;
use crate::cli::session::Session;
use crate::model::drift::DriftAction;
use crate::model::host::Host;
use crate::model::name::HostName;
use crate::model::plan::Plan;
use crate::model::saved_plan::SavedPlan;
use crate::model::text::count;
use crate::plan::keep_saved_hosts;
use crate::report::page::{Line, Page, Tone};
use crate::report::terminal::render;

/// As many names as one line shows.
const NAMES: usize = 8;

/// The plan, narrowed by `--limit`, and its hosts as the inventory has them. `--expect` counts these, and without
/// `--limit` those that the inventory does not have too.
///
/// # Errors
/// When a host that is left is not in the inventory or has another address there, and the playbook's `drift` has that
/// fail; or none or another number is left.
pub(super) fn choose<'session>(
    file: &PlanFile,
    session: &'session Session<'_>,
) -> Result<(SavedPlan, Vec<&'session Host>), Failure> {
    let plan = &file.saved.plan;
    let names: BTreeSet<&HostName> = plan.hosts().map(|host| &host.name).collect();
    let selected = session.select_planned(&names)?;
    let saved = if session.options.limit.is_empty() || selected.len() == names.len() {
        file.saved.clone()
    } else {
        let kept: BTreeSet<HostName> = selected.iter().map(|host| host.name.clone()).collect();
        keep_saved_hosts(&file.saved, &kept)
    };
    let changed = Changed::find(&saved.plan, &selected);
    match saved.plan.rules.drift.host_changed {
        DriftAction::Fail => changed.refuse(file)?,
        action => changed.tell(action, session),
    }
    if saved.plan.hosts().count() < names.len() {
        // Gates and waves that others approved are gone: this is said to those who want to hear little too.
        let page = left_out_page(plan, &saved.plan);
        let printer = session.printer;
        printer.complaint(&render(&page, printer.notice_look()));
    }
    Ok((saved, selected))
}

/// Hosts of a plan that the inventory has elsewhere, or not at all. A name is not enough: at another address another
/// machine would get the plan.
struct Changed {
    missing: Vec<String>,
    moved: Vec<String>,
}

impl Changed {
    fn find(plan: &Plan, hosts: &[&Host]) -> Self {
        let known: BTreeMap<&HostName, &&Host> = hosts.iter().map(|host| (&host.name, host)).collect();
        let mut changed = Self {
            missing: Vec::new(),
            moved: Vec::new(),
        };
        for host in plan.hosts() {
            match known.get(&host.name) {
                None => changed.missing.push(host.name.to_string()),
                Some(now) if now.address == host.address && now.port == host.port => {}
                Some(now) => changed.moved.push(format!(
                    "{} (planned at {}:{}, now {}:{})",
                    host.name, host.address, host.port, now.address, now.port
                )),
            }
        }
        changed
    }

    fn refuse(&self, file: &PlanFile) -> Result<(), Failure> {
        const OTHERWISE: &str = "or leave such hosts out with `--limit`; `drift: {host_changed: skip-host}` in the \
                                 playbook would do so by itself";
        let path = file.path.display();
        let number = |hosts: &[String]| count(hosts.len(), "host");
        if !self.missing.is_empty() {
            return Err(Failure::usage(
                format!(
                    "{} of the plan `{path}` {} not in the inventory: {}; nothing was contacted",
                    number(&self.missing),
                    if self.missing.len() == 1 { "is" } else { "are" },
                    some(&self.missing)
                ),
                format!(
                    "name the inventory that the plan was made with (`--inventory`), make the plan anew, {OTHERWISE}"
                ),
            ));
        }
        if self.moved.is_empty() {
            return Ok(());
        }
        Err(Failure::with_exit(
            Exit::Outdated,
            format!(
                "{} of the plan `{path}` {} another address in the inventory: {}; nothing was contacted",
                number(&self.moved),
                if self.moved.len() == 1 { "has" } else { "have" },
                some(&self.moved)
            ),
            format!("make the plan anew: another address is another machine; {OTHERWISE}"),
        ))
    }

    /// Says what each host's turn will decide.
    fn tell(&self, action: DriftAction, session: &Session<'_>) {
        let parts = [
            ("not in the inventory", &self.missing),
            ("at another address", &self.moved),
        ];
        let mut page = Page::new();
        page.lines(
            parts
                .into_iter()
                .filter(|(_, hosts)| !hosts.is_empty())
                .map(|(what, hosts)| {
                    let words = format!("warning: {what}: {}; `host_changed` is {action}", some(hosts));
                    Line::new(0, words, Tone::Warning)
                })
                .collect(),
        );
        session.printer.notice(&page);
    }
}

fn some(hosts: &[String]) -> String {
    let shown: Vec<&str> = hosts.iter().take(NAMES).map(String::as_str).collect();
    let more = match hosts.len().saturating_sub(NAMES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", shown.join(", "))
}

fn left_out_page(plan: &Plan, narrowed: &Plan) -> Page {
    let (all, left) = (plan.hosts().count(), narrowed.hosts().count());
    let mut lines = vec![Line::new(
        0,
        format!(
            "warning: `--limit` leaves {} of {} in; the others wait for another run",
            left,
            count(all, "host")
        ),
        Tone::Warning,
    )];
    let is_left = |name| narrowed.waves.iter().any(|wave| &wave.name == name);
    lines.extend(plan.waves.iter().filter(|wave| !is_left(&wave.name)).map(|wave| {
        let gates = match wave.gates.len() {
            0 => String::new(),
            gates => format!(", and with it {}", count(gates, "gate")),
        };
        Line::new(2, format!("wave `{}` falls away{gates}", wave.name), Tone::Warning)
    }));
    let mut page = Page::new();
    page.lines(lines);
    page
}
