//! The conversing shape: users that connect, ask three questions one by one, and leave.
//!
//! A conversation counts when its third answer came; its time runs from before the connecting. A
//! user whose conversation failed does not come back, so a dead server ends the slice.

use crate::asker::{Asker, Fault, READ_BYTES_MAX};
use crate::command::Conversations;
use crate::crowd::{PATIENCE, new_poll, wait};
use crate::error::LoadError;
use crate::outcome::{Faults, Outcome};
use crate::questions::{EXCHANGES, Mix, Script};
use crate::slice::{Slice, wait_for_rest};
use crate::source::{Sources, connect_from};
use mio::{Events, Poll};
use std::net::SocketAddr;
use std::time::Instant;

const EVENTS_MAX: usize = 256;

struct User {
    asker: Asker,
    answered: usize,
    began_at: Instant,
}

pub fn run(conversations: &Conversations) -> Result<Outcome, LoadError> {
    let address = conversations.target.address();
    let mut users = Users::new(address, conversations.users)?;
    let mut slice = Slice::begin(conversations.pid, conversations.warm_ms, conversations.slice_ms);
    while users.present > 0 && !slice.advance(Instant::now())? {
        users.turn(Some(&mut slice))?;
    }
    let began = Instant::now();
    while users.present > 0 && began.elapsed() < PATIENCE {
        users.turn(None)?;
    }
    users.faults.missing = users.present as u64;
    let faults = users.faults;
    drop(users);
    wait_for_rest(conversations.pid)?;
    Ok(slice.into_outcome(faults))
}

struct Users {
    address: SocketAddr,
    sources: Sources,
    poll: Poll,
    events: Events,
    script: Script,
    buffer: Box<[u8]>,
    users: Vec<Option<User>>,
    present: usize,
    faults: Faults,
}

impl Users {
    fn new(address: SocketAddr, count: usize) -> Result<Self, LoadError> {
        let mut users = Self {
            address,
            sources: Sources::default(),
            poll: new_poll()?,
            events: Events::with_capacity(EVENTS_MAX),
            script: Script::new(1, Mix::Repeating),
            buffer: vec![0; READ_BYTES_MAX].into_boxed_slice(),
            users: (0..count).map(|_| None).collect(),
            present: 0,
            faults: Faults::default(),
        };
        for slot in 0..count {
            users.enter(slot)?;
        }
        Ok(users)
    }

    /// Begins a conversation.
    fn enter(&mut self, slot: usize) -> Result<(), LoadError> {
        let began_at = Instant::now();
        let connecting = connect_from(self.sources.next(), self.address);
        let mut asker = Asker::connect(self.address, connecting, self.poll.registry(), slot)?;
        match asker.ask(&self.script, began_at) {
            Ok(()) => {
                self.users[slot] = Some(User { asker, answered: 0, began_at });
                self.present += 1;
            }
            Err(fault) => self.faults.add(fault),
        }
        Ok(())
    }

    fn leave(&mut self, slot: usize) {
        self.users[slot] = None;
        self.present -= 1;
    }

    /// Handles what is ready. Who is done comes anew, unless there is no slice to come for.
    fn turn(&mut self, mut slice: Option<&mut Slice>) -> Result<(), LoadError> {
        wait(&mut self.poll, &mut self.events)?;
        let events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        for event in &events {
            let slot = event.token().0;
            let Some(user) = &mut self.users[slot] else { continue };
            let progress = user.asker.handle_ready(event, &mut self.buffer);
            user.answered += progress.answered;
            if let Some(fault) = progress.fault {
                self.fail(slot, fault);
            } else if user.answered == EXCHANGES.len() {
                let time = user.began_at.elapsed();
                self.leave(slot);
                if let Some(slice) = &mut slice {
                    slice.record(1, time);
                    self.enter(slot)?;
                }
            } else if !user.asker.is_busy()
                && let Err(fault) = user.asker.ask(&self.script, Instant::now())
            {
                self.fail(slot, fault);
            }
        }
        self.events = events;
        Ok(())
    }

    fn fail(&mut self, slot: usize, fault: Fault) {
        self.faults.add(fault);
        self.leave(slot);
    }
}
