//! What holds for loops holds for blocking threads: a pool of threads.
#![cfg(unix)]

mod common {
    pub mod acting;
    #[allow(dead_code, reason = "each test uses what it needs")]
    pub mod client;
    #[allow(dead_code, reason = "each test uses what it needs")]
    pub mod passing;
    #[allow(dead_code, reason = "each test uses what it needs")]
    #[path = "../threading/rig.rs"]
    pub mod rig;
}

mod serving {
    mod acting;
    mod breaking;
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
}

use lancelot_engine::blocking::Arrangement;

const ARRANGEMENT: Arrangement = Arrangement::Pool(128);
