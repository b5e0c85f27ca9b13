//! One loop's end of the border: packs what the loop tells, and rings at the end of its turn.

use crate::border::{Bell, Border};
use crate::records::{
    ASCII, Batch, DEFINED, FAILED_ACCEPT, FAILED_LOOP, KNOWN, Kind, NOBODY, OPENED_V6,
    REPLY_INSPECTED, REPLY_LISTED, REPLY_REACHED, pack,
};
use crate::seen::{Seen, Sight};
use lancelot_engine::connection::{Inspection, Summary};
use lancelot_engine::handler::{ConnectionId, Failure, Handler, Interest, Overload, Reply};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// A loop's end of the border.
pub struct Teller<B> {
    border: Arc<Border<B>>,
    queue: usize,
    batch: Batch,
    /// Events in `batch`, and the bytes of their texts.
    events: usize,
    event_bytes: usize,
    seen: Option<Seen>,
}

impl<B: Bell> Teller<B> {
    /// The loops' ends, in the order of their numbers. With `numbers`, requests seen before cross
    /// as numbers.
    pub fn for_loops(border: &Arc<Border<B>>, numbers: bool) -> Vec<Self> {
        let teller = |queue| Self {
            border: border.clone(),
            queue,
            batch: Batch::new(queue),
            events: 0,
            event_bytes: 0,
            seen: numbers.then(Seen::new),
        };
        (0..border.loops()).map(teller).collect()
    }
}

impl<B: Bell> Handler for Teller<B> {
    fn interest(&self) -> Interest {
        self.border.interest()
    }

    fn admits(&mut self, bytes: usize) -> bool {
        let admitted =
            self.border.has_room(self.queue, self.events, self.event_bytes.saturating_add(bytes));
        if admitted {
            self.events += 1;
            self.event_bytes += bytes;
        } else {
            self.border.count_dropped(self.queue);
        }
        admitted
    }

    fn missed(&mut self) {
        self.border.count_dropped(self.queue);
    }

    fn opened(
        &mut self,
        id: ConnectionId,
        address: Option<SocketAddr>,
        open_for_ms: u64,
        fresh: bool,
    ) {
        let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let mut text = pack([(now_ms as u64).saturating_sub(open_for_ms)]);
        let mut detail = u32::from(fresh);
        match address.map(|address| address.ip().to_canonical()) {
            Some(IpAddr::V4(ip)) => text.extend(ip.octets()),
            Some(IpAddr::V6(ip)) => {
                detail |= OPENED_V6;
                text.extend(ip.to_string().into_bytes());
            }
            None => {}
        }
        let port = address.map_or(0, |address| address.port());
        self.batch.push(Kind::Opened, detail, id, port.into(), &text);
    }

    #[inline]
    fn request(&mut self, id: ConnectionId, number: u32, route: u16, request: &[u8]) {
        let written = || request.len() as u32 | if request.is_ascii() { ASCII } else { 0 };
        let sight = self.seen.as_mut().map_or(Sight::New, |seen| seen.look(request));
        let batch = &mut self.batch;
        match sight {
            Sight::New => batch.push_request(id, number, route, &[written()], request),
            Sight::Known(known) => batch.push_request(id, number, route, &[KNOWN | known], &[]),
            Sight::Defined(known) => {
                batch.push_request(id, number, route, &[written() | DEFINED, known], request);
            }
        }
    }

    fn requested(&mut self, id: ConnectionId, number: u32, request: &[u8]) {
        self.batch.push(Kind::Requested, request.is_ascii().into(), id, number, request);
    }

    fn responded(&mut self, id: ConnectionId, number: u32, response: &[u8]) {
        self.batch.push(Kind::Responded, response.is_ascii().into(), id, number, response);
    }

    fn closed(&mut self, id: ConnectionId, summary: &Summary, missed: bool) {
        let Summary { reason, requests, bytes_read, bytes_written, duration_ms } = *summary;
        let text = pack([requests, bytes_read, bytes_written, duration_ms]);
        let detail = reason as u32 | u32::from(missed) << 8;
        self.batch.push(Kind::Closed, detail, id, 0, &text);
    }

    fn failed(&mut self, failure: Failure) {
        let (detail, errno, text) = match failure {
            Failure::Accept(error) => {
                (FAILED_ACCEPT, error.raw_os_error().unwrap_or(0), error.to_string())
            }
            Failure::Loop(message) => (FAILED_LOOP, 0, message),
        };
        self.batch.push(Kind::Failed, detail, NOBODY, errno as u32, text.as_bytes());
    }

    fn overloaded(&mut self, overload: Overload, begins: bool, now_ms: u64) {
        let detail = overload as u32 | u32::from(begins) << 8;
        self.batch.push(Kind::Overloaded, detail, NOBODY, now_ms as u32, &[]);
    }

    fn reply(&mut self, ticket: u32, reply: Reply<'_>) {
        let about = |slot| ConnectionId { slot, ..NOBODY };
        match reply {
            Reply::Reached(count) => {
                self.batch.push(Kind::Reply, REPLY_REACHED, about(count), ticket, &[]);
            }
            Reply::Inspected(inspection) => {
                let text = inspection.map_or(Vec::new(), pack_inspection);
                self.batch.push(Kind::Reply, REPLY_INSPECTED, NOBODY, ticket, &text);
            }
            Reply::Listed(ids, next) => {
                let text: Vec<_> = ids
                    .iter()
                    .flat_map(|id| [id.slot.to_le_bytes(), id.generation.to_le_bytes()])
                    .flatten()
                    .collect();
                let next = about(next.unwrap_or(u32::MAX));
                self.batch.push(Kind::Reply, REPLY_LISTED, next, ticket, &text);
            }
        }
    }

    fn turn_ended(&mut self) {
        if !self.batch.is_empty() {
            self.border.append(self.queue, &mut self.batch, self.events, self.event_bytes);
            (self.events, self.event_bytes) = (0, 0);
        }
    }
}

fn pack_inspection(inspection: Inspection) -> Vec<u8> {
    let Inspection { requests, bytes_read, bytes_written, duration_ms, in_flight, unsent_bytes } =
        inspection;
    pack([requests, bytes_read, bytes_written, duration_ms, in_flight, unsent_bytes])
}
