//! The one class that JavaScript sees: a running server.
//!
//! Its life: `listen` makes the doorbell first and the clean-up hook after it, so the hook, which
//! stops and joins the threads, runs before Node takes the doorbell down. `stop` returns at once; a
//! thread of its own joins the loops, or what the design has instead, and tells JavaScript, which
//! then calls `release`.

use crate::bell::JsBell;
use crate::convert::{
    EntryFault, NativeAnswer, NativeOptions, NativeStats, PackedAnswers, failure, guard,
    system_error, unpack,
};
use crate::design;
use lancelot_border::border::{Border, Drained, RequestLimits};
use lancelot_border::responses;
use lancelot_border::teller::Teller;
use lancelot_engine::action::Action;
use lancelot_engine::answers::Answers;
use lancelot_engine::config::Config;
use lancelot_engine::connection::Observes;
use lancelot_engine::design::{AnyServer, Design};
use lancelot_engine::handler::{ConnectionId, Interest};
use lancelot_engine::mailbox::Mailbox;
use lancelot_engine::server::Listen;
use lancelot_engine::stats::Counters;
use napi::bindgen_prelude::{BufferSlice, Function, Uint32Array, Uint32ArraySlice};
use napi::{CleanupEnvHook, Env};
use napi_derive::napi;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

#[derive(Default)]
struct Running {
    server: Option<AnyServer>,
    /// What the server counted, once it is gone.
    counted: Counters,
    /// Joins the loops, once they were told to stop.
    joiner: Option<JoinHandle<()>>,
}

/// What the clean-up hook shares with the class.
struct Shared {
    running: Mutex<Running>,
    border: Arc<Border<JsBell>>,
}

impl Shared {
    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops now and waits for every thread: none may outlive the environment.
    fn tear_down(&self) {
        let mut running = self.running();
        // Taken out: its mailboxes hold descriptors, which must not wait for a garbage collection.
        if let Some(mut server) = running.server.take() {
            server.stop(Duration::ZERO);
            AnyServer::join(server.take_threads());
            running.counted = server.counters();
        }
        if let Some(joiner) = running.joiner.take() {
            // A joiner that panicked has told nobody, and nobody is left to be told.
            _ = joiner.join();
        }
        self.border.silence();
    }
}

/// A server whose loops run on threads of their own.
#[napi]
pub struct NativeServer {
    shared: Arc<Shared>,
    design: Design,
    config: Arc<Config>,
    listen: Listen,
    knows_requests: bool,
    limits: RequestLimits,
    /// Pushes that no loop was handed.
    pushes_refused: AtomicU64,
    answers: Arc<Answers>,
    mailboxes: Vec<Mailbox>,
    hook: Option<CleanupEnvHook<Arc<Shared>>>,
}

#[napi]
impl NativeServer {
    /// Takes the options and opens nothing.
    #[napi(constructor)]
    pub fn new(options: NativeOptions) -> napi::Result<Self> {
        guard(|| {
            let engine = options.engine();
            let limits = RequestLimits {
                requests: engine.in_flight_loop_max,
                bytes: engine.in_flight_loop_bytes_max,
            };
            let config = Config::parse(engine).map_err(|error| failure("options", error))?;
            let config = Arc::new(config);
            let border = Border::new(options.loops.max(1) as usize);
            Ok(Self {
                shared: Arc::new(Shared { running: Mutex::default(), border }),
                answers: Arc::new(Answers::new(config.clone())),
                design: design::parse(&options.design, options.workers)?,
                config,
                listen: options.listen()?,
                knows_requests: options.knows_requests,
                limits,
                pushes_refused: AtomicU64::new(0),
                mailboxes: Vec::new(),
                hook: None,
            })
        })
    }

    /// Listens and starts the loops. `doorbell` is called when there is something to drain.
    #[napi]
    pub fn listen(&mut self, env: Env, doorbell: Function<'_, (), ()>) -> napi::Result<()> {
        guard(|| {
            let border = &self.shared.border;
            let tellers = Teller::for_loops(border, self.limits, self.knows_requests);
            let loops = tellers.len();
            // The bell before the hook: hooks run last in, first out, and ours must find the bell.
            let bell = JsBell::new(&doorbell)?;
            let (config, answers) = (self.config.clone(), self.answers.clone());
            let server = AnyServer::start(self.design, &self.listen, config, answers, tellers);
            let server = server.map_err(system_error)?;
            self.mailboxes = (0..loops).map(|number| server.mailbox(number)).collect();
            self.shared.running().server = Some(server);
            border.hang(bell);
            let shared = self.shared.clone();
            self.hook = Some(env.add_env_cleanup_hook(shared, |shared| shared.tear_down())?);
            Ok(())
        })
    }

    /// The port it listens on.
    #[napi(getter)]
    pub fn port(&self) -> u16 {
        self.shared.running().server.as_ref().map_or(0, |server| server.address().port())
    }

