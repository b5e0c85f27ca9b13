//! The one class that JavaScript sees: a running server.
//!
//! Its life: `listen` makes the doorbell first and the clean-up hook after it, so the hook, which
//! stops and joins the threads, runs before Node takes the doorbell down. `stop` returns at once; a
//! thread of its own joins the loops and tells JavaScript, which then calls `release`.

use crate::border::{Border, Drained};
use crate::convert::{
    EntryFault, NativeAnswer, NativeOptions, NativeStats, PackedAnswers, failure, guard,
    system_error, unpack,
};
use lancelot_engine::answers::Answers;
use lancelot_engine::config::Config;
use lancelot_engine::error::CloseReason;
use lancelot_engine::handler::{ConnectionId, Interest};
use lancelot_engine::mailbox::{Mailbox, Responses};
use lancelot_engine::server::{Listen, Server};
use lancelot_engine::stats::Counters;
use napi::bindgen_prelude::{BufferSlice, Function, Uint32Array, Uint32ArraySlice};
use napi::{CleanupEnvHook, Env};
use napi_derive::napi;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Words of one response: `[loop, slot, generation, number, length]`.
const RESPONSE_WORDS: usize = 5;

#[derive(Default)]
struct Running {
    server: Option<Server>,
    /// What the server counted, once it is gone.
    counted: Counters,
    /// Joins the loops, once they were told to stop.
    joiner: Option<JoinHandle<()>>,
}

/// What the clean-up hook shares with the class.
struct Shared {
    running: Mutex<Running>,
    border: Arc<Border>,
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
            Server::join(server.take_threads());
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
    config: Arc<Config>,
    listen: Listen,
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
            let engine =
                Config::parse(options.engine()).map_err(|error| failure("options", error))?;
            let config = Arc::new(engine);
            let border = Border::new(options.loops.max(1) as usize);
            Ok(Self {
                shared: Arc::new(Shared { running: Mutex::default(), border }),
                answers: Arc::new(Answers::new(config.clone())),
                config,
                listen: options.listen()?,
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
            let tellers: Vec<_> = border.tellers().collect();
            let loops = tellers.len();
            // The bell before the hook: hooks run last in, first out, and ours must find the bell.
            let bell = doorbell.build_threadsafe_function::<()>().max_queue_size::<2>().build()?;
            let (config, answers) = (self.config.clone(), self.answers.clone());
            let server =
                Server::start(&self.listen, config, answers, tellers).map_err(system_error)?;
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

    /// Which connections JavaScript wants to be told of.
    #[napi]
    pub fn set_interest(&self, opened: bool, closed: bool) {
        self.shared.border.set_interest(Interest { opened, closed });
    }

    /// Moves records into `words`, from the second word on, and their texts into `text`; the first
    /// word says how many bytes of text. Returns how many records, or minus the bytes of text that
    /// the next record needs.
    #[napi]
    pub fn drain(
        &self,
        mut words: Uint32ArraySlice<'_>,
        mut text: BufferSlice<'_>,
    ) -> napi::Result<i32> {
        guard(|| {
            // SAFETY: JavaScript's memory, which its thread, this one, leaves alone meanwhile.
            let [text_bytes, records @ ..] = (unsafe { words.as_mut() }) else { return Ok(0) };
            Ok(match self.shared.border.drain(records, &mut text) {
                Drained::Records(count, bytes) => {
                    *text_bytes = bytes as u32;
                    count as i32
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

    /// Hands responses over: for each five words, `[loop, slot, generation, number, length]`, and
    /// so many bytes of `text`, one after the other; a length below 0 is -1 minus the number of the
    /// reason to close for. Each loop is woken once.
    #[napi]
    pub fn respond(&self, words: &[i32], count: u32, text: &[u8]) -> napi::Result<()> {
        guard(|| {
            // Released: whoever asked is gone.
            if self.mailboxes.is_empty() {
                return Ok(());
            }
            let mut responses: Vec<_> =
                self.mailboxes.iter().map(|_| Responses::default()).collect();
            let mut rest = text;
            for record in words.chunks_exact(RESPONSE_WORDS).take(count as usize) {
                let [loop_number, slot, generation, number, length] = *record else { continue };
                let responses = &mut responses[loop_number as usize];
                let id = ConnectionId { slot: slot as u32, generation: generation as u32 };
                if length < 0 {
                    let reason = CloseReason::ALL[(-1 - length) as usize];
                    responses.push_close(id, number as u32, reason);
                    continue;
                }
                let (response, after) = rest.split_at(length as usize);
                rest = after;
                responses.push(id, number as u32, |bytes| {
                    bytes.extend_from_slice(response);
                    bytes.extend_from_slice(self.answers.suffix());
                });
            }
            for (mailbox, responses) in self.mailboxes.iter().zip(responses) {
                mailbox.respond(responses);
            }
            Ok(())
        })
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
            let counters = match &running.server {
                Some(server) => server.counters(),
                None => running.counted.clone(),
            };
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
                let join = move || border.tell_stopped(Server::join(threads));
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
