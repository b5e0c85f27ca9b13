//! The event loop over loopback sockets: one file for each thing that can go wrong.

mod common {
    pub mod client;
    pub mod passing;
    pub mod rig;
}

mod serving {
    mod ids;
    mod limits;
    mod panics;
    mod stopping;
    mod tables;
    mod talking;
}
