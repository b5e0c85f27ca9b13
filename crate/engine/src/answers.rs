//! The answer table: looked up without lock or allocation, changed while it is read.
//!
//! A table is an immutable tree that readers share; a writer copies the few nodes between the root
//! and the entry it changes and publishes the new root. So a reader sees one whole version for as
//! long as it keeps it, and one entry among a million costs its writer microseconds.
//! The tree itself is in `trie`.

use crate::config::Config;
use crate::error::ConfigError;
pub use crate::trie::Answer;
use crate::trie::{Node, Slot, find_below};
use arc_swap::ArcSwap;
use foldhash::quality::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// One version of the table.
#[derive(Clone)]
pub struct Table {
    root: Arc<Node>,
    entries: usize,
    hashing: RandomState,
    /// Which whole table this is a version of: letting go of the last version of a replaced one
    /// frees all of it.
    generation: u64,
}

impl Table {
    fn empty(generation: u64) -> Self {
        Self { root: Node::empty(), entries: 0, hashing: RandomState::default(), generation }
    }

    /// The answer to a request, which is the bytes before its delimiter.
    #[inline]
    pub fn find(&self, request: &[u8]) -> Option<Answer<'_>> {
        match &*self.root {
            // Hashing the request would cost more than comparing it with these few.
            Node::Leaf(slots) => slots.iter().find(|slot| slot.key() == request).map(Slot::answer),
            Node::Branch(children) => find_below(children, self.hash(request), request),
        }
    }

    /// How many requests it answers.
    pub fn len(&self) -> usize {
        self.entries
    }

    /// Whether it answers nothing.
    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// Calls `visit` with each request and its answer, in no particular order.
    pub fn visit(&self, mut visit: impl FnMut(&[u8], Answer<'_>)) {
        self.root.visit(&mut |slot| visit(slot.key(), slot.answer()));
    }

    /// Whether letting go of `self` in favour of `newer` may free a whole table.
    fn was_replaced_by(&self, newer: &Self) -> bool {
        self.generation != newer.generation
    }

    #[inline]
    fn hash(&self, key: &[u8]) -> u64 {
        let mut hasher = self.hashing.build_hasher();
        hasher.write(key);
        hasher.finish()
    }

    fn insert(&mut self, key: &[u8], answer: &[u8], suffix: &[u8], close: bool) {
        let slot = Slot {
            hash: self.hash(key),
            bytes: [key, answer, suffix].concat().into(),
            key_bytes: key.len() as u32,
            close,
        };
        self.entries += usize::from(Arc::make_mut(&mut self.root).insert(slot, 0));
    }

    fn remove(&mut self, key: &[u8]) -> bool {
        // Looked up first, for a miss must copy nothing.
        let found = self.find(key).is_some();
        if found {
            let hash = self.hash(key);
            Arc::make_mut(&mut self.root).remove(hash, key, 0);
            self.entries -= 1;
        }
        found
    }
}

/// The table of one server: one version is published, writers make the next.
pub struct Answers {
    config: Arc<Config>,
    published: ArcSwap<Table>,
    /// Counts publications, so that a reader learns of a new one by one load.
    version: AtomicU64,
    writing: Mutex<()>,
}

impl Answers {
    /// An empty table under the rules of `config`.
    pub fn new(config: Arc<Config>) -> Self {
        Self {
            config,
            published: ArcSwap::from_pointee(Table::empty(0)),
            version: AtomicU64::new(0),
            writing: Mutex::new(()),
        }
    }

    /// Changes with every change of the table.
    #[inline]
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// The version that is in force now.
    pub fn table(&self) -> Arc<Table> {
        self.published.load_full()
    }

    /// The bytes appended to every answer of this table.
    pub fn suffix(&self) -> &[u8] {
        &self.config.answer_suffix
    }

    /// The request that a key names, for `Table::find`.
    pub fn canonical_key<'a>(&self, key: &'a [u8]) -> Result<&'a [u8], ConfigError> {
        self.config.framing.canonical_key(key)
    }

    /// Sets one answer. The key may end in its delimiter or not.
    pub fn set(&self, key: &[u8], answer: &[u8], close: bool) -> Result<(), ConfigError> {
        let key = self.check(key, answer)?;
        self.publish(|table| table.insert(key, answer, &self.config.answer_suffix, close));
        Ok(())
    }

    /// Forgets one answer; whether there was one.
    pub fn delete(&self, key: &[u8]) -> bool {
        let Ok(key) = self.canonical_key(key) else { return false };
        self.publish(|table| table.remove(key))
    }

    /// Replaces the whole table at once: a request sees the old one or the new one. On an error,
    /// with the number of the entry at fault, nothing has changed.
    pub fn replace<'a>(
        &self,
        entries: impl IntoIterator<Item = (&'a [u8], &'a [u8], bool)>,
    ) -> Result<(), (usize, ConfigError)> {
        let mut next = Table::empty(0);
        for (number, (key, answer, close)) in entries.into_iter().enumerate() {
            let key = self.check(key, answer).map_err(|error| (number, error))?;
            next.insert(key, answer, &self.config.answer_suffix, close);
        }
        self.publish(|table| {
            next.generation = table.generation + 1;
            *table = next;
        });
        Ok(())
    }

    fn check<'a>(&self, key: &'a [u8], answer: &[u8]) -> Result<&'a [u8], ConfigError> {
        if answer.len() > self.config.answer_bytes_max {
            return Err(ConfigError::AnswerTooLong);
        }
        self.canonical_key(key)
    }

    fn publish<Outcome>(&self, change: impl FnOnce(&mut Table) -> Outcome) -> Outcome {
        let _one_writer = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = Table::clone(&self.published.load());
        let outcome = change(&mut next);
        self.published.store(Arc::new(next));
        self.version.fetch_add(1, Ordering::Release);
        outcome
    }
}

