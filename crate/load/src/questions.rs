//! The questions, the answers they must get, and the comparison of the two. Does no I/O.

use serde::Deserialize;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The exchanges of the Launcelot protocol, in the order in which a connection asks them.
pub const EXCHANGES: [(&str, &str); 3] = [
    ("What is your name?", "My name is Sir Lancelot of Camelot."),
    ("What is your quest?", "To seek the Holy Grail."),
    ("What is your favorite color?", "Blue."),
];

/// A request and the response that it must get.
pub type Exchange = (Vec<u8>, Vec<u8>);

/// What every connection asks next.
pub struct Script {
    depth: usize,
    /// Those of the repeating mix. Burst `n` begins with exchange `n`; after it comes `after(n)`.
    bursts: Vec<Rc<Burst>>,
    /// How far the exchange that follows a burst is from the one that begins it.
    step: usize,
    /// Those of the fresh mix that were given back, for their memory.
    spare: Vec<Rc<Burst>>,
}

/// Which questions are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mix {
    /// The three exchanges, round and round.
    #[default]
    Repeating,
    /// Every question is another one, and its answer is the question itself, without its `?`.
    Fresh,
}

/// Questions sent at once, and what must come back.
#[derive(Default)]
pub struct Burst {
    pub questions: Vec<u8>,
    answers: Vec<u8>,
    /// Where each answer ends.
    ends: Vec<usize>,
}

/// How many fresh questions this process has asked: what one slice asked, no other one asks again.
static FRESH_ASKED: AtomicU64 = AtomicU64::new(0);

impl Script {
    /// Bursts of `depth` of these exchanges, round and round.
    pub fn of(exchanges: &[Exchange], depth: usize) -> Self {
        let burst = |first| Rc::new(Burst::new(exchanges, first, depth));
        let bursts = (0..exchanges.len()).map(burst).collect();
        Self { depth, bursts, step: depth % exchanges.len().max(1), spare: Vec::new() }
    }

    /// Bursts of `depth` questions that nobody has asked before.
    pub fn fresh(depth: usize) -> Self {
        Self::of(&[], depth)
    }

    /// The exchange that the asker with this number begins with.
    pub fn first(&self, number: usize) -> usize {
        number % self.bursts.len().max(1)
    }

    /// The burst that begins with exchange `first`.
    #[inline]
    pub fn take_burst(&mut self, first: usize) -> Rc<Burst> {
        if self.bursts.is_empty() { self.make_fresh() } else { self.bursts[first].clone() }
    }

    #[cold]
    fn make_fresh(&mut self) -> Rc<Burst> {
        let mut burst = self.spare.pop().unwrap_or_default();
        match Rc::get_mut(&mut burst) {
            Some(own) => own.refresh(self.depth),
            None => unreachable!("only bursts that nobody else has are spare"),
        }
        burst
    }

    /// Takes a burst back that is answered.
    pub fn give_back(&mut self, burst: Rc<Burst>) {
        if self.bursts.is_empty() && Rc::strong_count(&burst) == 1 {
            self.spare.push(burst);
        }
    }

    /// The exchange that follows a burst, so that the stream goes round all of them.
    pub fn after(&self, first: usize) -> usize {
        let next = first + self.step;
        if next < self.bursts.len() { next } else { next - self.bursts.len() }
    }
}

/// Those of the Launcelot protocol, as bytes.
pub fn own_exchanges() -> Vec<Exchange> {
    EXCHANGES.iter().map(|(question, answer)| ((*question).into(), (*answer).into())).collect()
}

impl Burst {
    fn new(exchanges: &[Exchange], first: usize, depth: usize) -> Self {
        let mut burst = Self::default();
        for (question, answer) in exchanges.iter().cycle().skip(first).take(depth) {
            burst.push(question, answer);
        }
        burst
    }

    /// What comes without having been asked for.
    pub fn unasked(text: &[u8]) -> Self {
        let mut burst = Self::default();
        burst.push(&[], text);
        burst
    }

    fn push(&mut self, question: &[u8], answer: &[u8]) {
        self.questions.extend_from_slice(question);
        self.answers.extend_from_slice(answer);
        self.ends.push(self.answers.len());
    }

    /// Makes it questions that nobody has asked before.
    fn refresh(&mut self, depth: usize) {
        self.questions.clear();
        self.answers.clear();
        self.ends.clear();
        for _ in 0..depth {
            let question = fresh_question(FRESH_ASKED.fetch_add(1, Ordering::Relaxed));
            self.push(&question, &question[..question.len() - 1]);
        }
    }

    pub fn depth(&self) -> usize {
        self.ends.len()
    }
}

/// `Who is 0123456789abcdef?`: 24 bytes, another one for each number. Multiplying by an odd number
/// only permutes, but spreads the digits, so that neighbours are not alike.
fn fresh_question(number: u64) -> [u8; 24] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut question = *b"Who is 0123456789abcdef?";
    let mut rest = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for digit in &mut question[7..23] {
        *digit = DIGITS[(rest & 15) as usize];
        rest >>= 4;
    }
    question
}

/// The answer differs from what was asked for, or nothing was asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Wrong;

/// How far the answer to one burst has come.
///
/// Invariant: the first `position` bytes of the answer came, and hold `answered` whole answers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Checker {
    position: usize,
    answered: usize,
}

impl Checker {
    /// Compares a piece with what must come next; returns how many answers it completed.
    pub fn handle_piece(&mut self, burst: &Burst, piece: &[u8]) -> Result<usize, Wrong> {
        if !burst.answers[self.position..].starts_with(piece) {
            return Err(Wrong);
        }
        self.position += piece.len();
        let rest = burst.ends[self.answered..].iter();
        let completed = rest.take_while(|end| **end <= self.position).count();
        self.answered += completed;
        Ok(completed)
    }

