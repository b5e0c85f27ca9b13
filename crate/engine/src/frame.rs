//! Cuts a byte stream into frames that end in a delimiter.
//!
//! Does no I/O and keeps nothing: the connection holds what a piece leaves unfinished and hands it
//! back with the next one. Knows nothing of requests or answers; see `connection` for those.
//!
//! ```text
//!   begun (no delimiter in it)   piece (not looked at yet)
//!  |--------------------------|-----------------------------------|
//!                         '----'  only these bytes are looked at twice: a delimiter may lie across
//! ```
//!
//! Invariant: the frames, and whether one was too long, are the same for every way of cutting the
//! same stream into pieces.

use crate::error::ConfigError;
use memchr::memmem::Finder;

// The searcher for one byte that the target always has: prepared once, and called directly, for on
// requests this short choosing one at each call costs as much as the search (measured).
#[cfg(target_arch = "aarch64")]
use memchr::arch::aarch64::neon::memchr::One;
#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
use memchr::arch::all::memchr::One;
#[cfg(target_arch = "x86_64")]
use memchr::arch::x86_64::sse2::memchr::One;

/// The most bytes of a delimiter.
pub const DELIMITER_BYTES_MAX: usize = 16;

/// What a piece held at its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// A frame ends in this piece, whose first `end` bytes are its last ones, delimiter included.
    Frame { end: usize },
    /// The frame goes on after this piece.
    Unfinished,
    /// The frame is longer than the limit, or will be.
    TooLong,
}

/// How one server cuts: its delimiter and the longest frame.
pub struct Framing {
    delimiter: Box<[u8]>,
    search: Search,
    frame_bytes_max: usize,
}

enum Search {
    Byte(One),
    Bytes(Box<Finder<'static>>),
}

impl Framing {
    /// Frames end in `delimiter` and hold at most `frame_bytes_max` bytes without it.
    pub fn new(delimiter: &[u8], frame_bytes_max: usize) -> Result<Self, ConfigError> {
        if delimiter.is_empty() || delimiter.len() > DELIMITER_BYTES_MAX {
            return Err(ConfigError::Delimiter(delimiter.len()));
        }
        let one = if delimiter.len() == 1 { one(delimiter[0]) } else { None };
        let search = match one {
            Some(one) => Search::Byte(one),
            None => Search::Bytes(Box::new(Finder::new(delimiter).into_owned())),
        };
        Ok(Self { delimiter: delimiter.into(), search, frame_bytes_max })
    }

    /// The bytes that end a frame.
    pub fn delimiter(&self) -> &[u8] {
        &self.delimiter
    }

    /// Cuts at the start of a frame.
    #[inline]
    pub fn cut(&self, piece: &[u8]) -> Cut {
        self.verdict(0, piece.len(), self.find(piece).map(|at| at + self.delimiter.len()))
    }

    /// Cuts in the middle of a frame: `begun` is what came of it before, and holds no delimiter.
    pub fn cut_begun(&self, begun: &[u8], piece: &[u8]) -> Cut {
        let end = self
            .find_across(begun, piece)
            .or_else(|| self.find(piece).map(|at| at + self.delimiter.len()));
        self.verdict(begun.len(), piece.len(), end)
    }

    #[inline]
    fn verdict(&self, begun_bytes: usize, piece_bytes: usize, end: Option<usize>) -> Cut {
        let delimited_bytes_max = self.frame_bytes_max + self.delimiter.len();
        match end {
            Some(end) if begun_bytes + end <= delimited_bytes_max => Cut::Frame { end },
            None if begun_bytes + piece_bytes < delimited_bytes_max => Cut::Unfinished,
            _ => Cut::TooLong,
        }
    }

    #[inline]
    fn find(&self, piece: &[u8]) -> Option<usize> {
        match &self.search {
            Search::Byte(one) => one.find(piece),
            Search::Bytes(finder) => finder.find(piece),
        }
    }

