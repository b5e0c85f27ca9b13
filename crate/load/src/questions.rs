//! The questions, the answers they must get, and the comparison of the two. Does no I/O.

/// The exchanges of the Launcelot protocol, in the order in which a connection asks them.
pub const EXCHANGES: [(&str, &str); 3] = [
    ("What is your name?", "My name is Sir Lancelot of Camelot."),
    ("What is your quest?", "To seek the Holy Grail."),
    ("What is your favorite color?", "Blue."),
];

/// The bursts of one depth. Burst `n` begins with exchange `n`; after it comes `after(n)`.
pub struct Script {
    bursts: Vec<Burst>,
}

/// Questions sent at once, and what must come back.
pub struct Burst {
    pub questions: Vec<u8>,
    answers: Vec<u8>,
    /// Where each answer ends.
    ends: Vec<usize>,
}

impl Script {
    pub fn new(depth: usize) -> Self {
        Self { bursts: (0..EXCHANGES.len()).map(|first| Burst::new(first, depth)).collect() }
    }

    pub fn burst(&self, first: usize) -> &Burst {
        &self.bursts[first % EXCHANGES.len()]
    }

    /// The exchange that follows a burst, so that the stream goes round all of them.
    pub fn after(&self, first: usize) -> usize {
        (first + self.burst(first).ends.len()) % EXCHANGES.len()
    }
}

impl Burst {
    fn new(first: usize, depth: usize) -> Self {
        let mut burst = Self { questions: Vec::new(), answers: Vec::new(), ends: Vec::new() };
        for (question, answer) in EXCHANGES.iter().cycle().skip(first).take(depth) {
            burst.questions.extend_from_slice(question.as_bytes());
            burst.answers.extend_from_slice(answer.as_bytes());
            burst.ends.push(burst.answers.len());
        }
        burst
    }

    pub fn depth(&self) -> usize {
        self.ends.len()
    }
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
        let before = self.answered;
        // The usual piece completes the burst: no need to look for where it stands.
        if self.position == burst.answers.len() {
            self.answered = burst.ends.len();
        } else {
            let completed = burst.ends[before..].iter().take_while(|end| **end <= self.position);
            self.answered += completed.count();
        }
        Ok(self.answered - before)
    }

    /// Answers that have not come yet.
    pub fn owed(&self, burst: &Burst) -> usize {
        burst.depth() - self.answered
    }
}

#[cfg(test)]
mod tests {
    use super::{Checker, Script, Wrong};

    /// Feeds the pieces to a fresh check of a burst of three.
    fn check(pieces: &[&str]) -> (Result<usize, Wrong>, usize) {
        let script = Script::new(3);
        let mut checker = Checker::default();
        let mut completed = 0;
        for piece in pieces {
            match checker.handle_piece(script.burst(0), piece.as_bytes()) {
                Ok(count) => completed += count,
                Err(wrong) => return (Err(wrong), checker.owed(script.burst(0))),
            }
        }
        (Ok(completed), checker.owed(script.burst(0)))
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
    fn bursts_follow_each_other_without_a_gap() {
        let script = Script::new(16);
        assert_eq!(script.after(0), 1);
        assert_eq!(script.after(2), 0);
        assert!(script.burst(1).questions.starts_with(b"What is your quest?"));
        assert!(script.burst(0).questions.ends_with(b"What is your name?"));
    }
}
