//! Histograms of nanoseconds, and the form in which they are handed on.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2DeflateSerializer};

/// The longest time told apart from longer ones: a minute.
const NS_MAX: u64 = 60_000_000_000;
/// Times keep this many significant digits.
const DIGITS: u8 = 3;

pub fn new_times() -> Histogram<u64> {
    Histogram::new_with_max(NS_MAX, DIGITS).expect("the bounds are constants that it allows")
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
    use super::{STANDARD, encode, new_times};
    use base64::Engine;
    use hdrhistogram::Histogram;
    use hdrhistogram::serialization::Deserializer;

    #[test]
    fn what_is_encoded_is_decoded_alike() {
        let mut times = new_times();
        for value in [1, 1500, 1_000_000, 60_000_000_000] {
            times.saturating_record(value);
        }
        let bytes = STANDARD.decode(encode(&times)).unwrap();
        let decoded: Histogram<u64> =
            Deserializer::new().deserialize(&mut bytes.as_slice()).unwrap();
        assert_eq!(decoded, times);
    }
}
