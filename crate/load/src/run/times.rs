//! Times in nanoseconds, counted, and the form in which they are handed on.
//!
//! `Times` counts in the places that an HdrHistogram has, and becomes one when it is read: every
//! answer is recorded, and all else that such a histogram does for each would cost more than
//! checking the answer does.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2DeflateSerializer};

/// The longest time told apart from longer ones: a minute.
const NS_MAX: u64 = 60_000_000_000;
/// Times keep this many significant digits.
const DIGITS: u8 = 3;
/// Three digits need 1,000 places for each doubling, so 1,024.
const PLACES_LOG: u32 = 10;
/// Up to this each time has a place of its own.
const EXACT_MAX: u64 = (2 << PLACES_LOG) - 1;
const PLACES: usize = place_of(NS_MAX) + 1;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Times {
    counts: Box<[u64]>,
}

impl Default for Times {
    fn default() -> Self {
        Self { counts: vec![0; PLACES].into_boxed_slice() }
    }
}

impl Times {
    #[inline]
    pub fn record(&mut self, ns: u64, count: u64) {
        self.counts[place_of(ns.min(NS_MAX))] += count;
    }

    pub fn add(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
    }

    pub fn clear(&mut self) {
        self.counts.fill(0);
    }

    pub fn histogram(&self) -> Histogram<u64> {
        let mut histogram = Histogram::new_with_max(NS_MAX, DIGITS)
            .expect("the bounds are constants that it allows");
        for (place, count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            histogram.saturating_record_n(time_at(place), *count);
        }
        histogram
    }
}

/// Each doubling of the time has as many places as the one before, twice as wide.
#[inline]
const fn place_of(ns: u64) -> usize {
    let doublings = u64::BITS - 1 - PLACES_LOG - (ns | EXACT_MAX).leading_zeros();
    ((doublings as usize) << PLACES_LOG) + (ns >> doublings) as usize
}

/// The shortest time that has this place.
fn time_at(place: usize) -> u64 {
    let doublings = (place >> PLACES_LOG).saturating_sub(1);
    ((place - (doublings << PLACES_LOG)) as u64) << doublings
}

/// V2 DEFLATE as base64, which HdrHistograms of every language read.
pub fn encode(times: &Histogram<u64>) -> String {
    let mut bytes = Vec::new();
    V2DeflateSerializer::new()
        .serialize(times, &mut bytes)
        .expect("memory takes all bytes, and 64-bit counts fit");
    STANDARD.encode(bytes)
}

/// A quantile in microseconds.
pub fn quantile_us(times: &Histogram<u64>, quantile: f64) -> f64 {
    times.value_at_quantile(quantile) as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::{DIGITS, NS_MAX, STANDARD, Times, encode};
    use base64::Engine;
    use hdrhistogram::Histogram;
    use hdrhistogram::serialization::Deserializer;

    #[test]
    fn times_become_the_histogram_that_was_told_each_of_them() {
        let seed = fastrand::u64(..);
        println!("SEED={seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        let mut times = Times::default();
        let mut oracle = Histogram::<u64>::new_with_max(NS_MAX, DIGITS).unwrap();
        let edges = (0..36).flat_map(|log| [(1 << log) - 1, 1 << log, (1 << log) + 1]);
        let any = std::iter::repeat_with(|| random.u64(..NS_MAX) >> random.u32(..36));
        for ns in edges.chain(any.take(10_000)).filter(|ns| *ns <= NS_MAX) {
            times.record(ns, 1 + ns % 3);
            oracle.record_n(ns, 1 + ns % 3).unwrap();
        }
        assert_eq!(times.histogram(), oracle);
    }

    #[test]
    fn longer_times_than_the_longest_count_as_that() {
        let mut times = Times::default();
        times.record(u64::MAX, 2);
        let histogram = times.histogram();
        assert_eq!((histogram.len(), histogram.max()), (2, histogram.highest_equivalent(NS_MAX)));
    }

    #[test]
    fn times_add_up_and_can_be_forgotten() {
        let (mut some, mut more) = (Times::default(), Times::default());
        some.record(5, 1);
        more.record(5, 2);
        more.record(7_000_000, 1);
        some.add(&more);
        let histogram = some.histogram();
        assert_eq!((histogram.len(), histogram.count_at(5)), (4, 3));
        some.clear();
        assert_eq!(some, Times::default());
    }

    #[test]
    fn what_is_encoded_is_decoded_alike() {
        let mut times = Times::default();
        for value in [1, 1500, 1_000_000, 60_000_000_000] {
            times.record(value, 1);
        }
        let bytes = STANDARD.decode(encode(&times.histogram())).unwrap();
        let decoded: Histogram<u64> =
            Deserializer::new().deserialize(&mut bytes.as_slice()).unwrap();
        assert_eq!(decoded, times.histogram());
    }
}
