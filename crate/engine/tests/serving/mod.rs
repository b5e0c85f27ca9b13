//! What every server does over loopback sockets, whatever its design: one file for each thing that
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
mod pausing;
mod runs;
mod stopping;
mod tables;
mod talking;
