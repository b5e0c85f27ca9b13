//! Slots for connections, reused, each use under a new generation.
//!
//! Invariant: an id is given out once. A slot that was freed during a turn is not reused before
//! `reuse_freed`, so an event of that turn cannot reach its next owner; a slot whose generations
//! are used up is never reused.

use crate::handler::{CONNECTIONS_MAX, ConnectionId};

const GENERATION_MAX: u32 = u32::MAX;

/// A value that knows under which generation it stands in its slot. It keeps the generation itself
/// because there it fits where a slot around it would need eight bytes more.
pub(crate) trait Generation {
    fn generation(&self) -> u32;
}

enum Slot<T> {
    Taken(T),
    /// The generation of the next owner.
    Vacant(u32),
}

/// Values under ids that are never reused.
pub(crate) struct Slab<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
    freed: Vec<u32>,
}

impl<T: Generation> Slab<T> {
    /// The bytes that each slot takes.
    #[cfg(all(unix, not(debug_assertions)))]
    pub(crate) const SLOT_BYTES: usize = size_of::<Slot<T>>();

    pub(crate) const fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new(), freed: Vec::new() }
    }

    /// Puts in what `make` makes for its id.
    pub(crate) fn insert(&mut self, make: impl FnOnce(ConnectionId) -> T) -> ConnectionId {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::Vacant(0));
            self.slots.len() as u32 - 1
        });
        let vacant = &mut self.slots[slot as usize];
        let Slot::Vacant(generation) = *vacant else { unreachable!("a free slot has no owner") };
        let id = ConnectionId { slot, generation };
        *vacant = Slot::Taken(make(id));
        id
    }

    /// The value, if the id is still its owner's.
    #[inline]
    pub(crate) fn find(&mut self, id: ConnectionId) -> Option<&mut T> {
        match self.slots.get_mut(id.slot as usize) {
            Some(Slot::Taken(value)) if value.generation() == id.generation => Some(value),
            _ => None,
        }
    }

    /// The id of whoever owns the slot now.
    #[inline]
    pub(crate) fn owner(&self, slot: u32) -> Option<ConnectionId> {
        match self.slots.get(slot as usize) {
            Some(Slot::Taken(value)) => Some(ConnectionId { slot, generation: value.generation() }),
            _ => None,
        }
    }

    pub(crate) fn remove(&mut self, id: ConnectionId) -> Option<T> {
        self.find(id)?;
        let vacant = Slot::Vacant(id.generation.saturating_add(1));
        let Slot::Taken(value) = std::mem::replace(&mut self.slots[id.slot as usize], vacant)
        else {
            unreachable!("the owner was found above")
        };
        if id.generation < GENERATION_MAX {
            self.freed.push(id.slot);
        }
        Some(value)
    }

    /// The turn is over: its events are handled, its freed slots may be used again.
    #[inline]
    pub(crate) fn reuse_freed(&mut self) {
        if !self.freed.is_empty() {
            self.free.append(&mut self.freed);
        }
    }

    /// Whether no slot is left to give.
    pub(crate) fn is_full(&self) -> bool {
        self.free.is_empty() && self.slots.len() >= CONNECTIONS_MAX
    }

    /// All values, with their ids. Takes as long as there were ever values at a time.
    #[cfg(unix)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ConnectionId, &T)> {
        self.slots.iter().enumerate().filter_map(|(slot, content)| match content {
            Slot::Taken(value) => {
                Some((ConnectionId { slot: slot as u32, generation: value.generation() }, value))
            }
            Slot::Vacant(_) => None,
        })
    }

    /// Slots used so far, whether they have an owner or not.
    pub(crate) fn slots(&self) -> u32 {
        self.slots.len() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Generation for (char, u32) {
        fn generation(&self) -> u32 {
            self.1
        }
    }

    fn put(slab: &mut Slab<(char, u32)>, name: char) -> ConnectionId {
        slab.insert(|id| (name, id.generation))
    }

    #[test]
    fn an_old_id_does_not_find_the_slots_next_owner() {
        let mut slab = Slab::new();
        let first = put(&mut slab, 'a');
        assert_eq!(slab.remove(first), Some(('a', 0)));
        slab.reuse_freed();
        let second = put(&mut slab, 'b');
        assert_eq!((first.slot, slab.owner(0)), (second.slot, Some(second)));
        assert_eq!((slab.find(first).is_none(), slab.remove(first)), (true, None));
        assert_eq!(slab.find(second), Some(&mut ('b', 1)));
    }

    #[test]
    fn a_slot_freed_in_a_turn_is_not_reused_in_it() {
        let mut slab = Slab::new();
        let first = put(&mut slab, 'a');
        slab.remove(first);
        assert_eq!(put(&mut slab, 'b').slot, 1);
        slab.reuse_freed();
        assert_eq!(put(&mut slab, 'c').slot, 0);
    }

    #[test]
    fn a_slot_whose_generations_are_used_up_is_retired() {
        let mut slab = Slab::new();
        slab.slots.push(Slot::Vacant(GENERATION_MAX));
        slab.free.push(0);
        let last = put(&mut slab, 'a');
        slab.remove(last);
        slab.reuse_freed();
        assert_eq!(put(&mut slab, 'b').slot, 1);
        assert_eq!(slab.find(last), None);
    }
}
