//! Judges the approvals of a plan: whose they are, whether they hold, how many people they come from.
//!
//! A pure function of the checked signatures, the file of allowed signers, the plan's own words and the time. What
//! must stay true: one person counts once, whatever names and keys they have, and the author never. Where it is not
//! certain that two are different people, they count as one.
//!
//! Who is who: names and keys that stand in one line of the file of allowed signers belong to one person, and so do
//! the names that one certificate is made out to. A pattern in a line without an authority says nothing of who holds the
//! key: all keys of one pattern are one person, and the author's where the pattern fits a name of the author. The author of a plan, `user@machine`, is whoever has a name that is
//! the same up to the `@` (in any case), or one of the keys that the plan names as the author's.

mod people;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::allowed_signers::{AllowedSigners, Grant};
use crate::model::approval::{
    Approval, ApprovalReport, ApprovalState, NAMESPACE, OfferedApproval, SigningIdentity, end_in_namespace,
};
use crate::model::saved_plan::SavedPlan;
use crate::model::text::{printable, shorten};
use people::{Mark, People};

/// What of a plan decides about its approvals.
#[derive(Debug, Clone, Copy)]
pub struct PlanToApprove<'a> {
    /// Who made it: `user@machine`.
    pub author: &'a str,
    /// The fingerprints of the author's keys.
    pub author_keys: &'a [String],
    /// Until when it holds.
    pub expires: Timestamp,
    /// How many people must approve it.
    pub required: usize,
}

impl<'a> PlanToApprove<'a> {
    /// What a saved plan says; `required` may ask for more, never for less.
    #[must_use]
    pub fn of(saved: &'a SavedPlan, required: usize) -> Self {
        Self {
            author: &saved.author,
            author_keys: &saved.author_keys,
            expires: saved.expires,
            required: required.max(saved.plan.rules.approvals.required),
        }
    }
}

/// Judges every approval that lies beside a plan.
#[must_use]
pub fn judge_approvals(
    plan: PlanToApprove<'_>,
    signers: &AllowedSigners,
    offered: &[OfferedApproval],
    now: Timestamp,
) -> ApprovalReport {
    let judged: Vec<Judged<'_>> = offered.iter().map(|offered| judge(offered, signers, now)).collect();
    let people = People::of(signers, &judged);
    let author = people.author(plan, signers, &judged);
    let mut counted: BTreeMap<usize, Timestamp> = BTreeMap::new();
    let mut approvals = Vec::new();
    for judged in &judged {
        let mut approval = judged.approval(plan.expires);
        if let Some((name, key)) = judged.good() {
            let person = people.person(&Mark::Key(key));
            if author.contains(&person) {
                approval.state = ApprovalState::Author;
                approval.reason = Some(format!(
                    "{} made the plan, and the author does not count",
                    printable(name)
                ));
            } else if counted.contains_key(&person) {
                approval.state = ApprovalState::SamePerson;
                approval.reason =
                    Some("this person is counted already: the names or the keys belong together".to_owned());
            }
            if !author.contains(&person) {
                // Of one person's approvals the one that lasts longest.
                let until = approval.until.unwrap_or(plan.expires);
                let longest = counted.entry(person).or_insert(until);
                *longest = until.max(*longest);
            }
        }
        approvals.push(approval);
    }
    report(plan, counted.into_values().collect(), approvals, now)
}

fn report(
    plan: PlanToApprove<'_>,
    mut ends: Vec<Timestamp>,
    approvals: Vec<Approval>,
    now: Timestamp,
) -> ApprovalReport {
    let is_expired = now >= plan.expires;
    ends.sort_by(|one, other| other.cmp(one));
    ApprovalReport {
        required: plan.required,
        given: ends.len(),
        is_met: !is_expired && ends.len() >= plan.required,
        is_expired,
        holds_until: plan.required.checked_sub(1).and_then(|last| ends.get(last).copied()),
        approvals,
    }
}

/// One approval before it is asked whether its signer counts.
struct Judged<'a> {
    offered: &'a OfferedApproval,
    outcome: Outcome,
}

