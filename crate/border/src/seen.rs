//! Requests seen before: they cross to JavaScript as a number, and the string that JavaScript has
//! under it keeps its hash.
//!
//! A small table for each loop. A request is defined at its second sight, so those that never come
//! again cost a look and no more; one that is in use is not driven out by many that are not, for it
//! has credit. A request is known only if all its bytes are the same.

use foldhash::fast::RandomState;
use std::hash::BuildHasher;

/// Longer requests are not kept.
const REQUEST_BYTES_MAX: usize = 256;
/// Places that one request may stand in. A place has a number, and JavaScript keeps a string for
/// each.
const WAYS: usize = 4;
const SETS: usize = 256;
/// Strangers that a request survives after each time it was seen.
const CREDIT_MAX: u8 = 15;

/// What is known of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// It is to be written out.
    New,
    /// It is to be written out, and has this number from now on.
    Defined(u32),
    /// JavaScript knows it under this number.
    Known(u32),
}

#[derive(Clone, Default)]
struct Set {
    /// Of the request that was seen last in each place.
    tags: [u32; WAYS],
    credits: [u8; WAYS],
    /// The requests that are defined.
    texts: [Option<Box<[u8]>>; WAYS],
}

/// The requests that one loop has seen.
pub(crate) struct Seen {
    sets: Box<[Set]>,
    hasher: RandomState,
}

impl Seen {
    pub(crate) fn new() -> Self {
        Self { sets: vec![Set::default(); SETS].into(), hasher: RandomState::default() }
    }

    /// Looks at a request that is about to cross.
    #[inline]
    pub(crate) fn look(&mut self, request: &[u8]) -> Sight {
        if request.len() > REQUEST_BYTES_MAX {
            return Sight::New;
        }
        let hash = self.hasher.hash_one(request);
        let set_number = hash as usize % SETS;
        let number = |way: usize| (set_number * WAYS + way) as u32;
        let set = &mut self.sets[set_number];
        let tag = (hash >> 32) as u32;
        let Some(way) = set.tags.iter().position(|&seen| seen == tag) else {
            set.admit(tag);
            return Sight::New;
        };
        set.credits[way] = CREDIT_MAX.min(set.credits[way] + 1);
        match &set.texts[way] {
            Some(text) if **text == *request => Sight::Known(number(way)),
            Some(_) => Sight::New,
            None => {
                set.texts[way] = Some(request.into());
                Sight::Defined(number(way))
            }
        }
    }
}

impl Set {
    /// A stranger takes the place of whoever has no credit left, or takes credit.
    #[inline]
    fn admit(&mut self, tag: u32) {
        let mut poorest = 0;
        for way in 1..WAYS {
            if self.credits[way] < self.credits[poorest] {
                poorest = way;
            }
        }
        if self.credits[poorest] > 0 {
            self.credits[poorest] -= 1;
        } else {
            self.tags[poorest] = tag;
            self.credits[poorest] = 1;
            self.texts[poorest] = None;
        }
    }
}
