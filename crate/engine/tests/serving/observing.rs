//! Which handler is asked, and what is observed of those that nobody is asked.

use crate::common::passing::Told;
use crate::common::rig::{ONE_LOOP, Rig};
use lancelot_engine::config::Options;
use lancelot_engine::connection::Observes;
use lancelot_engine::handler::Interest;

fn routes() -> Vec<Vec<u8>> {
    [&b"set "[..], b"set big ", b"a"].map(<[u8]>::to_vec).into()
}

#[test]
fn a_request_comes_with_the_number_of_its_route() {
    let mut rig = Rig::start(Options { has_handler: true, routes: routes(), ..Options::default() });
    let mut client = rig.client();
    client.send(b"set x?a?set big y?ab?set?x?");
    let mut asked = Vec::new();
    for (number, route, request) in
        [(1, 1, &b"set x"[..]), (3, 2, b"set big y"), (4, 3, b"ab"), (5, 0, b"set"), (6, 0, b"x")]
    {
        let next = rig.asked();
        assert_eq!((next.number, next.route, &next.request[..]), (number, route, request));
        asked.push(next);
    }
    asked.iter().for_each(|asked| rig.respond(asked, &[&asked.request[..], b"."].concat()));
    client.expect(b"set x.Alpha.set big y.ab.set.x.");
    assert_eq!(rig.end().tally.handled, 5);
}

#[test]
fn what_no_route_fits_is_unknown_where_there_is_no_other_handler() {
    let mut rig = Rig::start(Options { routes: routes(), ..Options::default() });
    let mut client = rig.client();
    client.send(b"x?set x?set?");
    rig.respond(&rig.asked(), b"Set.");
    client.expect(b"Error: unknown question.Set.Error: unknown question.");
    let tally = rig.end().tally;
    assert_eq!((tally.requests, tally.handled, tally.unknown), (3, 1, 2));
}

#[test]
fn requests_and_responses_are_told_in_order_and_without_the_suffix() {
    let options =
        Options { routes: routes(), answer_suffix: b"\r\n".to_vec(), ..Options::default() };
    let observes = Observes { requests: true, responses: true };
    let interest = Interest { opened: true, observes, ..Interest::default() };
    let mut rig = Rig::start_wanting(options, ONE_LOOP, interest);
    let (mut client, who) = rig.known_client();
    client.send(b"a?set x?x?");
    client.expect(b"Alpha.\r\n");
    let mut told = Vec::new();
    let asked = rig.next("all that is there", |next| match next {
        Told::Request(asked) => Some(asked),
        next => {
            told.push(next);
            None
        }
    });
    rig.respond(&asked, b"Set.");
    client.expect(b"Set.\r\nError: unknown question.\r\n");
    client.send(b"q?");
    client.expect_end(b"Bye.\r\n");
    rig.end();
    told.extend(rig.told.try_iter());
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let told: Vec<_> = told
        .into_iter()
        .map(|told| match told {
            Told::Requested { who: by, number, request } if by == who => {
                format!("{number}: {}?", text(&request))
            }
            Told::Responded { who: to, number, response } if to == who => {
                format!("{number}: {}", text(&response))
            }
            Told::Closed { who: it, summary, missed: false } if it == who => {
                format!("{} after {}", summary.reason.code(), summary.requests)
            }
            told => panic!("told instead: {told:?}"),
        })
        .collect();
    let expected = [
        "1: a?",
        "1: Alpha.",
        "3: x?",
        "3: Error: unknown question.",
        "2: Set.",
        "4: q?",
        "4: Bye.",
        "answer-close after 4",
    ];
    assert_eq!(told, expected);
}
