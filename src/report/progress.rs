//! Events as bars: one for the whole, a line for each active host, and above them only what must be read.
//!
//! The bars own the lower end of the terminal on standard error. What scrolls by is failures, waves and gates.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};
use jiff::Timestamp;

use super::event_text::{event_in_words, seconds_in_words};
use super::key_line::KeyLine;
use super::page::{Line, Page, Tone};
use super::terminal::{Look, render};
use crate::model::drift::DriftAction;
use crate::model::duration::format_duration;
use crate::model::event::{Event, EventKind};
use crate::model::gate::GateResult;
use crate::model::hook::HookOutcome;
use crate::model::name::HostName;

/// As many hosts as get a line of their own; the others are in the counters.
const HOST_LINES: usize = 12;

/// A host's line, and the line of one that waits for a lock: how long already, and for whom.
const HOST_LINE: &str = "  {spinner} {prefix:20} {elapsed:>4}  {wide_msg}";
const WAITING_LINE: &str = "  {spinner} {prefix:20} {elapsed:>4}  waiting for the lock, {waited}: {wide_msg}";

/// The line of a soak.
const SOAK_LINE: &str = "  {spinner} {msg}, {rest} left";

/// Bars of one scan or run.
pub struct Progress {
    bars: MultiProgress,
    whole: Option<ProgressBar>,
    hosts: BTreeMap<HostName, HostLine>,
    look: Look,
    failed: u64,
    title: String,
    soak: Option<ProgressBar>,
    keys: Option<KeyLine>,
    /// Whether what is reported happened before and is not written out.
    is_past: bool,
}

struct HostLine {
    bar: Option<ProgressBar>,
    doing: &'static str,
}

impl Progress {
    /// Bars that are not drawn before the first event.
    #[must_use]
    pub fn new(bars: MultiProgress, look: Look) -> Self {
        Self {
            bars,
            whole: None,
            hosts: BTreeMap::new(),
            look,
            failed: 0,
            title: String::new(),
            soak: None,
            keys: None,
            is_past: false,
        }
    }

    /// The same bars with the line of the keys below them.
    #[must_use]
    pub fn above(self, keys: KeyLine) -> Self {
        Self {
            keys: Some(keys),
            ..self
        }
    }

    /// Moves the bars by what happened before, and writes nothing.
    pub fn catch_up(&mut self, past: &[Event]) {
        self.is_past = true;
        past.iter().for_each(|event| self.report(event));
        self.is_past = false;
        if let Some(whole) = &self.whole {
            // What went by at once says nothing about what is left.
            whole.reset_eta();
        }
    }

    /// Moves the bars, and writes a line above them when the event must be read.
    pub fn report(&mut self, event: &Event) {
        self.report_soak(event);
        match &event.kind {
            EventKind::ScanStarted { hosts } => self.begin("scan", *hosts),
            EventKind::HostScanStarted { host } => self.host_begins(host, "scanning"),
            EventKind::HostScanned { host, error, .. } => self.host_ends(host, error.is_some()),
            EventKind::ScanFinished { .. } => self.end(),
            EventKind::RunStarted { hosts, .. } => self.run_begins(*hosts, event),
            EventKind::WaveStarted { wave, .. } => {
                self.title = format!("wave {wave}");
                self.refresh();
                self.say(event);
            }
            EventKind::HostStarted { host, .. } => self.host_begins_at(host, event),
            EventKind::HostPhase { host, phase } => self.host_does(host, phase.as_str()),
            EventKind::HostWaiting { host, holder } => self.host_waits(host, holder),
            EventKind::HostContinues { host, .. } => self.host_goes_on(host),
            EventKind::HostOutput { host, line } => self.host_says(host, line),
            EventKind::HostSilent { host, diagnosis, .. } => {
                let first = diagnosis.first().map_or("", String::as_str);
                self.host_says(host, &format!("silent: {first}"));
                self.say(event);
            }
            EventKind::HostFinished { host, error, .. } => {
                self.host_ends(host, error.is_some());
                if error.is_some() {
                    self.say(event);
                }
            }
            EventKind::GateFinished { .. }
            | EventKind::SoakStarted { .. }
            | EventKind::WaveFinished { .. }
            | EventKind::HostPromoted { .. }
            | EventKind::RunResumed { .. }
            | EventKind::Ordered { .. }
            | EventKind::WindowIgnored { .. }
            | EventKind::RunPaused { .. }
            | EventKind::RunContinued
            | EventKind::SoakFinished { .. }
            | EventKind::HostBlocked { .. }
            | EventKind::HostHalfDone { .. }
            | EventKind::HostLeft { .. }
            | EventKind::QuorumAsked { met: false, .. }
            | EventKind::HostDown { .. }
            | EventKind::Draining => self.say(event),
            EventKind::GateBaseline { result, .. } | EventKind::GateLooked { result, .. } => {
                if *result != GateResult::Pass {
                    self.say(event);
                }
            }
            EventKind::HookFinished { outcome, .. } => {
                if *outcome != HookOutcome::Done {
                    self.say(event);
                }
            }
            EventKind::HostResumed { host, .. } => self.host_begins(host, "taken up again"),
            EventKind::HostDrifted { drift, .. } => {
                // A host that fails is told when it ends; one that is as it should be, in the end.
                if matches!(drift.action, Some(DriftAction::SkipHost | DriftAction::Replan)) {
                    self.say(event);
                }
            }
            // A run that is taken up again later goes on with the same bars.
            EventKind::RunFinished { .. } if self.is_past => {}
            EventKind::RunFinished { .. } => self.end(),
            EventKind::BatchStarted { .. }
            | EventKind::GateMeasured { .. }
            | EventKind::QuorumAsked { .. }
            | EventKind::HostJob { .. }
            | EventKind::HostJobEnded { .. }
            | EventKind::HostReboot { .. }
            | EventKind::HostRebooted { .. }
            | EventKind::HostCondition { .. }
            | EventKind::HostDiffers { .. }
            | EventKind::HostSnapshot { .. }
            | EventKind::HookStarted { .. }
            | EventKind::HostLog { .. }
            | EventKind::HostPending { .. }
            | EventKind::HostRestarted { .. }
            | EventKind::HostLeftOver { .. } => {}
        }
    }

