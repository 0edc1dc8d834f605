//! What every file goes through, whatever it holds.

use proptest::prelude::*;

use super::*;

fn problems(text: &str) -> Vec<String> {
    Document::parse("f.yml", text)
        .problems
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn root(text: &str) -> Node {
    let document = Document::parse("f.yml", text);
    assert!(document.problems.is_empty(), "{}", document.problems);
    document.root.expect("a tree")
}

fn entries(node: &Node) -> &[Entry] {
    match &node.value {
        NodeValue::Mapping(entries) => entries,
        _ => panic!("no mapping: {node:?}"),
    }
}

fn get<'a>(node: &'a Node, key: &str) -> &'a Node {
    &entries(node)
        .iter()
        .find(|entry| entry.key == key)
        .unwrap_or_else(|| panic!("no {key}"))
        .value
}

fn text(node: &Node) -> &str {
    match &node.value {
        NodeValue::Scalar(scalar) => &scalar.text,
        _ => panic!("no scalar: {node:?}"),
    }
}

#[test]
fn every_word_knows_its_position() {
    let root = root("hosts:\n  web1: {port: 22}\n  'wéb2': \"x\"\n");
    let hosts = &entries(&root)[0];
    assert_eq!(
        hosts.span,
        Span {
            line: 1,
            column: 1,
            length: 5
        }
    );
    let web1 = &entries(&hosts.value)[0];
    assert_eq!(
        web1.span,
        Span {
            line: 2,
            column: 3,
            length: 4
        }
    );
    assert_eq!(
        entries(&web1.value)[0].value.span,
        Span {
            line: 2,
            column: 16,
            length: 2
        }
    );
    assert_eq!(
        entries(&hosts.value)[1].value.span,
        Span {
            line: 3,
            column: 11,
            length: 3
        }
    );
}

#[test]
fn scalars_stay_as_they_were_written() {
    let root = root("a: no\nb: 1.10\nc: 0o17\nd: NO\ne: 22:30\nf: '12'\ng: ~\nh:\ni: ''\nj: 2026-01-31\n");
    let texts: Vec<&str> = entries(&root).iter().map(|entry| text(&entry.value)).collect();
    assert_eq!(
        texts,
        ["no", "1.10", "0o17", "NO", "22:30", "12", "~", "", "", "2026-01-31"]
    );
    assert!(get(&root, "g").is_empty_value() && get(&root, "h").is_empty_value());
    assert!(
        !get(&root, "i").is_empty_value(),
        "quotes make an empty text, not nothing"
    );
    assert_eq!(get(&root, "f").describe(), "text");
    assert_eq!(get(&root, "b").describe(), "a number");
}

#[test]
fn every_duplicate_key_is_reported_with_both_places() {
    assert_eq!(
        problems("a: 1\nb: {x: 1, x: 2}\na: 2\na: 3\n"),
        [
            "f.yml:2:11: `x` is defined twice; first defined here: f.yml:2:5",
            "f.yml:3:1: `a` is defined twice; first defined here: f.yml:1:1",
            "f.yml:4:1: `a` is defined twice; first defined here: f.yml:1:1",
        ]
    );
}

#[test]
fn aliases_and_merge_keys_work() {
    let root = root("a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc: *a\nd: {<<: *a, x: 9}\ne: {<<: [*b, *a]}\n");
    assert_eq!(get(&root, "c"), get(&root, "a"));
    let d = get(&root, "d");
    assert_eq!((text(get(d, "x")), text(get(d, "y"))), ("9", "2"));
    let e = get(&root, "e");
    assert_eq!(
        (text(get(e, "x")), text(get(e, "y")), text(get(e, "z"))),
        ("1", "3", "4")
    );
}

#[test]
fn what_cannot_be_merged_is_reported() {
    assert_eq!(
        problems("a: {<<: 5}\n"),
        ["f.yml:1:9: `<<` merges mappings, found a number (write `<<: *name` for a mapping that is marked `&name`)"]
    );
}

#[test]
fn what_yaml_allows_and_nobody_means_is_refused() {
    for (text, expected) in [
        ("a: 1\n---\nb: 2\n", "f.yml:2:1: a second document begins here"),
        ("a: !vault x\n", "f.yml:1:4: tags such as `!vault` are not supported"),
        ("[a, b]: 1\n", "f.yml:1:1: a key must be a word, found a list"),
        ("a: &a [*a]\n", "f.yml:1:8: this alias stands inside the value"),
        ("a: 1\nb: \u{0}c\n", "f.yml:2:4: a control character"),
        ("a:\n\tb: 1\n", "f.yml:2:"),
        ("a: *nobody\n", "f.yml:1:4: this is not YAML"),
        ("a: 'x\nb: 1\n", "f.yml:"),
    ] {
        let found = problems(text);
        assert_eq!(found.len(), 1, "{text:?}: {found:?}");
        assert!(found[0].starts_with(expected), "{text:?}: {found:?}");
    }
    assert!(problems("a:\n\tb: 1\n")[0].contains("never with tabs"));
}