    /// Whether a piece is all that has not come yet.
    #[inline]
    pub fn is_rest(&self, burst: &Burst, piece: &[u8]) -> bool {
        burst.answers[self.position..] == *piece
    }

    /// Answers that have not come yet.
    pub fn owed(&self, burst: &Burst) -> usize {
        burst.depth() - self.answered
    }

    /// Bytes that have not come yet.
    pub fn bytes_owed(&self, burst: &Burst) -> usize {
        burst.answers.len() - self.position
    }

    /// Of a piece that was found wrong: takes what is right of it, and returns how many answers
    /// that completes.
    pub fn handle_right_part(&mut self, burst: &Burst, piece: &[u8]) -> usize {
        let expected = &burst.answers[self.position..];
        let same = expected.iter().zip(piece).take_while(|(expected, found)| expected == found);
        let right = same.count();
        self.handle_piece(burst, &piece[..right]).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Burst, Checker, EXCHANGES, Script, Wrong, fresh_question, own_exchanges};
    use std::collections::HashSet;

    /// Feeds the pieces to a fresh check of a burst of three.
    fn check(pieces: &[&str]) -> (Result<usize, Wrong>, usize) {
        let burst = Burst::new(&own_exchanges(), 0, 3);
        let mut checker = Checker::default();
        let mut completed = 0;
        for piece in pieces {
            match checker.handle_piece(&burst, piece.as_bytes()) {
                Ok(count) => completed += count,
                Err(wrong) => return (Err(wrong), checker.owed(&burst)),
            }
        }
        (Ok(completed), checker.owed(&burst))
    }

    const ALL: &str = "My name is Sir Lancelot of Camelot.To seek the Holy Grail.Blue.";

    #[test]
    fn the_right_answers_are_complete_however_they_are_cut() {
        for cut in 0..=ALL.len() {
            assert_eq!(check(&[&ALL[..cut], &ALL[cut..]]), (Ok(3), 0));
        }
    }

    #[test]
    fn a_wrong_byte_is_seen_wherever_it_stands() {
        for place in 0..ALL.len() {
            let mut bytes = ALL.as_bytes().to_vec();
            bytes[place] ^= 1;
            let wrong = String::from_utf8(bytes).unwrap();
            assert_eq!(check(&[&wrong]).0, Err(Wrong));
        }
    }

    #[test]
    fn a_missing_answer_is_owed() {
        assert_eq!(
            check(&["My name is Sir Lancelot of Camelot.To seek the Holy Grail."]),
            (Ok(2), 1)
        );
    }

    #[test]
    fn an_answer_left_out_is_wrong() {
        assert_eq!(check(&["My name is Sir Lancelot of Camelot.Blue."]).0, Err(Wrong));
    }

    #[test]
    fn an_answer_to_another_connection_is_wrong() {
        assert_eq!(check(&["Blue."]).0, Err(Wrong));
    }

    #[test]
    fn an_answer_that_nobody_asked_for_is_wrong() {
        assert_eq!(check(&[ALL, "Blue."]).0, Err(Wrong));
    }

    #[test]
    fn what_is_right_before_a_wrong_byte_is_answered() {
        let burst = Burst::new(&own_exchanges(), 0, 3);
        let mut checker = Checker::default();
        let piece = b"My name is Sir Lancelot of Camelot.To seek the Holy Snail.Blue.";
        assert_eq!(checker.handle_piece(&burst, piece), Err(Wrong));
        assert_eq!(checker.handle_right_part(&burst, piece), 1);
        assert_eq!((checker.owed(&burst), checker.bytes_owed(&burst)), (2, 28 - 17));
    }

    #[test]
    fn bursts_follow_each_other_without_a_gap() {
        let mut script = Script::of(&own_exchanges(), 16);
        assert_eq!((script.first(49), script.after(0), script.after(2)), (1, 1, 0));
        assert!(script.take_burst(1).questions.starts_with(b"What is your quest?"));
        assert!(script.take_burst(0).questions.ends_with(b"What is your name?"));
    }

    #[test]
    fn a_fresh_question_is_asked_once_and_is_its_own_answer() {
        let mut script = Script::fresh(100);
        let mut seen = HashSet::new();
        for _ in 0..10 {
            let burst = script.take_burst(0);
            assert_eq!((burst.depth(), script.after(0)), (100, 0));
            assert_eq!(
                burst.answers,
                burst.questions.split(|byte| *byte == b'?').collect::<Vec<_>>().concat()
            );
            seen.extend(burst.questions.chunks_exact(24).map(<[u8]>::to_vec));
            script.give_back(burst);
        }
        assert_eq!(seen.len(), 1000);
        assert!(EXCHANGES.iter().all(|(question, _)| !seen.contains(question.as_bytes())));
    }

    #[test]
    fn a_fresh_question_shows_its_number() {
        assert_eq!(&fresh_question(0), b"Who is 0000000000000000?");
        assert_eq!(&fresh_question(1), b"Who is 51c7a4f79b9773e9?");
    }

    #[test]
    fn what_was_not_asked_for_is_checked_as_well() {
        let burst = Burst::unasked(b"Camelot!");
        assert_eq!(Checker::default().handle_piece(&burst, b"Camelot!"), Ok(1));
        assert_eq!(Checker::default().handle_piece(&burst, b"Camelot?"), Err(Wrong));
    }
}
