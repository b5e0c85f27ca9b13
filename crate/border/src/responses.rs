//! Cuts what JavaScript writes back: runs of responses, the reverse of the runs of requests.
//!
//! A run is six words, `[loop, slot, generation, number, responses, text bytes]`, and a word for
//! each response: its length, or -1 minus the number of the reason to close for instead.

use lancelot_engine::handler::ConnectionId;
use lancelot_engine::responses::{Outcome, Responses};

const HEADER_WORDS: usize = 6;

/// The responses for each of so many loops. What is no run ends it: `src/native-outbox.ts` writes
/// nothing else.
pub fn unpack(words: &[i32], text: &[u8], loops: usize) -> Vec<Responses> {
    let none = |_| Responses::with_capacity(words.len() / loops, text.len() / loops);
    let mut responses: Vec<_> = (0..loops).map(none).collect();
    let (mut words, mut text) = (words, text);
    while let Some((&[loop_number, slot, generation, number, count, bytes], rest)) =
        words.split_first_chunk::<HEADER_WORDS>()
    {
        let (Some((outcomes, words_after)), Some((bytes, text_after)), Some(of_loop)) = (
            rest.split_at_checked(count as usize),
            text.split_at_checked(bytes as usize),
            responses.get_mut(loop_number as usize),
        ) else {
            break;
        };
        (words, text) = (words_after, text_after);
        let id = ConnectionId { slot: slot as u32, generation: generation as u32 };
        of_loop.push(id, number as u32, outcomes.iter().map(|&word| Outcome(word)), bytes);
    }
    responses
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"abcdefgh";

    /// How many runs each loop is handed.
    fn runs(words: &[i32]) -> [bool; 2] {
        let responses = unpack(words, TEXT, 2);
        [!responses[0].is_empty(), !responses[1].is_empty()]
    }

    #[test]
    fn each_run_goes_to_its_loop() {
        assert_eq!(runs(&[]), [false, false]);
        assert_eq!(runs(&[1, 5, 6, 7, 2, 4, 1, 3]), [false, true]);
        assert_eq!(runs(&[1, 5, 6, 7, 1, 4, 4, 0, 5, 6, 7, 2, 4, 4, -3]), [true, true]);
    }

    #[test]
    fn what_is_no_run_ends_it() {
        assert_eq!(runs(&[2, 5, 6, 7, 1, 4, 4]), [false, false], "there is no such loop");
        assert_eq!(runs(&[0, 5, 6, 7, 2, 4, 4]), [false, false], "a word is missing");
        assert_eq!(runs(&[0, 5, 6, 7, 1, 9, 9]), [false, false], "text is missing");
        assert_eq!(runs(&[0, 5, 6, 7, 1]), [false, false], "the header is torn");
    }
}
