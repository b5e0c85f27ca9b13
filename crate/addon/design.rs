//! Which of the engine's designs JavaScript asked for.

use crate::convert::failure;
#[cfg(unix)]
use lancelot_engine::blocking::Arrangement;
use lancelot_engine::design::Design;
use lancelot_engine::server::Waiting;

/// By its name; `workers` matter to designs that have some. The error's text begins with `design:`.
pub(crate) fn parse(name: &str, workers: u32) -> napi::Result<Design> {
    Ok(match name {
        "poll" => Waiting::Mio.into(),
        #[cfg(unix)]
        "poll-syscall" => Waiting::PollSyscall.into(),
        #[cfg(unix)]
        "select" => Waiting::SelectSyscall.into(),
        #[cfg(unix)]
        "one-at-a-time" => Arrangement::OneAtATime.into(),
        #[cfg(unix)]
        "thread-per-connection" => Arrangement::ThreadPerConnection.into(),
        #[cfg(unix)]
        "thread-pool" => Arrangement::Pool(workers.max(1) as usize).into(),
        _ => {
            _ = workers;
            return Err(failure("design", format!("{name} is none that this system has")));
        }
    })
}
