//! One host's turn when it only downloads: into the manager's cache, from which a later run installs; or when it puts
//! the installed versions aside, so that there is a way back to them.
//!
//! What must stay true: no package changes and nothing is rebooted.

use super::drift::Ready;
use super::excerpt::{excerpt, last_lines};
use super::executor::{Turn, TurnResult};
use super::job::{self, FinishedJob};
use super::link::Link;
use crate::model::error::HostError;
use crate::model::event::HostPhase;
use crate::model::name::{PackageName, Version};
use crate::model::run::SecuredPackages;
use crate::model::update::PackageKey;
use crate::remote::job::JobStep;
use crate::remote::secure::secured;
use crate::remote::transport::{Connection, Transport};

impl<T: Transport> Turn<T> {
    /// Fetches the changes that are still to be made.
    pub(super) async fn fetch(
        &self,
        connection: T::Connection,
        ready: Ready,
        result: &mut TurnResult,
    ) -> Result<(), HostError> {
        if ready.remaining.is_empty() {
            connection.close().await;
            return Ok(());
        }
        self.enter(HostPhase::Downloading).await?;
        result.touched = true;
        let order = job::JobOrder {
            manager: ready.facts.manager,
            changes: ready.remaining,
            may_bring: ready.may_bring.to_vec(),
            removes: ready.removes,
            before: None,
        };
        let mut link = Link::new(self, connection);
        let finished = job::run(self, &mut link, order).await?;
        self.downloaded(&mut link, finished, result).await?;
        link.close().await;
        Ok(())
    }

    /// Says what an ended download came to.
    pub(super) async fn downloaded(
        &self,
        link: &mut Link<'_, T>,
        finished: FinishedJob,
        result: &mut TurnResult,
    ) -> Result<(), HostError> {
        result.downloaded_bytes = finished.downloaded_bytes;
        if self.step == JobStep::Secure {
            result.secured = Some(in_names(&finished.log));
        }
        let kept = self.keep_end(&finished, finished.failure.as_ref(), result).await;
        match finished.failure {
            Some(error) => {
                result.excerpt = excerpt(&finished.log);
                result.log = last_lines(&finished.log);
                Err(error)
            }
            None => {
                kept?;
                job::clean_up(self, link, &finished.id).await;
                Ok(())
            }
        }
    }
}

fn in_names(log: &str) -> SecuredPackages {
    let names = |found: Vec<(PackageKey, Version)>| -> Vec<PackageName> {
        let mut names: Vec<PackageName> = found.into_iter().map(|(key, _)| key.package).collect();
        names.dedup();
        names
    };
    let found = secured(log);
    SecuredPackages {
        kept: names(found.kept),
        missing: names(found.missing),
    }
}
