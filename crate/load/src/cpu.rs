//! CPU time of a process: the time its threads ran, from the scheduler's own accounts.
//!
//! Nanoseconds, not the clock ticks of `/proc/PID/stat`: a slice is only some tens of ticks long.

use crate::error::LoadError;
use std::fs;
use std::time::Duration;

/// The time that all threads of a process have run. A thread that ended meanwhile is not in it.
pub fn of_process(pid: u32) -> Result<Duration, LoadError> {
    sum(&format!("/proc/{pid}/task"))
}

/// The time that all threads of this process have run.
pub fn of_this_process() -> Result<Duration, LoadError> {
    sum("/proc/self/task")
}

fn sum(folder: &str) -> Result<Duration, LoadError> {
    let unreadable = |what: &str| {
        let found = format!("cannot read {what}: expected a living process on Linux, found none");
        LoadError::new("NO_SCHEDSTAT", found)
    };
    let mut total = Duration::ZERO;
    for task in fs::read_dir(folder).map_err(|_| unreadable(folder))? {
        let file = task.map_err(|_| unreadable(folder))?.path().join("schedstat");
        // A thread may end between the listing and the reading.
        let Ok(text) = fs::read_to_string(&file) else { continue };
        total += parse(&text).ok_or_else(|| unreadable(&file.display().to_string()))?;
    }
    Ok(total)
}

/// The first field: nanoseconds on a CPU. (Then nanoseconds waiting for one, then time slices.)
fn parse(text: &str) -> Option<Duration> {
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::{of_process, of_this_process, parse};
    use std::time::Duration;

    #[test]
    fn the_first_field_is_the_time_run() {
        assert_eq!(parse("1500 20 3\n"), Some(Duration::from_nanos(1500)));
        assert_eq!(parse(""), None);
        assert_eq!(parse("x 1 2"), None);
    }

    #[test]
    fn a_process_has_run_for_some_time() {
        let own = of_this_process().unwrap();
        assert!(of_process(std::process::id()).unwrap() >= own);
        assert!(own > Duration::ZERO);
    }

    #[test]
    fn a_process_that_is_not_there_is_an_error() {
        assert_eq!(of_process(u32::MAX).unwrap_err().code, "NO_SCHEDSTAT");
    }
}
