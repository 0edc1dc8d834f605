//! The snapshots that a run made: how each is called, how to go back to it and how to remove it. patchwave removes none.

use std::collections::BTreeMap;

use crate::model::name::HostName;
use crate::report::page::{Line, Page, Tone};

/// Names the snapshots of a run.
pub fn add(page: &mut Page, snapshots: &BTreeMap<HostName, String>) {
    let mut lines = Vec::new();
    for (host, snapshot) in snapshots {
        let words = format!(": snapshot {snapshot}");
        lines.push(Line::new(0, host.as_str(), Tone::Strong).and(words, Tone::Plain));
        let Some(advice) = advice(snapshot) else { continue };
        lines.push(Line::new(2, format!("back:    {}", advice.back), Tone::Quiet));
        lines.push(Line::new(2, format!("remove:  {}", advice.remove), Tone::Quiet));
    }
    page.lines(lines);
}

/// What an operator runs on the host.
#[derive(Debug, PartialEq, Eq)]
struct Advice {
    back: String,
    remove: String,
}

/// By the tool, which is the first word of a snapshot; its place is the second.
fn advice(snapshot: &str) -> Option<Advice> {
    let words = snapshot.split(", without").next()?;
    let (tool, place) = words.split_once(' ')?;
    let (back, remove) = match tool {
        "snapper" => {
            let number = place.split(' ').next()?;
            (
                format!("snapper -c root undochange {number}..0"),
                format!("snapper -c root delete {number}"),
            )
        }
        "btrfs" => (
            format!(
                "btrfs subvolume snapshot {place} {place}-back && btrfs subvolume set-default {place}-back && reboot \
                 (where the boot loader names no subvolume)"
            ),
            format!("btrfs subvolume delete {place}"),
        ),
        "zfs" => (
            format!("zfs rollback {place} (from a rescue system)"),
            format!("zfs destroy {place}"),
        ),
        "lvm" => (
            format!("lvconvert --merge {place} && reboot"),
            format!("lvremove {place}"),
        ),
        _ => return None,
    };
    Some(Advice { back, remove })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_has_a_way_back_and_one_out() {
        let of = |snapshot: &str| advice(snapshot).map(|advice| advice.remove);
        assert_eq!(
            of("snapper 42 patchwave-r1, without /var").as_deref(),
            Some("snapper -c root delete 42")
        );
        assert_eq!(
            of("btrfs /.patchwave-snapshots/patchwave-r1").as_deref(),
            Some("btrfs subvolume delete /.patchwave-snapshots/patchwave-r1")
        );
        assert_eq!(
            of("zfs rpool/root@patchwave-r1").as_deref(),
            Some("zfs destroy rpool/root@patchwave-r1")
        );
        assert_eq!(of("lvm vg/patchwave-r1").as_deref(), Some("lvremove vg/patchwave-r1"));
        assert_eq!(of("none: the root file system is ext4"), None);
    }
}
