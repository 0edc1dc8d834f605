//! A playbook as it will be used, with every default written out: what `playbook show` prints.
//!
//! What is printed is a playbook: read again, it means the same.

mod gate;

use jiff::civil::Weekday;
use serde::{Serialize, Serializer};

use self::gate::{GateForm, gate_form};
use super::host_forms::{ConditionForm, RebootForm, condition_form, reboot_form};
use super::show_hooks::{HookForm, hook_forms};
use super::{BlackoutRule, Playbook, WaveRule, WaveSelection};
use crate::model::drift::DriftPolicy;
use crate::model::duration::format_duration;
use crate::model::name::PackageName;
use crate::model::pattern::Pattern;
use crate::model::run_rules::{FailureKind, HalfDone, RunBudget, SnapshotRule};
use crate::model::update_rule::UpdateScope;
use crate::model::window::Window;

/// The playbook as YAML.
///
/// # Errors
/// Never for a playbook: all its keys are words.
pub fn playbook_yaml(playbook: &Playbook) -> Result<String, serde_yaml::Error> {
    serde_yaml::to_string(playbook)
}

impl Serialize for Playbook {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        PlaybookForm {
            name: &self.name,
            select: self.select.as_str(),
            updates: UpdatesForm {
                only: match &self.updates.only {
                    UpdateScope::All => OnlyForm::Word("all"),
                    UpdateScope::Security => OnlyForm::Word("security"),
                    UpdateScope::Packages(patterns) => OnlyForm::Packages {
                        packages: patterns.iter().map(ToString::to_string).collect(),
                    },
                },
                exclude: self
                    .updates
                    .exclude
                    .iter()
                    .map(|exclusion| ExclusionForm {
                        package: exclusion.package.as_str(),
                        reason: exclusion.reason.as_deref(),
                        owner: exclusion.owner.as_deref(),
                        until: exclusion.until.map(|day| day.to_string()),
                    })
                    .collect(),
                allow_removals: self.updates.allow_removals.iter().map(Pattern::as_str).collect(),
                min_age: self.updates.min_age.as_ref().map(|rule| MinimumAgeForm {
                    age: format_duration(rule.age),
                    except: rule.except.iter().map(|exception| exception.as_str()).collect(),
                    known_exploited: rule.known_exploited.as_deref(),
                }),
            },
            install: &self.updates.install,
            max_failures: self.max_failures.map(|share| share.to_string()),
            counted_failures: counted(&self.run.budget),
            snapshot: (self.run.snapshot != SnapshotRule::Never).then_some(self.run.snapshot),
            waves: self.waves.iter().map(wave_form).collect(),
            reboot: reboot_form(self.reboot, &self.run.rebooting),
            condition: condition_form(&self.run.condition),
            restart: match self.restart.never.as_slice() {
                [] => RestartForm::Word(self.restart.policy.as_str()),
                never => RestartForm::Mapping {
                    policy: self.restart.policy.as_str(),
                    never,
                },
            },
            drift: self.drift,
            half_done: Some(self.run.half_done).filter(|rule| *rule != HalfDone::default()),
            approvals: ApprovalsForm {
                required: self.approvals.required,
                signers: self.approvals.signers.as_deref().map(|path| path.display().to_string()),
            },
            valid_for: self.valid_for.map(format_duration),
            window: windows_form(&self.windows),
            blackouts: self.blackouts.iter().map(blackout_form).collect(),
            hooks: hook_forms(&self.run.hooks),
            lint: LintForm {
                errors: &self.lint.errors,
                allow: &self.lint.allow,
                major_versions: self.lint.major_versions.iter().map(Pattern::as_str).collect(),
            },
        }
        .serialize(serializer)
    }
}

