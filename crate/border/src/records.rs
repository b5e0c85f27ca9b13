//! The records that cross to JavaScript, packed into words and text.
//!
//! A record is a header of six words, `[head, slot, generation, number, words, text bytes]`, and so
//! many more words; head is `kind | loop << 8 | detail << 16`. The texts of a batch stand together,
//! in the order of their records. `docs/architecture.md` has the table of kinds;
//! `src/native-inbox.ts` is the other end.

use lancelot_engine::handler::ConnectionId;

/// Words of a header.
pub(crate) const HEADER_WORDS: usize = 6;
const WORDS_AT: usize = 4;
const TEXT_AT: usize = 5;
/// Requests of one run; a longer one goes on in another record.
const RUN_WORDS_MAX: u32 = 256;
/// Text after which a run ends, so that a record is at most this and one request.
const RUN_TEXT_MAX: u32 = 8 * 1024;
/// Memory that a batch keeps once it was taken.
const KEPT_BYTES: usize = 64 * 1024;

/// What a record tells.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Kind {
    Opened = 1,
    Requests = 2,
    Closed = 3,
    Failed = 4,
    Stopped = 5,
    Requested = 6,
    Responded = 7,
    Overloaded = 8,
    Reply = 9,
}

/// Stands in records of no connection.
pub(crate) const NOBODY: ConnectionId = ConnectionId { slot: 0, generation: 0 };

/// Bits of the detail of an `Opened` record: it is fresh; its address is IPv6, as text; nobody but
/// the handler hears of it.
pub(crate) const OPENED_FRESH: u32 = 1;
pub(crate) const OPENED_V6: u32 = 2;
pub(crate) const OPENED_MISSED: u32 = 4;

/// What a `Failed` record is about.
pub(crate) const FAILED_ACCEPT: u32 = 0;
pub(crate) const FAILED_LOOP: u32 = 1;
pub(crate) const FAILED_EVENTS: u32 = 2;

/// What a `Reply` record holds.
pub(crate) const REPLY_REACHED: u32 = 0;
pub(crate) const REPLY_INSPECTED: u32 = 1;
pub(crate) const REPLY_LISTED: u32 = 2;

/// Little-endian doubles, which JavaScript reads as numbers.
pub(crate) fn pack<const N: usize>(counts: [u64; N]) -> Vec<u8> {
    counts.into_iter().flat_map(|count| (count as f64).to_le_bytes()).collect()
}

/// How a request is written in a run: its length, with `ASCII` or without, or with `KNOWN` its
/// number among those seen before. `DEFINED`: the next word is the number it has from now on.
pub(crate) const ASCII: u32 = 1 << 29;
pub(crate) const DEFINED: u32 = 1 << 30;
pub(crate) const KNOWN: u32 = 1 << 31;

/// Records of one loop.
pub(crate) struct Batch {
    loop_number: u32,
    pub(crate) words: Vec<u32>,
    pub(crate) text: Vec<u8>,
    /// Where the header of the run is that may grow, if the last record is one.
    run: Option<usize>,
    /// Whose it is, the number it would go on with, and what its header is going to say.
    run_id: ConnectionId,
    run_next: u32,
    run_words: u32,
    run_text: u32,
}

impl Batch {
    pub(crate) fn new(loop_number: usize) -> Self {
        Self {
            loop_number: loop_number as u32,
            words: Vec::new(),
            text: Vec::new(),
            run: None,
            run_id: NOBODY,
            run_next: 0,
            run_words: 0,
            run_text: 0,
        }
    }

    /// From now on it holds records of this loop.
    pub(crate) fn be_of(&mut self, loop_number: usize) {
        self.loop_number = loop_number as u32;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// A record without more words.
    pub(crate) fn push(
        &mut self,
        kind: Kind,
        detail: u32,
        id: ConnectionId,
        number: u32,
        text: &[u8],
    ) {
        self.end_run();
        self.begin(kind, detail, id, number, text.len() as u32);
        self.text.extend_from_slice(text);
    }

    /// A request: in the run that the last record is, if it goes on with it, or in one of its own.
    #[inline]
    pub(crate) fn push_request(
        &mut self,
        id: ConnectionId,
        number: u32,
        route: u16,
        words: &[u32],
        text: &[u8],
    ) {
        let head = self.head(Kind::Requests, route.into());
        let goes_on = self.run.is_some_and(|run| self.words[run] == head)
            && (self.run_id, self.run_next) == (id, number)
            && self.run_words < RUN_WORDS_MAX
            && self.run_text < RUN_TEXT_MAX;
        if !goes_on {
            self.end_run();
            self.run = Some(self.words.len());
            (self.run_id, self.run_words, self.run_text) = (id, 0, 0);
            self.begin(Kind::Requests, route.into(), id, number, 0);
        }
        self.run_next = number.wrapping_add(1);
        self.run_words += words.len() as u32;
        words.iter().for_each(|&word| self.words.push(word));
        if !text.is_empty() {
            self.run_text += text.len() as u32;
            self.text.extend_from_slice(text);
        }
    }

    /// Completes the header of the run that was growing.
    fn end_run(&mut self) {
        if let Some(run) = self.run.take() {
            self.words[run + WORDS_AT] = self.run_words;
            self.words[run + TEXT_AT] = self.run_text;
        }
    }

    fn begin(&mut self, kind: Kind, detail: u32, id: ConnectionId, number: u32, text_bytes: u32) {
        let head = self.head(kind, detail);
        self.words.extend([head, id.slot, id.generation, number, 0, text_bytes]);
    }

    fn head(&self, kind: Kind, detail: u32) -> u32 {
        kind as u32 | self.loop_number << 8 | detail << 16
    }

    /// Moves the records of another batch of this loop behind its own.
    pub(crate) fn append(&mut self, other: &mut Self) {
        other.end_run();
        if self.is_empty() {
            std::mem::swap(&mut self.words, &mut other.words);
            std::mem::swap(&mut self.text, &mut other.text);
        } else {
            self.words.extend_from_slice(&other.words);
            self.text.extend_from_slice(&other.text);
        }
        other.clear();
    }

    pub(crate) fn clear(&mut self) {
        self.words.clear();
        self.text.clear();
        self.words.shrink_to(KEPT_BYTES / size_of::<u32>());
        self.text.shrink_to(KEPT_BYTES);
        self.run = None;
    }
}

/// How far a batch was taken.
#[derive(Clone, Copy, Default)]
pub(crate) struct Place {
    pub(crate) word: usize,
    pub(crate) text: usize,
}

impl Batch {
    /// The place after as many whole records as there is room for, from `from` on; or the bytes of
    /// text that the next record needs.
    pub(crate) fn cut(&self, from: Place, words: usize, text: usize) -> Result<Place, usize> {
        let end = Place { word: self.words.len(), text: self.text.len() };
        if end.word - from.word <= words && end.text - from.text <= text {
            return Ok(end);
        }
        let mut at = from;
        while at.word < end.word {
            let after = Place {
                word: at.word + HEADER_WORDS + self.words[at.word + WORDS_AT] as usize,
                text: at.text + self.words[at.word + TEXT_AT] as usize,
            };
            if after.word - from.word > words || after.text - from.text > text {
                break;
            }
            at = after;
        }
        if at.word == from.word {
            return Err(self.words[from.word + TEXT_AT] as usize);
        }
        Ok(at)
    }
}
