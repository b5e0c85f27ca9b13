//! TLS: every model counts the same through it, whatever pieces the bytes come in, and a server
//! that refuses it is told apart, with the reason.

mod common;

use common::tls::{SEED, Stream, answer_all, config, path, start_tls};
use common::{Server, answer_to, decode, read_request, run, serve_rightly};
use nix::sys::socket::{setsockopt, sockopt};
use rustls::HandshakeKind;
use rustls::version::{TLS12, TLS13};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A run with TLS; `fields` may say more of it.
fn run_tls(server: &Server, fields: &Value) -> common::Said {
    let mut all = fields.clone();
    if all.get("tls").is_none() {
        all["tls"] = json!({});
    }
    run(server.port, &all)
}

fn models() -> [Value; 4] {
    [
        json!({ "kind": "closed", "users": 3, "depth": 3 }),
        json!({ "kind": "closed", "users": 2, "questions": 2 }),
        json!({ "kind": "open", "rate": 300, "arrivals": "poisson", "connections": 3 }),
        json!({ "kind": "partly-open", "rate": 60, "arrivals": "poisson", "questions": 2 }),
    ]
}

#[track_caller]
fn assert_code(said: &common::Said, part: &str) {
    assert_eq!(said.result["code"], "CANNOT_CONNECT", "{}", said.result);
    let message = said.result["message"].as_str().expect("a message");
    assert!(message.contains(part), "{message}");
}

#[test]
fn every_model_is_right_in_any_pieces() {
    println!("seed {SEED}");
    for (version, name) in [(&TLS13, "TLSv1.3"), (&TLS12, "TLSv1.2")] {
        for bytes_max in [0, 40] {
            let server = start_tls(config("server", &[version], false), bytes_max, answer_all);
            for model in models() {
                let is_closed = model["kind"] == "closed";
                let said = run_tls(&server, &json!({ "model": model, "lateMs": 60_000 }));
                let faults: Vec<_> = said
                    .faults()
                    .into_iter()
                    .filter(|name| !is_closed || *name != "unanswered")
                    .collect();
                assert_eq!(faults, [""; 0], "{}", said.result);
                assert!(said.count("right") > 0, "{}", said.result);
                let tls = &said.result["tls"];
                assert_eq!((&tls["version"], &tls["isVerified"]), (&json!(name), &json!(false)));
                let suite = tls["cipherSuite"].as_str().expect("a cipher suite");
                assert!(suite.starts_with("TLS_") && tls.get("failure").is_none(), "{tls}");
            }
        }
    }
}

const BUFFER_BYTES: usize = 128 * 1024;
/// More than TLS takes at once.
const REQUEST_BYTES: usize = 400_000;

/// Reads as it comes, and answers each `?` with as much.
fn answer_much(mut stream: Stream, answer: &[u8]) {
    setsockopt(&stream.sock.socket, sockopt::RcvBuf, &BUFFER_BYTES).expect("a socket");
    setsockopt(&stream.sock.socket, sockopt::SndBuf, &BUFFER_BYTES).expect("a socket");
    let mut piece = vec![0; 50_000];
    while let Ok(taken) = stream.read(&mut piece) {
        if taken == 0 {
            return;
        }
        for _ in piece[..taken].iter().filter(|byte| **byte == b'?') {
            if stream.write_all(answer).is_err() {
                return;
            }
        }
    }
}

#[test]
fn what_is_larger_than_a_record_or_a_buffer_is_whole() {
    let answer: Vec<u8> = (0..100_000u32).map(|at| b'a' + (at % 23) as u8).collect();
    let said = String::from_utf8(answer.clone()).expect("letters");
    let server = start_tls(config("server", &[&TLS13], false), 0, move |stream| {
        answer_much(stream, &answer);
    });
    let exchanges = json!([[format!("{}?", "q".repeat(REQUEST_BYTES)), said]]);
    let model = json!({ "kind": "open", "rate": 20, "arrivals": "constant", "connections": 2 });
    let said =
        run_tls(&server, &json!({ "model": model, "exchanges": exchanges, "lateMs": 60_000 }));
    assert!(said.count("right") > 0, "{}", said.result);
    assert_eq!(said.faults(), [""; 0], "{}", said.result);
}

