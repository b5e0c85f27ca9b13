//! Whether a conversation went as the oracle foretold, pushes of the application in between.

use super::application::Seen;
use super::drive::Drive;
use super::oracle::{Exchange, Foretold};
use std::collections::BTreeSet;

/// The first byte of a push. It stands nowhere else, so pushes can be told from responses.
const PUSH_MARK: u8 = 0xfe;

/// The bytes of a push, by how many went before it.
pub fn push_bytes(before: usize) -> [u8; 2] {
    [PUSH_MARK, before as u8]
}

/// What a peer got: the responses without the pushes, and where among them each push stood.
struct Parted {
    responses: Vec<u8>,
    pushes: Vec<(usize, [u8; 2])>,
    /// Whether the last push is only half there.
    is_torn: bool,
}

fn part(out: &[u8]) -> Parted {
    let mut parted = Parted { responses: Vec::new(), pushes: Vec::new(), is_torn: false };
    let mut bytes = out.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte != PUSH_MARK {
            parted.responses.push(byte);
        } else if let Some(number) = bytes.next() {
            parted.pushes.push((parted.responses.len(), [byte, number]));
        } else {
            parted.is_torn = true;
        }
    }
    parted
}

fn ascii(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

/// The peer got a beginning of what is foretold, and pushes in order, none inside a response.
pub fn assert_begun(foretold: &Foretold, drive: &Drive<'_>, pushed: usize) {
    let parted = part(&drive.out);
    assert!(foretold.out.starts_with(&parted.responses), "{} is sent", ascii(&drive.out));
    assert!(parted.pushes.len() <= pushed, "a push came twice");
    for (before, (at, push)) in parted.pushes.iter().enumerate() {
        assert_eq!(*push, push_bytes(before), "a push is not where it was, or lost");
        assert!(foretold.seams.contains(at), "a push is inside of a response");
    }
    assert_eq!(drive.tally.pushed, pushed as u64);
    assert_seen(foretold, &drive.asked.seen);
}

/// The peer got all that is foretold, and all that was pushed.
pub fn assert_complete(foretold: &Foretold, drive: &Drive<'_>, pushed: usize) {
    assert_begun(foretold, drive, pushed);
    let parted = part(&drive.out);
    assert_eq!(ascii(&parted.responses), ascii(&foretold.out), "the peer got what is not foretold");
    assert_eq!((parted.pushes.len(), parted.is_torn), (pushed, false), "a push is lost");
}

/// What the application saw are the requests that were taken, in order, and after each its
/// response.
fn assert_seen(foretold: &Foretold, seen: &[Seen]) {
    let (mut taken, mut answered) = (0, BTreeSet::new());
    for seen in seen {
        match seen {
            Seen::Asked(number, route, request) => {
                taken += 1;
                assert_exchange(foretold, taken, *number, request, Some(*route));
            }
            Seen::Request(number, request) => {
                taken += 1;
                assert_exchange(foretold, taken, *number, request, None);
            }
            Seen::Response(number, response) => {
                assert!(*number <= taken, "a response before its request");
                assert!(answered.insert(*number), "a response seen twice");
                if let Some(exchange) = foretold.exchanges.get(*number as usize - 1) {
                    assert_eq!(Some(response), exchange.response.as_ref());
                }
            }
        }
    }
}

fn assert_exchange(
    foretold: &Foretold,
    taken: u32,
    number: u32,
    request: &[u8],
    route: Option<u16>,
) {
    assert_eq!(number, taken, "the number of a request is its place");
    match foretold.exchanges.get(taken as usize - 1) {
        Some(exchange) => assert_eq!((request, route), (&exchange.request[..], exchange.route)),
        None => assert!(foretold.more_requests, "a request is made up"),
    }
}

/// Every request was seen, and every response.
pub fn assert_all_seen(foretold: &Foretold, seen: &[Seen]) {
    let place = |number: u32| foretold.exchanges.len() >= number as usize;
    let responses = seen.iter().filter(|seen| match seen {
        Seen::Response(number, _) => place(*number),
        _ => false,
    });
    let requests = seen.iter().filter(|seen| match seen {
        Seen::Asked(number, ..) | Seen::Request(number, _) => place(*number),
        Seen::Response(..) => false,
    });
    let has_response = |exchange: &&Exchange| exchange.response.is_some();
    assert_eq!(requests.count(), foretold.exchanges.len());
    assert_eq!(responses.count(), foretold.exchanges.iter().filter(has_response).count());
}
