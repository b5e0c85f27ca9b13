//! When the server whose times are known answers. Pure.

use super::Synthetic;

const MS: u64 = 1_000_000;

/// When an answer leaves to a request that came at a time. Times are nanoseconds from the first
/// request on.
pub struct Plan {
    delay: u64,
    stall: std::ops::Range<u64>,
}

impl Plan {
    pub fn new(told: &Synthetic) -> Self {
        let begin = told.stall_at_ms.map_or(u64::MAX, |at| at * MS);
        Self { delay: told.delay_us * 1000, stall: begin..begin.saturating_add(told.stall_ms * MS) }
    }

    pub fn leaves_at(&self, came_at: u64) -> u64 {
        let due = came_at + self.delay;
        if self.stall.contains(&due) { self.stall.end } else { due }
    }
}

#[cfg(test)]
mod tests {
    use super::Plan;
    use crate::synthetic::Synthetic;

    fn plan(json: &str) -> Plan {
        Plan::new(&serde_json::from_str::<Synthetic>(json).unwrap())
    }

    #[test]
    fn an_answer_leaves_after_its_delay() {
        assert_eq!(plan(r#"{"delayUs":150}"#).leaves_at(1000), 151_000);
        assert_eq!(plan("{}").leaves_at(1000), 1000);
    }

    #[test]
    fn in_a_stall_nothing_leaves_and_then_all() {
        let plan = plan(r#"{"stallAtMs":1000,"stallMs":500}"#);
        assert_eq!(plan.leaves_at(999_999_999), 999_999_999);
        assert_eq!(plan.leaves_at(1_000_000_000), 1_500_000_000);
        assert_eq!(plan.leaves_at(1_499_999_999), 1_500_000_000);
        assert_eq!(plan.leaves_at(1_500_000_000), 1_500_000_000);
    }

    #[test]
    fn what_leaves_never_overtakes() {
        let plan = plan(r#"{"delayUs":300,"stallAtMs":1,"stallMs":2}"#);
        let times: Vec<_> = (0..5000).map(|came| plan.leaves_at(came * 1000)).collect();
        assert!(times.is_sorted());
    }
}
