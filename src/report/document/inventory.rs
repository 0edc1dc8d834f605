//! What the commands of `inventory` say in JSON.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use crate::model::domain::{Domain, MaxDown};
use crate::model::host::{Connect, Host, PrivilegeMethod, PrivilegeScope};
use crate::model::name::{DomainName, GroupName, HostName};
use crate::model::quorum::QuorumRule;
use crate::report::pages::inventory::{GraphNode, OriginRow};

/// The body of `inventory list`.
#[derive(Debug, Serialize)]
pub struct InventoryBody<'a> {
    hosts: Vec<HostBody<'a>>,
}

#[derive(Debug, Serialize)]
struct HostBody<'a> {
    name: &'a HostName,
    address: &'a str,
    port: u16,
    user: &'a str,
    keys: &'a [PathBuf],
    jump: &'a [HostName],
    r#become: BecomeBody<'a>,
    groups: &'a [GroupName],
    labels: &'a BTreeMap<String, String>,
    connect: Connect,
}

#[derive(Debug, Serialize)]
struct BecomeBody<'a> {
    method: PrivilegeMethod,
    user: &'a str,
    /// Absent for everything.
    #[serde(skip_serializing_if = "is_everything")]
    scope: PrivilegeScope,
}

fn is_everything(scope: &PrivilegeScope) -> bool {
    *scope == PrivilegeScope::Everything
}

impl<'a> FromIterator<&'a Host> for InventoryBody<'a> {
    fn from_iter<I: IntoIterator<Item = &'a Host>>(hosts: I) -> Self {
        let hosts = hosts
            .into_iter()
            .map(|host| HostBody {
                name: &host.name,
                address: &host.address,
                port: host.port,
                user: &host.user,
                keys: &host.keys,
                jump: &host.jump,
                r#become: BecomeBody {
                    method: host.privilege.method,
                    user: &host.privilege.user,
                    scope: host.privilege.scope,
                },
                groups: &host.groups,
                labels: &host.labels,
                connect: host.connect,
            })
            .collect();
        Self { hosts }
    }
}

/// The body of `inventory show`.
#[derive(Debug, Serialize)]
pub struct HostOriginsBody<'a> {
    /// The host.
    pub name: &'a HostName,
    /// The domains that it belongs to.
    pub domains: Vec<DomainForm<'a>>,
    /// Each setting.
    pub settings: &'a [OriginRow],
}

/// The body of `inventory graph`.
#[derive(Debug, Serialize)]
pub struct GraphBody<'a> {
    /// Every group.
    pub groups: &'a [GraphNode],
    /// Hosts that no group holds.
    pub ungrouped: &'a [HostName],
    /// Every domain.
    pub domains: Vec<DomainForm<'a>>,
}

/// A domain in `inventory show` and `inventory graph`.
#[derive(Debug, Serialize)]
pub struct DomainForm<'a> {
    name: &'a DomainName,
    /// As it is written: a number, or a part as text.
    max_down: MaxDown,
    /// How many hosts that is.
    limit: usize,
    hosts: &'a [HostName],
    #[serde(skip_serializing_if = "Option::is_none")]
    quorum: Option<&'a QuorumRule>,
}

impl<'a> From<&'a Domain> for DomainForm<'a> {
    fn from(domain: &'a Domain) -> Self {
        Self {
            name: &domain.name,
            max_down: domain.max_down,
            limit: domain.limit(),
            hosts: &domain.members,
            quorum: domain.quorum.as_ref(),
        }
    }
}

impl<'a> From<&&'a Domain> for DomainForm<'a> {
    fn from(domain: &&'a Domain) -> Self {
        Self::from(*domain)
    }
}