#[derive(Serialize)]
struct PlaybookForm<'a> {
    name: &'a str,
    select: &'a str,
    updates: UpdatesForm<'a>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    install: &'a [PackageName],
    #[serde(skip_serializing_if = "Option::is_none")]
    max_failures: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counted_failures: Option<&'a [FailureKind]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot: Option<SnapshotRule>,
    waves: Vec<WaveForm<'a>>,
    reboot: RebootForm<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<ConditionForm<'a>>,
    restart: RestartForm<'a>,
    drift: DriftPolicy,
    #[serde(skip_serializing_if = "Option::is_none")]
    half_done: Option<HalfDone>,
    approvals: ApprovalsForm,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_for: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<WindowsForm<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blackouts: Vec<BlackoutForm<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hooks: Vec<HookForm<'a>>,
    lint: LintForm<'a>,
}

/// Left out where everything counts.
fn counted(budget: &RunBudget) -> Option<&[FailureKind]> {
    (*budget != RunBudget::default()).then_some(budget.counts.as_slice())
}

#[derive(Serialize)]
struct WindowForm<'a> {
    /// None for every day, as in a playbook.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    days: Vec<String>,
    start: String,
    length: String,
    tz: &'a str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum WindowsForm<'a> {
    One(WindowForm<'a>),
    Many(Vec<WindowForm<'a>>),
}

fn windows_form(windows: &[Window]) -> Option<WindowsForm<'_>> {
    match windows {
        [] => None,
        [only] => Some(WindowsForm::One(window_form(only))),
        many => Some(WindowsForm::Many(many.iter().map(window_form).collect())),
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum BlackoutForm<'a> {
    Times {
        from: String,
        until: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'a str>,
    },
    Calendar {
        ical: String,
        tz: &'a str,
    },
}

fn blackout_form(rule: &BlackoutRule) -> BlackoutForm<'_> {
    match rule {
        BlackoutRule::Times { from, until, reason } => BlackoutForm::Times {
            from: from.to_string(),
            until: until.to_string(),
            reason: reason.as_deref(),
        },
        BlackoutRule::Calendar { file, zone, .. } => BlackoutForm::Calendar {
            ical: file.display().to_string(),
            tz: zone,
        },
    }
}

fn window_form(window: &Window) -> WindowForm<'_> {
    let day = |day: &Weekday| format!("{day:?}").to_lowercase().chars().take(3).collect();
    WindowForm {
        days: window.days.iter().map(day).collect(),
        start: window.start.strftime("%H:%M").to_string(),
        length: format_duration(window.length),
        tz: &window.zone,
    }
}

#[derive(Serialize)]
struct LintForm<'a> {
    errors: &'a [String],
    allow: &'a [String],
    major_versions: Vec<&'a str>,
}

#[derive(Serialize)]
struct ApprovalsForm {
    required: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    signers: Option<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum RestartForm<'a> {
    Word(&'static str),
    Mapping { policy: &'static str, never: &'a [String] },
}

#[derive(Serialize)]
struct UpdatesForm<'a> {
    only: OnlyForm,
    exclude: Vec<ExclusionForm<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allow_removals: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_age: Option<MinimumAgeForm<'a>>,
}

#[derive(Serialize)]
struct MinimumAgeForm<'a> {
    age: String,
    except: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    known_exploited: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum OnlyForm {
    Word(&'static str),
    Packages { packages: Vec<String> },
}

#[derive(Serialize)]
struct ExclusionForm<'a> {
    package: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

#[derive(Serialize)]
struct WaveForm<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    select: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rest: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    one_of_each: Option<&'static str>,
    batch: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parallel: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_failures: Option<String>,
    soak: String,
    gates: Vec<GateForm<'a>>,
}

fn wave_form(wave: &WaveRule) -> WaveForm<'_> {
    WaveForm {
        name: wave.name.as_str(),
        select: match &wave.selection {
            WaveSelection::Expression(expression) => Some(expression.as_str()),
            WaveSelection::Rest | WaveSelection::OneOfEachRelease => None,
        },
        rest: (wave.selection == WaveSelection::Rest).then_some(true),
        one_of_each: (wave.selection == WaveSelection::OneOfEachRelease).then_some("release"),
        batch: wave.batches.iter().map(ToString::to_string).collect(),
        parallel: wave.parallel,
        max_failures: wave.max_failures.map(|share| share.to_string()),
        soak: format_duration(wave.soak),
        gates: wave.gates.iter().map(gate_form).collect(),
    }
}
