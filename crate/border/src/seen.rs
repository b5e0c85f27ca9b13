//! Requests seen before: they cross to JavaScript as a number, and the string that JavaScript has
//! under it keeps its hash.
//!
//! A small table for each loop. A request is defined at its second sight, so those that never come
//! again cost a look and no more, and where none comes again for long only some are looked at. One
//! that is in use is not driven out by many that are not, for it has credit. A request is known
//! only if all its bytes are the same.

use foldhash::fast::RandomState;
use std::hash::{BuildHasher, Hasher};

/// Longer requests are not kept.
const REQUEST_BYTES_MAX: usize = 256;
/// Places that one request may stand in. A place has a number, and JavaScript keeps a string for
/// each.
const WAYS: usize = 4;
const SETS: usize = 256;
/// Times that a request is spared after it was seen, at most.
const CREDIT_MAX: u8 = 7;
/// Strangers in a row after which one of so many requests is looked at, until one is known.
const STRANGERS_MAX: u64 = 1024;
const LOOKED_AT_ONE_OF: u64 = 8;

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
    /// The place that the next stranger comes to.
    hand: u8,
    /// The requests that are defined.
    texts: [Option<Box<[u8]>>; WAYS],
}

/// The requests that one loop has seen.
pub(crate) struct Seen {
    sets: Box<[Set]>,
    hasher: RandomState,
    /// Since a request was last known.
    strangers: u64,
}

impl Seen {
    pub(crate) fn new() -> Self {
        Self {
            sets: vec![Set::default(); SETS].into(),
            hasher: RandomState::default(),
            strangers: 0,
        }
    }

    /// Looks at a request that is about to cross.
    #[inline]
    pub(crate) fn look(&mut self, request: &[u8]) -> Sight {
        self.strangers += 1;
        let is_passed_over =
            self.strangers > STRANGERS_MAX && !self.strangers.is_multiple_of(LOOKED_AT_ONE_OF);
        if is_passed_over || request.len() > REQUEST_BYTES_MAX {
            return Sight::New;
        }
        let mut hasher = self.hasher.build_hasher();
        hasher.write(request);
        let hash = hasher.finish();
        let set_number = hash as usize % SETS;
        let number = |way: usize| (set_number * WAYS + way) as u32;
        let set = &mut self.sets[set_number];
        let tag = (hash >> 32) as u32;
        let Some(way) = set.tags.iter().position(|&seen| seen == tag) else {
            set.admit(tag);
            return Sight::New;
        };
        self.strangers = 0;
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
    /// A stranger comes to the next place in turn, and takes it or a credit of whoever has it. In
    /// turn, for else those that nobody asks for any more would keep theirs.
    #[inline]
    fn admit(&mut self, tag: u32) {
        let way = self.hand as usize % WAYS;
        self.hand = self.hand.wrapping_add(1);
        if self.credits[way] > 0 {
            self.credits[way] -= 1;
        } else {
            self.tags[way] = tag;
            self.credits[way] = 1;
            self.texts[way] = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn text(number: usize) -> Vec<u8> {
        format!("What is the airspeed of swallow {number}").into_bytes()
    }

    #[test]
    fn a_request_is_new_then_defined_then_known() {
        let mut seen = Seen::new();
        assert_eq!(seen.look(b"quest"), Sight::New);
        let Sight::Defined(number) = seen.look(b"quest") else { panic!("it was seen before") };
        assert_eq!(seen.look(b"quest"), Sight::Known(number));
        assert_eq!(seen.look(b"name"), Sight::New);
        assert_eq!(seen.look(b"quest"), Sight::Known(number));
    }

    #[test]
    fn a_long_request_is_always_new() {
        let (mut seen, long) = (Seen::new(), vec![b'a'; REQUEST_BYTES_MAX + 1]);
        for _ in 0..3 {
            assert_eq!(seen.look(&long), Sight::New);
        }
    }

    #[test]
    fn requests_that_never_come_again_are_not_kept() {
        let mut seen = Seen::new();
        for number in 0..100_000 {
            assert_eq!(seen.look(&text(number)), Sight::New);
        }
        assert!(seen.sets.iter().all(|set| set.texts.iter().all(Option::is_none)));
    }

    #[test]
    fn after_many_strangers_requests_that_come_again_are_known_soon() {
        let mut seen = Seen::new();
        (0..100_000).for_each(|number| _ = seen.look(&text(number)));
        let looks = (0..1000).take_while(|_| !matches!(seen.look(b"quest"), Sight::Known(_)));
        assert!(looks.count() < 500);
        assert!(matches!(seen.look(b"quest"), Sight::Known(_)), "and each of them is looked at");
    }

    #[test]
    fn a_request_in_use_survives_many_strangers() {
        let mut seen = Seen::new();
        (0..2).for_each(|_| _ = seen.look(b"quest"));
        for number in 0..100_000 {
            assert_eq!(seen.look(&text(number)), Sight::New);
            assert!(matches!(seen.look(b"quest"), Sight::Known(_)));
        }
    }

    #[test]
    fn a_request_that_is_no_more_in_use_makes_room() {
        let mut seen = Seen::new();
        for _ in 0..20 {
            (0..WAYS * SETS).for_each(|number| _ = seen.look(&text(number)));
        }
        let known = |seen: &mut Seen| {
            let known = |&number: &usize| matches!(seen.look(&text(number)), Sight::Known(_));
            (1_000_000..1_000_100).filter(known).count()
        };
        (0..2000).for_each(|_| _ = known(&mut seen));
        assert!(known(&mut seen) > 90, "they are in use now");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn a_known_number_stands_for_what_it_was_defined_as(
            numbers in proptest::collection::vec(0usize..3000, 0..10_000),
        ) {
            let (mut seen, mut strings) = (Seen::new(), HashMap::new());
            for number in numbers {
                match seen.look(&text(number)) {
                    Sight::New => {}
                    Sight::Defined(place) => _ = strings.insert(place, number),
                    Sight::Known(place) => prop_assert_eq!(strings.get(&place), Some(&number)),
                }
            }
            prop_assert!(strings.keys().all(|&place| (place as usize) < WAYS * SETS));
        }
    }
}