enum Outcome {
    Good {
        name: String,
        identity: SigningIdentity,
        grant: Grant,
        end: Option<Timestamp>,
    },
    Bad {
        name: Option<String>,
        identity: Option<SigningIdentity>,
        reason: String,
    },
}

fn judge<'a>(offered: &'a OfferedApproval, signers: &AllowedSigners, now: Timestamp) -> Judged<'a> {
    Judged {
        offered,
        outcome: outcome(offered, signers, now),
    }
}

fn outcome(offered: &OfferedApproval, signers: &AllowedSigners, now: Timestamp) -> Outcome {
    let bad = |name: Option<String>, identity: Option<&SigningIdentity>, reason: String| Outcome::Bad {
        name,
        identity: identity.cloned(),
        reason,
    };
    let signature = match &offered.signature {
        Ok(signature) => signature,
        Err(reason) => return bad(offered.claimed.clone(), None, reason.clone()),
    };
    let identity = &signature.identity;
    let Some(end) = end_in_namespace(&signature.namespace) else {
        let namespace = shorten(&printable(&signature.namespace), 60);
        let reason = format!("it was signed for `{namespace}`, not for `{NAMESPACE}`");
        return bad(offered.claimed.clone(), Some(identity), reason);
    };
    // The name of the file is only the first to be tried: whose key it is, the file of allowed signers says.
    let mut names: Vec<String> = offered.claimed.iter().cloned().collect();
    names.extend(signers.names_of(identity));
    let mut first = None;
    for name in names {
        match signers.allows(&name, identity, &signature.namespace, now) {
            Ok(_) if end.is_some_and(|end| now >= end) => {
                let reason = format!("it ended by itself on {}", end.unwrap_or(now));
                return bad(Some(name), Some(identity), reason);
            }
            Ok(grant) => {
                return Outcome::Good {
                    name,
                    identity: identity.clone(),
                    grant,
                    end,
                };
            }
            Err(refusals) => {
                if let (None, Some(refusal)) = (&first, refusals.first()) {
                    let reason = format!("{} ({}:{})", refusal.reason, signers.file, refusal.line);
                    first = Some((name, reason));
                }
            }
        }
    }
    match first {
        Some((name, reason)) => bad(Some(name), Some(identity), reason),
        None => {
            let reason = format!("{} does not list this key{}", signers.file, for_whom(offered));
            bad(offered.claimed.clone(), Some(identity), reason)
        }
    }
}

fn for_whom(offered: &OfferedApproval) -> String {
    match &offered.claimed {
        Some(name) => format!(" for {}", printable(name)),
        None => String::new(),
    }
}

impl Judged<'_> {
    /// The name and the key of one that holds.
    fn good(&self) -> Option<(&str, &str)> {
        match &self.outcome {
            Outcome::Good { name, identity, .. } => Some((name, &identity.key)),
            Outcome::Bad { .. } => None,
        }
    }

    fn approval(&self, expires: Timestamp) -> Approval {
        let (state, name, identity, reason) = match &self.outcome {
            Outcome::Good { name, identity, .. } => (ApprovalState::Valid, Some(name), Some(identity), None),
            Outcome::Bad { name, identity, reason } => (
                ApprovalState::Invalid,
                name.as_ref(),
                identity.as_ref(),
                Some(reason.clone()),
            ),
        };
        let (since, until) = match &self.outcome {
            Outcome::Good { grant, end, .. } => {
                let ends = [grant.until, *end, Some(expires)];
                (grant.since, ends.into_iter().flatten().min())
            }
            Outcome::Bad { .. } => (None, None),
        };
        Approval {
            file: self.offered.file.clone(),
            state,
            signer: name.map(|name| printable(name)),
            key: identity.map(|identity| identity.key.clone()),
            key_type: identity.map(|identity| identity.kind.clone()),
            certificate: identity.and_then(|identity| Some(identity.certificate.as_ref()?.id.clone())),
            since,
            until,
            date: self.offered.date.clone(),
            comment: self.offered.comment.clone(),
            reason,
        }
    }
}

#[cfg(test)]
mod tests;
