//! Who sits where, and the groups they belong to.
//!
//! Invariant: who is in here sits at the seat that stands here, until `remove`.

use super::seat::{Seat, lock};
use crate::groups::Groups;
use crate::handler::ConnectionId;
use crate::slab::{Generation, Slab};
use std::sync::{Arc, Mutex};

struct Entry {
    generation: u32,
    seat: Arc<Seat>,
}

impl Generation for Entry {
    fn generation(&self) -> u32 {
        self.generation
    }
}

struct Inside {
    entries: Slab<Entry>,
    groups: Groups,
}

/// The open connections of one server.
pub(super) struct Directory {
    inside: Mutex<Inside>,
}

impl Directory {
    pub(super) fn new() -> Self {
        Self { inside: Mutex::new(Inside { entries: Slab::new(), groups: Groups::default() }) }
    }

    pub(super) fn insert(&self, seat: Arc<Seat>) -> ConnectionId {
        lock(&self.inside).entries.insert(|id| Entry { generation: id.generation, seat })
    }

    pub(super) fn find(&self, id: ConnectionId) -> Option<Arc<Seat>> {
        lock(&self.inside).entries.find(id).map(|entry| entry.seat.clone())
    }

    /// Who has this slot now.
    pub(super) fn owner(&self, slot: u32) -> Option<ConnectionId> {
        lock(&self.inside).entries.owner(slot)
    }

    pub(super) fn remove(&self, id: ConnectionId) {
        let mut inside = lock(&self.inside);
        inside.groups.leave_all(id);
        inside.entries.remove(id);
        // Ids alone say who is who here, and their generations tell owners of a slot apart.
        inside.entries.reuse_freed();
    }

    /// Everybody, or the members of a group.
    pub(super) fn ids(&self, group: Option<&[u8]>) -> Vec<ConnectionId> {
        let inside = lock(&self.inside);
        match group {
            Some(group) => inside.groups.members(group).to_vec(),
            None => {
                let slots = 0..inside.entries.slots();
                slots.filter_map(|slot| inside.entries.owner(slot)).collect()
            }
        }
    }

    /// Those in `slots_max` slots from this one on, and the slot after, unless they are the last.
    pub(super) fn part(&self, from: u32, slots_max: u32) -> (Vec<ConnectionId>, Option<u32>) {
        let inside = lock(&self.inside);
        let slots = inside.entries.slots();
        let end = slots.min(from.saturating_add(slots_max));
        let ids = (from..end).filter_map(|slot| inside.entries.owner(slot)).collect();
        (ids, (end < slots).then_some(end))
    }

    /// Makes it a member; whether it is one.
    pub(super) fn join(&self, id: ConnectionId, group: &[u8]) -> bool {
        let mut inside = lock(&self.inside);
        inside.entries.find(id).is_some() && inside.groups.join(id, group)
    }

    /// Ends a membership; whether there was one.
    pub(super) fn leave(&self, id: ConnectionId, group: &[u8]) -> bool {
        let mut inside = lock(&self.inside);
        inside.entries.find(id).is_some() && inside.groups.leave(id, group)
    }
}
