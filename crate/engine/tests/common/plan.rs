//! Makes a conversation of any bytes: options, a stream that is likely to hit, and what happens
//! when. So a fuzzer and a property test share one way of making conversations, and one of
//! shrinking them.

use super::drive::Entry;
use super::oracle::named;
use lancelot_engine::config::Options;
use std::collections::BTreeSet;

/// What happens next. Numbers that are too large mean as much as there is.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// This many bytes of the stream arrive.
    Piece(usize),
    /// From now on the peer takes this many bytes, then none.
    Take(usize),
    /// The handler answers one of the requests that wait, by its place in the order they came, and
    /// in the same run those after it, up to so many in all.
    Respond {
        place: usize,
        run_max: usize,
    },
    /// A response to a request that waits no more, or never did.
    RespondInVain(u32),
    /// Time passes.
    Pass(u64),
    /// The application sends something of its own accord.
    Push,
    /// The application wants nothing read until `LetGoOn`.
    HoldBack,
    LetGoOn,
    /// Whether the handler can take a request, from now on.
    Room(bool),
    /// The application closes the connection.
    Close,
    /// The server stops.
    Stop,
    /// The server waits no longer.
    Cut,
    /// The socket fails.
    Fail,
}

/// One conversation.
#[derive(Clone, Debug)]
pub struct Plan {
    pub options: Options,
    pub entries: Vec<Entry>,
    pub stream: Vec<u8>,
    pub steps: Vec<Step>,
}

const ALPHABET: &[u8; 8] = b"ab?!cd\0\xff";

/// Reads bytes, and zeros when there are no more.
struct Source<'a>(&'a [u8]);

impl Source<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    /// Below `end`.
    fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end
    }

    fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }

    /// Up to `bytes_max` bytes of the alphabet's first `letters`.
    fn text(&mut self, bytes_max: usize, letters: usize) -> Vec<u8> {
        let bytes = self.below(bytes_max + 1);
        (0..bytes).map(|_| self.one_of(&ALPHABET[..letters])).collect()
    }
}

impl Plan {
    /// Every sequence of bytes is a plan.
    pub fn decode(bytes: &[u8]) -> Self {
        let source = &mut Source(bytes);
        let options = decode_options(source);
        let keys: Vec<_> = (0..source.below(5)).map(|_| decode_entry(source, &options)).collect();
        let fragments = source.below(20);
        let mut stream = Vec::new();
        for _ in 0..fragments {
            decode_fragment(source, &options, &keys, &mut stream);
        }
        let entries: Vec<_> =
            keys.into_iter().filter(|(key, ..)| named(&options, key).is_some()).collect();
        let mut steps = Vec::new();
        while !source.0.is_empty() {
            steps.push(decode_step(source));
        }
        Self { options, entries, stream, steps }
    }

    /// Gives every clock a limit that the steps can pass.
    pub fn run_short_clocks(&mut self) {
        let options = &mut self.options;
        (options.idle_ms_max, options.request_ms_max) = (700, 300);
        (options.write_ms_max, options.handler_ms_max) = (500, 400);
    }
}

fn decode_options(source: &mut Source<'_>) -> Options {
    let delimiter_bytes = source.one_of(&[1, 1, 2, 2, 3, 4, 5, 7, 15, 16]);
    let letters = source.one_of(&[1, 2, 2, 8]);
    Options {
        delimiter: (0..delimiter_bytes).map(|_| source.one_of(&ALPHABET[..letters])).collect(),
        answer_suffix: source.text(2, 8),
        greeting: source.text(3, 8),
        unknown_answer: source.one_of(&[Some(&b""[..]), Some(b"No."), None]).map(<[u8]>::to_vec),
        has_handler: source.one_of(&[false, true]),
        routes: decode_routes(source),
        request_bytes_max: source.one_of(&[1, 2, 4, 8, 16, 24, 64, 64]),
        high_water_bytes: source.one_of(&[1, 2, 3, 8, 32, 65_536]),
        in_flight_max: source.one_of(&[1, 2, 3, 128]),
        in_flight_loop_max: source.one_of(&[1, 2, 128]),
        in_flight_loop_bytes_max: source.one_of(&[1, 4, 65_536]),
        ..Options::default()
    }
}

/// No two alike, and none that fits everything.
fn decode_routes(source: &mut Source<'_>) -> Vec<Vec<u8>> {
    let prefixes: BTreeSet<_> = (0..source.below(4)).map(|_| source.text(3, 4)).collect();
    prefixes.into_iter().filter(|prefix| !prefix.is_empty()).collect()
}

/// Now and then one that no table takes: a plan leaves it out, but its bytes go into the stream.
fn decode_entry(source: &mut Source<'_>, options: &Options) -> Entry {
    let mut key = source.text(4, 8);
    if source.below(2) == 1 {
        key.extend_from_slice(&options.delimiter);
    }
    (key, source.text(6, 8), source.below(8) == 7)
}

fn decode_fragment(
    source: &mut Source<'_>,
    options: &Options,
    keys: &[Entry],
    stream: &mut Vec<u8>,
) {
    let delimiter = &options.delimiter;
    match source.below(8) {
        0 | 1 => stream.extend_from_slice(delimiter),
        2 => stream.extend_from_slice(&delimiter[..source.below(delimiter.len())]),
        3..=5 if !keys.is_empty() => {
            let key = &keys[source.below(keys.len())].0;
            stream.extend_from_slice(key.strip_suffix(&delimiter[..]).unwrap_or(key));
            stream.extend_from_slice(delimiter);
        }
        6 => {
            stream.extend(vec![b'c'; options.request_bytes_max - source.below(2)]);
            stream.extend_from_slice(delimiter);
        }
        _ => stream.extend(source.text(6, 8)),
    }
}

fn decode_step(source: &mut Source<'_>) -> Step {
    let kind = source.below(20);
    let argument = source.byte();
    match kind {
        0..=4 => Step::Piece(1 + usize::from(argument % 32)),
        5..=8 => Step::Take(usize::from(argument % 16)),
        9..=12 => Step::Respond {
            place: usize::from(argument % 8),
            run_max: 1 + usize::from(argument / 8 % 8),
        },
        13 => Step::RespondInVain(argument.into()),
        14 => Step::Pass(u64::from(argument) * 4),
        15 | 16 => Step::Push,
        17 => [Step::HoldBack, Step::Room(false)][usize::from(argument % 2)],
        18 => [Step::LetGoOn, Step::Room(true)][usize::from(argument % 2)],
        _ => [Step::Stop, Step::Cut, Step::Fail, Step::Close][usize::from(argument % 4)],
    }
}
