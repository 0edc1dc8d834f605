//! Reads what belongs to a gate with `prometheus`.

use super::{check_url, read_text};
use crate::model::document::{Fields, Node, Reader};
use crate::model::gate::{Comparison, GateCheck};

const EXAMPLE: &str = "write `{url: \"http://prometheus:9090\", query: \"up\", is: \"== 1\"}`";

pub(super) fn read_prometheus(reader: &mut Reader, node: &Node) -> Option<GateCheck> {
    let mut fields = reader.fields(node, "`prometheus`")?;
    let url = required(reader, &mut fields, "url");
    let url = url.and_then(|node| read_text(reader, node, "the address of the server", check_url));
    let query = required(reader, &mut fields, "query");
    let query = query.and_then(|node| read_text(reader, node, "a query in PromQL", |_| Ok(())));
    let is = required(reader, &mut fields, "is");
    let is = is.and_then(|node| reader.parsed(node, "a comparison such as `< 0.05`", Comparison::parse));
    reader.finish(fields);
    Some(GateCheck::Prometheus {
        url: url?,
        query: query?,
        is: is?.value,
    })
}

fn required<'node>(reader: &mut Reader, fields: &mut Fields<'node>, key: &'static str) -> Option<&'node Node> {
    let node = fields.get(key);
    if node.is_none() {
        reader.problem(fields.span, format!("`{key}` is missing"), Some(EXAMPLE.to_owned()));
    }
    node
}
