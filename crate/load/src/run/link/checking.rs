//! What comes is held against what is owed, byte for byte.

use super::{End, Link};
use crate::questions::{Checker, Script};
use crate::run::tally::Tally;

impl Link {
    /// Most often a piece is the answer to all that is owed, or to the rest of it.
    #[inline]
    pub(super) fn check(
        &mut self,
        piece: &[u8],
        now: u64,
        script: &mut Script,
        tally: &mut Tally,
    ) -> Result<(), End> {
        if let Some(front) = self.queue.front()
            && self.unsent > 0
            && self.checker.is_rest(&front.burst, piece)
        {
            let answered = self.checker.owed(&front.burst) as u64;
            tally.right(front.due, front.sent, now, answered);
            self.forget_front(script);
            return Ok(());
        }
        self.check_part(piece, now, script, tally)
    }

    fn check_part(
        &mut self,
        mut piece: &[u8],
        now: u64,
        script: &mut Script,
        tally: &mut Tally,
    ) -> Result<(), End> {
        while !piece.is_empty() {
            let Some(front) = self.queue.front().filter(|_| self.unsent > 0) else {
                return Err(End::Wrong);
            };
            let (part, rest) =
                piece.split_at(self.checker.bytes_owed(&front.burst).min(piece.len()));
            let result = self.checker.handle_piece(&front.burst, part);
            let answered = match result {
                Ok(answered) => answered,
                Err(_) => self.checker.handle_right_part(&front.burst, part),
            };
            tally.right(front.due, front.sent, now, answered as u64);
            if result.is_err() {
                return Err(End::Wrong);
            }
            if self.checker.owed(&front.burst) == 0 {
                self.forget_front(script);
            }
            piece = rest;
        }
        Ok(())
    }

    /// The first entry is answered.
    #[inline]
    fn forget_front(&mut self, script: &mut Script) {
        self.checker = Checker::default();
        self.unsent -= 1;
        self.offered -= 1;
        if let Some(entry) = self.queue.pop_front() {
            script.give_back(entry.burst);
        }
    }
}