#[test]
fn a_file_that_is_not_text_says_where() {
    let shown = |bytes: &[u8]| Document::from_bytes("f", bytes).problems.to_string();
    assert_eq!(
        shown(b"a: 1\nb: \xff\n"),
        "f:2:4: the file is not UTF-8 text from here on"
    );
    assert!(shown(&vec![b' '; LARGEST_FILE + 1]).contains("larger than 16 MiB"));
    assert!(
        Document::from_bytes("f", "\u{feff}a: 1".as_bytes()).root.is_some(),
        "a byte order mark is no text"
    );
}

#[test]
fn an_empty_file_has_no_tree_and_is_no_syntax_error() {
    for text in ["", "\n", "# only a comment\n"] {
        let document = Document::parse("f", text);
        assert!(
            document.problems.is_empty() && document.root.is_none(),
            "{text:?} {document:?}"
        );
    }
}

#[test]
fn hostile_files_cost_bounded_memory() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = format!("*a{}", level - 1);
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", [before.as_str(); 10].join(", ")));
    }
    assert!(problems(&bomb)[0].contains("1,000,000 values"));
    assert!(problems(&"[".repeat(200))[0].contains("64 deep"));
    assert_eq!(problems(&"[".repeat(1_000_000)).len(), 1);
    assert!(problems(&"- ".repeat(100_000))[0].contains("64 deep"));
}

#[test]
fn a_reader_reports_everything_at_once_with_the_nearest_word() {
    let (mut reader, root) = Reader::new(Document::parse(
        "f",
        "prot: 22\nport: no\nmode: fsat\nkind: [x]\nagain: ~\n",
    ));
    let root = root.expect("a tree");
    let mut fields = reader.fields(&root, "a thing").expect("a mapping");
    assert_eq!(
        fields
            .get("port")
            .and_then(|node| reader.integer(node, "`port`", 1, 65535)),
        None
    );
    assert_eq!(
        fields
            .get("mode")
            .and_then(|node| reader.choice(node, &[("fast", 1), ("slow", 2)])),
        None
    );
    assert_eq!(fields.get("kind").and_then(|node| reader.text(node, "text")), None);
    assert_eq!(fields.get("again").and_then(|node| reader.boolean(node)), None);
    reader.finish(fields);
    assert_eq!(
        reader.into_problems().to_string(),
        "f:1:1: `prot` is not a key of a thing (did you mean `port`?)\n\
         f:2:7: expected a whole number from 1 to 65535 for `port`, found `no`\n\
         f:3:7: expected one of `fast` and `slow`, found `fsat` (did you mean `fast`?)\n\
         f:4:7: expected text, found a list\n\
         f:5:8: expected `true` or `false`, found nothing"
    );
}

/// The same document as every serde reader sees it.
fn as_serde(node: &Node) -> serde_yaml::Value {
    match &node.value {
        NodeValue::Scalar(scalar) => scalar.resolved(),
        NodeValue::Sequence(items) => serde_yaml::Value::Sequence(items.iter().map(as_serde).collect()),
        NodeValue::Mapping(entries) => serde_yaml::Value::Mapping(
            entries
                .iter()
                .map(|entry| (serde_yaml::Value::from(entry.key.as_str()), as_serde(&entry.value)))
                .collect(),
        ),
    }
}

fn any_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        "[ -~é]{0,12}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            prop::collection::btree_map("[a-z][a-z0-9 #:-]{0,8}", inner, 0..5)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_serde_yaml_writes_is_read_as_it_reads_it_itself(value in any_value()) {
        let written = serde_yaml::to_string(&value).unwrap();
        let expected: serde_yaml::Value = serde_yaml::from_str(&written).unwrap();
        let document = Document::parse("f", &written);
        prop_assert!(document.problems.is_empty(), "{}\n{}", document.problems, written);
        prop_assert_eq!(as_serde(&document.root.unwrap()), expected);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[a-z0-9:\\-\\[\\]{}*&!|>'\"#\n\t ,?%@`~<\r]{0,60}") {
        let _ = Document::parse("f", &text);
    }
}
