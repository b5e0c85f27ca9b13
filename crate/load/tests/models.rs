//! Who asks what when, as a server sees it; and the form of what is said.

mod common;

use common::{Server, answer_to, decode, obey, read_request, run, serve_rightly, serve_with};
use serde_json::json;
use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn seconds_add_up_to_the_result_exactly() {
    let server = Server::start(serve_rightly());
    let mut model = json!({ "kind": "open", "rate": 300, "arrivals": "poisson", "connections": 4 });
    model["rateAtEnd"] = json!(900);
    let said = run(server.port, &json!({ "model": model, "measureMs": 2300, "seed": 7 }));
    assert_eq!(said.seconds.len(), 3);
    for name in ["due", "right", "wrong", "lost", "late", "refused", "unanswered"] {
        let sum: u64 = said.seconds.iter().map(|second| second[name].as_u64().unwrap()).sum();
        assert_eq!(sum, said.count(name), "{name}");
    }
    for name in ["responseTimes", "serviceTimes"] {
        let mut sum = decode(&said.seconds[0], name);
        for second in &said.seconds[1..] {
            sum.add(decode(second, name)).unwrap();
        }
        assert_eq!(sum, decode(&said.result, name), "{name}");
    }
    assert_eq!(decode(&said.result, "sendLags").len(), said.count("due"));
    let numbers: Vec<_> = said.seconds.iter().map(|second| second["second"].as_u64()).collect();
    assert_eq!(numbers, [Some(0), Some(1), Some(2)]);
}

#[test]
fn the_schedule_says_how_many_are_due_and_the_seed_which() {
    let server = Server::start(serve_rightly());
    let due = |arrivals: &str, seed: u32| {
        let model = json!({ "kind": "open", "rate": 1000, "arrivals": arrivals, "connections": 2 });
        run(server.port, &json!({ "model": model, "seed": seed })).count("due")
    };
    let constant = due("constant", 1);
    assert!(constant.abs_diff(200) <= 1, "{constant}");
    let poisson = due("poisson", 1);
    assert!(poisson.abs_diff(200) < 100, "{poisson}");
}

#[test]
fn an_open_load_asks_whether_or_not_it_was_answered() {
    // Only one request in three gives an answer, which is that to all three: a load that waited
    // would wait for ever.
    let server = Server::start(|mut stream| {
        let first = read_request(&mut stream);
        let _ = stream.write_all(&answer_to(&first.unwrap_or_default()));
        loop {
            let requests: Option<Vec<_>> = (0..3).map(|_| read_request(&mut stream)).collect();
            let Some(requests) = requests else { return };
            let answers: Vec<_> = requests.iter().map(|request| answer_to(request)).collect();
            if stream.write_all(&answers.concat()).is_err() {
                return;
            }
        }
    });
    let model = json!({ "kind": "open", "rate": 500, "arrivals": "constant", "connections": 1 });
    let said = run(server.port, &json!({ "model": model, "lateMs": 1000 }));
    assert!(said.count("right") > 50 && said.count("unanswered") <= 2, "{}", said.result);
    assert_eq!((said.count("wrong"), said.count("lost")), (0, 0));
}

#[test]
fn users_that_leave_come_again() {
    let server = Server::start(serve_rightly());
    let model = json!({ "kind": "closed", "users": 2, "depth": 2, "questions": 4 });
    let said = run(server.port, &json!({ "model": model }));
    assert!(server.accepted() > 2 && said.count("lost") == 0, "{}", said.result);
    assert_eq!(said.count("connectionsPeak"), 2);
    assert!(!decode(&said.result, "connectTimes").is_empty());
}