/// One loop's view of the answers: a version, until it looks again.
pub struct Reader {
    answers: Arc<Answers>,
    version: u64,
    table: Arc<Table>,
    retired: Vec<Arc<Table>>,
}

impl Reader {
    /// The version that is in force now.
    pub fn new(answers: Arc<Answers>) -> Self {
        let version = answers.version();
        Self { version, table: answers.table(), retired: Vec::new(), answers }
    }

    /// Looks again: one load, where nothing has changed. Whoever asks after a change was made gets
    /// the changed answer, if this comes between receiving a request and looking it up.
    #[inline]
    pub fn refresh(&mut self) {
        if self.answers.version() != self.version {
            self.renew();
        }
    }

    /// The version of the last look.
    #[inline]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Whether `take_retired` has something to give.
    #[inline]
    pub fn has_retired(&self) -> bool {
        !self.retired.is_empty()
    }

    /// Whole tables that were replaced since. Freeing one may take long; see where it does no harm.
    pub fn take_retired(&mut self) -> Vec<Arc<Table>> {
        std::mem::take(&mut self.retired)
    }

    #[cold]
    fn renew(&mut self) {
        // In this order: a table newer than its number is looked for once more, an older one never.
        self.version = self.answers.version();
        let old = std::mem::replace(&mut self.table, self.answers.table());
        if old.was_replaced_by(&self.table) {
            self.retired.push(old);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Options;
    use proptest::{collection, prelude::*};
    use std::collections::HashMap;

    fn answers() -> Answers {
        Answers::new(Arc::new(Config::parse(Options::default()).unwrap()))
    }

    fn text<'a>(table: &'a Table, request: &str) -> Option<&'a str> {
        table.find(request.as_bytes()).map(|answer| std::str::from_utf8(answer.bytes).unwrap())
    }

    #[test]
    fn a_reader_keeps_the_version_it_took() {
        let answers = answers();
        answers.set(b"a?", b"1", false).unwrap();
        let old = answers.table();
        answers.set(b"a", b"2", false).unwrap();
        answers.replace([(&b"b"[..], &b"3"[..], false)]).unwrap();
        assert_eq!((text(&old, "a"), text(&old, "b")), (Some("1"), None));
        let new = answers.table();
        assert_eq!((text(&new, "a"), text(&new, "b")), (None, Some("3")));
        assert!(old.was_replaced_by(&new));
    }

    #[test]
    fn a_replacement_with_a_wrong_key_changes_nothing_and_names_the_entry() {
        let answers = answers();
        answers.set(b"a", b"1", false).unwrap();
        let wrong = answers.replace([(&b"b"[..], &b"2"[..], false), (b"x?y", b"3", false)]);
        assert_eq!(wrong, Err((1, ConfigError::KeyHoldsDelimiter)));
        assert_eq!(text(&answers.table(), "a"), Some("1"));
        assert_eq!(answers.table().len(), 1);
    }

    #[test]
    fn a_hundred_thousand_entries_are_all_found() {
        let keys: Vec<_> = (0..100_000).map(|number| format!("key {number}")).collect();
        let answers = answers();
        answers.replace(keys.iter().map(|key| (key.as_bytes(), key.as_bytes(), false))).unwrap();
        let table = answers.table();
        assert_eq!(table.len(), keys.len());
        assert!(keys.iter().all(|key| text(&table, key) == Some(key)));
        assert_eq!(table.find(b"key 100000"), None);
    }

    #[derive(Clone, Debug)]
    enum Operation {
        Set(u8, u8, bool),
        Delete(u8),
        Replace(Vec<(u8, u8)>),
    }

    fn operations() -> impl Strategy<Value = Vec<Operation>> {
        let operation = prop_oneof![
            8 => any::<(u8, u8, bool)>()
                .prop_map(|(key, answer, close)| Operation::Set(key, answer, close)),
            4 => any::<u8>().prop_map(Operation::Delete),
            1 => collection::vec(any::<(u8, u8)>(), 0..40).prop_map(Operation::Replace),
        ];
        collection::vec(operation, 0..300)
    }

    proptest! {
        #[test]
        fn any_changes_leave_what_a_plain_map_holds(operations in operations()) {
            let answers = answers();
            let mut oracle = HashMap::new();
            let key = |number: u8| format!("k{number}");
            for operation in operations {
                match operation {
                    Operation::Set(at, answer, close) => {
                        answers.set(key(at).as_bytes(), &[answer], close).unwrap();
                        oracle.insert(key(at), (answer, close));
                    }
                    Operation::Delete(at) => {
                        let gone = oracle.remove(&key(at)).is_some();
                        prop_assert_eq!(answers.delete(key(at).as_bytes()), gone);
                    }
                    Operation::Replace(pairs) => {
                        oracle = HashMap::new();
                        oracle.extend(pairs.iter().map(|&(at, answer)| (key(at), (answer, false))));
                        let entries: Vec<_> =
                            pairs.iter().map(|&(at, answer)| (key(at), [answer])).collect();
                        let entries = entries
                            .iter()
                            .map(|(key, answer)| (key.as_bytes(), &answer[..], false));
                        answers.replace(entries).unwrap();
                    }
                }
                let table = answers.table();
                prop_assert_eq!(table.len(), oracle.len());
                for number in 0..=u8::MAX {
                    let found = table.find(key(number).as_bytes());
                    let found = found.map(|answer| (answer.bytes[0], answer.close));
                    prop_assert_eq!(found, oracle.get(&key(number)).copied());
                }
            }
        }
    }
}
