//! Transactions that stand still in the middle, on every host, until they are let go on: what tests of stalls and of
//! transactions that were broken off begin with.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::hosts::Lab;
use crate::program::Outcome;

/// While this file is there, which does not outlive a reboot, the script of `pw-service` does not end; on alpine a hook of apk.
const GATE: &str = "/run/stand-still";

const SLOW_UNIT: &str = "mkdir -p /etc/systemd/system/pw-service.service.d
printf '[Service]\\nExecStartPre=/bin/sh -c \"while [ -e /run/stand-still ]; do sleep 0.3; done\"\\nTimeoutStartSec=infinity\\n' \\
  >/etc/systemd/system/pw-service.service.d/slow.conf
systemctl daemon-reload";

const SLOW_APK: &str = "mkdir -p /etc/apk/commit_hooks.d
printf '#!/bin/sh\\nif [ \"$1\" = pre-commit ] && [ -e /run/really ] && [ -e /run/stand-still ]; then echo \"Go on? [y/N]\"; \
  while [ -e /run/stand-still ]; do sleep 0.3; done; fi\\n' >/etc/apk/commit_hooks.d/slow
chmod 755 /etc/apk/commit_hooks.d/slow; touch /run/really";

/// From now on transactions of the host stand still in the middle.
pub fn stand_still(lab: &Lab, host: &str) {
    let script = if lab.manager(host) == "apk" {
        SLOW_APK
    } else {
        SLOW_UNIT
    };
    lab.shell(host, &format!("{script}\ntouch {GATE}"));
}

/// Lets them go on.
pub fn let_go(lab: &Lab, host: &str) {
    lab.shell(host, &format!("rm -f {GATE}"));
}

/// Waits until the host's shell says yes.
#[track_caller]
pub fn until(lab: &Lab, host: &str, question: &str) {
    let said = lab.shell(
        host,
        &format!("n=0; until {{ {question}; }} >/dev/null 2>&1 || [ $n -ge 300 ]; do sleep 0.5; n=$((n+1)); done; [ $n -lt 300 ] && echo yes || echo no"),
    );
    assert_eq!(said, "yes", "{host}: never: {question}");
}

/// Waits until the transaction stands still.
#[track_caller]
pub fn until_it_stands(lab: &Lab, host: &str) {
    if lab.manager(host) == "apk" {
        until(lab, host, "pgrep -f '[c]ommit_hooks.d/slow'");
    } else {
        until(lab, host, "pgrep -f '[s]ystemctl restart pw-service'");
    }
}

/// Kills the job and all that it started, at once, and lets nothing stand still any more.
pub fn kill_job(lab: &Lab, host: &str) {
    lab.shell(
        host,
        &format!(
            "all=$(cat /var/lib/patchwave/jobs/*/pid); n=0
             while [ $n -lt 12 ]; do
               n=$((n+1)); more=; for p in $all; do more=\"$more $(pgrep -P $p)\"; done
               all=$(printf '%s\\n' $all $more | sort -u)
             done
             kill -9 $all; rm -f {GATE}"
        ),
    );
}

/// The program, at work beside the test. A test that fails leaves none.
pub struct Running {
    child: Option<Child>,
    stderr: std::path::PathBuf,
}

impl Running {
    /// Begins an apply of everything.
    pub fn apply(lab: &Lab, further: &[&str]) -> Self {
        let mut all = vec!["-i", "fleet.yml", "apply", "--yes", "--format", "json"];
        all.extend(further);
        let stderr = lab.workplace.path("stderr");
        let mut command = lab.workplace.command(all);
        let file = std::fs::File::create(&stderr).unwrap();
        let child = command.stdout(Stdio::piped()).stderr(file).spawn().unwrap();
        Self {
            child: Some(child),
            stderr,
        }
    }

    /// What it told so far.
    pub fn told(&self) -> String {
        std::fs::read_to_string(&self.stderr).unwrap_or_default()
    }

    /// Waits until it told this.
    #[track_caller]
    pub fn until_told(&self, text: &str) {
        let clock = Instant::now();
        while !self.told().contains(text) {
            assert!(
                clock.elapsed() < Duration::from_secs(90),
                "never told: {text}\n{}",
                self.told()
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Waits for its end.
    pub fn end(mut self) -> Outcome {
        let output = self.child.take().unwrap().wait_with_output().unwrap();
        Outcome {
            stderr: std::fs::read_to_string(&self.stderr).unwrap_or_default(),
            ..output.into()
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
