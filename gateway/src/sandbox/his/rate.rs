//! The site's rate limiter: it counts seconds of server time for the whole site, not requests of one client.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use jiff::civil::{Date, DateTime};

use super::refusal::Refusal;

/// What one request costs, in microseconds of server time: 96 writes a second were seen from one client.
const COST_US: u64 = 10_000;

/// The window of the limit: a day of the site.
const DAY_S: u32 = 86_400;

/// Server time used in the day that runs.
pub(super) struct Rate {
    limit_us: u64,
    used_us: u64,
    day: Date,
}

impl Rate {
    pub(super) fn new(limit_us: u64) -> Self {
        Self { limit_us, used_us: 0, day: Date::ZERO }
    }

    /// Charges one request; the headers that go with its answer, or the refusal with its own.
    pub(super) fn charge(&mut self, now: DateTime) -> (HeaderMap, Option<Refusal>) {
        if self.day != now.date() {
            (self.day, self.used_us) = (now.date(), 0);
        }
        let reset_s = reset_s(now);
        let rejected = self.used_us >= self.limit_us;
        let mut headers = HeaderMap::new();
        let mut set = |name, value| headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        if !rejected {
            self.used_us += COST_US;
            set("x-ratelimit-used", COST_US);
        }
        set("x-ratelimit-limit", self.limit_us);
        set("x-ratelimit-remaining", self.limit_us.saturating_sub(self.used_us));
        set("x-ratelimit-reset", u64::from(reset_s));
        (headers, rejected.then(|| Refusal::too_many_requests(reset_s)))
    }
}

/// Seconds until the day ends.
fn reset_s(now: DateTime) -> u32 {
    let seconds = |part: i8, each: u32| u32::from(part.unsigned_abs()) * each;
    DAY_S - seconds(now.hour(), 3600) - seconds(now.minute(), 60) - seconds(now.second(), 1)
}
