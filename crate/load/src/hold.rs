//! The holding shape: connections that ask once, or never, and then stay until they are released.
//! Meanwhile they can be told something.

use crate::command::{Hold, Receive};
use crate::crowd::Crowd;
use crate::error::LoadError;
use crate::outcome::Faults;
use crate::questions::{Mix, Script};
use serde_json::{Value, json};

/// Opens the connections and hands them over, for whoever keeps them decides when they close.
pub fn run(hold: &Hold) -> Result<(Crowd, Value), LoadError> {
    let script = Script::new(hold.asks.into(), Mix::Repeating);
    let mut crowd = Crowd::open_all(hold.target.address(), hold.connections, script)?;
    let faults = crowd.finish()?;
    let result = describe(&crowd, faults);
    Ok((crowd, result))
}

/// Waits until every connection got the text.
pub fn receive(receive: &Receive, held: Option<&mut Crowd>) -> Result<Value, LoadError> {
    let Some(crowd) = held else {
        let message = "no connections are held; hold some before anything can be received";
        return Err(LoadError::new("NOTHING_HELD", message.into()));
    };
    crowd.expect(receive.text.as_bytes());
    let faults = crowd.finish()?;
    Ok(describe(crowd, faults))
}

fn describe(crowd: &Crowd, faults: Faults) -> Value {
    json!({
        "ok": true,
        "held": crowd.open(),
        "wrong": faults.wrong,
        "lost": faults.lost,
        "missing": faults.missing,
    })
}
