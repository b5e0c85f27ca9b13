//! Which connections of one loop belong to which groups.
//!
//! Owns memory only for members. Invariant: connection `c` is at place `p` of group `g` exactly if
//! `c`'s memberships have `g` with place `p`; a group without members does not exist.

use crate::handler::ConnectionId;
use std::collections::HashMap;
use std::sync::Arc;

/// The most groups that one connection belongs to.
pub const GROUPS_PER_CONNECTION_MAX: usize = 64;

struct Membership {
    group: Arc<[u8]>,
    /// Where the connection stands among the group's members.
    place: usize,
}

/// The groups of one loop.
#[derive(Default)]
pub(crate) struct Groups {
    members: HashMap<Arc<[u8]>, Vec<ConnectionId>>,
    /// By slot: a slot has one owner at a time, whose end is told by `leave_all`.
    memberships: HashMap<u32, Vec<Membership>>,
}

impl Groups {
    /// Makes a connection a member; whether it is one.
    pub(crate) fn join(&mut self, id: ConnectionId, group: &[u8]) -> bool {
        let memberships = self.memberships.entry(id.slot).or_default();
        if memberships.iter().any(|membership| *membership.group == *group) {
            return true;
        }
        if memberships.len() == GROUPS_PER_CONNECTION_MAX {
            return false;
        }
        let name = self.members.get_key_value(group).map(|(name, _)| name.clone());
        let group = name.unwrap_or_else(|| group.into());
        let members = self.members.entry(group.clone()).or_default();
        memberships.push(Membership { group, place: members.len() });
        members.push(id);
        true
    }

    /// Ends a membership; whether there was one.
    pub(crate) fn leave(&mut self, id: ConnectionId, group: &[u8]) -> bool {
        let Some(memberships) = self.memberships.get_mut(&id.slot) else { return false };
        let at = memberships.iter().position(|membership| *membership.group == *group);
        let Some(at) = at else { return false };
        let membership = memberships.swap_remove(at);
        if memberships.is_empty() {
            self.memberships.remove(&id.slot);
        }
        self.strike(&membership);
        true
    }

    /// A connection has ended.
    #[inline]
    pub(crate) fn leave_all(&mut self, id: ConnectionId) {
        if self.memberships.is_empty() {
            return;
        }
        for membership in self.memberships.remove(&id.slot).unwrap_or_default() {
            self.strike(&membership);
        }
    }

    /// The members of a group.
    pub(crate) fn members(&self, group: &[u8]) -> &[ConnectionId] {
        self.members.get(group).map_or(&[], |members| members)
    }

    /// Takes a member from its group; the last member moves to its place.
    fn strike(&mut self, Membership { group, place }: &Membership) {
        let Some(members) = self.members.get_mut(group) else { return };
        members.swap_remove(*place);
        if let Some(moved) = members.get(*place) {
            let memberships = self.memberships.get_mut(&moved.slot).into_iter().flatten();
            for membership in memberships.filter(|membership| membership.group == *group) {
                membership.place = *place;
            }
        } else if members.is_empty() {
            self.members.remove(group);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn id(slot: u32) -> ConnectionId {
        ConnectionId { slot, generation: slot + 7 }
    }

    #[test]
    fn a_connection_belongs_to_so_many_groups_and_no_more() {
        let mut groups = Groups::default();
        for group in 0..GROUPS_PER_CONNECTION_MAX as u8 {
            assert!(groups.join(id(0), &[group]));
        }
        assert!(!groups.join(id(0), b"more"));
        assert!(groups.join(id(0), &[0]), "it is a member already");
        assert!(groups.members(b"more").is_empty());
    }

    proptest! {
        #[test]
        fn groups_hold_who_joined_and_did_not_leave(
            steps in proptest::collection::vec((0u32..6, 0u8..4, 0u8..5), 0..200),
        ) {
            let mut groups = Groups::default();
            let mut oracle = BTreeSet::new();
            for (slot, group, what) in steps {
                match what {
                    0..=2 => {
                        prop_assert!(groups.join(id(slot), &[group]));
                        oracle.insert((group, slot));
                    }
                    3 => prop_assert_eq!(
                        groups.leave(id(slot), &[group]),
                        oracle.remove(&(group, slot))
                    ),
                    _ => {
                        groups.leave_all(id(slot));
                        oracle.retain(|&(_, member)| member != slot);
                    }
                }
                for group in 0..4 {
                    let members: BTreeSet<_> =
                        groups.members(&[group]).iter().map(|id| (group, id.slot)).collect();
                    let expected: BTreeSet<_> =
                        oracle.iter().copied().filter(|&(of, _)| of == group).collect();
                    prop_assert_eq!(groups.members(&[group]).len(), members.len());
                    prop_assert_eq!(members, expected);
                }
            }
            for slot in 0..6 {
                groups.leave_all(id(slot));
            }
            prop_assert!(groups.members.is_empty() && groups.memberships.is_empty());
        }
    }
}
