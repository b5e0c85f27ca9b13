//! A server whose times are known, so that the generator can be measured with it: every answer
//! leaves `delayUs` after its request came, on a timer of its own; and for a while none leave.
//!
//! One thread. Near a due time it polls without waiting, so that it is true to some microseconds.
//! It speaks the Launcelot protocol, and answers what it does not know with the request itself.
//! Not a model of a good server: it is the yardstick.
//!
//! With even arrivals over T seconds and one stall of S, those who came in the stall wait between 0
//! and S, all times alike: so the quantile q of all response times is S - (1 - q) T.

pub mod plan;

use crate::error::LoadError;
use crate::questions::EXCHANGES;
use crate::synthetic::plan::Plan;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use serde::Deserialize;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

const LISTENER: Token = Token(usize::MAX);
const EVENTS_MAX: usize = 256;
const MS: u64 = 1_000_000;
/// What is due sooner than this is waited for by polling without a wait.
const SPIN_NS: u64 = 1_100_000;
/// With nothing due a turn ends after this.
const IDLE_MS: u64 = 1000;
const REQUEST_BYTES_MAX: usize = 65_536;
const DELIMITER: u8 = b'?';

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Synthetic {
    #[serde(default)]
    port: u16,
    #[serde(default)]
    delay_us: u64,
    stall_at_ms: Option<u64>,
    #[serde(default)]
    stall_ms: u64,
}

struct Peer {
    stream: TcpStream,
    /// A request that has begun.
    begun: Vec<u8>,
    /// What could not be sent yet.
    unsent: Vec<u8>,
}

struct Answer {
    leaves_at: u64,
    slot: usize,
    generation: u64,
    bytes: Vec<u8>,
}

struct Server {
    plan: Plan,
    poll: Poll,
    listener: TcpListener,
    /// With the generation of each slot, so that no answer reaches the next peer there.
    peers: Vec<(u64, Option<Peer>)>,
    free: Vec<usize>,
    began: Option<Instant>,
    /// All have the same delay, so what came first leaves first.
    answers: VecDeque<Answer>,
    buffer: Box<[u8]>,
}

/// Serves until the process is ended. Says `listening PORT` once it does.
pub fn serve(json: &str) -> Result<Infallible, LoadError> {
    let told: Synthetic = serde_json::from_str(json).map_err(|error| {
        LoadError::new("BAD_COMMAND", format!("cannot read {json}: {error}; see load-protocol.ts"))
    })?;
    let failed = |error: io::Error| {
        LoadError::new("CANNOT_SERVE", format!("cannot serve on port {}: {error}", told.port))
    };
    let mut server = Server::listen(&told).map_err(failed)?;
    let address = server.listener.local_addr().map_err(failed)?;
    println!("listening {}", address.port());
    let mut events = Events::with_capacity(EVENTS_MAX);
    loop {
        server.turn(&mut events).map_err(failed)?;
    }
}

