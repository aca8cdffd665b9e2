//! Moments of system time: UTC with microseconds, in one width, so that their text sorts by time on
//! every database.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, TimeDelta, Utc};

/// A moment, written `2026-11-24T04:07:55.123456Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(DateTime<Utc>);

impl Moment {
    /// The longest text of one, in characters.
    pub const LONGEST: usize = 40;

    /// The present, by the system's clock.
    pub fn now() -> Self {
        Self(Utc::now())
    }

    /// The next moment that can be told apart.
    #[must_use]
    pub fn after(self) -> Self {
        Self(self.0 + TimeDelta::microseconds(1))
    }

    /// Returns the moment that lies this much earlier.
    #[must_use]
    pub fn minus(self, duration: TimeDelta) -> Self {
        Self(self.0 - duration)
    }

    /// The day (UTC) that the moment lies in.
    pub fn day(self) -> chrono::NaiveDate {
        self.0.date_naive()
    }

    /// The moment as a date and time of the calendar.
    pub fn date_time(self) -> DateTime<Utc> {
        self.0
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let moment = Some(text)
            .filter(|text| text.len() <= Self::LONGEST)
            .and_then(|text| DateTime::parse_from_rfc3339(text).ok())
            .ok_or_else(|| {
                "is not a moment; write RFC 3339, such as 2026-11-01T00:00:00Z (in a \
                URL, a + is written %2B)"
                    .to_owned()
            })?
            .with_timezone(&Utc);
        if (0..=9999).contains(&moment.year()) {
            Ok(Self(moment))
        } else {
            Err("lies outside the years 0 to 9999".to_owned())
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0.format("%Y-%m-%dT%H:%M:%S%.6fZ"))
    }
}
