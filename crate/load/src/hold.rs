//! The holding shape: connections that ask once and then stay idle until they are released.

use crate::command::Hold;
use crate::crowd::Crowd;
use crate::error::LoadError;
use serde_json::{Value, json};

/// Opens the connections and hands them over, for whoever keeps them decides when they close.
pub fn run(hold: &Hold) -> Result<(Crowd, Value), LoadError> {
    let mut crowd = Crowd::open_all(hold.target.address(), hold.connections, 1)?;
    let faults = crowd.finish()?;
    let result = json!({
        "ok": true,
        "held": crowd.open(),
        "wrong": faults.wrong,
        "lost": faults.lost,
        "missing": faults.missing,
    });
    Ok((crowd, result))
}
