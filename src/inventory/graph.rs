//! Groups within groups: who is above whom, and that nobody is above itself.

use std::collections::BTreeSet;

use super::collect::Collected;
use crate::model::diagnostic::{Diagnostic, Diagnostics};
use crate::model::name::GroupName;
use crate::model::text::nearest;

/// The groups above and below each group, by position in the order of the files.
#[derive(Debug, Default)]
pub(super) struct GroupGraph {
    /// The groups that name it as a child.
    pub(super) parents: Vec<BTreeSet<usize>>,
    /// The groups that it names, in the order of the file.
    pub(super) children: Vec<Vec<usize>>,
    /// All that are above it, itself left out.
    pub(super) ancestors: Vec<BTreeSet<usize>>,
}

impl GroupGraph {
    /// Looks up every child, and reports those that are not there and those that go in a circle.
    pub(super) fn new(collected: &Collected, problems: &mut Diagnostics) -> Self {
        let count = collected.groups.len();
        let mut graph = Self {
            parents: vec![BTreeSet::new(); count],
            children: vec![Vec::new(); count],
            ancestors: Vec::new(),
        };
        for (position, group) in collected.groups.iter().enumerate() {
            for child in &group.children {
                match collected.group_position(&child.value) {
                    Some(below) => graph.link(position, below),
                    None => problems.push(undefined_child(collected, &child.value, child.place.clone())),
                }
            }
        }
        graph.ancestors = (0..count).map(|position| graph.above(position)).collect();
        graph.report_circles(collected, problems);
        graph
    }

    /// The groups of a host that are named directly, and all that are above them.
    pub(super) fn closure(&self, groups: &BTreeSet<usize>) -> BTreeSet<usize> {
        let mut all = groups.clone();
        for group in groups {
            all.extend(self.ancestors.get(*group).into_iter().flatten());
        }
        all
    }

    /// Whether one group is above another.
    pub(super) fn is_above(&self, upper: usize, lower: usize) -> bool {
        self.ancestors.get(lower).is_some_and(|above| above.contains(&upper))
    }

    fn link(&mut self, upper: usize, lower: usize) {
        if let Some(parents) = self.parents.get_mut(lower) {
            parents.insert(upper);
        }
        if let Some(children) = self.children.get_mut(upper)
            && !children.contains(&lower)
        {
            children.push(lower);
        }
    }

    /// Each group is visited once, so a circle ends.
    fn above(&self, position: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut open = vec![position];
        while let Some(group) = open.pop() {
            for parent in self.parents.get(group).into_iter().flatten() {
                if found.insert(*parent) {
                    open.push(*parent);
                }
            }
        }
        found
    }

    fn report_circles(&self, collected: &Collected, problems: &mut Diagnostics) {
        let mut reported: BTreeSet<usize> = BTreeSet::new();
        for (position, group) in collected.groups.iter().enumerate() {
            if reported.contains(&position) || !self.is_above(position, position) {
                continue;
            }
            // All groups of one circle are above each other; one report names them all.
            let circle: Vec<usize> = (0..collected.groups.len())
                .filter(|other| self.is_above(*other, position) && self.is_above(position, *other))
                .collect();
            let names: Vec<String> = circle
                .iter()
                .filter_map(|member| collected.groups.get(*member))
                .map(|member| format!("`{}`", member.name))
                .collect();
            reported.extend(&circle);
            let message = match names.as_slice() {
                [only] => format!("group {only} is a child of itself"),
                _ => format!("the groups {} are children of each other in a circle", names.join(", ")),
            };
            let place = group
                .children
                .iter()
                .find(|child| {
                    collected
                        .group_position(&child.value)
                        .is_some_and(|child| circle.contains(&child))
                })
                .map_or_else(|| group.place.clone(), |child| child.place.clone());
            problems.push(Diagnostic::new(place, message).with_hint("take one of them out of its `children`"));
        }
    }
}

fn undefined_child(collected: &Collected, child: &GroupName, place: crate::model::diagnostic::Place) -> Diagnostic {
    let is_host = collected.hosts.iter().any(|host| host.name.as_str() == child.as_str());
    let near = nearest(child.as_str(), collected.groups.iter().map(|group| group.name.as_str()));
    let hint = if is_host {
        "this is a host; list it under `hosts`".to_owned()
    } else {
        near.map_or_else(
            || "define it under `groups`; an empty group is written `name: {}`".to_owned(),
            |near| format!("did you mean `{near}`?"),
        )
    };
    Diagnostic::new(place, format!("group `{child}` is not defined")).with_hint(hint)
}