#[test]
fn a_greeting_may_come_with_the_end_of_the_handshake() {
    for version in [&TLS13, &TLS12] {
        let mut config = (*config("server", &[version], false)).clone();
        // Without it a server of TLS 1.3 has to hear from its peer first.
        config.send_half_rtt_data = true;
        let server = start_tls(Arc::new(config), 0, |mut stream| {
            let _ = stream.conn.writer().write(b"hello!");
            answer_all(stream);
        });
        for model in models() {
            let fields = json!({ "model": model, "greeting": "hello!", "idle": 60 });
            let said = run_tls(&server, &fields);
            assert!(said.count("right") > 0, "{}", said.result);
            assert_eq!((said.count("wrong"), said.count("lost")), (0, 0), "{}", said.result);
        }
    }
}

#[test]
fn who_stands_beside_the_load_speaks_tls_too() {
    let server = start_tls(config("server", &[&TLS13], false), 0, answer_all);
    let said = run_tls(
        &server,
        &json!({ "idle": 20, "slowReaders": 2, "slowWriters": 2, "lateMs": 60_000 }),
    );
    assert_eq!((server.accepted(), said.count("connectionsPeak")), (27, 27));
    assert_eq!((said.count("wrong"), said.count("lost")), (0, 0), "{}", said.result);
}

#[test]
fn service_time_begins_after_the_handshake_and_response_time_before_it() {
    const HANDSHAKE: Duration = Duration::from_millis(30);
    let server = start_tls(config("server", &[&TLS13], false), 0, |stream| {
        std::thread::sleep(HANDSHAKE);
        answer_all(stream);
    });
    let model =
        json!({ "kind": "partly-open", "rate": 100, "arrivals": "poisson", "questions": 1 });
    let said = run_tls(&server, &json!({ "model": model, "lateMs": 60_000 }));
    // A digit less than the histograms have.
    let least = HANDSHAKE.as_nanos() as f64 * 0.99;
    assert!(decode(&said.result, "connectTimes").min() as f64 > least, "{}", said.result);
    let (response, service) =
        (decode(&said.result, "responseTimes"), decode(&said.result, "serviceTimes"));
    assert!(response.mean() - service.mean() > least, "{} {}", response.mean(), service.mean());
}

#[test]
fn every_handshake_is_a_whole_one() {
    for version in [&TLS13, &TLS12] {
        let resumed = Arc::new(AtomicUsize::new(0));
        let counter = resumed.clone();
        let server = start_tls(config("server", &[version], false), 0, move |mut stream| {
            let _ = read_request(&mut stream).map(|request| stream.write_all(&answer_to(&request)));
            if stream.conn.handshake_kind() != Some(HandshakeKind::Full) {
                counter.fetch_add(1, Ordering::SeqCst);
            }
            let _ = read_request(&mut stream);
        });
        let model = json!({ "kind": "closed", "users": 1, "questions": 1 });
        let said = run_tls(&server, &json!({ "model": model }));
        assert!(server.accepted() > 2, "{}", said.result);
        assert_eq!(resumed.load(Ordering::SeqCst), 0);
    }
}

#[test]
fn a_certificate_is_verified_against_those_that_are_given() {
    let signed = start_tls(config("server", &[&TLS13], false), 0, answer_all);
    let own = start_tls(config("self-signed", &[&TLS13], false), 0, answer_all);
    let text = std::fs::read_to_string(path("ca")).expect("a file");
    for (server, tls) in [
        (&signed, json!({ "ca": path("ca") })),
        (&signed, json!({ "ca": text, "name": "127.0.0.1" })),
        (&own, json!({ "ca": path("self-signed") })),
    ] {
        let said = run_tls(server, &json!({ "tls": tls }));
        assert!(said.count("right") > 0, "{}", said.result);
        assert_eq!(said.result["tls"]["isVerified"], true);
    }
    for (server, tls, why) in [
        (&signed, json!({ "ca": path("other-ca") }), "UnknownIssuer"),
        (&own, json!({ "ca": path("other-ca") }), "invalid peer certificate"),
        (&signed, json!({ "ca": path("ca"), "name": "other.example" }), "other.example"),
        (&own, json!({ "ca": path("self-signed"), "name": "other.example" }), "other.example"),
    ] {
        assert_code(&run_tls(server, &json!({ "tls": tls })), why);
    }
    let tls = json!({ "ca": path("other-ca") });
    let [.., sessions] = models();
    let said = run_tls(&signed, &json!({ "tls": tls, "model": sessions }));
    assert_eq!(said.faults(), ["refused"], "{}", said.result);
    assert_eq!(said.count("refused"), said.count("due"));
    assert!(said.result["tls"]["failure"].as_str().expect("a reason").contains("UnknownIssuer"));
}

