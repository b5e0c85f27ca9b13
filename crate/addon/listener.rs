//! Listeners that JavaScript hands out itself, as descriptors: one for each of its threads.

#[cfg(unix)]
use crate::convert::{failure, guard, system_error};
#[cfg(unix)]
use lancelot_engine::listen::{Listen, share};
use napi_derive::napi;
#[cfg(unix)]
use std::os::fd::{FromRawFd, IntoRawFd, OwnedFd};

/// A listener under several descriptors.
#[napi(object, object_from_js = false)]
pub struct SharedListener {
    pub port: u16,
    pub descriptors: Vec<i32>,
}

/// Listens, and returns so many descriptors of the one listener. Each is owned by whoever takes
/// it; those that nobody takes go to `closeDescriptors`. Not on Windows.
#[napi]
pub fn share_listener(
    host: String,
    port: u16,
    backlog: i32,
    count: u32,
) -> napi::Result<SharedListener> {
    #[cfg(unix)]
    return guard(|| {
        let host = host.parse().map_err(|error| failure("host", error))?;
        let address = std::net::SocketAddr::new(host, port);
        let listen = Listen { address, backlog, reuse_port: false };
        let (address, shared) = share(&listen, count as usize).map_err(system_error)?;
        let descriptors = shared.into_iter().map(IntoRawFd::into_raw_fd).collect();
        Ok(SharedListener { port: address.port(), descriptors })
    });
    #[cfg(not(unix))]
    {
        _ = (host, port, backlog, count);
        Err(napi::Error::from_reason("a listener is not a descriptor on this system"))
    }
}

/// Closes descriptors of `shareListener` that nobody took, each at most once.
#[napi]
pub fn close_descriptors(descriptors: Vec<i32>) {
    #[cfg(unix)]
    for descriptor in descriptors.into_iter().filter(|&descriptor| descriptor >= 0) {
        // SAFETY: `share_listener` gave it up by `into_raw_fd`, and the caller, who says that
        // nobody took it, is its only owner.
        drop(unsafe { OwnedFd::from_raw_fd(descriptor) });
    }
    #[cfg(not(unix))]
    drop(descriptors);
}