#[test]
fn a_session_asks_as_often_as_it_is_told_and_leaves() {
    let most = Arc::new(AtomicUsize::new(0));
    let most_of_server = most.clone();
    let server = Server::start(move |mut stream| {
        let mut requests = 0;
        while let Some(request) = read_request(&mut stream) {
            requests += 1;
            most_of_server.fetch_max(requests, Ordering::SeqCst);
            if stream.write_all(&answer_to(&request)).is_err() {
                return;
            }
        }
    });
    let mut model = json!({ "kind": "partly-open", "rate": 300, "arrivals": "constant" });
    model["questions"] = json!(5);
    let said = run(server.port, &json!({ "model": model }));
    assert_eq!(most.load(Ordering::SeqCst), 5);
    // Those that begin in the window; some that did before it still ask in it.
    let sessions = decode(&said.result, "connectTimes").len();
    assert!((1..=61).contains(&sessions), "{sessions}");
    assert!(said.count("due") >= sessions && said.count("lost") == 0, "{}", said.result);
}

#[test]
fn users_of_a_ramp_come_one_after_another() {
    let server = Server::start(serve_rightly());
    let model = json!({ "kind": "closed", "users": 4, "rampMs": 20 });
    let said = run(server.port, &json!({ "model": model, "measureMs": 600 }));
    assert_eq!((server.accepted(), said.count("connectionsPeak")), (4, 4));
    let model = json!({ "kind": "closed", "users": 4, "rampMs": 60_000 });
    assert_eq!(run(server.port, &json!({ "model": model })).count("connectionsPeak"), 1);
}

#[test]
fn a_load_of_so_many_requests_asks_them_and_ends() {
    let asked = Arc::new(AtomicUsize::new(0));
    let asked_of_server = asked.clone();
    let server = Server::start(serve_with(move |stream, answer| {
        asked_of_server.fetch_add(1, Ordering::SeqCst);
        stream.write_all(answer).is_ok()
    }));
    let model = json!({ "kind": "closed", "users": 3, "depth": 4, "requestsMax": 400 });
    let fields = json!({ "model": model, "warmMs": 0, "measureMs": 60_000 });
    let said = run(server.port, &fields);
    assert_eq!((said.count("due"), said.count("right")), (400, 400));
    assert_eq!(said.count("usersWaiting"), 0);
    // With the first burst of every user.
    assert_eq!(asked.load(Ordering::SeqCst), 412);
}

#[test]
fn users_whose_answers_never_come_are_told_from_those_whose_were_under_way() {
    let server = Server::start(|mut stream| {
        // Who asks for the name first gets no second answer.
        let first = read_request(&mut stream).unwrap_or_default();
        let _ = stream.write_all(&answer_to(&first));
        while let Some(request) = read_request(&mut stream) {
            let is_silent = first == b"What is your name?";
            if !is_silent && stream.write_all(&answer_to(&request)).is_err() {
                return;
            }
        }
    });
    let said = run(server.port, &json!({ "lateMs": 200 }));
    assert_eq!(said.count("usersWaiting"), 1, "{}", said.result);
}

#[test]
fn whoever_thinks_asks_less() {
    let server = Server::start(serve_rightly());
    let model = json!({ "kind": "closed", "users": 1, "thinkUs": 40_000 });
    let said = run(server.port, &json!({ "model": model }));
    assert!((1..=5).contains(&said.count("due")), "{}", said.result);
}

#[test]
fn a_greeting_and_other_exchanges_are_bytes() {
    let server = Server::start(|mut stream| {
        let _ = stream.write_all(b"\xffhello?");
        let mut request = [0; 3];
        while stream.read_exact(&mut request).is_ok() {
            assert_eq!(&request, b"\x00a\xfe");
            if stream.write_all(b"?\r\n\x80?").is_err() {
                return;
            }
        }
    });
    let exchanges = [["\u{0}a\u{fe}", "?\r\n\u{80}?"]];
    let right = json!({ "exchanges": exchanges, "greeting": "\u{ff}hello?" });
    let said = run(server.port, &right);
    assert!(said.count("right") > 0 && said.count("wrong") == 0, "{}", said.result);
    let other = json!({ "exchanges": exchanges, "greeting": "hello!" });
    let said = run(server.port, &other);
    assert!(said.count("right") == 0 && said.count("wrong") > 0, "{}", said.result);
}

