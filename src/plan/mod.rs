//! From playbook and scan to waves with exact versions. Pure: the same inputs, `now` included, give the same plan.

pub mod diff;
