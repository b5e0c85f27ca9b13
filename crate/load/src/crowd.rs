//! Connections that stay open, each with at most one burst under way.
//!
//! Opened a few at a time, and each asks once before it counts as open: so a short accept queue
//! drops none, and the server has surely taken every one of them. Those whose script has no
//! questions count as open once they are connected, which the server need not have noticed.

use crate::asker::{Asker, Fault, READ_BYTES_MAX};
use crate::error::LoadError;
use crate::outcome::Faults;
use crate::questions::{Burst, Script};
use mio::net::TcpStream;
use mio::{Events, Poll};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Connections that are being opened at the same time.
const OPENING_MAX: usize = 64;
const EVENTS_MAX: usize = 1024;
/// A turn without events ends after this, so that a window closes on time.
const TURN_MAX: Duration = Duration::from_millis(1);
/// How long answers may stay out, once nothing more is asked, before they count as missing.
pub const PATIENCE: Duration = Duration::from_secs(5);

pub struct Crowd {
    poll: Poll,
    events: Events,
    script: Script,
    buffer: Box<[u8]>,
    /// None where a fault ended the connection.
    askers: Vec<Option<Asker>>,
    /// Askers with a burst under way.
    busy: usize,
    /// Bursts that may still be sent.
    bursts_left: u64,
    faults: Faults,
}

impl Crowd {
    /// Opens the connections; each sends one burst and waits for its answers.
    pub fn open_all(
        address: SocketAddr,
        connections: usize,
        script: Script,
    ) -> Result<Self, LoadError> {
        let mut crowd = Self {
            poll: new_poll()?,
            events: Events::with_capacity(EVENTS_MAX),
            script,
            buffer: vec![0; READ_BYTES_MAX].into_boxed_slice(),
            askers: Vec::with_capacity(connections),
            busy: 0,
            bursts_left: 0,
            faults: Faults::default(),
        };
        let mut progress_at = Instant::now();
        let mut settled = 0;
        while settled < connections && progress_at.elapsed() < PATIENCE {
            while crowd.askers.len() < connections && crowd.busy < OPENING_MAX {
                crowd.open_one(address)?;
            }
            crowd.turn(|_, _| {})?;
            if crowd.askers.len() - crowd.busy > settled {
                settled = crowd.askers.len() - crowd.busy;
                progress_at = Instant::now();
            }
        }
        Ok(crowd)
    }

    fn open_one(&mut self, address: SocketAddr) -> Result<(), LoadError> {
        let slot = self.askers.len();
        let mut asker =
            Asker::connect(address, TcpStream::connect(address), self.poll.registry(), slot)?;
        match asker.ask(&self.script, Instant::now()) {
            Ok(()) => {
                self.busy += 1;
                self.askers.push(Some(asker));
            }
            Err(fault) => {
                self.faults.add(fault);
                self.askers.push(None);
            }
        }
        Ok(())
    }

    /// Connections that are still there.
    pub fn open(&self) -> usize {
        self.askers.iter().flatten().count()
    }

    /// Askers that wait for answers.
    pub fn busy(&self) -> usize {
        self.busy
    }

    /// Lets this many bursts leave: one from every idle asker now, the rest as answers come in.
    pub fn ask(&mut self, bursts: u64) {
        self.bursts_left = bursts;
        let now = Instant::now();
        for slot in 0..self.askers.len() {
            let Some(asker) = &mut self.askers[slot] else { continue };
            if asker.is_busy() || self.bursts_left == 0 {
                continue;
            }
            self.bursts_left -= 1;
            self.busy += 1;
            if let Err(fault) = asker.ask(&self.script, now) {
                self.drop_asker(slot, fault, true);
            }
        }
    }

    /// Waits for events and handles them; `record` gets answers and their service time.
    pub fn turn(&mut self, mut record: impl FnMut(usize, Duration)) -> Result<Instant, LoadError> {
        wait(&mut self.poll, &mut self.events)?;
        let events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        let mut now = Instant::now();
        for event in &events {
            let slot = event.token().0;
            let Some(asker) = &mut self.askers[slot] else { continue };
            let was_busy = asker.is_busy();
            let progress = asker.handle_ready(event, &mut self.buffer);
            if progress.answered > 0 {
                now = Instant::now();
                record(progress.answered, now.duration_since(asker.sent_at()));
            }
            if let Some(fault) = progress.fault {
                self.drop_asker(slot, fault, was_busy);
            } else if was_busy && !asker.is_busy() {
                if self.bursts_left == 0 {
                    self.busy -= 1;
                } else {
                    self.bursts_left -= 1;
                    if let Err(fault) = asker.ask(&self.script, now) {
                        self.drop_asker(slot, fault, true);
                    }
                }
            }
        }
        self.events = events;
        Ok(now)
    }

