//! One loop's end of the border: packs what the loop tells, and rings at the end of its turn.

use crate::border::{Bell, Border, RequestLimits, Weight};
use crate::records::{
    ASCII, Batch, DEFINED, FAILED_ACCEPT, FAILED_LOOP, KNOWN, Kind, NOBODY, OPENED_FRESH,
    OPENED_MISSED, OPENED_V6, REPLY_INSPECTED, REPLY_LISTED, REPLY_REACHED, pack,
};
use crate::seen::{Seen, Sight};
use lancelot_engine::connection::{Inspection, Summary};
use lancelot_engine::handler::{
    ConnectionId, Failure, Handler, Interest, Introduction, Overload, Reply,
};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// How many kinds of overload there are.
const OVERLOADS: usize = 2;

/// A loop's end of the border.
pub struct Teller<B> {
    border: Arc<Border<B>>,
    queue: usize,
    batch: Batch,
    /// Of what is in `batch`.
    weight: Weight,
    limits: RequestLimits,
    seen: Option<Seen>,
    /// By the number of an overload: whether it lasts, and whether that was told last.
    lasts: [bool; OVERLOADS],
    told: [bool; OVERLOADS],
    now_ms: u64,
}

impl<B: Bell> Teller<B> {
    /// The loops' ends, in the order of their numbers. With `numbers`, requests seen before cross
    /// as numbers.
    pub fn for_loops(border: &Arc<Border<B>>, limits: RequestLimits, numbers: bool) -> Vec<Self> {
        let teller = |queue| Self {
            border: border.clone(),
            queue,
            batch: Batch::new(queue),
            weight: Weight::default(),
            limits,
            seen: numbers.then(Seen::new),
            lasts: [false; OVERLOADS],
            told: [false; OVERLOADS],
            now_ms: 0,
        };
        (0..border.loops()).map(teller).collect()
    }

    /// Tells how it is with an overload, if that is not what was told last and there is room; if
    /// there is none, once there is some.
    fn tell_overload(&mut self, number: usize) {
        let Weight { events, event_bytes, .. } = self.weight;
        if self.lasts[number] == self.told[number]
            || !self.border.has_room(self.queue, events, event_bytes)
        {
            return;
        }
        self.weight.events += 1;
        self.told[number] = self.lasts[number];
        let detail = number as u32 | u32::from(self.lasts[number]) << 8;
        self.batch.push(Kind::Overloaded, detail, NOBODY, self.now_ms as u32, &[]);
    }
}

impl<B: Bell> Handler for Teller<B> {
    fn interest(&self) -> Interest {
        self.border.interest()
    }

    fn admits(&mut self, bytes: usize) -> bool {
        let Weight { events, event_bytes, .. } = self.weight;
        let admitted = self.border.has_room(self.queue, events, event_bytes.saturating_add(bytes));
        if admitted {
            self.weight.events += 1;
            self.weight.event_bytes += bytes;
        } else {
            self.border.count_dropped(self.queue);
        }
        admitted
    }

    fn missed(&mut self) {
        self.border.count_dropped(self.queue);
    }

    #[inline]
    fn has_room(&self) -> bool {
        let Weight { requests, request_bytes: bytes, .. } = self.weight;
        let on_their_way = RequestLimits { requests, bytes };
        self.border.has_room_for_request(self.queue, self.limits, on_their_way)
    }

    fn opened(
        &mut self,
        id: ConnectionId,
        address: Option<SocketAddr>,
        open_for_ms: u64,
        introduction: Introduction,
    ) {
        let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let mut text = pack([(now_ms as u64).saturating_sub(open_for_ms)]);
        let mut detail = match introduction {
            Introduction::Fresh => OPENED_FRESH,
            Introduction::Late => 0,
            Introduction::Missed => OPENED_MISSED,
        };
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
        self.weight.requests += 1;
        self.weight.request_bytes += request.len();
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
        (self.lasts[overload as usize], self.now_ms) = (begins, now_ms);
        self.tell_overload(overload as usize);
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
        (0..OVERLOADS).for_each(|number| self.tell_overload(number));
        if !self.batch.is_empty() {
            self.border.append(self.queue, &mut self.batch, self.weight);
            self.weight = Weight::default();
        }
    }
}

fn pack_inspection(inspection: Inspection) -> Vec<u8> {
    let Inspection { requests, bytes_read, bytes_written, duration_ms, in_flight, unsent_bytes } =
        inspection;
    pack([requests, bytes_read, bytes_written, duration_ms, in_flight, unsent_bytes])
}
