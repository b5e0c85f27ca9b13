//! A thread's life with one peer: receive, handle, send, and wait for whatever comes first.
//!
//! While it owes nothing it waits in a bare receive, so what the table answers costs two system
//! calls. What the application does meanwhile is done without it, by the postman. While a request
//! is with the handler, output waits, nothing is to be read or the server stops it waits for the
//! socket and a wake-up.

use super::Shared;
use super::seat::{Peer, Seat, Sitting, Waits};
use super::socket::{Readiness, Received, receive, receive_now, wait};
use crate::connection::State;
use crate::handler::Handler;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

const READ_BUFFER_BYTES: usize = 16 * 1024;
/// A wait that nobody can end, for want of a descriptor to wake it by, is no longer than this.
const UNWAKEABLE_MS_MAX: u64 = 50;
/// The shared output is given back after a peer that made it larger than this.
const OUTPUT_BYTES_KEPT: usize = 64 * 1024;

/// What a thread does next for its peer.
enum Step {
    /// Look again.
    Again,
    Receive(Duration),
    Wait {
        read: bool,
        write: bool,
        timeout: Duration,
    },
    /// It is gone.
    End,
}

/// One thread's side of a seat.
pub(super) struct Worker<'a, H> {
    shared: &'a Shared<H>,
    seat: &'a Arc<Seat>,
    buffer: Box<[u8]>,
    /// What was received when nothing more was wanted, and is handled when it is wanted again.
    held: Option<Received>,
}

impl<'a, H: Handler> Worker<'a, H> {
    pub(super) fn new(shared: &'a Shared<H>, seat: &'a Arc<Seat>) -> Self {
        Self { shared, seat, buffer: vec![0; READ_BUFFER_BYTES].into(), held: None }
    }

    /// Serves one connection to its end.
    pub(super) fn serve(&mut self, socket: TcpStream, address: SocketAddr) {
        let socket = Arc::new(socket);
        self.held = None;
        let mut timeout_ms = 0;
        self.shared.open(self.seat, socket.clone(), address);
        let mut step = self.next_step(&mut self.seat.lock());
        loop {
            let mut sitting = match step {
                Step::End => break,
                Step::Again => self.seat.lock(),
                Step::Receive(timeout) => {
                    if timeout_ms != timeout.as_millis() {
                        timeout_ms = timeout.as_millis();
                        // Where this fails the socket is of no use, and receiving says so.
                        _ = socket.set_read_timeout(Some(timeout));
                    }
                    let received = receive(&socket, &mut self.buffer);
                    let mut sitting = self.seat.lock();
                    sitting.waits = Waits::Awake;
                    self.handle(received, &mut sitting);
                    sitting
                }
                Step::Wait { read, write, timeout } => self.wait(&socket, (read, write), timeout),
            };
            step = self.next_step(&mut sitting);
        }
        let output = &mut self.seat.lock().output;
        if output.capacity() > OUTPUT_BYTES_KEPT {
            *output = Vec::new();
        }
    }

    /// Tells the connection what was received, or keeps it until the connection reads on.
    #[inline]
    fn handle(&mut self, received: Received, sitting: &mut Sitting) {
        let Some(Peer { connection, .. }) = &sitting.peer else { return };
        let holds = connection.state() == State::Open && !connection.wants_read();
        if holds && received != Received::Nothing {
            self.held = Some(received);
            return;
        }
        self.shared.handle(self.seat, sitting, received, &self.buffer);
    }

    fn next_step(&mut self, sitting: &mut Sitting) -> Step {
        let Some(peer) = &sitting.peer else { return Step::End };
        let (state, wants_read) = (peer.connection.state(), peer.connection.wants_read());
        let (stopping, now_ms) = (self.shared.is_stopping(), self.shared.now_ms());
        if stopping && self.shared.stop_by_ms.load(Ordering::SeqCst) <= now_ms {
            self.shared.end_late(self.seat, sitting);
            return Step::Again;
        }
        if now_ms >= peer.deadline_ms {
            self.shared.serve(self.seat, sitting, |connection, turn| {
                connection.handle_deadline(turn);
            });
            return Step::Again;
        }
        if (wants_read || state != State::Open)
            && let Some(held) = self.held.take()
        {
            self.handle(held, sitting);
            return Step::Again;
        }
        if stopping && state == State::Open {
            if peer.connection.is_held_back() {
                self.shared.serve(self.seat, sitting, |connection, _| connection.stop());
                return Step::Again;
            }
            if wants_read {
                self.shared.receive_last(self.seat, sitting, &mut self.buffer);
                return Step::Again;
            }
        }
        self.rest(sitting, stopping, now_ms)
    }

