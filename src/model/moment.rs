//! Timestamps in UTC with microseconds. Their text has a fixed width, so that it sorts by time in
//! every database.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, TimeDelta, Utc};

/// A timestamp, written `2026-11-24T04:07:55.123456Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(DateTime<Utc>);

impl Moment {
    /// The maximum number of characters in input.
    pub const MAX_LENGTH: usize = 40;

    /// Returns the current time.
    pub fn now() -> Self {
        Self(Utc::now())
    }

    /// Returns the next timestamp, one microsecond later.
    #[must_use]
    pub fn after(self) -> Self {
        Self(self.0 + TimeDelta::microseconds(1))
    }

    /// Subtracts a duration.
    #[must_use]
    pub fn minus(self, duration: TimeDelta) -> Self {
        Self(self.0 - duration)
    }

    /// Returns the day in UTC.
    pub fn day(self) -> chrono::NaiveDate {
        self.0.date_naive()
    }

    /// Returns the timestamp as a `chrono` type.
    pub fn date_time(self) -> DateTime<Utc> {
        self.0
    }
}

impl From<DateTime<Utc>> for Moment {
    fn from(time: DateTime<Utc>) -> Self {
        Self(time)
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let moment = Some(text)
            .filter(|text| text.len() <= Self::MAX_LENGTH)
            .and_then(|text| DateTime::parse_from_rfc3339(text).ok())
            .ok_or_else(|| {
                "is not a timestamp of RFC 3339, such as 2026-11-01T00:00:00Z (in a URL, write + \
                as %2B)"
                    .to_owned()
            })?
            .with_timezone(&Utc);
        if (0..=9999).contains(&moment.year()) {
            Ok(Self(moment))
        } else {
            Err("is outside the years 0 to 9999".to_owned())
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0.format("%Y-%m-%dT%H:%M:%S%.6fZ"))
    }
}
