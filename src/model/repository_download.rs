//! How much each repository has to serve for a plan.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::download::Download;
use super::name::{Architecture, PackageName, Version};
use super::plan::{Plan, PlannedChange};

/// What hosts have to download from one repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RepositoryDownload {
    /// The repository as managers name it; empty when they do not say.
    pub repo: String,
    /// Hosts that get something from it.
    pub hosts: usize,
    /// Different packages; two versions of one are two.
    pub packages: usize,
    /// What all these hosts together download from it.
    #[serde(flatten)]
    pub download: Download,
}

/// The downloads of a plan by repository, the largest first; those of one size in the order of their names.
#[must_use]
pub fn by_repository(plan: &Plan) -> Vec<RepositoryDownload> {
    #[derive(Default)]
    struct Sum<'a> {
        hosts: usize,
        packages: BTreeSet<(&'a PackageName, &'a Architecture, &'a Version)>,
        download: Download,
    }
    let mut sums: BTreeMap<&str, Sum<'_>> = BTreeMap::new();
    for host in plan.hosts() {
        for (repo, download) in of_host(&host.changes) {
            let sum = sums.entry(repo).or_default();
            sum.hosts += 1;
            sum.download = sum.download.and(download);
        }
        for change in host.changes.iter() {
            let sum = sums.entry(&change.repo).or_default();
            sum.packages.insert((&change.package, &change.arch, &change.to));
        }
    }
    let mut repositories: Vec<RepositoryDownload> = sums
        .into_iter()
        .map(|(repo, sum)| RepositoryDownload {
            repo: repo.to_owned(),
            hosts: sum.hosts,
            packages: sum.packages.len(),
            download: sum.download,
        })
        .collect();
    repositories.sort_by_key(|repository| std::cmp::Reverse(repository.download.bytes));
    repositories
}

/// The downloads of one host by repository, in the order of their names.
#[must_use]
pub fn of_host(changes: &[PlannedChange]) -> BTreeMap<&str, Download> {
    let mut downloads: BTreeMap<&str, Download> = BTreeMap::new();
    for change in changes {
        let download = downloads.entry(&change.repo).or_default();
        *download = download.and(std::iter::once(change).sum());
    }
    downloads
}
