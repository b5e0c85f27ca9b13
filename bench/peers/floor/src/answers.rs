//! The tiny table: three questions, compared one after the other. Any other question is its own
//! answer, as the load side expects of questions that never repeat.

const ANSWERS: [(&[u8], &[u8]); 3] = [
    (b"What is your name", b"My name is Sir Lancelot of Camelot."),
    (b"What is your quest", b"To seek the Holy Grail."),
    (b"What is your favorite color", b"Blue."),
];

/// The answer to a question (without its `?`). Slices of unequal length never reach `memcmp`.
pub fn answer(question: &[u8]) -> &[u8] {
    ANSWERS.iter().find(|(known, _)| *known == question).map_or(question, |(_, answer)| answer)
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
    fn what_is_not_in_the_table_is_its_own_answer() {
        assert_eq!(answer(b"What is your nams"), b"What is your nams");
        assert_eq!(answer(b""), b"");
    }
}