    /// Nothing is to be done now: how to wait.
    fn rest(&mut self, sitting: &mut Sitting, stopping: bool, now_ms: u64) -> Step {
        let Some(peer) = &sitting.peer else { return Step::End };
        let (read, write) = (peer.connection.wants_read(), peer.has_unsent());
        let left_ms = peer.deadline_ms - now_ms;
        let alone = sitting.counters.tally.in_flight == 0 && !stopping;
        if read && !write && alone {
            sitting.waits = Waits::Receiving;
            return Step::Receive(Duration::from_millis(left_ms.min(self.shared.receive_ms_max)));
        }
        let wakeable = self.seat.own_wake().is_some();
        let left_ms = if wakeable { left_ms } else { left_ms.min(UNWAKEABLE_MS_MAX) };
        sitting.waits = Waits::Polling { read, write, until_ms: now_ms + left_ms };
        Step::Wait { read, write, timeout: Duration::from_millis(left_ms) }
    }

    /// Waits for the socket and for others, and takes what came. Receives under the lock: so of a
    /// peer that is waited for like this nobody has anything in hand.
    fn wait(
        &mut self,
        socket: &TcpStream,
        (read, write): (bool, bool),
        timeout: Duration,
    ) -> MutexGuard<'a, Sitting> {
        let wake = self.seat.own_wake();
        let Readiness { readable, writable, broken, woken } =
            wait(socket, (read, write), wake, Some(timeout));
        if let Some(wake) = wake.filter(|_| woken) {
            wake.clear();
        }
        let mut sitting = self.seat.lock();
        sitting.waits = Waits::Awake;
        let Some(peer) = &mut sitting.peer else { return sitting };
        peer.write_blocked &= !writable;
        let reads = peer.connection.wants_read();
        // What is held came before, and lies in the same buffer.
        let receives = reads && self.held.is_none();
        if receives && (readable || broken) && !writable {
            let received = receive_now(socket, &mut self.buffer);
            self.shared.handle(self.seat, &mut sitting, received, &self.buffer);
        } else {
            self.shared.serve(self.seat, &mut sitting, |connection, _| {
                // Whoever reads is told by the read, after what came before it.
                if broken && !reads {
                    connection.handle_failed();
                }
            });
        }
        sitting
    }
}

