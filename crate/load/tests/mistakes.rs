//! A server that makes a mistake is found out, and every request is in exactly one count.

mod common;

use common::{Server, answer_to, read_request, run, serve_rightly, serve_with};
use nix::sys::socket::{setsockopt, sockopt::Linger};
use serde_json::{Value, json};
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

fn open(rate: u32) -> Value {
    json!({ "kind": "open", "rate": rate, "arrivals": "constant", "connections": 3 })
}

fn sessions() -> Value {
    json!({ "kind": "partly-open", "rate": 500, "arrivals": "poisson", "questions": 3 })
}

/// The faults that all three models see in a server.
#[track_caller]
fn assert_faults(serve: impl Fn(TcpStream) + Send + Sync + 'static, expected: &[&str]) {
    let server = Server::start(serve);
    for model in [json!({ "kind": "closed", "users": 3, "depth": 2 }), open(500), sessions()] {
        let mut said = run(server.port, &json!({ "model": model, "lateMs": 2000 }));
        // A generator that others kept from its core in all of its window has seen nothing.
        for _ in 0..10 {
            if said.count("due") > 0 {
                break;
            }
            said = run(server.port, &json!({ "model": model, "lateMs": 2000 }));
        }
        let faults = said.faults();
        let met = expected.iter().all(|name| faults.contains(name));
        // In a closed load something is under way when the window ends; of a burst with a wrong
        // answer the rest is lost.
        let follows =
            |name: &str| name == "unanswered" || name == "lost" && expected.contains(&"wrong");
        let only = faults.iter().all(|name| expected.contains(name) || follows(name));
        assert!(met && only, "{model}: expected {expected:?}, found {}", said.result);
    }
}

#[test]
fn a_right_server_has_no_faults_and_due_is_right() {
    let server = Server::start(serve_rightly());
    for model in [open(500), sessions()] {
        let said = run(server.port, &json!({ "model": model, "lateMs": 60_000 }));
        assert_eq!(said.faults(), [""; 0], "{}", said.result);
        assert!(said.count("right") > 20 && said.count("right") == said.count("due"));
    }
}

#[test]
fn answers_may_come_in_any_pieces() {
    let server = Server::start(serve_with(|stream, answer| {
        answer.iter().all(|byte| stream.write_all(&[*byte]).is_ok())
    }));
    for model in [json!({ "kind": "closed", "users": 2, "depth": 3 }), open(200), sessions()] {
        let said = run(server.port, &json!({ "model": model }));
        assert!(said.count("right") > 0);
        assert_eq!((said.count("wrong"), said.count("lost")), (0, 0), "{}", said.result);
    }
}

#[test]
fn a_wrong_byte_is_wrong_and_the_rest_of_what_is_owed_is_lost() {
    let server = Server::start(|mut stream| {
        // The answers of a burst come in one piece: the first is right, the second is not.
        let _ = (read_request(&mut stream), read_request(&mut stream), read_request(&mut stream));
        let _ = stream.write_all(b"To seek the Holy Grail.Blux.");
        let _ = read_request(&mut stream);
    });
    let exchanges = [["a?", "To seek the Holy Grail."], ["b?", "Blue."], ["c?", "never."]];
    let said = run(
        server.port,
        &json!({ "model": { "kind": "closed", "users": 1, "depth": 3 }, "exchanges": exchanges }),
    );
    let (wrong, bursts) = (said.count("wrong"), said.count("due") / 3);
    assert!(wrong > 0 && bursts - wrong <= 1, "{}", said.result);
    assert_eq!((said.count("right"), said.count("lost")), (wrong, wrong));
}

#[test]
fn wrong_answers_are_wrong_in_every_model() {
    assert_faults(serve_with(|stream, _| stream.write_all(b"Ni!").is_ok()), &["wrong"]);
}

#[test]
fn a_byte_that_nobody_asked_for_is_wrong() {
    let server = Server::start(|mut stream: TcpStream| {
        while let Some(request) = read_request(&mut stream) {
            let answer = [answer_to(&request), b"!".to_vec()].concat();
            if stream.write_all(&answer).is_err() {
                return;
            }
        }
    });
    let said = run(server.port, &json!({ "model": open(500) }));
    assert!(said.count("wrong") > 0, "{}", said.result);
}

