//! The tree under a version of the answer table: slots by their hash, shared between versions.
//!
//! ```text
//!  root branch [32] -> branch [32] -> leaf: up to 8 slots -> key ++ answer ++ suffix
//! ```
//!
//! A change copies the nodes on the way to one slot, where another version still holds them, and
//! shares all others. Knows no rule about keys; see `answers` for those.
//!
//! Invariant: a slot is in the leaf that its hash leads to, five bits a level, lowest bits first; a
//! leaf above the deepest level holds at most 8 slots.

use std::sync::Arc;

const LEVEL_BITS: u32 = 5;
const BRANCHES: usize = 1 << LEVEL_BITS;
const LEAF_SLOTS_MAX: usize = 8;

/// One answer as the table gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// What is sent, suffix included.
    pub bytes: &'a [u8],
    /// Whether the connection ends after it.
    pub close: bool,
}

#[derive(Clone)]
pub(crate) struct Slot {
    pub(crate) hash: u64,
    /// The key, then what is sent: one allocation, one cache line for most.
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) key_bytes: u32,
    pub(crate) close: bool,
}

impl Slot {
    #[inline]
    pub(crate) fn is(&self, hash: u64, key: &[u8]) -> bool {
        self.hash == hash && self.key() == key
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.bytes[..self.key_bytes as usize]
    }

    pub(crate) fn answer(&self) -> Answer<'_> {
        Answer { bytes: &self.bytes[self.key_bytes as usize..], close: self.close }
    }
}

#[derive(Clone)]
pub(crate) enum Node {
    Leaf(Vec<Slot>),
    Branch(Box<[Arc<Node>; BRANCHES]>),
}

impl Node {
    pub(crate) fn empty() -> Arc<Self> {
        Arc::new(Self::Leaf(Vec::new()))
    }

    /// The slot was put in; whether none was replaced.
    pub(crate) fn insert(&mut self, slot: Slot, depth: u32) -> bool {
        match self {
            Self::Branch(children) => {
                let child = &mut children[branch(slot.hash, depth)];
                Arc::make_mut(child).insert(slot, depth + 1)
            }
            Self::Leaf(slots) => {
                if let Some(old) = slots.iter_mut().find(|old| old.is(slot.hash, slot.key())) {
                    *old = slot;
                    return false;
                }
                slots.push(slot);
                if slots.len() > LEAF_SLOTS_MAX && depth * LEVEL_BITS < u64::BITS {
                    let slots = std::mem::take(slots);
                    *self = Self::split(slots, depth);
                }
                true
            }
        }
    }

    fn split(slots: Vec<Slot>, depth: u32) -> Self {
        let empty = Self::empty();
        let mut children = Box::new(std::array::from_fn(|_| empty.clone()));
        for slot in slots {
            let child: &mut Arc<Self> = &mut children[branch(slot.hash, depth)];
            Arc::make_mut(child).insert(slot, depth + 1);
        }
        Self::Branch(children)
    }

    /// Whether the key was there and is gone.
    pub(crate) fn remove(&mut self, hash: u64, key: &[u8], depth: u32) -> bool {
        match self {
            Self::Branch(children) => {
                Arc::make_mut(&mut children[branch(hash, depth)]).remove(hash, key, depth + 1)
            }
            Self::Leaf(slots) => {
                let at = slots.iter().position(|slot| slot.is(hash, key));
                at.map(|at| slots.swap_remove(at)).is_some()
            }
        }
    }

    pub(crate) fn visit(&self, visit: &mut dyn FnMut(&Slot)) {
        match self {
            Self::Branch(children) => children.iter().for_each(|child| child.visit(visit)),
            Self::Leaf(slots) => slots.iter().for_each(visit),
        }
    }
}

pub(crate) fn find_below<'a>(
    mut children: &'a [Arc<Node>; BRANCHES],
    hash: u64,
    request: &[u8],
) -> Option<Answer<'a>> {
    let mut depth = 0;
    loop {
        match &*children[branch(hash, depth)] {
            Node::Branch(below) => children = below,
            Node::Leaf(slots) => {
                return slots.iter().find(|slot| slot.is(hash, request)).map(Slot::answer);
            }
        }
        depth += 1;
    }
}

#[inline]
fn branch(hash: u64, depth: u32) -> usize {
    (hash >> (depth * LEVEL_BITS)) as usize & (BRANCHES - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_whose_hashes_are_equal_share_the_deepest_leaf() {
        let mut root = Node::Leaf(Vec::new());
        for number in 0..20u8 {
            let slot = Slot { hash: 7, bytes: [number, 1].into(), key_bytes: 1, close: false };
            assert!(root.insert(slot, 0));
        }
        assert!(root.remove(7, &[3], 0));
        assert!(!root.remove(7, &[3], 0));
        let mut left = 0;
        root.visit(&mut |_| left += 1);
        assert_eq!(left, 19);
    }
}
