//! What the application does to single connections, and what it asks of them.

use crate::common::acting::NOBODY;
use crate::common::passing::Who;
use crate::common::rig::{Rig, with_handler};
use lancelot_engine::action::Action;
use lancelot_engine::config::Options;
use lancelot_engine::connection::Inspection;
use lancelot_engine::error::CloseReason;
use std::time::Duration;

#[test]
fn a_connection_that_is_closed_answers_what_it_took() {
    let mut rig = Rig::start(with_handler());
    let (mut client, who) = rig.known_client();
    client.send(b"x?y?");
    let asked = [rig.asked(), rig.asked()];
    rig.act_on(who, Action::Close);
    client.send(b"a?");
    rig.respond(&asked[1], b"Y.");
    rig.respond(&asked[0], b"X.");
    client.expect_end(b"X.Y.");
    rig.act_on(who, Action::Close);
    drop(client);
    assert_eq!(rig.closed(), (who, CloseReason::ConnectionClose, false));
    assert_eq!(rig.end().tally.requests, 2);
}

#[test]
fn a_connection_at_rest_that_is_closed_ends_at_once() {
    let mut rig = Rig::start(Options::default());
    let (mut client, who) = rig.known_client();
    rig.act_on(who, Action::Close);
    client.expect_end(b"");
    client.finish();
    assert_eq!(rig.closed(), (who, CloseReason::ConnectionClose, false));
    assert_eq!(rig.end().tally.requests, 0);
}

#[test]
fn an_inspection_tells_how_a_connection_stands() {
    let mut rig = Rig::start(Options { greeting: b"Hello.".to_vec(), ..with_handler() });
    let (mut client, who) = rig.known_client();
    client.send(b"a?x?a?");
    client.expect(b"Hello.Alpha.");
    let asked = rig.asked();
    let stands = rig.inspect(who).unwrap();
    let expected = Inspection {
        requests: 3,
        bytes_read: 6,
        bytes_written: 12,
        duration_ms: stands.duration_ms,
        in_flight: 1,
        unsent_bytes: 6,
    };
    assert_eq!(stands, expected);
    rig.respond(&asked, b"X.");
    client.expect(b"X.Alpha.");
    let stands = rig.inspect(who).unwrap();
    assert_eq!((stands.in_flight, stands.unsent_bytes, stands.bytes_written), (0, 0, 20));
    assert!(stands.duration_ms >= expected.duration_ms);
    rig.end();
}

/// Does everything that there is to an id, which is nobody's.
fn act_in_vain(rig: &Rig, who: Who) {
    assert!(!rig.push(who, b"in vain"));
    assert!(!rig.join_group(who, b"in vain"));
    assert!(!rig.leave_group(who, b"in vain"));
    assert_eq!(rig.inspect(who), None);
    for action in [Action::Close, Action::Pause, Action::Resume] {
        rig.act_on(who, action);
    }
}

#[test]
fn actions_on_a_connection_that_is_gone_reach_nobody() {
    let mut rig = Rig::start(Options::default());
    act_in_vain(&rig, Who { loop_number: 0, id: NOBODY });
    let (client, old) = rig.known_client();
    client.reset();
    assert_eq!(rig.closed().0, old);
    act_in_vain(&rig, old);
    let (mut second, new) = rig.known_client();
    assert_eq!(old.id.slot, new.id.slot, "the slot has another owner");
    act_in_vain(&rig, old);
    second.ask(b"a?", b"Alpha.");
    second.finish();
    second.expect_end(b"");
    let tally = rig.end().tally;
    assert_eq!((tally.pushed, tally.pushes_dropped), (0, 3));
}

#[test]
fn actions_on_a_connection_that_drains_reach_it_no_more() {
    let mut rig = Rig::start(with_handler());
    let (mut client, who) = rig.known_client();
    client.send(b"x?");
    let asked = rig.asked();
    rig.server.stop(Duration::from_secs(3600));
    rig.settle();
    assert!(!rig.push(who, b"<no>"));
    assert_eq!(rig.broadcast(None, b"<no>"), 0);
    rig.act_on(who, Action::Pause);
    rig.act_on(who, Action::Close);
    assert_eq!(rig.inspect(who).unwrap().in_flight, 1);
    rig.respond(&asked, b"X.");
    client.expect_end(b"X.");
    rig.join();
    assert_eq!(rig.closes(CloseReason::Stopped), 1);
    assert_eq!(rig.server.counters().tally.pushes_dropped, 2);
}

#[test]
fn a_loop_that_has_ended_takes_no_action() {
    let mut rig = Rig::start(Options::default());
    let (_client, Who { id, .. }) = rig.known_client();
    let mailbox = rig.server.mailbox(0);
    rig.end();
    assert!(!mailbox.act(Action::Close(id)));
    assert!(!mailbox.act(Action::Send { id, bytes: b"late".as_slice().into(), ticket: 0 }));
}

#[test]
fn a_mailbox_takes_64_mib_of_actions_and_no_more() {
    const MIB: usize = 1024 * 1024;
    let mut rig = Rig::start(with_handler());
    let mut blocking = rig.client();
    blocking.send(b"block!?");
    rig.watch.gate.wait_for_blocked(1);
    let mailbox = rig.server.mailbox(0);
    let send = |bytes| Action::Send {
        id: NOBODY,
        bytes: vec![0; bytes].into(),
        ticket: rig.replies.ticket(),
    };
    // What an action holds besides its bytes counts too, so the 64th does not fit.
    let taken = (0..100).take_while(|_| mailbox.act(send(MIB))).count();
    assert_eq!(taken, 63);
    assert!(!mailbox.act(send(MIB)));
    assert!(mailbox.act(send(MIB / 2)));
    assert!(mailbox.act(Action::Resume(NOBODY)), "what holds no bytes is never refused");
    rig.watch.gate.open();
    // Those that were refused have no reply.
    let replied = |ticket: &u32| *ticket != 63 && *ticket != 64;
    (0..66).filter(replied).for_each(|ticket| assert_eq!(rig.reached(ticket), 0));
    let taken = (0..10).take_while(|_| mailbox.act(send(MIB))).count();
    assert_eq!(taken, 10, "what is done takes no room");
    rig.respond(&rig.asked(), b"Done.");
    blocking.expect(b"Done.");
    rig.end();
}
