//! What the process has of descriptors and memory. Only in a test that is alone in its file.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs::File;

/// From now on there are few.
pub fn limit_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(128), ..limit }).unwrap();
}

/// Takes every descriptor that is left but one, which is for the peer's end of a connection.
pub fn take_all_but_one() -> Vec<File> {
    let mut taken: Vec<_> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    assert!(taken.len() > 10, "there were descriptors to take");
    taken.pop();
    taken
}

/// The address space that the process has taken.
#[cfg(target_os = "linux")]
pub fn address_space_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = pages.split(' ').next().unwrap().parse().unwrap();
    pages * rustix::param::page_size() as u64
}
