//! Where this process runs and how many connections it may have: what is set once, at its start.
//!
//! What cannot be set is said and not fatal: figures are worth less then, and whoever reads them
//! must know.

use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Pid;

/// Runs on this core alone. What could not be done is a sentence.
pub fn pin(core: usize) -> Result<(), String> {
    let mut cores = CpuSet::new();
    cores
        .set(core)
        .and_then(|()| sched_setaffinity(Pid::from_raw(0), &cores))
        .map_err(|error| format!("cannot run on core {core} alone: {error}; is there such a core?"))
}

/// Lets it open as many descriptors as the hard limit allows.
pub fn raise_descriptors() -> Result<(), String> {
    getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard))
        .map_err(|error| format!("cannot raise the limit of descriptors: {error}"))
}

#[cfg(test)]
mod tests {
    use super::{pin, raise_descriptors};

    #[test]
    fn a_core_that_is_not_there_is_said() {
        assert!(pin(1_000_000).unwrap_err().contains("core 1000000"));
    }

    #[test]
    fn the_limit_of_descriptors_can_be_raised_to_the_hard_one() {
        assert_eq!(raise_descriptors(), Ok(()));
    }
}
