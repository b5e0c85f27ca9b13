//! Connections that ask once, or never, and then stay until they are released. Meanwhile they can
//! be told something. All of it is the opening of a run that never begins.

use crate::command::Hold;
use crate::error::LoadError;
use crate::questions::Burst;
use crate::run::driver::Driver;
use crate::run::field::{Field, Role};
use crate::run::request::Run;
use crate::run::tally::Failure;
use serde_json::{Value, json};
use std::rc::Rc;

/// They close when it is dropped.
pub struct Held {
    driver: Driver,
}

impl Held {
    /// Opens the connections and hands them over, for whoever keeps them decides when they close.
    pub fn open(hold: Hold) -> Result<(Self, Value), LoadError> {
        let mut held =
            Self { driver: Driver::new(Run::of_nothing(hold.target), Box::new(|_| {}))? };
        let role = if hold.asks { Role::Idle } else { Role::Silent };
        held.driver.open_aside(role, hold.connections)?;
        let result = held.settle()?;
        Ok((held, result))
    }

    /// Waits until every connection got the text, which nobody asked for.
    pub fn receive(&mut self, text: &[u8]) -> Result<Value, LoadError> {
        let burst = Rc::new(Burst::unasked(text));
        let Field { places, clock, .. } = &mut self.driver.field;
        let now = clock.now();
        for place in places.iter_mut().filter(|place| place.link.has_stream()) {
            place.link.expect(burst.clone(), now);
        }
        self.settle()
    }

    /// Waits for what is owed; whoever does not get it is dropped, and counted as unanswered.
    fn settle(&mut self) -> Result<Value, LoadError> {
        self.driver.settle_aside()?;
        let Field { places, clock, tally, open, .. } = &mut self.driver.field;
        for place in places.iter_mut().filter(|place| place.link.is_busy()) {
            // It counts what was asked, but no push.
            if place.link.settle(Failure::Unanswered, clock.last(), true, tally) == 0 {
                tally.failed_aside(Failure::Unanswered, 1);
            }
            if place.link.has_stream() {
                place.link.close();
                *open -= 1;
            }
        }
        let open = *open;
        let account = tally.take_second();
        let counts = account.counts;
        tally.give_back(account);
        Ok(json!({
            "ok": true,
            "held": open,
            "wrong": counts.wrong,
            "lost": counts.lost,
            "refused": counts.refused,
            "unanswered": counts.unanswered,
        }))
    }
}

/// Closes them; says how many there were.
pub fn released(held: Option<Held>) -> Value {
    json!({ "ok": true, "released": held.map_or(0, |held| held.driver.field.open) })
}

#[cfg(test)]
mod tests {
    use super::{Held, Hold, Value};
    use serde_json::json;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::mpsc;

    /// A server of one connection, which asks, or not; and what holding it came to.
    fn hold(asks: bool, serve: impl FnOnce(TcpStream) + Send + 'static) -> (Held, Value) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || serve(listener.accept().unwrap().0));
        let told = json!({ "port": port, "connections": 1, "asks": asks });
        Held::open(serde_json::from_value::<Hold>(told).unwrap()).unwrap()
    }

    /// Reads the first question and sends this.
    fn say(answer: &[u8], mut stream: &TcpStream) {
        let _ = stream.read(&mut [0; 64]).unwrap();
        stream.write_all(answer).unwrap();
    }

    /// A silent connection waits for `Camelot!`, and gets this.
    fn counts_of_push(text: &'static [u8], late_ms: u64) -> Value {
        let (begin, begun) = mpsc::channel::<()>();
        let (mut held, result) = hold(false, move |mut stream| {
            // What comes before it is held is wrong.
            let _ = begun.recv();
            stream.write_all(text).unwrap();
            let _ = stream.read(&mut [0; 64]);
        });
        assert_counts(&result, 1, "");
        drop(begin);
        held.driver.run.late_ms = late_ms;
        held.receive(b"Camelot!").unwrap()
    }

    #[track_caller]
    fn assert_counts(result: &Value, held: usize, fault: &str) {
        let counts = ["wrong", "lost", "refused", "unanswered"];
        let found: Vec<_> = counts.iter().filter(|name| result[**name] != 0).collect();
        let expected: Vec<_> = counts.iter().filter(|name| **name == fault).collect();
        assert_eq!((found, &result["held"]), (expected, &json!(held)), "{result}");
    }

    #[test]
    fn a_wrong_answer_is_wrong_and_half_of_one_is_lost() {
        let counts_of = |answer: &'static [u8]| hold(true, move |stream| say(answer, &stream)).1;
        assert_counts(&counts_of(b"To seek the Holy Grail."), 0, "wrong");
        assert_counts(&counts_of(b"My name is"), 0, "lost");
    }

    #[test]
    fn a_connection_that_ends_after_its_answer_is_lost_for_it_was_to_stay() {
        let (end, ended) = mpsc::channel::<()>();
        let (mut held, result) = hold(true, move |stream| {
            say(b"My name is Sir Lancelot of Camelot.", &stream);
            // Until it is held.
            let _ = ended.recv();
        });
        assert_counts(&result, 1, "");
        drop(end);
        assert_counts(&held.receive(b"Camelot!").unwrap(), 0, "lost");
    }

    #[test]
    fn a_push_is_received_unasked_and_checked() {
        assert_counts(&counts_of_push(b"Camelot!", 5000), 1, "");
        assert_counts(&counts_of_push(b"Camelot?", 5000), 0, "wrong");
    }

    #[test]
    fn a_push_that_does_not_come_is_unanswered() {
        assert_counts(&counts_of_push(b"Came", 20), 0, "unanswered");
    }
}
