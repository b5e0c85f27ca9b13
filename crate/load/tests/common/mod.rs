//! What the tests of the load generator share: the program itself, told by its own protocol, and
//! small servers that make one mistake each.

#![allow(dead_code, reason = "each test file uses some of it")]

pub mod tls;

use base64::Engine;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub const NAME: &str = "My name is Sir Lancelot of Camelot.";

/// What one run said.
pub struct Said {
    pub seconds: Vec<Value>,
    pub result: Value,
}

impl Said {
    pub fn count(&self, name: &str) -> u64 {
        self.result[name].as_u64().unwrap_or_else(|| panic!("no {name} in {}", self.result))
    }

    /// Counts of all kinds but right answers: those that are not 0.
    pub fn faults(&self) -> Vec<&'static str> {
        let all = ["wrong", "lost", "late", "refused", "unanswered"];
        all.into_iter().filter(|name| self.count(name) > 0).collect()
    }

    /// Whether every request that was due became something.
    pub fn is_complete(&self) -> bool {
        let all = ["right", "wrong", "lost", "late", "refused", "unanswered"];
        self.count("due") == all.iter().map(|name| self.count(name)).sum::<u64>()
    }
}

pub fn decode(line: &Value, name: &str) -> Histogram<u64> {
    let text = line[name].as_str().expect("a histogram is text");
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).expect("base64");
    Deserializer::new().deserialize(&mut bytes.as_slice()).expect("a histogram")
}

/// Runs one command in a program of its own.
pub fn obey(arguments: &[&str], command: &Value) -> Said {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lancelot-load"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut input = child.stdin.take().expect("stdin is a pipe");
    writeln!(input, "{command}").expect("it reads");
    drop(input);
    let mut lines: Vec<Value> = BufReader::new(child.stdout.take().expect("stdout is a pipe"))
        .lines()
        .map(|line| serde_json::from_str(&line.expect("a line")).expect("JSON"))
        .collect();
    assert!(child.wait().expect("it ends").success());
    let result = lines.pop().expect("a result");
    Said { seconds: lines, result }
}

/// A short run against a port, with these fields in place of the defaults.
pub fn run(port: u16, fields: &Value) -> Said {
    let mut command = json!({
        "shape": "run",
        "port": port,
        "warmMs": 20,
        "measureMs": 200,
        "model": { "kind": "closed", "users": 3 },
    });
    for (name, value) in fields.as_object().expect("fields are an object") {
        command[name] = value.clone();
    }
    let said = obey(&[], &command);
    if said.result["ok"] == true {
        assert!(said.is_complete(), "{}", said.result);
    }
    said
}

/// A server with a thread for each peer, which `serve` is given; it ends with the test.
pub struct Server {
    pub port: u16,
    pub accepted: Arc<AtomicUsize>,
}

impl Server {
    pub fn start(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        Self::start_numbered(move |_, stream| serve(stream))
    }

    /// As `start`; each connection is served knowing how many were accepted before it.
    pub fn start_numbered(serve: impl Fn(usize, TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let accepted = Arc::new(AtomicUsize::new(0));
        let (serve, counter) = (Arc::new(serve), accepted.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let before = counter.fetch_add(1, Ordering::SeqCst);
                let serve = serve.clone();
                std::thread::spawn(move || serve(before, stream));
            }
        });
        Self { port, accepted }
    }

    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

/// The next request with its `?`; none where the peer is gone. Reads byte by byte: slow and plain.
pub fn read_request(stream: &mut impl Read) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    let mut byte = [0];
    while stream.read(&mut byte).ok()? == 1 {
        request.push(byte[0]);
        if byte[0] == b'?' {
            return Some(request);
        }
    }
    None
}

/// The right answer to a request of the Launcelot protocol; to others it is the request itself.
pub fn answer_to(request: &[u8]) -> Vec<u8> {
    match request {
        b"What is your name?" => NAME.into(),
        b"What is your quest?" => b"To seek the Holy Grail.".into(),
        b"What is your favorite color?" => b"Blue.".into(),
        other => other[..other.len() - 1].into(),
    }
}

/// Answers all rightly, through `send`; false ends the connection.
pub fn serve_with(
    send: impl Fn(&mut TcpStream, &[u8]) -> bool + Send + Sync + 'static,
) -> impl Fn(TcpStream) + Send + Sync + 'static {
    move |mut stream| {
        stream.set_nodelay(true).expect("a socket");
        while let Some(request) = read_request(&mut stream) {
            if !send(&mut stream, &answer_to(&request)) {
                return;
            }
        }
    }
}

pub fn serve_rightly() -> impl Fn(TcpStream) + Send + Sync + 'static {
    serve_with(|stream, answer| stream.write_all(answer).is_ok())
}

/// The program as a server whose times are known; it ends when this is dropped.
pub struct Synthetic {
    child: Child,
    pub port: u16,
}

impl Synthetic {
    pub fn start(told: &Value) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lancelot-load"))
            .args(["synthetic", &told.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        let output = child.stdout.take().expect("stdout is a pipe");
        BufReader::new(output).read_line(&mut line).expect("it says where it listens");
        let port = line.trim().strip_prefix("listening ").expect("listening PORT");
        Self { port: port.parse().expect("a port"), child }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Synthetic {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
