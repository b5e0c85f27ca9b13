//! What every loop does over loopback sockets, whatever it waits with: one file for each thing that
//! can go wrong.

mod acting;
mod broadcasting;
mod groups;
mod ids;
mod introducing;
mod limits;
mod mixed;
mod observing;
pub(crate) mod overload;
mod panics;
mod pausing;
mod runs;
mod sharing;
mod stopping;
mod tables;
mod talking;
