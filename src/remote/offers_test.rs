//! What repositories offer and what is kept, by a real shell with stubs in the managers' place: what could not be read
//! is unknown, never nothing; a kept file counts as long as it is what it was.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::program;
use crate::model::manager::Manager;

struct Ended {
    code: i32,
    said: String,
}

/// Runs shell text after the functions of the question, with stubs as shell functions.
fn run(work: &Path, manager: Manager, stubs: &str, text: &str) -> Ended {
    let store = work.join("store");
    fs::create_dir_all(&store).unwrap();
    let script = format!(
        "{}\nwork='{}'\nstore='{}'\nmanager={manager}\nlock_wait=0\nlimited() {{ shift; \"$@\"; }}\n{stubs}\n{text}\n",
        program::resolve(manager)
            .rsplit_once("\nmain\n")
            .map_or_else(|| program::resolve(manager), |(open, _)| open.to_owned()),
        work.display(),
        store.display(),
    );
    let output = Command::new("sh")
        .args(["-c", &script])
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    Ended {
        code: output.status.code().unwrap(),
        said: String::from_utf8(output.stdout).unwrap(),
    }
}

#[test]
fn offers_that_could_not_be_read_are_unknown() {
    for (manager, stub, failing) in [
        (
            Manager::Dnf4,
            "dnf4_run() { echo 'foo|noarch|0:2-1|r|5'; return $code; }",
            1,
        ),
        (
            Manager::Dnf5,
            "dnf5_run() { echo 'foo|noarch|0:2-1|r|5'; return $code; }",
            1,
        ),
        (
            Manager::Yum,
            "has() { :; }\nrepoquery() { echo 'foo|noarch|0:2-1|r|5'; return $code; }",
            1,
        ),
        (
            Manager::Apt,
            "apt-cache() { case $1 in policy) return 0 ;; esac; printf 'Package: foo\\nVersion: 2-1\\nArchitecture: noarch\\nSize: 5\\nFilename: x\\n'; return $code; }",
            124,
        ),
        (
            Manager::Apk,
            "apk() { case $1 in policy) printf 'foo policy:\\n  2-1:\\n    r\\n'; return $code ;; esac; return 1; }",
            1,
        ),
    ] {
        for code in [0, failing] {
            let work = tempfile::tempdir().unwrap();
            let stubs = stub.replace("apt-cache()", "apt_cache()");
            // A name with a dash is no function in every shell.
            let bin = work.path().join("bin");
            fs::create_dir_all(&bin).unwrap();
            let caller = format!("#!/bin/sh\ncode={code}\n{stubs}\napt_cache \"$@\"\n");
            let path = bin.join("apt-cache");
            fs::write(&path, caller).unwrap();
            Command::new("chmod").arg("755").arg(&path).status().unwrap();
            let stubs = format!("code={code}\nPATH='{}':$PATH\n{stubs}", bin.display());
            let ended = run(work.path(), manager, &stubs, "offers_of foo");
            assert_eq!(ended.code, code, "{manager}: {}", ended.said);
            if code == 0 {
                assert!(
                    ended.said.starts_with("foo|") && ended.said.contains("|2-1|"),
                    "{manager}: {}",
                    ended.said
                );
            }
        }
    }
}

#[test]
fn a_list_that_was_cut_is_not_complete() {
    let work = tempfile::tempdir().unwrap();
    let text = "resolve_limit=2\nprintf 'a\\nb\\nc\\n' >\"$work/all\"\nprint_limited \"$work/all\"";
    let ended = run(work.path(), Manager::Apt, "", text);
    assert_eq!((ended.code, ended.said.as_str()), (69, "a\nb\n"));
    let text = text.replace("=2", "=3");
    assert_eq!(run(work.path(), Manager::Apt, "", &text).code, 0);
}

