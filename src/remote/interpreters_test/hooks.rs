//! Hooks under every shell: what they are given, and that nothing of them is left when their time is up.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::super::hook::{HookAnswer, HookRequest, hook_script, parse_hook};
use super::super::transport::ScriptOutput;
use super::nonce;
use super::shells::{Shell, shells};

fn run(shell: Shell, words: &[&str], seconds: u64) -> HookAnswer {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let request = HookRequest {
        words: &words,
        variables: &["run-1", "drain it", "pre-patch", "", "web01", "canary"].map(str::to_owned),
        document: r#"{"hook":"$(id)"}"#,
        deadline: Duration::from_secs(seconds),
    };
    let script = hook_script(request, nonce()).unwrap().text();
    let (program, options) = shell.words().split_first().unwrap();
    let mut child = Command::new(program)
        .args(options)
        .arg("-s")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let output = ScriptOutput {
        stdout: output.stdout,
        stderr: output.stderr,
        exit_code: output.status.code().map(i32::cast_unsigned),
        truncated: false,
    };
    parse_hook(&output, &nonce()).unwrap_or_else(|error| panic!("{shell:?}: {error}"))
}

#[test]
fn a_hook_gets_its_words_its_document_and_its_variables() {
    for shell in shells() {
        let text = "cat\nprintf '<%s>' \"$@\" \"$PATCHWAVE_RUN$PATCHWAVE_UNDO\" \"$PATCHWAVE_HOOK\" \
                    \"$PATCHWAVE_HOST\" \"$PATCHWAVE_WAVE\" \"$PATCHWAVE_AT\"\necho no >&2; exit 75";
        let words = ["/bin/sh", "-c", text, "name", "it's $(id)", "", "two\nlines\n"];
        let answer = run(shell, &words, 30);
        assert!(answer.in_time);
        assert_eq!(
            (answer.section.stdout.as_str(), answer.section.exit_code),
            (
                "{\"hook\":\"$(id)\"}\n<it's $(id)><><two\nlines\n><run-1><drain it><web01><canary><pre-patch>",
                75
            ),
            "{shell:?}"
        );
        assert_eq!(answer.section.stderr.trim(), "no", "{shell:?}");
        assert_eq!(
            run(shell, &["no-such-program-here"], 30).section.exit_code,
            127,
            "{shell:?}"
        );
    }
}

/// Whether a process of that id runs.
fn runs(id: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

fn wait_until_gone(file: &Path) {
    let ids = std::fs::read_to_string(file).unwrap();
    assert_eq!(ids.lines().count(), 2, "{ids}");
    let clock = Instant::now();
    while ids.lines().any(runs) {
        assert!(clock.elapsed() < Duration::from_secs(10), "still running: {ids}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn when_its_time_is_up_a_hook_ends_with_what_it_started() {
    let folder = tempfile::tempdir().unwrap();
    for shell in shells() {
        let file = folder.path().join(shell.folder());
        let text = format!(
            "echo $$ > {0}; trap '' TERM; sleep 300 & echo $! >> {0}; wait; sleep 300",
            file.display()
        );
        let clock = Instant::now();
        let answer = run(shell, &["/bin/sh", "-c", &text], 1);
        assert!(!answer.in_time, "{shell:?}: {answer:?}");
        assert!(clock.elapsed() < Duration::from_secs(20), "{shell:?}");
        wait_until_gone(&file);
    }
}

#[test]
fn what_a_hook_leaves_in_the_background_is_ended_with_it() {
    let folder = tempfile::tempdir().unwrap();
    for shell in shells() {
        let file = folder.path().join(shell.folder());
        let text = format!("echo $$ > {0}; sleep 300 & echo $! >> {0}; echo done", file.display());
        let clock = Instant::now();
        let answer = run(shell, &["/bin/sh", "-c", &text], 60);
        assert_eq!(
            (answer.section.stdout.as_str(), answer.in_time),
            ("done\n", true),
            "{shell:?}"
        );
        assert!(clock.elapsed() < Duration::from_secs(20), "{shell:?}");
        wait_until_gone(&file);
    }
}
