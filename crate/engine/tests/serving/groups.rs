//! Connections that belong to groups.

use crate::common::rig::{Loops, Rig};
use lancelot_engine::config::Options;

#[test]
fn a_broadcast_to_a_group_reaches_its_members_in_every_loop() {
    for count in [1, 3] {
        let mut rig = Rig::start_loops(Options::default(), Loops { count, reuse_port: false });
        let mut clients: Vec<_> = (0..9).map(|_| rig.known_client()).collect();
        for (_, who) in &clients[..5] {
            assert!(rig.join_group(*who, b"odd\0\xff"));
            assert!(rig.join_group(*who, b"odd\0\xff"), "it is a member already");
        }
        assert!(rig.join_group(clients[7].1, b""));
        assert_eq!(rig.broadcast(Some(b"odd\0\xff"), b"<1>"), 5);
        assert_eq!(rig.broadcast(Some(b""), b"<2>"), 1);
        assert_eq!(rig.broadcast(Some(b"odd"), b"<3>"), 0);
        assert!(rig.leave_group(clients[4].1, b"odd\0\xff"));
        assert!(!rig.leave_group(clients[4].1, b"odd\0\xff"), "it is none any more");
        assert!(!rig.leave_group(clients[4].1, b"other"));
        assert_eq!(rig.broadcast(Some(b"odd\0\xff"), b"<4>"), 4);
        for (number, (client, _)) in clients.iter_mut().enumerate() {
            let expected: &[u8] = match number {
                0..=3 => b"<1><4>Alpha.",
                4 => b"<1>Alpha.",
                7 => b"<2>Alpha.",
                _ => b"Alpha.",
            };
            client.ask(b"a?", expected);
        }
        assert_eq!(rig.end().tally.pushed, 5 + 1 + 4);
    }
}

#[test]
fn a_connection_belongs_to_64_groups_and_no_more() {
    let mut rig = Rig::start(Options::default());
    let ((mut client, who), (_other, other)) = (rig.known_client(), rig.known_client());
    for group in 0..64 {
        assert!(rig.join_group(who, &[group]));
    }
    assert!(!rig.join_group(who, b"more"));
    assert_eq!(rig.broadcast(Some(b"more"), b"<no>"), 0);
    assert!(rig.join_group(who, &[63]), "it is a member already");
    assert!(rig.join_group(other, b"more"), "another may");
    assert!(rig.leave_group(who, &[63]) && rig.join_group(who, b"more"));
    assert_eq!(rig.broadcast(Some(b"more"), b"<1>"), 2);
    assert_eq!(rig.broadcast(Some(&[0]), b"<2>"), 1);
    client.expect(b"<1><2>");
    rig.end();
}

#[test]
fn a_membership_ends_with_the_connection_and_not_with_the_next_owner_of_its_slot() {
    let mut rig = Rig::start(Options::default());
    let (first, who) = rig.known_client();
    assert!(rig.join_group(who, b"g"));
    first.reset();
    assert_eq!(rig.closed().0, who);
    let (mut second, next) = rig.known_client();
    assert_eq!(next.id.slot, who.id.slot);
    assert_eq!(rig.broadcast(Some(b"g"), b"<no>"), 0);
    assert!(!rig.join_group(who, b"g"), "it is gone");
    assert!(!rig.leave_group(next, b"g"));
    assert!(rig.join_group(next, b"g"));
    assert!(!rig.leave_group(who, b"g"), "the membership is another's");
    assert_eq!(rig.broadcast(Some(b"g"), b"<yes>"), 1);
    second.expect(b"<yes>");
    rig.end();
}
