//! Checks of what hosts answered, and of those that are never rebooted: each finds what it is for, and nothing else.

use super::{found, messages, names, now, one_wave, resolved};
use crate::model::error::{ErrorCode, HostError};
use crate::model::finding::Severity;
use crate::model::host::RebootPolicy;
use crate::model::lint_code::LintCode;
use crate::model::plan::Basis;
use crate::model::resolution::Resolution;
use crate::plan::lint::LintInputs;
use crate::plan::test_plans::host;

#[test]
fn a_host_that_could_not_be_scanned_is_a_warning() {
    let mut silent = host("a", &[]);
    silent.basis = Basis::Unknown {
        error: HostError::new(ErrorCode::Connect, "refused", "start sshd"),
    };
    assert_eq!(
        messages(LintCode::UnknownHost, &one_wave(vec![silent, host("b", &[])])),
        ["1 host is unknown: not scanned, and will count as failed"]
    );
}

#[test]
fn want_of_space_is_a_warning() {
    let answers = resolved(&[(
        "a",
        Resolution {
            space: Some(HostError::new(
                ErrorCode::Disk,
                "/boot has 3 MB too few",
                "remove old kernels",
            )),
            ..Resolution::default()
        },
    )]);
    let inputs = LintInputs {
        resolutions: Some(&answers),
        ..LintInputs::at(now())
    };
    let findings = found(
        LintCode::DiskSpace,
        &one_wave(vec![host("a", &["x"]), host("b", &["x"])]),
        &inputs,
    );
    assert_eq!((findings.len(), findings[0].severity), (1, Severity::Warning));
    assert_eq!(names(&findings[0]), ["a"]);
    assert_eq!(findings[0].message, "/boot has 3 MB too few");
}

#[test]
fn a_kernel_on_a_host_that_is_never_rebooted_is_a_warning() {
    let kernel = ["linux-image-6.1.0-31-amd64==6.1.2", "libc6", "bash"];
    let mut never = host("a", &kernel);
    never.reboot = RebootPolicy::Never;
    let plan = one_wave(vec![never, host("b", &kernel)]);
    assert_eq!(
        messages(LintCode::KernelWithoutReboot, &plan),
        [
            "the C library changes on 1 host with `reboot: never`, where the old one goes on running: libc6",
            "the kernel changes on 1 host with `reboot: never`, where the old one goes on running: \
             linux-image-6.1.0-31-amd64",
        ]
    );
}
