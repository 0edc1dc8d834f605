//! Who counts: one person once, the author never, whatever they call themselves.

use jiff::tz::TimeZone;
use proptest::prelude::*;

use std::collections::BTreeSet;

use super::*;
use crate::model::approval::{CheckedSignature, SigningCertificate, namespace};

fn signers(text: &str) -> AllowedSigners {
    let read_key = |text: &str| match text.split_once(" AAAA") {
        Some(("ssh-ed25519", key)) => Ok(key.to_owned()),
        _ => Err("no key".to_owned()),
    };
    let (signers, problems) = AllowedSigners::parse("allowed_signers", text.as_bytes(), &TimeZone::UTC, &read_key);
    assert!(problems.is_empty(), "{problems:?}");
    signers
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-11-22T12:00:00Z")
}

fn plan(required: usize) -> PlanToApprove<'static> {
    PlanToApprove {
        author: "alice@laptop",
        author_keys: &[],
        expires: at("2026-11-29T12:00:00Z"),
        required,
    }
}

fn signed(key: &str, namespace: &str, claimed: Option<&str>) -> OfferedApproval {
    OfferedApproval {
        file: format!("plan.json.{}.sig", claimed.unwrap_or(key)),
        claimed: claimed.map(str::to_owned),
        date: None,
        comment: None,
        signature: Ok(CheckedSignature {
            identity: SigningIdentity {
                key: key.to_owned(),
                kind: "ssh-ed25519".to_owned(),
                certificate: None,
            },
            namespace: namespace.to_owned(),
        }),
    }
}

fn by(key: &str) -> OfferedApproval {
    signed(key, NAMESPACE, None)
}

fn certified(key: &str, authority: &str, principals: &[&str]) -> OfferedApproval {
    let mut offered = by(key);
    let signature = offered.signature.as_mut().unwrap();
    signature.identity.certificate = Some(SigningCertificate {
        authority: authority.to_owned(),
        id: "a certificate".to_owned(),
        is_for_users: true,
        principals: principals.iter().map(|name| (*name).to_owned()).collect(),
        valid_after: 0,
        valid_before: u64::MAX,
    });
    offered
}

fn states(report: &ApprovalReport) -> Vec<ApprovalState> {
    report.approvals.iter().map(|approval| approval.state).collect()
}

#[test]
fn two_people_are_two() {
    let signers = signers("bob ssh-ed25519 AAAAb\ncarol ssh-ed25519 AAAAc\n");
    let report = judge_approvals(plan(2), &signers, &[by("b"), by("c")], now());
    assert!(report.is_met && report.given == 2, "{report:?}");
    assert_eq!(report.approvals[0].signer.as_deref(), Some("bob"));
    assert_eq!(report.holds_until, Some(plan(2).expires));
    let report = judge_approvals(plan(3), &signers, &[by("b"), by("c")], now());
    assert!(!report.is_met && report.holds_until.is_none());
}

#[test]
fn one_person_is_one() {
    for (title, lines, offered) in [
        (
            "two keys",
            "bob ssh-ed25519 AAAA1\nbob ssh-ed25519 AAAA2\n",
            vec![by("1"), by("2")],
        ),
        (
            "two names of one key",
            "bob ssh-ed25519 AAAA1\ncarol ssh-ed25519 AAAA1\n",
            vec![
                signed("1", NAMESPACE, Some("bob")),
                signed("1", NAMESPACE, Some("carol")),
            ],
        ),
        (
            "names that a line joins",
            "bob,bob@work ssh-ed25519 AAAA1\nbob@work ssh-ed25519 AAAA2\n",
            vec![by("1"), signed("2", NAMESPACE, Some("bob@work"))],
        ),
        (
            "names that a line joins which has expired",
            "bob ssh-ed25519 AAAA1\nrob ssh-ed25519 AAAA2\nbob,rob valid-before=\"20200101\" ssh-ed25519 AAAA3\n",
            vec![by("1"), by("2")],
        ),
        (
            "any name of a pattern",
            "*-ops@work ssh-ed25519 AAAA1\n",
            vec![
                signed("1", NAMESPACE, Some("x-ops@work")),
                signed("1", NAMESPACE, Some("y-ops@work")),
            ],
        ),
        (
            "two keys of a pattern",
            "*-ops@work ssh-ed25519 AAAA1\n*-ops@work ssh-ed25519 AAAA2\n",
            vec![
                signed("1", NAMESPACE, Some("x-ops@work")),
                signed("2", NAMESPACE, Some("y-ops@work")),
            ],
        ),
        (
            "two certificates",
            "* cert-authority ssh-ed25519 AAAAca\n",
            vec![certified("1", "ca", &["bob"]), certified("2", "ca", &["rob", "bob"])],
        ),
    ] {
        let report = judge_approvals(plan(2), &signers(lines), &offered, now());
        assert_eq!(
            states(&report),
            [ApprovalState::Valid, ApprovalState::SamePerson],
            "{title}"
        );
        assert!(!report.is_met && report.given == 1, "{title}");
    }
}

#[test]
fn people_of_one_authority_are_different_people() {
    let signers = signers("*@work cert-authority ssh-ed25519 AAAAca\n");
    let offered = [
        certified("1", "ca", &["bob@work"]),
        certified("2", "ca", &["carol@work"]),
    ];
    assert!(judge_approvals(plan(2), &signers, &offered, now()).is_met);
}

