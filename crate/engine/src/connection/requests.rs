//! What a connection does with what it reads: takes the requests, keeps what it cannot take yet.

use super::{Connection, State};
use crate::error::CloseReason;
use crate::frame::Cut;
use crate::turn::{Ask, Observes, Turn};

enum Taken {
    Yes,
    NoRoom,
}

impl Connection {
    fn must_pause(&self, turn: &Turn<'_>) -> bool {
        match &self.busy {
            None => turn.output.len() >= turn.config.high_water_bytes,
            Some(busy) => busy.is_over(turn.output.len(), turn.config),
        }
    }

    /// Takes the requests of bytes that begin a frame. Returns how many bytes at the end must be
    /// kept: the beginning of a request or, where it paused, whatever is unparsed.
    #[inline]
    pub(super) fn take_requests(&mut self, bytes: &[u8], turn: &mut Turn<'_>) -> usize {
        turn.answers.refresh();
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.must_pause(turn) {
                self.pause_unparsed(turn.now_ms);
                return rest.len();
            }
            match turn.config.framing.cut(rest) {
                Cut::Frame { end } => {
                    let request = &rest[..end - turn.config.framing.delimiter().len()];
                    if let Taken::NoRoom = self.take_request(request, turn) {
                        return rest.len();
                    }
                    if self.state != State::Open {
                        return 0;
                    }
                    rest = &rest[end..];
                }
                Cut::Unfinished => {
                    self.busy().began_ms = turn.now_ms;
                    return rest.len();
                }
                Cut::TooLong => {
                    self.drain(CloseReason::RequestTooLong);
                    return 0;
                }
            }
        }
        0
    }

    /// Takes the requests of a piece that begins a frame, and keeps what is left of it.
    #[inline]
    pub(super) fn take_piece(&mut self, piece: &[u8], turn: &mut Turn<'_>) {
        let kept = self.take_requests(piece, turn);
        if kept > 0 {
            self.busy().input.extend_from_slice(&piece[piece.len() - kept..]);
        }
    }

    /// Goes on with the request that an earlier piece began.
    pub(super) fn finish_request(&mut self, piece: &[u8], turn: &mut Turn<'_>) {
        turn.answers.refresh();
        let busy = self.busy();
        match turn.config.framing.cut_begun(&busy.input, piece) {
            Cut::Frame { end } => {
                let mut input = std::mem::take(&mut busy.input);
                input.extend_from_slice(&piece[..end]);
                let request = &input[..input.len() - turn.config.framing.delimiter().len()];
                if let Taken::NoRoom = self.take_request(request, turn) {
                    input.extend_from_slice(&piece[end..]);
                    self.busy().input = input;
                } else if self.state == State::Open {
                    self.take_piece(&piece[end..], turn);
                }
            }
            Cut::Unfinished => busy.input.extend_from_slice(piece),
            Cut::TooLong => self.drain(CloseReason::RequestTooLong),
        }
    }

    /// Takes the requests that were read before a pause.
    pub(super) fn take_unparsed(&mut self, turn: &mut Turn<'_>) {
        let busy = self.busy();
        let input = std::mem::take(&mut busy.input);
        let start = std::mem::take(&mut busy.parsed);
        let kept = self.take_requests(&input[start..], turn);
        if kept > 0 {
            let busy = self.busy();
            (busy.input, busy.parsed) = (input, 0);
            let parsed = busy.input.len() - kept;
            if busy.unparsed {
                // Another pause: moving the rest each time would make many pauses dear.
                busy.parsed = parsed;
            } else {
                busy.input.drain(..parsed);
            }
        }
    }

    fn pause_unparsed(&mut self, now_ms: u64) {
        let busy = self.busy();
        (busy.unparsed, busy.paused, busy.began_ms) = (true, true, now_ms);
    }

    #[inline]
    fn take_request(&mut self, request: &[u8], turn: &mut Turn<'_>) -> Taken {
        if let Some(answer) = turn.answers.table().find(request) {
            self.requests += 1;
            turn.tally.requests += 1;
            turn.tally.answered += 1;
            if turn.observes.any() {
                let plain_bytes = answer.bytes.len() - turn.config.answer_suffix.len();
                let plain = &answer.bytes[..plain_bytes];
                show(self.requests, request, Some(plain), turn.observes, turn.handler);
            }
            self.queue(answer.bytes, turn.output);
            if answer.close {
                self.drain(CloseReason::AnswerClose);
            }
            return Taken::Yes;
        }
        self.take_unknown(request, turn)
    }

    #[cold]
    fn take_unknown(&mut self, request: &[u8], turn: &mut Turn<'_>) -> Taken {
        if let Some(route) = turn.config.routes.find(request) {
            return self.ask(route, request, turn);
        }
        self.requests += 1;
        turn.tally.requests += 1;
        let unknown = turn.config.unknown_answer.as_deref();
        if turn.observes.any() {
            let plain =
                unknown.map(|answer| &answer[..answer.len() - turn.config.answer_suffix.len()]);
            show(self.requests, request, plain, turn.observes, turn.handler);
        }
        if let Some(answer) = unknown {
            turn.tally.unknown += 1;
            self.queue(answer, turn.output);
        } else {
            self.drain(CloseReason::UnknownRequest);
        }
        Taken::Yes
    }

    fn ask(&mut self, route: u16, request: &[u8], turn: &mut Turn<'_>) -> Taken {
        if !turn.has_room() {
            self.pause_unparsed(turn.now_ms);
            self.busy().no_room = true;
            return Taken::NoRoom;
        }
        self.requests += 1;
        turn.tally.requests += 1;
        turn.tally.in_flight += 1;
        turn.tally.in_flight_bytes += request.len() as u64;
        let number = self.requests as u32;
        self.busy().pipeline.ask(number, request.len(), turn.now_ms);
        turn.handler.ask(number, route, request);
        Taken::Yes
    }

    /// Appends an answer to whatever leaves after what is owed already.
    #[inline]
    fn queue(&mut self, answer: &[u8], output: &mut Vec<u8>) {
        let Some(busy) = &mut self.busy else { return output.extend_from_slice(answer) };
        if busy.pipeline.follow(answer) {
            return;
        }
        let output = if busy.output.is_empty() { output } else { &mut busy.output };
        output.extend_from_slice(answer);
    }
}

/// Shows the application a request that it is not asked, and what answers it.
#[cold]
fn show(
    number: u64,
    request: &[u8],
    response: Option<&[u8]>,
    observes: Observes,
    handler: &mut dyn Ask,
) {
    if observes.requests {
        handler.requested(number as u32, request);
    }
    if let Some(response) = response.filter(|_| observes.responses) {
        handler.responded(number as u32, response);
    }
}