    fn drop_asker(&mut self, slot: usize, fault: Fault, was_busy: bool) {
        self.faults.add(fault);
        self.askers[slot] = None;
        if was_busy {
            self.busy -= 1;
        }
    }

    /// Every connection waits for this text, which nobody asks for.
    pub fn expect(&mut self, text: &[u8]) {
        let burst = Rc::new(Burst::unasked(text));
        let now = Instant::now();
        for asker in self.askers.iter_mut().flatten() {
            asker.expect(burst.clone(), now);
            self.busy += 1;
        }
    }

    /// Asks nothing more, waits for what is under way, and counts what does not come: whoever is
    /// owed something then is dropped. Returns the faults since the last finish.
    pub fn finish(&mut self) -> Result<Faults, LoadError> {
        self.bursts_left = 0;
        let began = Instant::now();
        while self.busy > 0 && began.elapsed() < PATIENCE {
            self.turn(|_, _| {})?;
        }
        for place in &mut self.askers {
            if let Some(asker) = place
                && asker.is_busy()
            {
                self.faults.missing += asker.owed() as u64;
                *place = None;
            }
        }
        self.busy = 0;
        Ok(std::mem::take(&mut self.faults))
    }
}

pub fn new_poll() -> Result<Poll, LoadError> {
    Poll::new().map_err(|error| {
        let message = format!("cannot poll: {error}; raise the limit of open files");
        LoadError::new("CANNOT_POLL", message)
    })
}

/// Waits for events, at most for a turn.
pub fn wait(poll: &mut Poll, events: &mut Events) -> Result<(), LoadError> {
    match poll.poll(events, Some(TURN_MAX)) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
        Err(error) => Err(LoadError::new("CANNOT_POLL", format!("cannot poll: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::Crowd;
    use crate::outcome::Faults;
    use crate::questions::{Mix, Script};
    use std::io::{Read, Write};
    use std::net::{SocketAddr, TcpListener};

    /// A server that meets one connection: reads the first question, sends this, and closes.
    fn server_that_says(answer: &'static [u8]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let _ = socket.read(&mut [0; 64]).unwrap();
            socket.write_all(answer).unwrap();
        });
        address
    }

    fn faults_of(answer: &'static [u8]) -> Faults {
        let mut crowd =
            Crowd::open_all(server_that_says(answer), 1, Script::new(1, Mix::Repeating)).unwrap();
        // A connection that answered and stays idle shows its end only when it is looked at.
        while crowd.open() > 0 {
            crowd.turn(|_, _| {}).unwrap();
        }
        crowd.finish().unwrap()
    }

    #[test]
    fn a_wrong_answer_is_counted_as_wrong() {
        let faults = faults_of(b"To seek the Holy Grail.");
        assert_eq!(faults, Faults { wrong: 1, lost: 0, missing: 0 });
    }

    #[test]
    fn a_connection_that_ends_before_its_answer_is_counted_as_lost() {
        let faults = faults_of(b"My name is");
        assert_eq!(faults, Faults { wrong: 0, lost: 1, missing: 0 });
    }

    #[test]
    fn a_connection_that_ends_after_its_answer_is_a_loss_too_for_it_was_to_stay() {
        let faults = faults_of(b"My name is Sir Lancelot of Camelot.");
        assert_eq!(faults, Faults { wrong: 0, lost: 1, missing: 0 });
    }

    #[test]
    fn an_answer_more_than_was_asked_for_is_wrong() {
        let faults = faults_of(b"My name is Sir Lancelot of Camelot.Blue.");
        assert_eq!(faults, Faults { wrong: 1, lost: 0, missing: 0 });
    }

    /// What a crowd that asks nothing makes of what one connection is told.
    fn faults_of_push(said: &'static [u8], expected: &[u8]) -> Faults {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let script = Script::new(0, Mix::Repeating);
        let mut crowd = Crowd::open_all(listener.local_addr().unwrap(), 1, script).unwrap();
        assert_eq!((crowd.open(), crowd.busy()), (1, 0));
        let (mut socket, _) = listener.accept().unwrap();
        socket.write_all(said).unwrap();
        crowd.expect(expected);
        crowd.finish().unwrap()
    }

    #[test]
    fn a_push_that_comes_as_expected_is_no_fault() {
        assert_eq!(faults_of_push(b"Camelot!", b"Camelot!"), Faults::default());
    }

    #[test]
    fn a_push_that_differs_is_wrong() {
        let faults = faults_of_push(b"Camelot!", b"Cam");
        assert_eq!(faults, Faults { wrong: 1, lost: 0, missing: 0 });
    }
}