#[test]
fn half_of_an_answer_and_the_end_is_lost() {
    assert_faults(
        serve_with(|stream, answer| {
            let _ = stream.write_all(&answer[..answer.len() / 2]);
            false
        }),
        &["lost"],
    );
}

#[test]
fn a_reset_is_lost() {
    assert_faults(
        |mut stream| {
            let _ = read_request(&mut stream);
            let linger = nix::libc::linger { l_onoff: 1, l_linger: 0 };
            setsockopt(&stream, Linger, &linger).expect("a socket");
        },
        &["lost"],
    );
}

#[test]
fn who_never_answers_leaves_all_unanswered_with_their_age() {
    let server = Server::start(|mut stream| while read_request(&mut stream).is_some() {});
    for model in [json!({ "kind": "closed", "users": 3 }), open(500), sessions()] {
        let said = run(server.port, &json!({ "model": model, "lateMs": 50, "warmMs": 0 }));
        if model["kind"] == "closed" {
            // They asked before the window, and never again.
            assert_eq!(said.count("due"), 0, "{}", said.result);
            continue;
        }
        assert_eq!(said.faults(), ["unanswered"], "{}", said.result);
        assert_eq!(common::decode(&said.result, "responseTimes").len(), said.count("due"));
        assert!(said.result["p50Us"].as_f64() >= Some(50_000.0), "{}", said.result);
    }
}

#[test]
fn an_answer_left_out_is_wrong_for_the_next_comes_in_its_place() {
    let server = Server::start(|mut stream| {
        while let Some(request) = read_request(&mut stream) {
            if request != b"What is your quest?" && stream.write_all(&answer_to(&request)).is_err()
            {
                return;
            }
        }
    });
    let said = run(server.port, &json!({ "model": { "kind": "closed", "users": 1, "depth": 3 } }));
    assert!(said.count("wrong") > 0, "{}", said.result);
}

#[test]
fn right_answers_after_their_time_are_late() {
    let server = Server::start(serve_with(|stream, answer| {
        std::thread::sleep(Duration::from_millis(20));
        stream.write_all(answer).is_ok()
    }));
    let said = run(server.port, &json!({ "lateMs": 1, "measureMs": 300 }));
    assert!(said.count("late") > 0 && said.count("right") == 0, "{}", said.result);
    assert!(common::decode(&said.result, "responseTimes").len() >= said.count("late"));
}

/// A port that nobody listens on, as long as the listener's place is not taken again.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn a_load_that_stays_says_that_nobody_listens() {
    let said = run(closed_port(), &json!({}));
    assert_eq!(said.result["code"], "CANNOT_CONNECT");
    let said = run(closed_port(), &json!({ "model": open(100) }));
    assert_eq!(said.result["code"], "CANNOT_CONNECT");
}

#[test]
fn sessions_that_nobody_takes_are_refused() {
    let said = run(closed_port(), &json!({ "model": sessions() }));
    assert_eq!(said.faults(), ["refused"]);
    assert_eq!(said.count("refused"), said.count("due"));
}

#[test]
fn a_server_that_leaves_in_the_middle_refuses_from_then_on() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut streams: Vec<_> = (0..3).map(|_| listener.accept().unwrap().0).collect();
        drop(listener);
        for stream in &mut streams {
            let request = read_request(stream).unwrap();
            stream.write_all(&answer_to(&request)).unwrap();
        }
        // It hears the first request of the load itself, and is gone.
        let _ = read_request(&mut streams[0]);
    });
    let said = run(port, &json!({ "warmMs": 0 }));
    assert!(said.count("refused") > 0 && said.count("right") == 0, "{}", said.result);
}

#[test]
fn sessions_over_the_most_are_refused_by_the_generator() {
    let server = Server::start(|mut stream| while read_request(&mut stream).is_some() {});
    let mut model = sessions();
    model["sessionsMax"] = json!(2);
    let said = run(server.port, &json!({ "model": model, "lateMs": 10 }));
    assert_eq!(said.count("connectionsPeak"), 2);
    assert!(said.count("refused") > 0, "{}", said.result);
}
