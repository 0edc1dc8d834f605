//! How a plan is written: what many hosts share stands once in a table, and hosts refer to it by its number.
//!
//! What must stay true: writing what was read gives the same text again, and hosts of one transaction share it in
//! memory too. A document of another shape is an error, never a plan with something missing.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    Basis, Budget, Gate, LeftOut, Plan, PlanRules, PlannedChange, PlannedDomain, PlannedHost, PlannedRemoval,
    PlannedWave,
};
use crate::model::foresight::Foresight;
use crate::model::host::RebootPolicy;
use crate::model::name::{HostName, RunId, WaveName};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FoldedPlan {
    scan: RunId,
    made: Timestamp,
    playbook: String,
    rules: PlanRules,
    domains: Vec<PlannedDomain>,
    /// Lists of changes; none is empty, and no two are the same. In the order in which hosts refer to them.
    transactions: Vec<Arc<[PlannedChange]>>,
    /// No two are the same. In the order in which hosts refer to them.
    foresights: Vec<Arc<Foresight>>,
    waves: Vec<FoldedWave>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FoldedWave {
    name: WaveName,
    parallel: usize,
    budget: Budget,
    soak: Duration,
    gates: Vec<Gate>,
    batches: Vec<Vec<FoldedHost>>,
}

/// Numbers count from 0; `None` is for nothing.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FoldedHost {
    name: HostName,
    address: String,
    port: u16,
    basis: Basis,
    /// The changes.
    transaction: Option<usize>,
    /// New dependencies that they may bring, a list of the same table.
    may_bring: Option<usize>,
    foresight: Option<usize>,
    reboot: RebootPolicy,
    left_out: Vec<LeftOut>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    removes: Vec<PlannedRemoval>,
}

/// A table in which everything stands once.
struct Table<'a, T: ?Sized> {
    numbers: HashMap<&'a T, usize>,
    entries: Vec<Arc<T>>,
}

impl<'a, T: Hash + Eq + ?Sized> Table<'a, T> {
    fn new() -> Self {
        Self {
            numbers: HashMap::new(),
            entries: Vec::new(),
        }
    }

    fn number(&mut self, entry: &'a Arc<T>) -> usize {
        *self.numbers.entry(entry).or_insert_with(|| {
            self.entries.push(Arc::clone(entry));
            self.entries.len() - 1
        })
    }
}

impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fold(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Plan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        unfold(FoldedPlan::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

fn fold<'p>(plan: &'p Plan) -> FoldedPlan {
    let mut transactions = Table::new();
    let mut foresights = Table::new();
    let mut list = |changes: &'p Arc<[PlannedChange]>| (!changes.is_empty()).then(|| transactions.number(changes));
    let mut fold_host = |host: &'p PlannedHost| {
        let PlannedHost {
            name,
            address,
            port,
            basis,
            changes,
            may_bring,
            removes,
            left_out,
            reboot,
            foresight,
        } = host;
        FoldedHost {
            name: name.clone(),
            address: address.clone(),
            port: *port,
            basis: basis.clone(),
            transaction: list(changes),
            may_bring: list(may_bring),
            foresight: foresight.as_ref().map(|foresight| foresights.number(foresight)),
            reboot: *reboot,
            left_out: left_out.clone(),
            removes: removes.clone(),
        }
    };
    let waves = plan
        .waves
        .iter()
        .map(|wave| FoldedWave {
            name: wave.name.clone(),
            parallel: wave.parallel,
            budget: wave.budget,
            soak: wave.soak,
            gates: wave.gates.clone(),
            batches: wave
                .batches
                .iter()
                .map(|batch| batch.iter().map(&mut fold_host).collect())
                .collect(),
        })
        .collect();
    FoldedPlan {
        scan: plan.scan.clone(),
        made: plan.made,
        playbook: plan.playbook.clone(),
        rules: plan.rules.clone(),
        domains: plan.domains.clone(),
        transactions: transactions.entries,
        foresights: foresights.entries,
        waves,
    }
}

fn unfold(folded: FoldedPlan) -> Result<Plan, String> {
    let nothing: Arc<[PlannedChange]> = Arc::new([]);
    let list = |host: &HostName, number: Option<usize>| match number {
        None => Ok(Arc::clone(&nothing)),
        Some(number) => entry(&folded.transactions, "transaction", host, number),
    };
    let unfold_host = |host: FoldedHost| {
        Ok(PlannedHost {
            changes: list(&host.name, host.transaction)?,
            may_bring: list(&host.name, host.may_bring)?,
            foresight: host
                .foresight
                .map(|number| entry(&folded.foresights, "foresight", &host.name, number))
                .transpose()?,
            name: host.name,
            address: host.address,
            port: host.port,
            basis: host.basis,
            removes: host.removes,
            left_out: host.left_out,
            reboot: host.reboot,
        })
    };
    let unfold_batch = |batch: Vec<FoldedHost>| batch.into_iter().map(unfold_host).collect();
    let waves = folded.waves.into_iter().map(|wave| {
        Ok(PlannedWave {
            name: wave.name,
            batches: wave
                .batches
                .into_iter()
                .map(unfold_batch)
                .collect::<Result<_, String>>()?,
            parallel: wave.parallel,
            budget: wave.budget,
            soak: wave.soak,
            gates: wave.gates,
        })
    });
    Ok(Plan {
        waves: waves.collect::<Result<_, String>>()?,
        scan: folded.scan,
        made: folded.made,
        playbook: folded.playbook,
        rules: folded.rules,
        domains: folded.domains,
    })
}

fn entry<T: ?Sized>(table: &[Arc<T>], what: &str, host: &HostName, number: usize) -> Result<Arc<T>, String> {
    let found = table.get(number).map(Arc::clone);
    found.ok_or_else(|| format!("host {host} refers to {what} {number}, which is not there"))
}