    /// Where in `piece` a delimiter ends that began in `begun`.
    fn find_across(&self, begun: &[u8], piece: &[u8]) -> Option<usize> {
        let Search::Bytes(finder) = &self.search else { return None };
        let overlap = self.delimiter.len() - 1;
        let tail = &begun[begun.len().saturating_sub(overlap)..];
        let head = &piece[..piece.len().min(overlap)];
        let mut seam = [0; 2 * DELIMITER_BYTES_MAX];
        seam[..tail.len()].copy_from_slice(tail);
        seam[tail.len()..tail.len() + head.len()].copy_from_slice(head);
        let at = finder.find(&seam[..tail.len() + head.len()])?;
        Some(at + self.delimiter.len() - tail.len())
    }

    /// The one form of a key that can equal a frame: without its trailing delimiter.
    pub fn canonical_key<'a>(&self, key: &'a [u8]) -> Result<&'a [u8], ConfigError> {
        let frame = key.strip_suffix(&*self.delimiter).unwrap_or(key);
        // Not just "holds the delimiter": with `aa`, the stream `xa` + `aa` is cut after `x`.
        let stream = [frame, &self.delimiter].concat();
        if self.find(&stream) != Some(frame.len()) {
            Err(ConfigError::KeyHoldsDelimiter)
        } else if frame.len() > self.frame_bytes_max {
            Err(ConfigError::KeyTooLong)
        } else {
            Ok(frame)
        }
    }
}

#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
fn one(byte: u8) -> Option<One> {
    One::new(byte)
}

#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
fn one(byte: u8) -> Option<One> {
    Some(One::new(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framing(delimiter: &[u8], frame_bytes_max: usize) -> Framing {
        Framing::new(delimiter, frame_bytes_max).unwrap()
    }

    #[test]
    fn a_delimiter_has_1_to_16_bytes() {
        assert_eq!(Framing::new(b"", 9).err(), Some(ConfigError::Delimiter(0)));
        assert_eq!(Framing::new(&[b'x'; 17], 9).err(), Some(ConfigError::Delimiter(17)));
        assert!(Framing::new(&[b'x'; 16], 9).is_ok());
    }

    #[test]
    fn a_false_start_is_no_delimiter() {
        let crlf = framing(b"\r\n", 100);
        assert_eq!(crlf.cut(b"a\r\r\nb"), Cut::Frame { end: 4 });
        assert_eq!(crlf.cut_begun(b"a\r\r", b"\nb"), Cut::Frame { end: 1 });
        assert_eq!(crlf.cut_begun(b"a\r", b"\r\n"), Cut::Frame { end: 2 });
    }

    #[test]
    fn the_verdict_on_length_does_not_depend_on_the_cut() {
        let crlf = framing(b"\r\n", 3);
        assert_eq!(crlf.cut(b"abc\r\n"), Cut::Frame { end: 5 });
        assert_eq!(crlf.cut(b"abcd\r\n"), Cut::TooLong);
        assert_eq!(crlf.cut(b"abcd"), Cut::Unfinished);
        assert_eq!(crlf.cut_begun(b"abcd", b"\r"), Cut::TooLong);
        assert_eq!(crlf.cut_begun(b"abc\r", b"\n"), Cut::Frame { end: 1 });
    }

    #[test]
    fn a_key_names_a_request_with_or_without_its_delimiter() {
        let mark = framing(b"?", 5);
        assert_eq!(mark.canonical_key(b"why?"), Ok(&b"why"[..]));
        assert_eq!(mark.canonical_key(b"why"), Ok(&b"why"[..]));
        assert_eq!(mark.canonical_key(b"?"), Ok(&b""[..]));
        assert_eq!(mark.canonical_key(b"w?y"), Err(ConfigError::KeyHoldsDelimiter));
        assert_eq!(mark.canonical_key(b"why??"), Err(ConfigError::KeyHoldsDelimiter));
        assert_eq!(mark.canonical_key(b"whyyyy"), Err(ConfigError::KeyTooLong));
        assert_eq!(framing(b"aa", 9).canonical_key(b"xa"), Err(ConfigError::KeyHoldsDelimiter));
    }
}