impl Server {
    fn listen(told: &Synthetic) -> io::Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, told.port));
        let mut listener = TcpListener::bind(address)?;
        let poll = Poll::new()?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self {
            plan: Plan::new(told),
            poll,
            listener,
            peers: Vec::new(),
            free: Vec::new(),
            began: None,
            answers: VecDeque::new(),
            buffer: vec![0; REQUEST_BYTES_MAX].into_boxed_slice(),
        })
    }

    /// The time since the first request.
    fn now(&self) -> u64 {
        self.began.map_or(0, |began| began.elapsed().as_nanos() as u64)
    }

    fn turn(&mut self, events: &mut Events) -> io::Result<()> {
        let wait_ms = self
            .answers
            .front()
            .map_or(IDLE_MS, |answer| answer.leaves_at.saturating_sub(self.now() + SPIN_NS) / MS);
        match self.poll.poll(events, Some(Duration::from_millis(wait_ms))) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        for event in events.iter() {
            match event.token() {
                LISTENER => self.accept(),
                Token(slot) => self.handle_ready(slot),
            }
        }
        self.answer();
        Ok(())
    }

    fn accept(&mut self) {
        // Any error ends this round; the listener announces the next peer anew.
        while let Ok((mut stream, _)) = self.listener.accept() {
            let slot = self.free.pop().unwrap_or_else(|| {
                self.peers.push((0, None));
                self.peers.len() - 1
            });
            let interest = Interest::READABLE | Interest::WRITABLE;
            let ready = stream
                .set_nodelay(true)
                .and_then(|()| self.poll.registry().register(&mut stream, Token(slot), interest));
            if ready.is_ok() {
                self.peers[slot].1 = Some(Peer { stream, begun: Vec::new(), unsent: Vec::new() });
            } else {
                self.free.push(slot);
            }
        }
    }

    /// Sends what is unsent, and notes every request that came with the time when it is answered.
    fn handle_ready(&mut self, slot: usize) {
        let (generation, Some(peer)) = &mut self.peers[slot] else { return };
        let generation = *generation;
        if !peer.flush() {
            return self.close(slot);
        }
        loop {
            match peer.stream.read(&mut self.buffer) {
                Ok(taken) if taken > 0 => {
                    let began = self.began.get_or_insert_with(Instant::now);
                    let leaves_at = self.plan.leaves_at(began.elapsed().as_nanos() as u64);
                    for piece in self.buffer[..taken].split_inclusive(|byte| *byte == DELIMITER) {
                        peer.begun.extend_from_slice(piece);
                        if piece.ends_with(&[DELIMITER]) {
                            let bytes = answer_to(&std::mem::take(&mut peer.begun));
                            self.answers.push_back(Answer { leaves_at, slot, generation, bytes });
                        }
                    }
                    if peer.begun.len() > REQUEST_BYTES_MAX {
                        return self.close(slot);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                _ => return self.close(slot),
            }
        }
    }

    /// Sends all answers whose time has come; those of one peer that follow each other in one send.
    fn answer(&mut self) {
        let now = self.now();
        while let Some(first) = self.take_due(now, None) {
            let owner = (first.slot, first.generation);
            let (generation, Some(peer)) = &mut self.peers[first.slot] else { continue };
            if *generation != first.generation {
                continue;
            }
            peer.unsent.extend_from_slice(&first.bytes);
            while let Some(next) = self.take_due(now, Some(owner)) {
                if let Some(peer) = &mut self.peers[first.slot].1 {
                    peer.unsent.extend_from_slice(&next.bytes);
                }
            }
            if !self.peers[first.slot].1.as_mut().is_some_and(Peer::flush) {
                self.close(first.slot);
            }
        }
    }

    /// The first answer, if it is due, and of this owner where one is named.
    fn take_due(&mut self, now: u64, owner: Option<(usize, u64)>) -> Option<Answer> {
        let first = self.answers.front()?;
        let is_due = first.leaves_at <= now;
        let is_theirs = owner.is_none_or(|owner| owner == (first.slot, first.generation));
        if is_due && is_theirs { self.answers.pop_front() } else { None }
    }

    fn close(&mut self, slot: usize) {
        self.peers[slot].0 += 1;
        self.peers[slot].1 = None;
        self.free.push(slot);
    }
}

impl Peer {
    /// Whether it is still there.
    fn flush(&mut self) -> bool {
        while !self.unsent.is_empty() {
            match self.stream.write(&self.unsent) {
                Ok(sent) => drop(self.unsent.drain(..sent)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        true
    }
}

fn answer_to(request: &[u8]) -> Vec<u8> {
    let known = EXCHANGES.iter().find(|(question, _)| question.as_bytes() == request);
    known.map_or_else(
        || request[..request.len() - 1].to_vec(),
        |(_, answer)| answer.as_bytes().to_vec(),
    )
}

#[cfg(test)]
mod tests {
    use super::answer_to;

    #[test]
    fn unknown_requests_are_their_own_answers() {
        assert_eq!(answer_to(b"What is your name?"), b"My name is Sir Lancelot of Camelot.");
        assert_eq!(answer_to(b"Who is 12?"), b"Who is 12");
    }
}