    /// What JavaScript wants to be told of.
    #[napi]
    pub fn set_interest(&self, opened: bool, requests: bool, responses: bool, closed: bool) {
        let observes = Observes { requests, responses };
        self.shared.border.set_interest(Interest { opened, closed, observes });
        if let Some(server) = &self.shared.running().server {
            server.refresh_interest();
        }
    }

    /// Whether the server keeps the process alive while it listens; at first it does.
    #[napi]
    pub fn keep_alive(&self, env: Env, keeps: bool) -> napi::Result<()> {
        guard(|| {
            let kept = self.shared.border.with_bell(|bell| bell.keep_alive(&env, keeps));
            kept.unwrap_or(Ok(()))
        })
    }

    /// Moves records into `words`, from the second word on, and their texts into `text`; the first
    /// word says how many bytes of text. Returns how many words of records, or minus the bytes of
    /// text that the next record needs.
    #[napi]
    pub fn drain(
        &self,
        mut words: Uint32ArraySlice<'_>,
        mut text: BufferSlice<'_>,
    ) -> napi::Result<i32> {
        guard(|| {
            // SAFETY: JavaScript's memory, which its thread, this one, leaves alone meanwhile.
            let [text_bytes, records @ ..] = (unsafe { words.as_mut() }) else { return Ok(0) };
            let drained = self.shared.border.drain(records, &mut text);
            for number in self.shared.border.take_wanting() {
                self.mailboxes[number].wake();
            }
            Ok(match drained {
                Drained::Records(words, bytes) => {
                    *text_bytes = bytes as u32;
                    words as i32
                }
                Drained::NeedsText(bytes) => -(bytes as i32),
            })
        })
    }

    /// Rings the doorbell: JavaScript has drained enough for one turn, and more may be left.
    #[napi]
    pub fn ring(&self) {
        self.shared.border.ring();
    }

    /// Hands the first so many of `words` over, runs of responses, and the text of those. Each loop
    /// is woken once.
    #[napi]
    pub fn respond(&self, words: &[i32], count: u32, text: &[u8]) -> napi::Result<()> {
        guard(|| {
            // None are left once it is released, and whoever asked is gone.
            let words = words.get(..count as usize).unwrap_or_default();
            let responses = responses::unpack(words, text, self.mailboxes.len());
            for (mailbox, responses) in self.mailboxes.iter().zip(responses) {
                mailbox.respond(responses);
            }
            Ok(())
        })
    }

    /// Sends bytes to one connection, outside any response. Whether a reply will come, as with all
    /// that have a ticket: `1` if they were taken.
    #[napi]
    pub fn send(
        &self,
        loop_number: u32,
        slot: u32,
        generation: u32,
        ticket: u32,
        bytes: &[u8],
    ) -> napi::Result<bool> {
        let id = ConnectionId { slot, generation };
        let taken = self.act(loop_number, || Action::Send { id, bytes: bytes.into(), ticket })?;
        self.pushes_refused.fetch_add((!taken).into(), Ordering::Relaxed);
        Ok(taken)
    }

    /// Sends bytes to all connections, or to those of a group. Returns how many loops reply, each
    /// with how many took them.
    #[napi]
    pub fn broadcast(&self, ticket: u32, bytes: &[u8], group: Option<&[u8]>) -> napi::Result<u32> {
        guard(|| {
            let bytes: Arc<[u8]> = bytes.into();
            let broadcast = || {
                let (to, bytes) = (group.map(Into::into), bytes.clone());
                Action::Broadcast { to, bytes, ticket }
            };
            let taken = self.mailboxes.iter().filter(|mailbox| mailbox.act(broadcast())).count();
            // Whom they would have reached nobody knows: each loop counts as one.
            let refused = self.mailboxes.len() - taken;
            self.pushes_refused.fetch_add(refused as u64, Ordering::Relaxed);
            Ok(taken as u32)
        })
    }

    /// Makes a connection a member of a group, or ends that. Reply: `1` if it is or was one.
    #[napi]
    pub fn set_member(
        &self,
        loop_number: u32,
        slot: u32,
        generation: u32,
        ticket: u32,
        group: &[u8],
        joins: bool,
    ) -> napi::Result<bool> {
        let id = ConnectionId { slot, generation };
        self.act(loop_number, || match joins {
            true => Action::Join { id, group: group.into(), ticket },
            false => Action::Leave { id, group: group.into(), ticket },
        })
    }

    /// Pauses (0), resumes (1) or closes (2) a connection.
    #[napi]
    pub fn steer(
        &self,
        loop_number: u32,
        slot: u32,
        generation: u32,
        what: u32,
    ) -> napi::Result<bool> {
        let id = ConnectionId { slot, generation };
        self.act(loop_number, || match what {
            0 => Action::Pause(id),
            1 => Action::Resume(id),
            _ => Action::Close(id),
        })
    }

