//! Real hosts: real systemd, real sshd, six real package managers. See `tests/lab/README.md`.
//!
//! These tests need root on Linux; `tests/run` runs them there and names them elsewhere. What a host has
//! installed is always asked of the host's own package manager, past patchwave and past SSH.

mod after;
mod apk;
mod apt;
mod bastions;
mod chaos;
mod conditions;
mod connections;
mod dnf;
mod doctor;
mod domains;
mod download;
mod drift;
mod dry_run;
mod faults;
mod footprint;
mod foresight;
mod gates;
mod half_done;
mod hooks;
mod host_jobs;
mod hosts;
mod inventories;
mod kernels;
mod locks;
mod logins;
mod pacman;
mod reboots;
mod removals;
mod repair;
mod resolutions;
mod rollbacks;
mod rollouts;
mod saved_plans;
mod scans;
mod shells;
mod slow;
mod stalls;
mod sudoers;
mod waiting;
mod zypper;
