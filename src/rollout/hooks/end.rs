//! How a hook ended, and what follows from it. Pure.

use std::time::Duration;

use crate::model::hook::{HookOutcome, HookPoint};
use crate::model::text::printable;

/// `EX_TEMPFAIL` of sysexits.h: the exit code by which a hook leaves its host out.
const LEAVES_OUT: i32 = 75;

/// How a hook ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rollout) enum HookEnd {
    /// By itself, with this code and this last line.
    Exited(i32, Option<String>),
    /// By a signal of somebody else.
    Killed(Option<String>),
    /// By a signal of ours.
    TimedOut(Duration, Option<String>),
    /// It was not begun, for that reason.
    NotStarted(String),
    /// Nobody knows: the connection broke.
    Unknown(String),
}

impl HookEnd {
    /// What it means, and what is shown of it.
    pub fn verdict(&self, at: HookPoint, undo: bool) -> (HookOutcome, String) {
        let with = |what: String, said: &Option<String>| match said {
            Some(said) => format!("{what}: {said}"),
            None => what,
        };
        let (outcome, detail) = match self {
            Self::Exited(0, said) => (HookOutcome::Done, said.clone().unwrap_or_default()),
            Self::Exited(LEAVES_OUT, said) if at.may_skip() && !undo => (
                HookOutcome::Skip,
                said.clone().unwrap_or_else(|| format!("exit {LEAVES_OUT}")),
            ),
            Self::Exited(code, said) => (HookOutcome::Failed, with(format!("exit {code}"), said)),
            Self::Killed(said) => (HookOutcome::Failed, with("it was killed by a signal".to_owned(), said)),
            Self::TimedOut(limit, said) => {
                let what = format!("it was ended after {} s", limit.as_secs_f64());
                (HookOutcome::Failed, with(what, said))
            }
            Self::NotStarted(why) | Self::Unknown(why) => (HookOutcome::Failed, why.clone()),
        };
        (outcome, printable(&detail))
    }
}

/// The last line of what a program complained of, else of what it printed.
pub(super) fn last_line(stderr: &str, stdout: &str) -> Option<String> {
    let last = |text: &str| {
        text.lines()
            .map(str::trim)
            .rfind(|line| !line.is_empty())
            .map(|line| line.chars().take(LONGEST_LINE).collect::<String>())
    };
    last(stderr).or_else(|| last(stdout))
}

/// Characters of a line that are shown.
const LONGEST_LINE: usize = 400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seventy_five_leaves_out_only_before_something_is_done() {
        let said = || Some("busy".to_owned());
        let end = HookEnd::Exited(75, said());
        assert_eq!(
            end.verdict(HookPoint::PrePatch, false),
            (HookOutcome::Skip, "busy".to_owned())
        );
        assert_eq!(end.verdict(HookPoint::PreReboot, false).0, HookOutcome::Skip);
        let failed = (HookOutcome::Failed, "exit 75: busy".to_owned());
        assert_eq!(end.verdict(HookPoint::PostPatch, false), failed);
        assert_eq!(end.verdict(HookPoint::PreRun, false), failed);
        assert_eq!(end.verdict(HookPoint::PrePatch, true), failed);
    }

    #[test]
    fn what_is_shown_is_one_safe_line() {
        assert_eq!(last_line("", "one\n two \n\n"), Some("two".to_owned()));
        assert_eq!(last_line("bad\n", "good\n"), Some("bad".to_owned()));
        assert_eq!(last_line("\n", ""), None);
        let (_, detail) = HookEnd::Exited(1, Some("\u{1b}[31mred".to_owned())).verdict(HookPoint::PreRun, false);
        assert!(!detail.contains('\u{1b}'), "{detail}");
    }
}
