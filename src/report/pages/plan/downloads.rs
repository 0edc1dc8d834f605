//! What is to be downloaded, by the repository that it comes from.

use crate::model::download::{Download, size_in_words};
use crate::model::plan::Plan;
use crate::model::repository_download::by_repository;
use crate::report::page::{Grid, Line, Page, Text, Tone};

/// As many repositories as are shown.
const REPOSITORIES: usize = 20;

/// A row a repository, the largest download first; nothing where nothing is to be downloaded.
#[must_use]
pub fn downloads_page(plan: &Plan) -> Page {
    let mut page = Page::new();
    let repositories = by_repository(plan);
    if repositories.is_empty() {
        return page;
    }
    page.heading(Line::new(0, "To download", Tone::Strong));
    page.grid(Grid {
        columns: vec!["REPOSITORY", "HOSTS", "PACKAGES", "DOWNLOAD"],
        rows: repositories
            .iter()
            .take(REPOSITORIES)
            .map(|repository| {
                let name = if repository.repo.is_empty() {
                    Text::new("not known", Tone::Quiet)
                } else {
                    Text::plain(&repository.repo)
                };
                vec![
                    name,
                    Text::plain(repository.hosts.to_string()),
                    Text::plain(repository.packages.to_string()),
                    bytes(repository.download),
                ]
            })
            .collect(),
    });
    let hidden = repositories.len().saturating_sub(REPOSITORIES);
    if hidden > 0 {
        page.line(
            format!("and {hidden} more; all of them with `--format json`"),
            Tone::Quiet,
        );
    }
    page
}

fn bytes(download: Download) -> Text {
    match (download.bytes, download.unknown) {
        (0, _) => Text::new("not known", Tone::Quiet),
        (bytes, 0) => Text::plain(size_in_words(bytes)),
        (bytes, unknown) => Text::plain(format!("{}, and {unknown} of unknown size", size_in_words(bytes))),
    }
}
