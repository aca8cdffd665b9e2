//! Dates that are as precise as their source: a year, a month or a day.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// A calendar date written `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, between the years 1700 and 2200.
///
/// Its text sorts by the first day that it can mean, with the less precise date first: `2024` <
/// `2024-01` < `2024-01-01` < `2024-02`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartialDate(String);

impl PartialDate {
    /// The JSON Schema pattern. It does not check that the day exists.
    pub const PATTERN: &str =
        r"^(1[789]\d\d|2[01]\d\d|2200)(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$";

    /// Returns the date as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the first day of the year, month or day, as `YYYY-MM-DD`.
    pub fn first_day(&self) -> String {
        match self.0.len() {
            4 => format!("{}-01-01", self.0),
            7 => format!("{}-01", self.0),
            _ => self.0.clone(),
        }
    }

    /// Returns the last day of the year, month or day, as `YYYY-MM-DD`.
    pub fn last_day(&self) -> String {
        match self.0.len() {
            4 => format!("{}-12-31", self.0),
            7 => format!("{}-{:02}", self.0, days_in_month(&self.0)),
            _ => self.0.clone(),
        }
    }

    /// Returns the year and the month of the first day. They are the less precise dates that may
    /// mean the same day but sort before it.
    pub fn wider(&self) -> [String; 2] {
        let day = self.first_day();
        [day[..4].to_owned(), day[..7].to_owned()]
    }
}

fn days_in_month(month: &str) -> u32 {
    (29..=31).rev().find(|day| format!("{month}-{day}").parse::<NaiveDate>().is_ok()).unwrap_or(28)
}

impl From<NaiveDate> for PartialDate {
    fn from(day: NaiveDate) -> Self {
        Self(day.format("%Y-%m-%d").to_string())
    }
}

impl PartialSchema for PartialDate {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(Self::PATTERN))
            .max_length(Some(10))
            .description(Some(
                "A date as precise as its source: `YYYY`, `YYYY-MM` or \
                `YYYY-MM-DD`, from 1700 to 2200.",
            ))
            .examples(["2024-02-13", "2024"])
            .into()
    }
}

impl ToSchema for PartialDate {}

impl FromStr for PartialDate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let parts: Vec<&str> = text.split('-').collect();
        let shape = match parts.as_slice() {
            [year] => year.len() == 4,
            [year, month] => year.len() == 4 && month.len() == 2,
            [year, month, day] => year.len() == 4 && month.len() == 2 && day.len() == 2,
            _ => false,
        };
        if !shape || !parts.iter().all(|part| digits(part)) {
            return Err("is not a date of the form YYYY, YYYY-MM or YYYY-MM-DD".to_owned());
        }
        let date = Self(text.to_owned());
        match date.first_day().parse::<NaiveDate>() {
            Ok(day) if (1700..=2200).contains(&day.year()) => Ok(date),
            Ok(_) => Err("is outside the years 1700 to 2200".to_owned()),
            Err(_) => Err("is not a date of the calendar".to_owned()),
        }
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::PartialDate;

    #[test]
    fn accepts_existing_years_months_and_days_only() {
        for good in ["2024", "2024-02", "2024-02-29", "1700-01-01", "2200-12-31"] {
            assert!(good.parse::<PartialDate>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "24",
            "2024-2",
            "2024-02-30",
            "2023-02-29",
            "2024-13",
            "1699",
            "2201",
            "2024-02-1",
            "+2024",
            "2024-",
            "2024-02-13T00:00:00Z",
            "２０２４",
        ] {
            assert!(bad.parse::<PartialDate>().is_err(), "{bad}");
        }
    }

    #[test]
    fn returns_the_first_and_last_day_of_a_partial_date() {
        let february: PartialDate = "2024-02".parse().expect("a month");
        assert_eq!(
            (february.first_day().as_str(), february.last_day().as_str()),
            ("2024-02-01", "2024-02-29")
        );
        assert_eq!(february.wider(), ["2024".to_owned(), "2024-02".to_owned()]);
    }
}
