//! The event loop over loopback sockets: one file for each thing that can go wrong.

mod common {
    pub mod acting;
    pub mod client;
    pub mod passing;
    pub mod rig;
}

mod serving {
    mod acting;
    mod broadcasting;
    mod groups;
    mod ids;
    mod introducing;
    mod limits;
    mod mixed;
    mod observing;
    mod overload;
    mod panics;
    mod pausing;
    mod runs;
    mod stopping;
    mod tables;
    mod talking;
}
