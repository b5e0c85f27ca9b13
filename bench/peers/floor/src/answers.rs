//! The tiny table: three questions, compared one after the other.

const ANSWERS: [(&[u8], &[u8]); 3] = [
    (b"What is your name", b"My name is Sir Lancelot of Camelot."),
    (b"What is your quest", b"To seek the Holy Grail."),
    (b"What is your favorite color", b"Blue."),
];
const UNKNOWN: &[u8] = b"Error: unknown question.";

/// The answer to a question (without its `?`). Slices of unequal length never reach `memcmp`.
pub fn answer(question: &[u8]) -> &'static [u8] {
    ANSWERS.iter().find(|(known, _)| *known == question).map_or(UNKNOWN, |(_, answer)| answer)
}

#[cfg(test)]
mod tests {
    use super::answer;

    #[test]
    fn every_question_gets_its_own_answer() {
        assert_eq!(answer(b"What is your name"), b"My name is Sir Lancelot of Camelot.");
        assert_eq!(answer(b"What is your quest"), b"To seek the Holy Grail.");
        assert_eq!(answer(b"What is your favorite color"), b"Blue.");
    }

    #[test]
    fn what_is_not_in_the_table_is_unknown() {
        assert_eq!(answer(b"What is your nams"), b"Error: unknown question.");
        assert_eq!(answer(b""), b"Error: unknown question.");
    }
}
