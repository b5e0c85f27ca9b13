//! What a loop has to be told of, for selectors that keep no list of their own.

#[cfg(unix)]
use super::token_of;
use crate::accept::Acceptor;
use crate::peer::Peer;
use crate::selector::Sources;
#[cfg(unix)]
use crate::selector::{LISTENER, Watched};
use crate::slab::Slab;

/// The sockets of a loop as they stand between two turns.
#[cfg_attr(not(unix), expect(dead_code, reason = "here every selector keeps its list"))]
pub(super) struct Watching<'a> {
    pub(super) acceptor: Option<&'a Acceptor>,
    pub(super) peers: &'a Slab<Peer>,
}

impl Sources for Watching<'_> {
    #[cfg(unix)]
    fn each<'a>(&'a self, mut look: impl FnMut(Watched<'a>)) {
        if let Some(acceptor) = self.acceptor.filter(|acceptor| acceptor.waits()) {
            let descriptor = acceptor.descriptor();
            look(Watched { token: LISTENER, descriptor, reads: true, writes: false });
        }
        for (id, peer) in self.peers.iter() {
            let (reads, writes) = (peer.awaits_input(), peer.awaits_room_to_send());
            look(Watched { token: token_of(id), descriptor: peer.descriptor(), reads, writes });
        }
    }
}
