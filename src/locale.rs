//! Dates and times in words, for the pages.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;

/// An English locale. It determines the order of day and month, and the 12- or 24-hour clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locale {
    /// The BCP 47 tag.
    tag: String,
    is_american: bool,
}

impl Locale {
    /// Returns the BCP 47 tag.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// Returns a date in words, with its own precision: `February 13, 2024`.
    pub fn date(&self, date: &str) -> String {
        let mut parts = date.splitn(3, '-');
        let year = parts.next().unwrap_or_default();
        let month = parts
            .next()
            .and_then(|month| month.parse::<usize>().ok())
            .and_then(|month| MONTHS.get(month.wrapping_sub(1)));
        let day = parts.next().and_then(|day| day.parse::<u8>().ok());
        match (month, day) {
            (Some(month), Some(day)) if self.is_american => format!("{month} {day}, {year}"),
            (Some(month), Some(day)) => format!("{day} {month} {year}"),
            (Some(month), None) => format!("{month} {year}"),
            _ => year.to_owned(),
        }
    }

    /// Returns a moment to the minute in a time zone: `November 28, 2026, 7:05 AM EST`.
    pub fn moment(&self, moment: &str, zone: Tz) -> String {
        let Ok(moment) = moment.parse::<DateTime<Utc>>() else { return moment.to_owned() };
        let local = moment.with_timezone(&zone);
        let date = self.date(&local.date_naive().to_string());
        let time = if self.is_american { "%-I:%M %p %Z" } else { "%H:%M %Z" };
        format!("{date}, {}", local.format(time))
    }
}

/// Returns the last microsecond of a day in a time zone.
pub fn end_of_day(day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    let midnight = day.succ_opt()?.and_time(NaiveTime::MIN);
    // If a clock change skips midnight, the next day begins an hour later.
    let next = [midnight, midnight + TimeDelta::hours(1)]
        .into_iter()
        .find_map(|time| zone.from_local_datetime(&time).earliest())?;
    Some(next.to_utc() - TimeDelta::microseconds(1))
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl FromStr for Locale {
    type Err = String;

    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        let known = oxilangtag::LanguageTag::parse_and_normalize(tag)
            .ok()
            .filter(|tag| tag.primary_language() == "en");
        let Some(known) = known else {
            return Err(format!(
                "{tag:?} is not an English locale, such as en-US or en-GB; the pages are in English"
            ));
        };
        let is_american = matches!(known.region(), None | Some("US" | "CA" | "PH"));
        Ok(Self { tag: known.into_inner(), is_american })
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locale(tag: &str) -> Locale {
        tag.parse().expect("an English locale")
    }

    #[test]
    fn writes_a_date_as_precisely_as_it_is_known() {
        assert_eq!(locale("en-US").date("2024"), "2024");
        assert_eq!(locale("en-US").date("2020-10"), "October 2020");
        assert_eq!(locale("en-US").date("2024-02-03"), "February 3, 2024");
        assert_eq!(locale("en-gb").date("2024-02-03"), "3 February 2024");
    }

    #[test]
    fn a_day_ends_at_midnight_of_the_time_zone() {
        let end = |day: &str, zone: &str| {
            let day = day.parse().expect("a day");
            end_of_day(day, zone.parse().expect("a time zone")).expect("an end").to_string()
        };
        assert_eq!(end("2026-11-29", "UTC"), "2026-11-29 23:59:59.999999 UTC");
        assert_eq!(end("2026-11-29", "Pacific/Auckland"), "2026-11-29 10:59:59.999999 UTC");
        assert_eq!(end("2026-11-29", "America/New_York"), "2026-11-30 04:59:59.999999 UTC");
        // In Santiago, September 6 begins at 1:00.
        assert_eq!(end("2026-09-05", "America/Santiago"), "2026-09-06 03:59:59.999999 UTC");
    }

    #[test]
    fn writes_a_moment_in_the_time_zone() {
        let zone = "America/New_York".parse().expect("a time zone");
        let moment = "2026-11-28T02:05:59.123456Z";
        assert_eq!(locale("en-US").moment(moment, zone), "November 27, 2026, 9:05 PM EST");
        assert_eq!(locale("en-GB").moment(moment, Tz::UTC), "28 November 2026, 02:05 UTC");
    }

    #[test]
    fn rejects_a_locale_in_another_language() {
        assert!("fr-FR".parse::<Locale>().is_err());
        assert!("en_US!".parse::<Locale>().is_err());
        assert_eq!(locale("en-us").tag(), "en-US");
    }
}
