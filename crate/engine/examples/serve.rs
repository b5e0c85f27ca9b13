//! The engine alone, without Node: the Launcelot answers on 127.0.0.1.
//!
//! `cargo run --release -p lancelot-engine --example serve -- PORT`; port 0 lets the system pick.

use lancelot_engine::answers::Answers;
use lancelot_engine::config::{Config, Options};
use lancelot_engine::handler::NoHandler;
use lancelot_engine::server::{Listen, Server, Waiting};
use std::net::Ipv4Addr;
use std::sync::Arc;

const ANSWERS: [(&str, &str); 3] = [
    ("What is your name?", "My name is Sir Lancelot of Camelot."),
    ("What is your quest?", "To seek the Holy Grail."),
    ("What is your favorite color?", "Blue."),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).unwrap_or("1060".into()).parse()?;
    let config = Arc::new(Config::parse(Options::default())?);
    let answers = Arc::new(Answers::new(config.clone()));
    for (question, answer) in ANSWERS {
        answers.set(question.as_bytes(), answer.as_bytes(), false)?;
    }
    let address = (Ipv4Addr::LOCALHOST, port).into();
    let listen = Listen { address, backlog: 4096, reuse_port: false };
    let mut server = Server::start(Waiting::Mio, &listen, config, answers, vec![NoHandler])?;
    println!("listening {}", server.address().port());
    Server::join(server.take_threads());
    Ok(())
}