    /// Asks how a connection stands.
    #[napi]
    pub fn inspect(
        &self,
        loop_number: u32,
        slot: u32,
        generation: u32,
        ticket: u32,
    ) -> napi::Result<bool> {
        let id = ConnectionId { slot, generation };
        self.act(loop_number, || Action::Inspect { id, ticket })
    }

    /// Asks for some connections of a loop, from a slot on.
    #[napi]
    pub fn list(&self, loop_number: u32, from_slot: u32, ticket: u32) -> napi::Result<bool> {
        self.act(loop_number, || Action::List { from_slot, ticket })
    }

    /// Sets one answer; what is wrong with it, if something is.
    #[napi]
    pub fn set_answer(
        &self,
        key: &[u8],
        answer: &[u8],
        close: bool,
    ) -> napi::Result<Option<EntryFault>> {
        guard(|| {
            let set = self.answers.set(key, answer, close);
            Ok(set.err().map(|error| EntryFault::new(0, &error)))
        })
    }

    /// Forgets one answer; whether there was one.
    #[napi]
    pub fn delete_answer(&self, key: &[u8]) -> napi::Result<bool> {
        guard(|| Ok(self.answers.delete(key)))
    }

    /// Replaces all answers at once, or none and says what is wrong.
    #[napi]
    pub fn replace_answers(&self, words: &[u32], bytes: &[u8]) -> napi::Result<Option<EntryFault>> {
        guard(|| {
            let entries = unpack(words, bytes);
            let replaced = match &self.shared.running().server {
                Some(server) => server.replace_answers(entries),
                None => self.answers.replace(entries),
            };
            Ok(replaced.err().map(|(entry, error)| EntryFault::new(entry, &error)))
        })
    }

    /// The answer to a key, with or without its delimiter.
    #[napi]
    pub fn find_answer(&self, key: &[u8]) -> napi::Result<Option<NativeAnswer>> {
        guard(|| {
            let Ok(request) = self.answers.canonical_key(key) else { return Ok(None) };
            let table = self.answers.table();
            Ok(table.find(request).map(|answer| {
                let bytes = &answer.bytes[..answer.bytes.len() - self.answers.suffix().len()];
                NativeAnswer { bytes: bytes.into(), close: answer.close }
            }))
        })
    }

    /// How many answers there are.
    #[napi]
    pub fn answer_count(&self) -> u32 {
        self.answers.table().len() as u32
    }

    /// All answers of one version of the table.
    #[napi]
    pub fn all_answers(&self) -> napi::Result<PackedAnswers> {
        guard(|| {
            let (mut words, mut bytes) = (Vec::new(), Vec::new());
            let suffix_bytes = self.answers.suffix().len();
            self.answers.table().visit(|key, answer| {
                let plain = &answer.bytes[..answer.bytes.len() - suffix_bytes];
                words.extend([key.len() as u32, plain.len() as u32, answer.close.into()]);
                bytes.extend_from_slice(key);
                bytes.extend_from_slice(plain);
            });
            Ok(PackedAnswers { words: Uint32Array::new(words), bytes: bytes.into() })
        })
    }

    /// The counters of all loops.
    #[napi]
    pub fn stats(&self) -> napi::Result<NativeStats> {
        guard(|| {
            let running = self.shared.running();
            let mut counters = match &running.server {
                Some(server) => server.counters(),
                None => running.counted.clone(),
            };
            counters.tally.pushes_dropped += self.pushes_refused.load(Ordering::Relaxed);
            Ok(NativeStats::new(&counters, self.shared.border.events_dropped()))
        })
    }

    /// Begins to stop, or brings the end of a stop nearer. The last record says when it is done.
    #[napi]
    pub fn stop(&self, drain_ms_max: u32) -> napi::Result<()> {
        guard(|| {
            let mut running = self.shared.running();
            let Some(server) = &mut running.server else { return Ok(()) };
            server.stop(Duration::from_millis(drain_ms_max.into()));
            let threads = server.take_threads();
            if running.joiner.is_none() {
                let border = self.shared.border.clone();
                let join = move || border.tell_stopped(AnyServer::join(threads));
                let joiner = thread::Builder::new().name("lancelot-join".into()).spawn(join);
                running.joiner = Some(joiner.map_err(system_error)?);
            }
            Ok(())
        })
    }

    /// After the last record: nothing holds the process or the environment any more.
    #[napi]
    pub fn release(&mut self, env: Env) -> napi::Result<()> {
        guard(|| {
            self.shared.tear_down();
            self.mailboxes.clear();
            self.hook.take().map_or(Ok(()), |hook| env.remove_env_cleanup_hook(hook))
        })
    }
}

impl NativeServer {
    /// Whether the loop takes the action: not once it has ended, nor while too many wait for it.
    fn act(&self, loop_number: u32, action: impl FnOnce() -> Action) -> napi::Result<bool> {
        guard(|| {
            let mailbox = self.mailboxes.get(loop_number as usize);
            Ok(mailbox.is_some_and(|mailbox| mailbox.act(action())))
        })
    }
}
