//! A hook on the controller: a program in a process group of its own, for a limited time.
//!
//! What must stay true: when this returns, or is dropped, no process of the group is left.

use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::end::{HookEnd, last_line};
use crate::remote::hook::VARIABLES;

/// From the word to end until the group is killed.
const GRACE: Duration = Duration::from_secs(5);

/// How long the last output of a program that has ended is waited for.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Bytes of each stream that are kept: its end.
const KEPT: usize = 64 * 1024;

/// Runs a program to its end.
pub(super) async fn run(words: &[String], variables: &[String; 6], document: &str, limit: Duration) -> HookEnd {
    let Some((program, arguments)) = words.split_first() else {
        return HookEnd::NotStarted("the command is empty".to_owned());
    };
    let spawned = Command::new(program)
        .args(arguments)
        .envs(VARIABLES.iter().zip(variables))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => return HookEnd::NotStarted(format!("`{program}` cannot be started: {error}")),
    };
    let group = Group::of(&child);
    let (stdout, stderr) = (Tail::default(), Tail::default());
    let (input, output, complaints) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let talk = async {
        let feed = async {
            if let Some(mut input) = input {
                // A program that does not read it has ended, or does not want it.
                let _ = input.write_all(format!("{document}\n").as_bytes()).await;
            }
        };
        let _ = tokio::join!(feed, stdout.follow(output), stderr.follow(complaints));
    };
    tokio::pin!(talk);
    let mut is_told = false;
    let ended = timeout(limit, until_end(&mut child, talk.as_mut(), &mut is_told)).await;
    let in_time = ended.is_ok();
    let status = match ended {
        Ok(status) => status,
        Err(_) => {
            group.signal(Signal::TERM);
            let ended = timeout(GRACE, until_end(&mut child, talk.as_mut(), &mut is_told)).await;
            ended.ok().flatten()
        }
    };
    drop(group);
    if !is_told {
        let _ = timeout(LAST_WORDS, talk).await;
    }
    let said = last_line(&stderr.text(), &stdout.text());
    match status.and_then(|status| status.code()) {
        _ if !in_time => HookEnd::TimedOut(limit, said),
        Some(code) => HookEnd::Exited(code, said),
        None => HookEnd::Killed(said),
    }
}

/// Waits for the end of the program while it is talked with.
async fn until_end(
    child: &mut Child,
    mut talk: Pin<&mut impl Future<Output = ()>>,
    is_told: &mut bool,
) -> Option<ExitStatus> {
    loop {
        tokio::select! {
            status = child.wait() => return status.ok(),
            () = &mut talk, if !*is_told => *is_told = true,
        }
    }
}

/// A process group that is killed when this is dropped.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw))
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.0 {
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// The end of a stream.
#[derive(Default)]
struct Tail(Mutex<Vec<u8>>);

impl Tail {
    async fn follow(&self, stream: Option<impl AsyncRead + Unpin>) {
        let Some(mut stream) = stream else {
            return;
        };
        let mut buffer = vec![0; 8 * 1024];
        while let Ok(length @ 1..) = stream.read(&mut buffer).await {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend_from_slice(buffer.get(..length).unwrap_or_default());
            let surplus = kept.len().saturating_sub(KEPT);
            kept.drain(..surplus);
        }
    }

    fn text(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    async fn shell(text: &str, limit: Duration) -> HookEnd {
        let words = ["/bin/sh", "-c", text].map(str::to_owned);
        let variables = ["run", "hook", "pre-patch", "", "web01", "canary"].map(str::to_owned);
        run(&words, &variables, r#"{"hook":"drain"}"#, limit).await
    }

    const LONG: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn a_program_gets_the_document_and_the_variables() {
        let end = shell("cat; echo \" $PATCHWAVE_HOST $PATCHWAVE_AT $PATCHWAVE_UNDO.\"", LONG).await;
        assert_eq!(end, HookEnd::Exited(0, Some("web01 pre-patch .".to_owned())));
        let end = shell("read -r line; echo \"$line\"", LONG).await;
        assert_eq!(end, HookEnd::Exited(0, Some(r#"{"hook":"drain"}"#.to_owned())));
    }

    #[tokio::test]
    async fn the_code_and_the_last_complaint_are_told() {
        assert_eq!(
            shell("echo out; echo one >&2; echo two >&2; exit 7", LONG).await,
            HookEnd::Exited(7, Some("two".to_owned()))
        );
        assert_eq!(shell("kill -9 $$", LONG).await, HookEnd::Killed(None));
        let words = ["/no/such/program".to_owned()];
        let end = run(&words, &Default::default(), "", LONG).await;
        assert!(matches!(end, HookEnd::NotStarted(_)), "{end:?}");
    }

    #[tokio::test]
    async fn endless_output_is_bounded() {
        let end = shell("yes | head -c 10000000; echo; echo end", LONG).await;
        assert_eq!(end, HookEnd::Exited(0, Some("end".to_owned())));
    }

    /// Whether a process of that id runs.
    fn runs(id: &str) -> bool {
        std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
    }

    async fn read_pid(file: &std::path::Path) -> String {
        for _ in 0..200 {
            if let Ok(text) = std::fs::read_to_string(file)
                && text.ends_with('\n')
            {
                return text.trim().to_owned();
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("no process id in {}", file.display());
    }

    async fn wait_until_gone(id: &str) {
        for _ in 0..200 {
            if !runs(id) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("process {id} still runs");
    }

    #[tokio::test]
    async fn when_its_time_is_up_nothing_of_its_group_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        // The grandchild does not hear the word to end.
        let text = format!(
            "(trap '' TERM; sh -c 'echo $PPID' > {0}.part; mv {0}.part {0}; while :; do sleep 1; done) & wait",
            file.display()
        );
        let clock = Instant::now();
        let end = shell(&text, Duration::from_secs(1)).await;
        assert!(matches!(end, HookEnd::TimedOut(..)), "{end:?}");
        assert!(clock.elapsed() < Duration::from_secs(12));
        wait_until_gone(&read_pid(&file).await).await;
    }

    #[tokio::test]
    async fn what_it_leaves_in_the_background_holds_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        let text = format!("sleep 300 & echo $! > {}; echo done", file.display());
        let end = shell(&text, LONG).await;
        assert_eq!(end, HookEnd::Exited(0, Some("done".to_owned())));
        wait_until_gone(&read_pid(&file).await).await;
    }

    #[tokio::test]
    async fn a_hook_that_is_left_ends_with_its_group() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        let text = format!("sleep 300 & echo $! > {}; wait", file.display());
        let task = tokio::spawn(async move { shell(&text, LONG).await });
        let id = read_pid(&file).await;
        task.abort();
        wait_until_gone(&id).await;
    }
}
