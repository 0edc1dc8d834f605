//! `inventory list|show|graph|check`: what the inventory resolves to. Contacts no host.

use crate::cli::arguments::{Format, GlobalOptions, InventoryCommand};
use crate::cli::exit::Exit;
use crate::cli::failure::{CommandResult, Failure};
use crate::cli::printer::Printer;
use crate::cli::session::Session;
use crate::model::domain::Domain;
use crate::model::text::{count, nearest};
use crate::report::document::{Document, DomainForm, GraphBody, HostOriginsBody, InventoryBody};
use crate::report::page::{Page, Tone};
use crate::report::pages::inventory::{GraphNode, OriginRow, graph_page, list_page, show_page};

/// Shows the inventory.
///
/// # Errors
/// When it has mistakes, or the selection is wrong.
pub fn run(command: &InventoryCommand, options: &GlobalOptions, printer: &Printer) -> CommandResult {
    let session = Session::open(options, printer)?;
    match command {
        InventoryCommand::List => list(&session)?,
        InventoryCommand::Show { host } => show(&session, host)?,
        InventoryCommand::Graph => graph(&session)?,
        InventoryCommand::Check => {
            let mut page = Page::new();
            let inventory = &session.inventory;
            let mut words = format!(
                "{} in {}, no mistakes",
                count(inventory.hosts().len(), "host"),
                count(inventory.groups().len(), "group")
            );
            if !inventory.domains().is_empty() {
                let domains = count(inventory.domains().len(), "domain");
                words = words.replacen(", no", &format!(", {domains}, no"), 1);
            }
            page.line(words, Tone::Good);
            printer.notice(&page);
        }
    }
    Ok(Exit::Done)
}

fn is_json(printer: &Printer) -> bool {
    matches!(printer.format, Format::Json | Format::Jsonl)
}

fn list(session: &Session<'_>) -> Result<(), Failure> {
    let hosts = session.select(None, None)?;
    if is_json(session.printer) {
        let body: InventoryBody<'_> = hosts.into_iter().collect();
        session.printer.document(&Document::new("inventory list", body))?;
    } else {
        session.printer.page(&list_page(&hosts))?;
    }
    Ok(())
}

fn show(session: &Session<'_>, name: &str) -> Result<(), Failure> {
    let Some(host) = session.inventory.host(name) else {
        let names = session.inventory.hosts().iter().map(|host| host.name.as_str());
        let hint = match nearest(name, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`patchwave inventory list` shows all".to_owned(),
        };
        return Err(Failure::usage(
            format!("there is no host `{name}` in the inventory"),
            hint,
        ));
    };
    let rows: Vec<OriginRow> = session
        .inventory
        .origins(name)
        .iter()
        .map(|origin| OriginRow {
            setting: origin.setting.clone(),
            value: origin.value.clone(),
            set_by: origin.layer.to_string(),
            place: origin.place.as_ref().map(ToString::to_string),
            overridden: origin
                .overridden
                .iter()
                .map(|lost| format!("{} ({}, {})", lost.value, lost.layer, lost.place))
                .collect(),
        })
        .collect();
    let domains: Vec<&Domain> = session.inventory.domains_of(&host.name).collect();
    if is_json(session.printer) {
        let body = HostOriginsBody {
            name: &host.name,
            domains: domains.iter().map(DomainForm::from).collect(),
            settings: &rows,
        };
        session.printer.document(&Document::new("inventory show", body))?;
    } else {
        session.printer.page(&show_page(host, &domains, &rows))?;
    }
    Ok(())
}

fn graph(session: &Session<'_>) -> Result<(), Failure> {
    let nodes: Vec<GraphNode> = session
        .inventory
        .groups()
        .iter()
        .map(|group| GraphNode {
            name: group.name.clone(),
            is_root: group.parents.is_empty(),
            children: group.children.clone(),
            hosts: group.hosts.clone(),
        })
        .collect();
    let ungrouped = session.inventory.hosts().iter().filter(|host| host.groups.is_empty());
    let ungrouped: Vec<_> = ungrouped.map(|host| host.name.clone()).collect();
    if is_json(session.printer) {
        let body = GraphBody {
            groups: &nodes,
            ungrouped: &ungrouped,
            domains: session.inventory.domains().iter().map(DomainForm::from).collect(),
        };
        session.printer.document(&Document::new("inventory graph", body))?;
    } else {
        session
            .printer
            .page(&graph_page(&nodes, &ungrouped, session.inventory.domains()))?;
    }
    Ok(())
}
