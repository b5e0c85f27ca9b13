//! A tokio task for each peer, all on one thread. Takes the port as its argument.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

type Answers = HashMap<&'static [u8], &'static [u8]>;

const DELIMITER: u8 = b'?';
const QUESTION_BYTES_MAX: usize = 16_384;
const PIECE_BYTES_MAX: usize = 65_536;
const UNKNOWN_ANSWER: &[u8] = b"Error: unknown question.";

fn main() -> io::Result<()> {
    let Some(port) = std::env::args().nth(1).and_then(|word| word.parse().ok()) else {
        eprintln!("usage: lancelot-peer-tokio PORT");
        std::process::exit(2);
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve(port))
}

async fn serve(port: u16) -> io::Result<()> {
    // For as long as the process lives, so that every task may look in it.
    let answers: &'static Answers = Box::leak(Box::new(HashMap::from([
        (&b"What is your name"[..], &b"My name is Sir Lancelot of Camelot."[..]),
        (b"What is your quest", b"To seek the Holy Grail."),
        (b"What is your favorite color", b"Blue."),
    ])));
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // No descriptors are left, most likely. They come back.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        // Whoever is gone cannot be told, so how it ended does not matter.
        tokio::spawn(async move { converse(stream, answers).await.ok() });
    }
}

/// Returns when the peer has finished, or when a question is too long.
async fn converse(mut stream: TcpStream, answers: &Answers) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut received = Vec::new();
    let mut owed = Vec::new();
    loop {
        received.reserve(PIECE_BYTES_MAX);
        if stream.read_buf(&mut received).await? == 0 {
            return Ok(());
        }
        let mut start = 0;
        let mut is_too_long = false;
        while let Some(length) = received[start..].iter().position(|&byte| byte == DELIMITER) {
            is_too_long = length > QUESTION_BYTES_MAX;
            if is_too_long {
                break;
            }
            let question = &received[start..start + length];
            owed.extend_from_slice(answers.get(question).unwrap_or(&UNKNOWN_ANSWER));
            start += length + 1;
        }
        received.drain(..start);
        stream.write_all(&owed).await?;
        owed.clear();
        if is_too_long || received.len() > QUESTION_BYTES_MAX {
            return Ok(());
        }
    }
}
