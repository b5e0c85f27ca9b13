//! The thread that asks, as fast as it is answered.

use crate::gate::Gate;
use napi::Status;
use napi::bindgen_prelude::{FnArgs, Function};
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Requests that may be unanswered at the same time. More are asked when half of them are answered.
pub const IN_FLIGHT_MAX: u32 = 1000;
/// Requests after which a turn ends, as a loop's turns do.
const TURN_REQUESTS: u32 = 64;
const EXCHANGES: u32 = 100;

/// The requests, 24 bytes each, and their answers, as many.
pub fn exchanges() -> Vec<(String, String)> {
    (0..EXCHANGES)
        .map(|n| (format!("What is castle no. {n:05}"), format!("It is the castle no. {n:03}")))
        .collect()
}

/// How requests cross.
pub trait Way: Send + 'static {
    /// What comes back over the gate.
    type Answers: Send + 'static;

    fn ask(&mut self, number: u32, request: &str);

    fn turn_ended(&mut self);

    /// Tells every answer, under its number.
    fn each(answers: Self::Answers, tell: &mut dyn FnMut(u32, &[u8]));
}

/// What a run came to.
struct Run {
    wall: Duration,
    wrong: u32,
    missing: u32,
}

/// Asks so many requests on a thread of its own, and tells JavaScript what came of it: the wall
/// time in microseconds, wrong answers, missing ones.
pub fn start<W: Way>(
    way: W,
    gate: Arc<Gate<W::Answers>>,
    requests: u32,
    done: &Function<'_, FnArgs<(f64, u32, u32)>, ()>,
) -> napi::Result<()> {
    let done = done.build_threadsafe_function::<FnArgs<(f64, u32, u32)>>().build()?;
    std::thread::spawn(move || {
        let Run { wall, wrong, missing } = ask_all(way, &gate, requests);
        let args = (wall.as_secs_f64() * 1e6, wrong, missing).into();
        let status: Status = done.call(args, ThreadsafeFunctionCallMode::NonBlocking);
        assert_eq!(status, Status::Ok, "JavaScript must hear of it");
    });
    Ok(())
}

fn ask_all<W: Way>(mut way: W, gate: &Gate<W::Answers>, requests: u32) -> Run {
    let exchanges = exchanges();
    let exchange = |number: u32| &exchanges[(number % EXCHANGES) as usize];
    let (mut asked, mut answered, mut wrong) = (0, 0, 0);
    let mut came = Vec::new();
    let began = Instant::now();
    while answered < requests {
        while asked < requests && asked - answered < IN_FLIGHT_MAX {
            way.ask(asked, &exchange(asked).0);
            asked += 1;
            if asked.is_multiple_of(TURN_REQUESTS) {
                way.turn_ended();
            }
        }
        way.turn_ended();
        gate.take((asked - answered).div_ceil(2) as usize, &mut came);
        if came.is_empty() {
            break;
        }
        for answers in came.drain(..) {
            W::each(answers, &mut |number, answer| {
                answered += 1;
                wrong += u32::from(answer != exchange(number).1.as_bytes());
            });
        }
    }
    Run { wall: began.elapsed(), wrong, missing: requests - answered }
}
