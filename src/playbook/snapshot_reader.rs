//! Reads `snapshot` of a playbook: whether the root file system is kept as it was before a host is changed.

use crate::model::document::{Fields, Reader};
use crate::model::run_rules::SnapshotRule;

const WORDS: [(&str, SnapshotRule); 3] = [
    ("never", SnapshotRule::Never),
    ("if-possible", SnapshotRule::IfPossible),
    ("required", SnapshotRule::Required),
];

/// The word; without the key none is made.
pub(super) fn read_snapshot(reader: &mut Reader, fields: &mut Fields<'_>) -> Option<SnapshotRule> {
    match fields.get("snapshot") {
        Some(node) => reader.choice(node, &WORDS).map(|word| word.value),
        None => Some(SnapshotRule::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playbook::{parse_playbook, playbook_yaml};

    #[test]
    fn every_word_is_read_and_shown_the_same() {
        let waves = "waves: [{name: all, rest: true}]\n";
        let parse = |text: &str| parse_playbook("p.yml", text.as_bytes(), "p");
        for (word, rule) in WORDS {
            let playbook = parse(&format!("{waves}snapshot: {word}\n")).unwrap();
            assert_eq!(playbook.run.snapshot, rule);
            let shown = playbook_yaml(&playbook).unwrap();
            assert_eq!(parse(&shown).unwrap(), playbook, "{shown}");
        }
        assert_eq!(parse(waves).unwrap().run.snapshot, SnapshotRule::Never);
        assert!(parse(&format!("{waves}snapshot: always\n")).is_err());
    }
}
