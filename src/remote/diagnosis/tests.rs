//! Diagnoses of answers that are made up: in the format of the script's sections, with lines that follow those of real
//! package managers and /proc. None is a capture of a real host. And of any answers at all.

use proptest::prelude::*;

use super::super::frame::FrameWriter;
use super::*;

fn nonce() -> Nonce {
    Nonce::from_bits(0)
}

fn read(sections: &[(&str, &str)]) -> Diagnosis {
    let mut writer = FrameWriter::new(nonce());
    for (name, text) in sections {
        writer.section(name, text, "", 0);
    }
    parse_diagnosis(&writer.finish(), &nonce()).unwrap()
}

const JOB: &str = "10|1|S|5|sh|100|do_wait|/bin/sh /var/lib/patchwave/jobs/r-1/run /var/lib/patchwave/jobs/r-1\n\
                   11|10|S|5|apt-get|100|do_wait|apt-get -y install pw-app=1.1-1\n\
                   12|11|S|5|pw-app.postins|100|pipe_read|/bin/sh /var/lib/dpkg/info/pw-app.postinst configure 1.0\n";

fn job(further: &[(&str, &str)]) -> Diagnosis {
    let mut sections = vec![
        ("silence", "silent=900\nticks=100\nseconds=2\n"),
        ("processes", JOB),
        ("processes-later", JOB),
    ];
    sections.extend(further);
    read(&sections)
}

fn first(diagnosis: &Diagnosis) -> String {
    diagnosis.lines().first().cloned().unwrap_or_default()
}

#[test]
fn without_any_sign_the_last_process_is_named() {
    let found = job(&[("tail", "Setting up pw-app\n")]);
    assert_eq!(
        found.lines(),
        [
            "`/bin/sh /var/lib/dpkg/info/pw-app.postinst configure 1.0` (pid 12) waits (in pipe_read)",
            "processes: the job (pid 10) > apt-get (pid 11) > pw-app.postinst (pid 12)",
            "the log ends with: Setting up pw-app",
        ]
    );
    assert_eq!(first(&read(&[])), "no process of the job was seen");
}

#[test]
fn questions_are_known_by_their_answers_and_by_a_line_that_is_not_ended() {
    for text in [
        "*** pw-conf.conf (Y/I/N/O/D/Z) [default=N] ? ",
        "Do you want to continue? [Y/n] ",
        "Proceed (y/N)\n",
        "[sudo] password for admin: ",
        "Which one?",
        "Press enter to continue\n",
    ] {
        let found = job(&[("tail", text)]);
        assert!(
            first(&found).starts_with("the log ends with a question: "),
            "{text}: {found:?}"
        );
        assert_eq!(found.lines().len(), 2, "the question is told once: {found:?}");
    }
    let screen = job(&[("tail", "Package configuration\n  <Ok>   <Cancel>\n\n")]);
    assert!(first(&screen).contains("question"), "{screen:?}");
    for text in [
        "Setting up pw-app (1.1-1) ...\n",
        "Resolving: done:\n",
        "",
        "Is it so?\n",
    ] {
        let found = job(&[("tail", text)]);
        assert!(!first(&found).contains("question"), "{text}: {found:?}");
    }
}

#[test]
fn a_lock_is_a_reason_only_when_another_process_has_it() {
    let lock = "/var/lib/dpkg/lock|11|S|apt-get (pid 11)\n";
    assert!(!first(&job(&[("locks", lock)])).contains("lock"));
    let lock = "/var/lib/dpkg/lock|99|T|dpkg (pid 99)\n/var/lib/dpkg/lock-frontend|99|T|dpkg (pid 99)\n";
    let found = job(&[("locks", lock)]);
    assert_eq!(
        first(&found),
        "/var/lib/dpkg/lock is locked by dpkg (pid 99), which was stopped by a signal"
    );
    assert_eq!(found.reasons.len(), 1);
}

#[test]
fn work_is_what_the_same_processes_used_and_not_what_looking_costs() {
    let busy = JOB.replace("11|10|S|5|apt-get|100|", "11|10|R|205|apt-get|4194404|");
    let found = job(&[("processes-later", &busy), ("tail", "Continue? [Y/n] ")]);
    assert!(!found.is_at_work(), "the first section of a name counts");
    let sections = [
        ("silence", "ticks=100\nseconds=2\n"),
        ("processes", JOB),
        ("processes-later", busy.as_str()),
        ("tail", "Continue? [Y/n] "),
    ];
    let found = read(&sections);
    assert_eq!(first(&found), "it is at work: 100 % of a processor, 2048 KiB a second");
    let ours = JOB.replace("10|1|S|5|sh|100|", "10|1|S|205|sh|4194404|");
    let found = read(&[
        ("silence", "ticks=100\nseconds=2\n"),
        ("processes", JOB),
        ("processes-later", &ours),
    ]);
    assert!(!found.is_at_work(), "{found:?}");
}

#[test]
fn diagnoses_are_alike_whatever_the_amounts() {
    let at_work = |bytes_per_second| Diagnosis {
        reasons: vec![Reason::AtWork {
            percent: 100,
            bytes_per_second,
        }],
        processes: String::new(),
        last_line: None,
    };
    assert!(at_work(1).is_like(&at_work(2)));
    assert!(!at_work(1).is_like(&job(&[])));
}

#[test]
fn passwords_in_addresses_are_not_shown() {
    assert_eq!(
        without_passwords("http://me:secret@proxy:3128/x https://u@h ftp://plain/a@b"),
        "http://proxy:3128/x https://h ftp://plain/a@b"
    );
}

#[test]
fn a_full_disk_and_killed_processes_are_told() {
    let found = job(&[
        ("space", "900|/var\n900000|/\n"),
        ("killed", "[ 1.0] Out of memory: Killed process 12 (dpkg)\n"),
    ]);
    assert_eq!(found.lines()[0], "/var is full");
    assert!(found.lines()[1].contains("Killed process 12"), "{found:?}");
}

#[test]
fn without_root_it_is_an_error() {
    let mut writer = FrameWriter::new(nonce());
    writer.section("silence", "", "", 77);
    assert!(parse_diagnosis(&writer.finish(), &nonce()).is_err());
}

proptest! {
    #[test]
    fn any_answer_is_survived(processes: String, locks: String, connections: String, tail: String) {
        let clean = |text: &str| text.replace("@@patchwave", "");
        let _ = read(&[
            ("processes", &clean(&processes)),
            ("locks", &clean(&locks)),
            ("connections", &clean(&connections)),
            ("space", &clean(&locks)),
            ("tail", &clean(&tail)),
        ]);
    }
}