#[test]
fn a_server_that_wants_a_certificate_refuses() {
    for version in [&TLS13, &TLS12] {
        let server = start_tls(config("server", &[version], true), 0, answer_all);
        let said = run_tls(&server, &json!({}));
        assert_code(&said, "received fatal alert: ");
    }
}

#[test]
fn a_server_that_speaks_no_tls_is_told_by_what_it_says_or_does_not() {
    let server = Server::start(|mut socket| {
        let _ = socket.write_all(b"What is that?");
        let _ = socket.read(&mut [0; 2048]);
    });
    assert_code(&run_tls(&server, &json!({})), "no TLS with this server: received corrupt message");
    let server = Server::start(drop::<TcpStream>);
    assert_code(&run_tls(&server, &json!({})), "handshake");
    let silent =
        Server::start(|mut socket| while matches!(socket.read(&mut [0; 2048]), Ok(1..)) {});
    assert_code(&run_tls(&silent, &json!({})), "does it speak TLS?");
}

#[test]
fn a_server_that_speaks_tls_answers_nothing_right_in_plain() {
    let server = start_tls(config("server", &[&TLS13], false), 0, answer_all);
    for model in models() {
        let said = run(server.port, &json!({ "model": model }));
        let faults = said.faults();
        assert!(faults.contains(&"wrong") || faults.contains(&"lost"), "{}", said.result);
        assert_eq!(said.count("right"), 0);
        assert_eq!(said.result.get("tls"), None);
    }
}

#[test]
fn an_end_is_an_end_with_or_without_a_good_bye() {
    for says_so in [true, false] {
        let server = start_tls(config("server", &[&TLS13], false), 0, move |mut stream| {
            let _ = read_request(&mut stream);
            if says_so {
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        });
        for model in &models()[2..] {
            let said = run_tls(&server, &json!({ "model": model, "lateMs": 2000 }));
            // Whoever lost its connection when the window ends does not come again.
            let faults = said.faults().into_iter().filter(|name| *name != "unanswered");
            assert_eq!(faults.collect::<Vec<_>>(), ["lost"], "{}", said.result);
            assert!(said.result["tls"].get("failure").is_none(), "{}", said.result);
        }
    }
}

#[test]
fn whoever_leaves_says_good_bye() {
    let unsaid = Arc::new(AtomicUsize::new(0));
    let counter = unsaid.clone();
    let server = start_tls(config("server", &[&TLS13], false), 0, move |mut stream| {
        loop {
            match stream.read(&mut [0; 64]) {
                Ok(0) => return,
                Ok(_) => drop(stream.write_all(b"Blue.")),
                Err(_) => {
                    counter.fetch_add(1, Ordering::SeqCst);
                    return;
                }
            }
        }
    });
    let model = json!({ "kind": "closed", "users": 1, "questions": 1 });
    let fields = json!({ "model": model, "exchanges": [["What?", "Blue."]], "measureMs": 500 });
    let said = run_tls(&server, &fields);
    assert!(server.accepted() > 2, "{}", said.result);
    // The last one may have been cut off while it was answered.
    assert!(unsaid.load(Ordering::SeqCst) <= 1);
}

#[test]
fn nonsense_is_refused_by_code() {
    let code = |tls: Value| run(1, &json!({ "tls": tls })).result["code"].clone();
    assert_eq!(code(json!({ "name": "" })), "BAD_TLS");
    assert_eq!(code(json!({ "ca": "no such file" })), "BAD_TLS");
    assert_eq!(code(json!(true)), "BAD_COMMAND");
}

#[test]
fn plain_servers_are_asked_as_ever() {
    let server = Server::start(serve_rightly());
    let said = run(server.port, &json!({}));
    assert!(said.count("right") > 0 && said.result.get("tls").is_none(), "{}", said.result);
}