    fn host_begins_at(&mut self, host: &HostName, event: &Event) {
        self.host_begins(host, "starting");
        if let Some(HostLine { bar: Some(bar), .. }) = self.hosts.get(host) {
            bar.set_elapsed(age(event));
        }
    }

    /// Draws the bar of a task that has no events of its own: so many hosts to count.
    pub fn begin_counting(&mut self, title: &str, hosts: usize) {
        self.begin(title, hosts);
    }

    /// Counts one host of such a task.
    pub fn count(&mut self, failed: bool) {
        self.failed += u64::from(failed);
        if let Some(whole) = &self.whole {
            whole.inc(1);
        }
        self.refresh();
    }

    /// Removes the bars, so that something else can be written.
    pub fn end(&mut self) {
        for line in std::mem::take(&mut self.hosts).into_values() {
            if let Some(bar) = line.bar {
                bar.finish_and_clear();
            }
        }
        for bar in self.whole.take().into_iter().chain(self.soak.take()) {
            bar.finish_and_clear();
        }
    }

    fn begin(&mut self, title: &str, hosts: usize) {
        self.end();
        self.failed = 0;
        self.title = title.to_owned();
        let whole = self
            .bars
            .add(ProgressBar::new(u64::try_from(hosts).unwrap_or(u64::MAX)));
        let template = "{msg}  {wide_bar}  {pos}/{len} hosts  {elapsed} elapsed{left}";
        whole.set_style(style(template).progress_chars("━━ ").with_key("left", write_estimate));
        whole.enable_steady_tick(Duration::from_millis(250));
        self.whole = Some(whole);
        if let Some(keys) = &self.keys {
            keys.to_the_end();
        }
        self.refresh();
    }

    fn run_begins(&mut self, hosts: usize, event: &Event) {
        self.begin("run", hosts);
        if let Some(whole) = &self.whole {
            whole.set_elapsed(age(event));
        }
    }

    fn refresh(&self) {
        if let Some(whole) = &self.whole {
            let failed = if self.failed > 0 {
                format!(", {} failed", self.failed)
            } else {
                String::new()
            };
            whole.set_message(format!("{}{failed}", self.title));
        }
    }

    fn host_begins(&mut self, host: &HostName, doing: &'static str) {
        let shown = self.hosts.values().filter(|line| line.bar.is_some()).count();
        let bar = (shown < HOST_LINES).then(|| {
            let bar = self.add_line();
            bar.set_style(style(HOST_LINE));
            bar.set_prefix(host.to_string());
            bar.set_message(doing);
            bar.enable_steady_tick(Duration::from_millis(250));
            bar
        });
        self.hosts.insert(host.clone(), HostLine { bar, doing });
    }

