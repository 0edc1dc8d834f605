//! Reads `condition`: what may differ on a host after its update.

use crate::model::condition::{ConditionPart, ConditionRule};
use crate::model::document::{Node, Reader};
use crate::model::pattern::Pattern;
use crate::model::text::nearest;

use super::wave_reader::read_duration;

/// Reads the value of `condition`. What it leaves out has the careful default: nothing may differ.
pub(super) fn read_condition(reader: &mut Reader, node: &Node) -> Option<ConditionRule> {
    let mut fields = reader.fields(node, "`condition`")?;
    let compare = match fields.get("compare") {
        Some(node) => reader.boolean(node).map(|compare| compare.value),
        None => Some(true),
    };
    let allow = match fields.get("allow") {
        Some(node) => read_globs(reader, node),
        None => Some(Vec::new()),
    };
    let settle = match fields.get("settle") {
        Some(node) => read_duration(reader, node).map(Some),
        None => Some(None),
    };
    reader.finish(fields);
    Some(ConditionRule {
        ignored: !compare?,
        allow: allow?,
        settle: settle?,
    })
}

fn read_globs(reader: &mut Reader, node: &Node) -> Option<Vec<String>> {
    let items = reader.one_or_many(node, "a list of globs such as `socket:tcp *:8080`")?;
    let read: Vec<Option<String>> = items
        .iter()
        .map(|item| Some(reader.parsed(item, "a glob such as `socket:tcp *:8080`", check)?.value))
        .collect();
    read.into_iter().collect()
}

fn check(text: &str) -> Result<String, String> {
    let words = ConditionPart::ALL.map(ConditionPart::as_str);
    let example = "example: `socket:tcp *:8080`, `active-unit:man-db.*`, `*:*`";
    let Some((part, glob)) = text.split_once(':') else {
        return Err(format!("the part before a colon is missing; {example}"));
    };
    if part != "*" && !words.contains(&part) {
        let near = nearest(part, words).map(|near| format!("; did you mean `{near}`?"));
        return Err(format!(
            "`{}` is no part of a host's condition{} The parts are {}",
            crate::model::text::printable(part),
            near.unwrap_or_else(|| ".".to_owned()),
            words.join(", ")
        ));
    }
    if glob.trim().is_empty() {
        return Err(format!("nothing is behind the colon; {example}"));
    }
    // Patterns know no blanks; the name of a socket has one.
    Pattern::new(glob.trim().replace(' ', "?"))
        .map(|_| text.to_owned())
        .map_err(|error| error.to_string())
}
