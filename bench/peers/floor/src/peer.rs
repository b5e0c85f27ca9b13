//! One connection of the floor: what it has not finished asking, and what it has not been sent.
//!
//! Both buffers are empty, and own no memory, between two whole questions.

use crate::answers::answer;
use crate::sys;
use std::hint::black_box;
use std::os::fd::RawFd;

/// What one read takes at most.
const READ_BYTES_MAX: usize = 64 * 1024;
/// Answers are sent early when this many bytes of them have gathered in one wake-up.
const OUTPUT_BYTES_MAX: usize = 64 * 1024;

/// Buffers that all connections use in turn, within one wake-up.
pub struct Shared {
    input: Box<[u8]>,
    output: Vec<u8>,
    /// Rounds of work for nothing that each question costs.
    spin: u32,
}

impl Shared {
    pub fn new(spin: u32) -> Self {
        let input = vec![0; READ_BYTES_MAX].into_boxed_slice();
        Self { input, output: Vec::with_capacity(2 * OUTPUT_BYTES_MAX), spin }
    }
}

/// Work for nothing. It costs the same CPU every time, which a wait by the clock would not under
/// load. A hundred rounds or less the processor may do beside other work.
fn spin(rounds: u64) {
    let mut state = 1_u64;
    for _ in 0..rounds {
        state = black_box(state).wrapping_mul(0x5851_f42d_4c95_7f2d);
    }
    black_box(state);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Open,
    /// The descriptor is to be closed.
    Ended,
}

/// Why reading stopped.
enum Reading {
    /// The socket held no more; the next byte raises a new edge.
    Drained,
    /// The peer finished sending.
    Finished,
    Failed,
    /// Answers could not be sent: whoever does not read is not read from.
    Blocked,
}

#[derive(Default)]
pub struct Peer {
    /// The begun question, without its `?`.
    partial: Vec<u8>,
    /// Answers that the socket did not take yet.
    unsent: Vec<u8>,
    /// The peer finished sending; when everything is sent the connection ends.
    finished: bool,
    /// The descriptor is one of ours.
    open: bool,
}

impl Peer {
    pub fn open() -> Self {
        Self { open: true, ..Self::default() }
    }

    /// Sends what nobody asked for. Whether the socket took all of it: who does not read misses it.
    pub fn push(&self, fd: RawFd, text: &[u8]) -> bool {
        self.open && self.unsent.is_empty() && sys::send(fd, text) == Some(text.len())
    }

    /// Handles one event: sends what waited, reads, answers, and sends all answers at once.
    pub fn handle_ready(&mut self, fd: RawFd, events: u32, shared: &mut Shared) -> State {
        if !self.unsent.is_empty() {
            let Some(sent) = sys::send(fd, &self.unsent) else { return State::Ended };
            self.unsent.drain(..sent);
            if !self.unsent.is_empty() {
                return State::Open;
            }
            self.unsent = Vec::new();
            if self.finished {
                return State::Ended;
            }
            // What arrived while nothing was read is not announced again: read now.
        } else if events & sys::READABLE == 0 {
            // The edge of a fresh socket that can be written: nothing to do.
            return State::Open;
        }
        match self.read_all(fd, events, shared) {
            Reading::Drained => self.flush(fd, &mut shared.output),
            Reading::Blocked => State::Open,
            Reading::Finished => {
                self.finished = true;
                let state = self.flush(fd, &mut shared.output);
                if self.unsent.is_empty() { State::Ended } else { state }
            }
            Reading::Failed => State::Ended,
        }
    }

    /// Reads until the socket is drained. After a short read it is, unless the peer finished
    /// sending, for the end is never announced twice: then reads on to it.
    fn read_all(&mut self, fd: RawFd, events: u32, shared: &mut Shared) -> Reading {
        shared.output.clear();
        loop {
            let taken = match sys::recv(fd, &mut shared.input) {
                sys::Received::Bytes(taken) => taken,
                sys::Received::Nothing => return Reading::Drained,
                sys::Received::End => return Reading::Finished,
                sys::Received::Failed => return Reading::Failed,
            };
            let answered = self.answer_all(&shared.input[..taken], &mut shared.output);
            spin(answered * u64::from(shared.spin));
            if taken < READ_BYTES_MAX && events & sys::CLOSED == 0 {
                return Reading::Drained;
            }
            if shared.output.len() >= OUTPUT_BYTES_MAX {
                if self.flush(fd, &mut shared.output) == State::Ended {
                    return Reading::Failed;
                }
                if !self.unsent.is_empty() {
                    return Reading::Blocked;
                }
            }
        }
    }

    /// Appends the answer of every question that ends in this piece; keeps the begun one. Returns
    /// how many ended.
    fn answer_all(&mut self, piece: &[u8], output: &mut Vec<u8>) -> u64 {
        let mut start = 0;
        let mut answered = 0;
        while let Some(length) = sys::find(b'?', &piece[start..]) {
            let question = &piece[start..start + length];
            start += length + 1;
            answered += 1;
            if self.partial.is_empty() {
                output.extend_from_slice(answer(question));
            } else {
                self.partial.extend_from_slice(question);
                output.extend_from_slice(answer(&self.partial));
                self.partial = Vec::new();
            }
        }
        self.partial.extend_from_slice(&piece[start..]);
        answered
    }

    /// Sends the answers of this wake-up in one call and keeps what the socket does not take.
    fn flush(&mut self, fd: RawFd, output: &mut Vec<u8>) -> State {
        if output.is_empty() {
            return State::Open;
        }
        let Some(sent) = sys::send(fd, output) else { return State::Ended };
        self.unsent.extend_from_slice(&output[sent..]);
        output.clear();
        State::Open
    }
}

#[cfg(test)]
mod tests {
    use super::Peer;

    fn answers_to(pieces: &[&[u8]]) -> Vec<u8> {
        let mut peer = Peer::default();
        let mut output = Vec::new();
        for piece in pieces {
            peer.answer_all(piece, &mut output);
        }
        output
    }

    #[test]
    fn two_and_a_half_questions_give_two_answers() {
        let mut output = Vec::new();
        let stream = b"What is your quest?What is your favorite color?What is";
        assert_eq!(Peer::default().answer_all(stream, &mut output), 2);
        assert_eq!(output, b"To seek the Holy Grail.Blue.");
    }

    #[test]
    fn a_question_may_be_cut_anywhere() {
        let stream = b"What is your quest?Who?What is your favorite color?";
        let whole = answers_to(&[stream]);
        for cut in 0..=stream.len() {
            assert_eq!(answers_to(&[&stream[..cut], &stream[cut..]]), whole);
        }
    }

    #[test]
    fn no_memory_is_kept_between_questions() {
        let mut peer = Peer::default();
        peer.answer_all(b"What is", &mut Vec::new());
        peer.answer_all(b" your quest?", &mut Vec::new());
        assert_eq!(peer.partial.capacity() + peer.unsent.capacity(), 0);
    }
}
