//! What can keep a command from being carried out. Bad answers are no errors: they are counted.

use serde_json::{Value, json};

/// A stable code, and a sentence that says what was wrong, what was expected and what to do.
#[derive(Debug)]
pub struct LoadError {
    pub code: &'static str,
    pub message: String,
}

impl LoadError {
    pub fn new(code: &'static str, message: String) -> Self {
        Self { code, message }
    }

    pub fn to_json(&self) -> Value {
        json!({ "ok": false, "code": self.code, "message": self.message })
    }
}