#[test]
fn a_kept_file_that_was_changed_counts_as_gone_and_a_good_copy_takes_its_place() {
    let work = tempfile::tempdir().unwrap();
    fs::write(work.path().join("good.deb"), "good").unwrap();
    fs::write(work.path().join("plan"), "foo:all=1|foo|all||1|\n").unwrap();
    let stubs = "offers_of() { :; }\ncached_packages() { echo \"foo|all|1||$work/good.deb\"; }";
    let keep = "keep_package foo all 1 '' \"$work/good.deb\" && kept_packages foo";
    assert_eq!(run(work.path(), Manager::Apt, stubs, keep).said, "foo|all|1||4\n");
    let hosted = run(work.path(), Manager::Apt, stubs, "find_hosted && is_hosted");
    assert_eq!(hosted.code, 0, "{}", hosted.said);
    let damage =
        "rm -f \"$store\"/*.deb; echo bad >\"$store/foo_1_all.deb\"; kept_packages foo; find_hosted; is_hosted";
    let damaged = run(work.path(), Manager::Apt, stubs, damage);
    assert_eq!(damaged.code, 1, "{}", damaged.said);
    assert!(damaged.said.contains("its checksum is another one"), "{}", damaged.said);
    assert!(!damaged.said.contains("foo|all|1"), "{}", damaged.said);
    assert!(
        work.path().join("store/foo_1_all.deb").exists(),
        "a question changes nothing"
    );
    let again = "echo 'foo|all|1' >\"$work/list\"; keep_cached \"$work/list\"; cat \"$work/list\"; kept_packages foo";
    assert_eq!(run(work.path(), Manager::Apt, stubs, again).said, "foo|all|1||4\n");
    let dropped = "echo bad >\"$store/foo_1_all.deb.x\"; mv \"$store/foo_1_all.deb.x\" \"$store/foo_1_all.deb\"; job_step=download; find_hosted; ls \"$store\"";
    let dropped = run(work.path(), Manager::Apt, stubs, dropped);
    assert!(!dropped.said.contains("foo_1_all.deb\n"), "{}", dropped.said);
}

#[test]
fn versions_with_and_without_an_epoch_are_two_files_and_the_oldest_make_room() {
    let work = tempfile::tempdir().unwrap();
    let text = "for v in 1:2-3 1-2-3; do echo \"$v\" >\"$work/x.rpm\"; keep_package foo all $v '' \"$work/x.rpm\"; rm \"$work/x.rpm\"; done
        kept_packages foo | sort; store_most=6; prune_store; kept_packages foo; ls \"$store\" | wc -l";
    let ended = run(work.path(), Manager::Dnf4, "", text);
    let lines: Vec<&str> = ended.said.lines().map(str::trim).collect();
    assert_eq!(lines, ["foo|all|1-2-3||6", "foo|all|1:2-3||6", "foo|all|1-2-3||6", "2"]);
}

#[test]
fn nothing_is_secured_where_it_has_no_room() {
    let work = tempfile::tempdir().unwrap();
    fs::write(work.path().join("plan"), "foo:all=2|foo|all|1|2|\n").unwrap();
    let stubs = "offers_of() { echo 'foo|all|1|r|99999999999999999'; }\ncached_packages() { :; }\npackage_cache() { echo /var; }\nfetch_versions() { echo fetched; }";
    let ended = run(work.path(), Manager::Apt, stubs, "secure");
    assert_eq!(ended.code, 78, "{}", ended.said);
    assert!(ended.said.contains("patchwave: E_DISK: "), "{}", ended.said);
    assert!(!ended.said.contains("fetched"), "{}", ended.said);
    let ended = run(
        work.path(),
        Manager::Apt,
        &stubs.replace("99999999999999999", "9"),
        "secure",
    );
    assert!(ended.said.contains("fetched"), "{}", ended.said);
}

#[test]
fn a_wanted_name_is_met_by_itself_alone() {
    for (resolved, code) in [("foo|all||1", 0), ("libfoo1a2|all||1", 78), ("foo|all|1|nothing", 78)] {
        let work = tempfile::tempdir().unwrap();
        fs::write(work.path().join("plan"), "foo|foo|*|||\n").unwrap();
        let text = format!(
            "installed_versions() {{ :; }}\nfind_hosted() {{ :; }}\nsimulate() {{ echo '{resolved}' | compare_steps; }}\nforget_present\nresolve_steps"
        );
        let ended = run(work.path(), Manager::Apt, "", &text);
        assert_eq!(ended.code, code, "{resolved}: {}", ended.said);
    }
}

#[test]
fn what_dnf_5_installs_beside_older_versions_is_at_its_planned_one() {
    let table = "Installing:\\n kernel x86_64 6.3-1 updates 9 MiB\\nRemoving:\\n kernel x86_64 6.0-1 @updates 9 MiB\\n old noarch 1-1 @updates 9 MiB\\n";
    let work = tempfile::tempdir().unwrap();
    fs::write(
        work.path().join("plan"),
        "kernel-6.3-1.x86_64|kernel|x86_64|6.2-1|6.3-1|\n",
    )
    .unwrap();
    let stub = "rpm() { printf 'kernel|x86_64|0:6.2-1\\nkernel|x86_64|0:6.0-1\\n'; }";
    let text = format!("printf '{table}' >\"$work/table\"\ndnf_table_steps \"$work/table\"");
    let ended = run(work.path(), Manager::Dnf5, stub, &text);
    assert_eq!(ended.said, "kernel|x86_64|6.2-1|6.3-1\nold|noarch|1-1|nothing\n");
}