#[test]
fn a_fresh_mix_asks_nothing_twice() {
    let server = Server::start(serve_rightly());
    for model in [
        json!({ "kind": "closed", "users": 2, "depth": 3 }),
        json!({ "kind": "open", "rate": 400, "arrivals": "poisson", "connections": 2 }),
    ] {
        let said = run(server.port, &json!({ "model": model, "mix": "fresh" }));
        assert!(said.count("right") > 0 && said.count("wrong") == 0, "{}", said.result);
    }
}

#[test]
fn an_idle_crowd_is_there_to_the_end_and_counts_only_if_it_is_not() {
    let server = Server::start(serve_rightly());
    let said = run(server.port, &json!({ "idle": 40 }));
    assert_eq!((server.accepted(), said.count("lost")), (43, 0));

    let server = Server::start_numbered(|before, mut stream| {
        // All but the three users are told good-bye after their first answer.
        let is_user = before < 3;
        while let Some(request) = read_request(&mut stream) {
            if stream.write_all(&answer_to(&request)).is_err() || !is_user {
                return;
            }
        }
    });
    let model = json!({ "kind": "closed", "users": 3, "thinkUs": 1000 });
    let said = run(server.port, &json!({ "model": model, "idle": 5 }));
    assert_eq!(said.count("lost"), 5, "{}", said.result);
}

#[test]
fn slow_readers_get_everything_in_order_or_it_counts() {
    let server = Server::start(serve_rightly());
    let said = run(server.port, &json!({ "slowReaders": 2, "lateMs": 60_000 }));
    assert_eq!((said.count("wrong"), said.count("lost")), (0, 0), "{}", said.result);
    assert_eq!(said.count("connectionsPeak"), 5);

    let server = Server::start_numbered(|before, mut stream| {
        let is_user = before < 3;
        while let Some(request) = read_request(&mut stream) {
            if !is_user {
                return;
            }
            let _ = stream.write_all(&answer_to(&request));
        }
    });
    let said = run(server.port, &json!({ "slowReaders": 1 }));
    assert!(said.count("lost") > 0, "{}", said.result);
}

#[test]
fn slow_writers_send_byte_by_byte() {
    let server = Server::start(|mut stream| {
        let mut request = Vec::new();
        let mut piece = [0; 64];
        while let Ok(taken) = stream.read(&mut piece) {
            if taken == 0 {
                return;
            }
            // Users ask `all?`; that a slow writer's comes in one piece would be answered wrongly.
            let is_slow = taken < 4;
            request.extend_from_slice(&piece[..taken]);
            if request.ends_with(b"?") {
                let answer: &[u8] = if is_slow { b"slow" } else { b"fast" };
                request.clear();
                let _ = stream.write_all(answer);
            }
        }
    });
    let said = run(
        server.port,
        &json!({ "slowWriters": 2, "exchanges": [["all?", "fast"]], "warmMs": 0 }),
    );
    assert!(said.count("right") > 0 && said.count("wrong") > 0, "{}", said.result);
}

#[test]
fn a_program_runs_on_the_core_that_it_is_told() {
    let server = Server::start(serve_rightly());
    let command = json!({
        "shape": "run",
        "port": server.port,
        "pid": std::process::id(),
        "measureMs": 50,
        "model": { "kind": "closed", "users": 1 },
    });
    let said = obey(&["--core", "0"], &command);
    assert_eq!(said.result["ok"], true);
    assert!(said.result["serverCpuUs"].as_f64() > Some(0.0), "{}", said.result);
    assert!(said.count("serverThreads") > 1 && said.count("serverAnonymousBytes") > 0);
}

#[test]
fn what_cannot_be_is_refused_by_code() {
    let code = |fields| run(1, &fields).result["code"].clone();
    assert_eq!(code(json!({ "host": "192.0.2.1" })), "NOT_LOOPBACK");
    assert_eq!(code(json!({ "model": { "kind": "closed", "users": 0 } })), "BAD_RANGE");
    assert_eq!(code(json!({ "model": { "kind": "ajar" } })), "BAD_COMMAND");
    assert_eq!(code(json!({ "pid": 4_194_305 })), "NO_PROCESS");
}