/// Threads in a bare receive that does not end by itself while a test is patient: what happens to
/// their peers happens without them.
#[cfg(test)]
mod tests {
    use crate::action::Action;
    use crate::answers::Answers;
    use crate::blocking::seat::{Peer, Seat, Sitting, Waits};
    use crate::blocking::{Arrangement, BlockingServer};
    use crate::config::{Config, Options};
    use crate::connection::{Ask, Observes, Turn};
    use crate::handler::{ConnectionId, NoHandler};
    use crate::listen::Listen;
    use socket2::SockRef;
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, TcpStream};
    use std::sync::Arc;
    use std::thread;
    use std::time::{Duration, Instant};

    const PATIENCE: Duration = Duration::from_secs(20);
    const RECEIVE_MS_MAX: u64 = 3_600_000;
    const FIRST: ConnectionId = ConnectionId { slot: 0, generation: 0 };

    /// A server that knows `a` (`A.`), and its first peer, whose thread is in a bare receive.
    fn served(arrangement: Arrangement) -> (BlockingServer, TcpStream) {
        let config = Arc::new(Config::parse(Options::default()).unwrap());
        let answers = Arc::new(Answers::new(config.clone()));
        answers.set(b"a", b"A.", false).unwrap();
        let address = (Ipv4Addr::LOCALHOST, 0).into();
        let listen = Listen { address, backlog: 16, reuse_port: false };
        let server = BlockingServer::start_receiving(
            &listen,
            config,
            answers,
            NoHandler,
            arrangement,
            RECEIVE_MS_MAX,
        );
        let server = server.unwrap();
        let mut peer = TcpStream::connect(server.address()).unwrap();
        peer.set_read_timeout(Some(PATIENCE)).unwrap();
        ask(&mut peer);
        wait_for_receiving(&server);
        (server, peer)
    }

    fn ask(peer: &mut TcpStream) {
        peer.write_all(b"a?").unwrap();
        expect(peer, b"A.");
    }

    fn expect(peer: &mut TcpStream, wanted: &[u8]) {
        let mut came = vec![0; wanted.len()];
        peer.read_exact(&mut came).expect("it comes, though the thread does not");
        assert!(came == wanted);
    }

    fn wait_for_receiving(server: &BlockingServer) {
        wait_until(server, |waits| waits == Waits::Receiving);
    }

    /// Until a thread waits like that; its seat.
    fn wait_until(server: &BlockingServer, is_so: impl Fn(Waits) -> bool) -> Arc<Seat> {
        let since = Instant::now();
        loop {
            let seats = server.ledger.seats();
            if let Some(seat) = seats.into_iter().find(|seat| is_so(seat.lock().waits)) {
                return seat;
            }
            assert!(since.elapsed() < PATIENCE, "no thread ever waits like that");
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn act(server: &BlockingServer, action: Action) {
        assert!(server.mailbox(0).act(action));
    }

    const ALL: [Arrangement; 3] =
        [Arrangement::OneAtATime, Arrangement::ThreadPerConnection, Arrangement::Pool(4)];

    #[test]
    fn a_push_needs_no_thread_though_the_socket_does_not_take_it_whole() {
        let large = vec![b'P'; 16 << 20];
        for arrangement in ALL {
            let (server, mut peer) = served(arrangement);
            for bytes in [b"<small>", &large[..], b"<after>"] {
                act(&server, Action::Send { id: FIRST, bytes: bytes.into(), ticket: 0 });
                expect(&mut peer, bytes);
            }
            // And after as before: its thread receives.
            ask(&mut peer);
            wait_for_receiving(&server);
        }
    }

    #[test]
    fn what_a_thread_receives_while_its_peer_is_held_back_waits_until_it_goes_on() {
        for arrangement in ALL {
            let (server, mut peer) = served(arrangement);
            act(&server, Action::Pause(FIRST));
            act(&server, Action::Send { id: FIRST, bytes: b"<paused>"[..].into(), ticket: 0 });
            expect(&mut peer, b"<paused>");
            peer.write_all(b"a?").unwrap();
            act(&server, Action::Resume(FIRST));
            expect(&mut peer, b"A.");
        }
    }

    /// Takes no request.
    struct Nobody;

    impl Ask for Nobody {
        fn has_room(&self) -> bool {
            false
        }
        fn ask(&mut self, _: u32, _: u16, _: &[u8]) {}
        fn requested(&mut self, _: u32, _: &[u8]) {}
        fn responded(&mut self, _: u32, _: &[u8]) {}
    }

    /// It goes on and breaks before its thread can look, so that there is something to receive too.
    #[test]
    fn what_was_received_first_is_handled_first() {
        let (server, mut peer) = served(Arrangement::OneAtATime);
        act(&server, Action::Pause(FIRST));
        act(&server, Action::Send { id: FIRST, bytes: b"<paused>"[..].into(), ticket: 0 });
        expect(&mut peer, b"<paused>");
        peer.write_all(b"a?").unwrap();
        let seat = wait_until(&server, |waits| matches!(waits, Waits::Polling { read: false, .. }));
        let mut sitting = seat.lock();
        peer.write_all(b"b?").unwrap();
        SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
        drop(peer);
        let Sitting { peer: Some(Peer { connection, .. }), answers, counters, output, .. } =
            &mut *sitting
        else {
            panic!("it is there")
        };
        let config = &Config::parse(Options::default()).unwrap();
        let (tally, handler, observes) = (&mut counters.tally, &mut Nobody, Observes::default());
        connection.let_go_on(0);
        connection.resume(&mut Turn {
            config,
            answers,
            output,
            tally,
            handler,
            observes,
            now_ms: 0,
        });
        drop(sitting);
        let since = Instant::now();
        while server.counters().closed() == 0 {
            assert!(since.elapsed() < PATIENCE, "it never ends");
            thread::sleep(Duration::from_millis(1));
        }
        let tally = server.counters().tally;
        assert_eq!(
            (tally.answered, tally.unknown),
            (2, 0),
            "what was held is answered, and nothing else is"
        );
    }

    #[test]
    fn a_peer_that_is_closed_hears_of_it_though_its_thread_receives() {
        for arrangement in ALL {
            let (server, mut peer) = served(arrangement);
            act(&server, Action::Close(FIRST));
            assert_eq!(peer.read(&mut [0; 1]).unwrap(), 0);
        }
    }

    /// On Linux alone it can be made to come out without harm; elsewhere its time must pass.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_stop_reaches_a_thread_that_receives() {
        for arrangement in ALL {
            let (mut server, mut peer) = served(arrangement);
            server.stop(Duration::from_secs(3600));
            assert_eq!(peer.read(&mut [0; 1]).unwrap(), 0);
            drop(peer);
            let report = crate::server::Server::join(server.take_threads());
            assert_eq!((report.drained, report.cut), (1, 0));
        }
    }
}