#[test]
fn the_author_never_counts() {
    for (title, lines, offered) in [
        ("by name", "alice ssh-ed25519 AAAA1\n", by("1")),
        ("by another machine", "Alice@example.com ssh-ed25519 AAAA1\n", by("1")),
        ("by a name of the same line", "boss,alice ssh-ed25519 AAAA1\n", by("1")),
        (
            "by another key of the same name",
            "boss ssh-ed25519 AAAA1\nboss,alice ssh-ed25519 AAAA2\n",
            by("1"),
        ),
        (
            "by a name of the certificate",
            "boss cert-authority ssh-ed25519 AAAAca\n",
            certified("1", "ca", &["boss", "alice"]),
        ),
        (
            "by a pattern that fits the author's name, whatever the file is called",
            "*@example.com ssh-ed25519 AAAA1\n",
            signed("1", NAMESPACE, Some("zz@example.com")),
        ),
        ("by the key", "boss ssh-ed25519 AAAAown\n", by("own")),
        (
            "by a name of the key",
            "boss ssh-ed25519 AAAAown\nboss ssh-ed25519 AAAA1\n",
            by("1"),
        ),
    ] {
        let keys = ["own".to_owned()];
        let plan = PlanToApprove {
            author_keys: &keys,
            ..plan(1)
        };
        let report = judge_approvals(plan, &signers(lines), &[offered], now());
        assert_eq!(states(&report), [ApprovalState::Author], "{title}");
        assert!(!report.is_met && report.given == 0, "{title}");
    }
}

#[test]
fn what_does_not_hold_says_why() {
    let signers = signers(
        "bob valid-before=\"20261101Z\" ssh-ed25519 AAAA1\ncarol valid-after=\"20261201Z\" ssh-ed25519 AAAA2\n\
         dave namespaces=\"git\" ssh-ed25519 AAAA3\nerin ssh-ed25519 AAAA4\n",
    );
    let ended = namespace(Some(at("2026-11-22T12:00:00Z")));
    let mut broken = by("5");
    broken.signature = Err("it is not a text".to_owned());
    let offered = [
        by("1"),
        by("2"),
        by("3"),
        signed("4", &ended, None),
        signed("4", "file", None),
        signed("9", NAMESPACE, Some("bob")),
        broken,
    ];
    let report = judge_approvals(plan(1), &signers, &offered, now());
    let reasons: Vec<&str> = report
        .approvals
        .iter()
        .filter_map(|one| one.reason.as_deref())
        .collect();
    assert_eq!(
        reasons,
        [
            "the key was valid until 2026-11-01T00:00:00Z (allowed_signers:1)",
            "the key is valid only from 2026-12-01T00:00:00Z (allowed_signers:2)",
            "the key may sign for `git`, not for `patchwave-plan` (allowed_signers:3)",
            "it ended by itself on 2026-11-22T12:00:00Z",
            "it was signed for `file`, not for `patchwave-plan`",
            "allowed_signers does not list this key for bob",
            "it is not a text",
        ]
    );
    assert!(!report.is_met && report.given == 0);
}

#[test]
fn the_first_end_of_those_that_are_needed_is_told() {
    let signers =
        signers("bob valid-before=\"20261125Z\" ssh-ed25519 AAAAb\ncarol ssh-ed25519 AAAAc\ndave ssh-ed25519 AAAAd\n");
    let soon = namespace(Some(at("2026-11-23T00:00:00Z")));
    let offered = [by("b"), signed("c", &soon, None), by("d")];
    let report = |required| judge_approvals(plan(required), &signers, &offered, now());
    assert_eq!(report(1).holds_until, Some(plan(1).expires));
    assert_eq!(report(2).holds_until, Some(at("2026-11-25T00:00:00Z")));
    assert_eq!(report(3).holds_until, Some(at("2026-11-23T00:00:00Z")));
    assert_eq!(report(0).holds_until, None);
}

#[test]
fn nothing_approves_a_plan_that_has_expired() {
    let signers = signers("bob ssh-ed25519 AAAAb\n");
    let report = judge_approvals(plan(1), &signers, &[by("b")], plan(1).expires);
    assert!(report.is_expired && !report.is_met);
}

proptest! {
    /// Whatever names and keys are listed and sign: never more people than names, nor than keys, and the order of
    /// files and lines decides nothing.
    #[test]
    fn people_are_never_more_than_names_or_keys(
        lines in prop::collection::vec((0_u8..5, 0_u8..5), 0..8),
        keys in prop::collection::vec(0_u8..5, 0..8),
    ) {
        let text = |lines: &[(u8, u8)]| lines.iter().map(|(name, key)| format!("p{name} ssh-ed25519 AAAAk{key}\n")).collect::<String>();
        let offered: Vec<OfferedApproval> = keys.iter().map(|key| by(&format!("k{key}"))).collect();
        let report = judge_approvals(plan(1), &signers(&text(&lines)), &offered, now());
        let names: BTreeSet<u8> = lines.iter().map(|(name, _)| *name).collect();
        let listed: BTreeSet<u8> = lines.iter().filter(|(_, key)| keys.contains(key)).map(|(_, key)| *key).collect();
        prop_assert!(report.given <= names.len() && report.given <= listed.len());
        prop_assert_eq!(report.given == 0, listed.is_empty());
        let backwards: Vec<(u8, u8)> = lines.iter().rev().copied().collect();
        let reversed: Vec<OfferedApproval> = offered.iter().rev().cloned().collect();
        prop_assert_eq!(judge_approvals(plan(1), &signers(&text(&backwards)), &reversed, now()).given, report.given);
    }
}
