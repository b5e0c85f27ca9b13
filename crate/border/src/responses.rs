//! Cuts what JavaScript writes back: runs of responses, the reverse of the runs of requests.
//!
//! A run is six words, `[loop, slot, generation, number, responses, text bytes]`, and a word for
//! each response: its length, or -1 minus the number of the reason to close for instead.

use lancelot_engine::error::CloseReason;
use lancelot_engine::handler::ConnectionId;
use lancelot_engine::mailbox::{Outcome, Responses};

const HEADER_WORDS: usize = 6;

/// The responses for each of so many loops. What is no run ends it: `src/native-outbox.ts` writes
/// nothing else.
pub fn unpack(words: &[i32], text: &[u8], loops: usize) -> Vec<Responses> {
    let mut responses: Vec<_> = (0..loops).map(|_| Responses::default()).collect();
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
        of_loop.push(id, number as u32, outcomes.iter().map(|&word| outcome(word)), bytes);
    }
    responses
}

#[inline]
fn outcome(word: i32) -> Outcome {
    match word {
        0.. => Outcome::Bytes(word as u32),
        _ => Outcome::Close(CloseReason::ALL[(-1 - word) as usize]),
    }
}
