//! The hosts of a saved plan, compared with the inventory, as far as `--limit` leaves them.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::saved_plan::PlanFile;
use crate::cli::session::Session;
use crate::model::host::Host;
use crate::model::name::HostName;
use crate::model::plan::Plan;
use crate::model::text::count;
use crate::plan::keep_hosts;
use crate::report::fold::fold_line;
use crate::report::page::{Line, Page, Tone};

/// As many names as one line shows.
const NAMES: usize = 8;

/// The plan, narrowed by `--limit`, and its hosts as the inventory has them. `--expect` counts these.
///
/// # Errors
/// When a host of the plan is not in the inventory or has another address there, or none or another number is left.
pub(super) fn choose<'session>(
    file: &PlanFile,
    session: &'session Session<'_>,
) -> Result<(Plan, Vec<&'session Host>), Failure> {
    compare(file, session)?;
    let plan = &file.saved.plan;
    let names: BTreeSet<&HostName> = plan.hosts().map(|host| &host.name).collect();
    let selected = session.select_planned(&names)?;
    if selected.len() == names.len() {
        return Ok((plan.clone(), selected));
    }
    let kept: BTreeSet<HostName> = selected.iter().map(|host| host.name.clone()).collect();
    let narrowed = keep_hosts(plan, &kept);
    session.printer.notice(&left_out_page(plan, &narrowed));
    Ok((narrowed, selected))
}

/// A name is not enough: at another address another machine would get the plan.
fn compare(file: &PlanFile, session: &Session<'_>) -> Result<(), Failure> {
    let known: BTreeMap<&HostName, &Host> = session
        .inventory
        .hosts()
        .iter()
        .map(|host| (&host.name, host))
        .collect();
    let plan = &file.saved.plan;
    let path = file.path.display();
    let missing: Vec<&str> = plan
        .hosts()
        .filter(|host| !known.contains_key(&host.name))
        .map(|host| host.name.as_str())
        .collect();
    if !missing.is_empty() {
        return Err(Failure::usage(
            format!(
                "{} of the plan `{path}` {} not in the inventory: {}; nothing was contacted",
                count(missing.len(), "host"),
                if missing.len() == 1 { "is" } else { "are" },
                fold_line(missing, NAMES)
            ),
            "name the inventory that the plan was made with (`--inventory`), or make the plan anew",
        ));
    }
    let moved: Vec<String> = plan
        .hosts()
        .filter_map(|host| {
            let now = known.get(&host.name)?;
            let is_there = now.address == host.address && now.port == host.port;
            (!is_there).then(|| {
                let (address, port) = (&now.address, now.port);
                format!(
                    "{} (planned at {}:{}, now {address}:{port})",
                    host.name, host.address, host.port
                )
            })
        })
        .collect();
    if moved.is_empty() {
        return Ok(());
    }
    let shown: Vec<&str> = moved.iter().take(NAMES).map(String::as_str).collect();
    Err(Failure::with_exit(
        Exit::Outdated,
        format!(
            "{} of the plan `{path}` {} another address in the inventory: {}{}; nothing was contacted",
            count(moved.len(), "host"),
            if moved.len() == 1 { "has" } else { "have" },
            shown.join(", "),
            if moved.len() > shown.len() { ", …" } else { "" }
        ),
        "make the plan anew: another address is another machine",
    ))
}

fn left_out_page(plan: &Plan, narrowed: &Plan) -> Page {
    let (all, left) = (plan.hosts().count(), narrowed.hosts().count());
    let mut lines = vec![Line::new(
        0,
        format!(
            "`--limit` leaves {} of {} in; the others wait for another run",
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