    /// A line above the bar of the whole.
    fn add_line(&self) -> ProgressBar {
        let line = ProgressBar::new_spinner();
        match &self.whole {
            Some(whole) => self.bars.insert_before(whole, line),
            None => self.bars.add(line),
        }
    }

    /// The line of a soak: what is left of it by the clock.
    fn report_soak(&mut self, event: &Event) {
        match &event.kind {
            EventKind::SoakStarted { wave, duration } => {
                let until = event.at.saturating_add(*duration).unwrap_or(Timestamp::MAX);
                let write_rest = move |_: &ProgressState, out: &mut dyn Write| {
                    let rest = Duration::try_from(until.duration_since(Timestamp::now())).unwrap_or_default();
                    let _ = write!(out, "{}", format_duration(Duration::from_secs(rest.as_secs())));
                };
                let bar = self.add_line();
                bar.set_style(style(SOAK_LINE).with_key("rest", write_rest));
                bar.set_message(format!("wave {wave} soaks"));
                bar.enable_steady_tick(Duration::from_millis(250));
                self.soak = Some(bar);
            }
            EventKind::SoakFinished { .. } | EventKind::Draining | EventKind::RunFinished { .. } => {
                if event_ends_soak(&event.kind, self.is_past)
                    && let Some(bar) = self.soak.take()
                {
                    bar.finish_and_clear();
                    self.bars.remove(&bar);
                }
            }
            _ => {}
        }
    }

    fn host_does(&mut self, host: &HostName, doing: &'static str) {
        if let Some(line) = self.hosts.get_mut(host) {
            line.doing = doing;
            if let Some(bar) = &line.bar {
                bar.set_message(doing);
            }
        }
    }

    fn host_waits(&self, host: &HostName, holder: &str) {
        if let Some(HostLine { bar: Some(bar), .. }) = self.hosts.get(host) {
            let since = Instant::now();
            let write_waited = move |_: &ProgressState, out: &mut dyn Write| {
                let _ = write!(out, "{} s", since.elapsed().as_secs());
            };
            bar.set_style(style(WAITING_LINE).with_key("waited", write_waited));
            bar.set_message(holder.to_owned());
        }
    }

    fn host_goes_on(&self, host: &HostName) {
        if let Some(HostLine { bar: Some(bar), doing }) = self.hosts.get(host) {
            bar.set_style(style(HOST_LINE));
            bar.set_message(*doing);
        }
    }

    fn host_says(&self, host: &HostName, words: &str) {
        if let Some(HostLine { bar: Some(bar), doing }) = self.hosts.get(host) {
            bar.set_message(format!("{doing}: {words}"));
        }
    }

    fn host_ends(&mut self, host: &HostName, failed: bool) {
        if let Some(HostLine { bar: Some(bar), .. }) = self.hosts.remove(host) {
            bar.finish_and_clear();
            self.bars.remove(&bar);
        }
        self.failed += u64::from(failed);
        if let Some(whole) = &self.whole {
            whole.inc(1);
        }
        self.refresh();
    }

    fn say(&self, event: &Event) {
        if self.is_past {
            return;
        }
        let Some((tone, words)) = event_in_words(&event.kind) else {
            return;
        };
        let mut page = Page::new();
        let mut lines = vec![Line::new(0, words, tone)];
        if let EventKind::HostFinished {
            excerpt, duration_ms, ..
        } = &event.kind
        {
            lines.extend(excerpt.iter().map(|line| Line::new(4, line, Tone::Plain)));
            lines.push(Line::new(
                4,
                format!("after {}", seconds_in_words(*duration_ms)),
                Tone::Quiet,
            ));
        }
        page.lines(lines);
        // A terminal that went away is no reason to stop patching.
        let _ = self.bars.println(render(&page, self.look).trim_end());
    }
}

/// A soak goes on by the clock while nobody carries the run out.
fn event_ends_soak(kind: &EventKind, is_past: bool) -> bool {
    !is_past || matches!(kind, EventKind::SoakFinished { .. })
}

/// How long ago it happened.
fn age(event: &Event) -> Duration {
    Duration::try_from(Timestamp::now().duration_since(event.at)).unwrap_or_default()
}

/// A template that does not parse falls back to indicatif's own: a progress bar is never worth a crash.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ")
}

/// An estimate needs at least one host that has ended.
fn write_estimate(state: &ProgressState, out: &mut dyn Write) {
    if state.pos() > 0 {
        let _ = write!(
            out,
            ", about {} left",
            format_duration(Duration::from_secs(state.eta().as_secs()))
        );
    }
}
