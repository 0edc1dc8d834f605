//! The JSON document of `rollback --dry-run`.

use serde::Serialize;

use super::pages::rollback::Sources;
use crate::model::name::{Architecture, HostName, PackageName, Version, WaveName};
use crate::model::plan::Plan;
use crate::model::rollback::Rollback;

/// The body: every change back with its wave and where the older version comes from, and what stays.
#[derive(Debug, Serialize)]
pub struct RollbackBody<'a> {
    rollback: Option<&'a Rollback>,
    waves: Vec<&'a WaveName>,
    changes: Vec<ChangeBack<'a>>,
}

#[derive(Debug, Serialize)]
struct ChangeBack<'a> {
    host: &'a HostName,
    wave: &'a WaveName,
    package: &'a PackageName,
    arch: &'a Architecture,
    from: Option<&'a Version>,
    to: &'a Version,
    source: &'a str,
}

impl<'a> RollbackBody<'a> {
    /// Of a plan back.
    #[must_use]
    pub fn new(plan: &'a Plan, sources: &'a Sources) -> Self {
        let mut changes = Vec::new();
        for wave in &plan.waves {
            for host in wave.hosts() {
                changes.extend(host.changes.iter().map(|change| {
                    let key = (host.name.clone(), change.package.clone(), change.arch.clone());
                    ChangeBack {
                        host: &host.name,
                        wave: &wave.name,
                        package: &change.package,
                        arch: &change.arch,
                        from: change.from.as_ref(),
                        to: &change.to,
                        source: sources.get(&key).map_or("", String::as_str),
                    }
                }));
            }
        }
        Self {
            rollback: plan.rules.rollback.as_ref(),
            waves: plan.waves.iter().map(|wave| &wave.name).collect(),
            changes,
        }
    }
}
