//! What inventories and expressions mean, and what is said about those that mean nothing.

mod ansible;
mod layers;
mod native;
mod patterns;
mod privilege;
mod quorum;
mod selection;
mod sources;
mod states;

use super::{Inventory, InventoryFile, ResolveContext, parse_inventory};

/// The inventory that these files make, or every mistake in them.
fn parse_files(files: &[(&str, &str)]) -> Result<Inventory, Vec<String>> {
    let files: Vec<InventoryFile> = files
        .iter()
        .map(|(path, text)| InventoryFile {
            path: path.into(),
            bytes: text.as_bytes().to_vec(),
        })
        .collect();
    let context = ResolveContext {
        local_user: "eve".to_owned(),
        home: Some("/home/eve".into()),
        ssh: None,
    };
    parse_inventory(&files, &context).map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

fn parse(text: &str) -> Inventory {
    parse_files(&[("f.yml", text)]).unwrap_or_else(|problems| panic!("{}", problems.join("\n")))
}
