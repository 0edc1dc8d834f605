//! Reads `lint`: which findings of the checks stop a plan, and which are not shown.

use crate::model::document::{Node, Reader};
use crate::model::finding::LintRule;
use crate::model::lint_code::LintCode;
use crate::model::pattern::{PackagePattern, Pattern};
use crate::model::text::nearest;

/// The word that stands for every check.
const ALL: &str = "all";

/// Reads the value of `lint`.
pub(super) fn read_lint(reader: &mut Reader, node: &Node) -> Option<LintRule> {
    let mut fields = reader.fields(node, "`lint`")?;
    let errors = match fields.get("errors") {
        Some(node) => read_codes(reader, node, true),
        None => Some(Vec::new()),
    };
    let allow_node = fields.get("allow");
    let allow = match allow_node {
        Some(node) => read_codes(reader, node, false),
        None => Some(Vec::new()),
    };
    let major_versions = match fields.get("major_versions") {
        Some(node) => read_patterns(reader, node),
        None => Some(Vec::new()),
    };
    reader.finish(fields);
    let rule = LintRule {
        errors: errors?,
        allow: allow?,
        major_versions: major_versions?,
    };
    if let Some(node) = allow_node
        && let Some(both) = rule.allow.iter().find(|code| rule.errors.contains(code))
    {
        let message = format!("`{both}` cannot be an error and allowed at the same time");
        reader.problem(node.span, message, None);
        return None;
    }
    Some(rule)
}

fn read_codes(reader: &mut Reader, node: &Node, are_errors: bool) -> Option<Vec<String>> {
    let items = reader.one_or_many(node, "a list of checks, such as `removal`")?;
    let codes: Vec<Option<String>> = items.iter().map(|item| read_code(reader, item, are_errors)).collect();
    codes.into_iter().collect()
}

fn read_code(reader: &mut Reader, node: &Node, is_error: bool) -> Option<String> {
    let word = reader.text(node, "the name of a check")?.value;
    if is_error && word == ALL {
        return Some(word);
    }
    let Some(code) = LintCode::ALL.into_iter().find(|code| code.as_str() == word) else {
        let words = LintCode::ALL.into_iter().map(LintCode::as_str);
        let hint = match nearest(&word, words.chain(is_error.then_some(ALL))) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "playbooks/README.md lists the checks".to_owned(),
        };
        reader.problem(node.span, format!("there is no check `{word}`"), Some(hint));
        return None;
    };
    if !is_error && !code.may_be_allowed() {
        let message = format!("`{code}` cannot be allowed: it is about the order of the plan itself");
        reader.problem(node.span, message, None);
        return None;
    }
    Some(word)
}

fn read_patterns(reader: &mut Reader, node: &Node) -> Option<Vec<PackagePattern>> {
    let items = reader.one_or_many(node, "a list of package names or globs")?;
    let patterns: Vec<Option<PackagePattern>> = items
        .iter()
        .map(|item| {
            reader
                .parsed(item, "a package name or glob", |text| Pattern::new(text))
                .map(|pattern| pattern.value)
        })
        .collect();
    patterns.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::playbook::{Playbook, parse_playbook, playbook_yaml};

    fn parse(lint: &str) -> Result<Playbook, Vec<String>> {
        let text = format!("waves: [{{name: all, rest: true}}]\nlint: {lint}\n");
        parse_playbook("p.yml", text.as_bytes(), "p")
            .map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_rule_means_what_it_says_and_is_shown_the_same() {
        let playbook = parse("{errors: all, allow: [removal], major_versions: ['postgresql*', nginx]}").unwrap();
        assert_eq!(playbook.lint.errors, ["all"]);
        assert_eq!(playbook.lint.allow, ["removal"]);
        assert_eq!(playbook.lint.major_versions.len(), 2);
        let shown = playbook_yaml(&playbook).unwrap();
        assert_eq!(
            parse_playbook("p.yml", shown.as_bytes(), "p").unwrap(),
            playbook,
            "{shown}"
        );
    }

    #[test]
    fn every_mistake_of_the_rule_has_its_place_and_the_nearest_word() {
        assert_eq!(
            parse("{errors: [removl], allow: [host-in-no-wave, all], major_version: x}").unwrap_err(),
            [
                "p.yml:2:17: there is no check `removl` (did you mean `removal`?)",
                "p.yml:2:34: `host-in-no-wave` cannot be allowed: it is about the order of the plan itself",
                "p.yml:2:51: there is no check `all` (playbooks/README.md lists the checks)",
                "p.yml:2:57: `major_version` is not a key of `lint` (did you mean `major_versions`?)",
            ]
        );
        assert_eq!(
            parse("{errors: [removal], allow: [removal]}").unwrap_err(),
            ["p.yml:2:35: `removal` cannot be an error and allowed at the same time"]
        );
    }
}
