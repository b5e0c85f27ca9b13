//! Any bytes make a conversation (`tests/common/plan.rs`); the core and the oracle must agree on
//! how it goes. The same comparison as `tests/oracle.rs`, led by coverage instead of chance.
//!
//! From `crate/engine`, with `cargo install cargo-fuzz` done once:
//!
//! ```text
//! cargo +nightly fuzz run connection -- -max_total_time=60
//! cargo +nightly fuzz run connection fuzz/corpus/connection fuzz/seeds/connection
//! ```
#![no_main]

#[path = "../../tests/common/application.rs"]
#[allow(dead_code, reason = "each test uses what it needs")]
mod application;
#[path = "../../tests/common/converse.rs"]
mod converse;
#[path = "../../tests/common/drive.rs"]
#[allow(dead_code, reason = "each test uses what it needs")]
mod drive;
#[path = "../../tests/common/oracle.rs"]
mod oracle;
#[path = "../../tests/common/plan.rs"]
mod plan;
#[path = "../../tests/common/verdict.rs"]
mod verdict;

use converse::Trial;
use libfuzzer_sys::fuzz_target;
use plan::{Plan, Step};

fuzz_target!(|bytes: &[u8]| {
    let mut plan = Plan::decode(bytes);
    let trial = Trial::new(&plan);
    trial.check_cuts(&[]);
    trial.check_cuts(&(0..plan.stream.len()).collect::<Vec<_>>());
    trial.check_cuts(&places(&plan));
    [false, true].iter().for_each(|&observes| trial.check_steps(&plan.steps, observes));
    plan.run_short_clocks();
    let trial = Trial::new(&plan);
    [false, true].iter().for_each(|&observes| trial.check_faults(&plan.steps, observes));
});

/// Where the steps would cut the stream.
fn places(plan: &Plan) -> Vec<usize> {
    let pieces = plan.steps.iter().filter_map(|step| match step {
        Step::Piece(bytes) => Some(*bytes),
        _ => None,
    });
    let ends = pieces.scan(0, |end, bytes| {
        *end += bytes;
        Some(*end)
    });
    ends.take_while(|&end| end <= plan.stream.len()).collect()
}
