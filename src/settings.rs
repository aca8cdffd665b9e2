//! The settings that describe the dataset and its publisher.

use chrono_tz::Tz;
use clap::{ArgAction, Args};

pub use crate::locale::Locale;
use crate::model::text;

/// The title of the bundled records.
const TITLE: &str = "Record of the President’s Interagency Task Force to Monitor and Combat \
    Trafficking in Persons";

/// The short title of the bundled records.
const SHORT_TITLE: &str = "Trafficking Task Force Records";

/// Settings that describe the dataset.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    /// The title of the dataset
    #[arg(long, env = "TASKFORCE_TITLE", value_parser = clean_line, default_value = TITLE)]
    pub title: String,
    /// The short title, for the header and titles of pages and for citations [default: the title]
    #[arg(long, env = "TASKFORCE_SHORT_TITLE", value_parser = clean_line)]
    pub short_title: Option<String>,
    /// The description of the dataset, in a few sentences
    #[arg(
        long,
        env = "TASKFORCE_DESCRIPTION",
        value_parser = clean_lines,
        default_value = "The public record of the task force: its meetings and their speakers, the \
            members of the council, the awards, the commitments of departments and their progress. \
            Facts are linked to their sources, and every record can be read as of any revision."
    )]
    pub description: String,
    /// The contact for questions: a URL or an email address
    #[arg(long, env = "TASKFORCE_CONTACT", value_parser = clean_line)]
    pub contact: Option<String>,
    /// The contact for vulnerabilities: a URL or an email address [default: the contact]
    #[arg(long, env = "TASKFORCE_SECURITY_CONTACT", value_parser = clean_line)]
    pub security_contact: Option<String>,
    /// The license of the records: its name, and optionally its URL after a comma
    #[arg(long, env = "TASKFORCE_LICENSE", value_parser = clean_line, num_args = 1..=2,
        value_delimiter = ',',
        default_value = "CC0-1.0,https://creativecommons.org/publicdomain/zero/1.0/")]
    pub license: Vec<String>,
    /// The public URL of the server, which makes links in responses absolute
    #[arg(long, env = "TASKFORCE_PUBLIC_URL", value_parser = clean_line)]
    pub public_url: Option<String>,
    /// The publisher of the records, shown on every page
    #[arg(long, env = "TASKFORCE_PUBLISHER", value_parser = clean_line)]
    pub publisher: Option<String>,
    /// Whether this is an official website of the body; every page says so
    #[arg(long, env = "TASKFORCE_OFFICIAL", action = ArgAction::Set, default_value_t = false)]
    pub official: bool,
    /// The locale of dates on pages: an English one, such as en-US or en-GB
    #[arg(long, env = "TASKFORCE_LOCALE", default_value = "en-US")]
    pub locale: Locale,
    /// The time zone of times on pages, by its IANA name
    #[arg(long, env = "TASKFORCE_TIME_ZONE", value_parser = time_zone,
        default_value = "America/New_York")]
    pub time_zone: Tz,
    /// The URL at which readers report an error; {url}, {id} and {revision} are filled in
    /// [default: the contact]
    #[arg(long, env = "TASKFORCE_REPORT_URL", value_parser = clean_line)]
    pub report_url: Option<String>,
}

impl Settings {
    /// Returns the title for headers, page titles and citations.
    pub fn short_title(&self) -> &str {
        match &self.short_title {
            Some(short_title) => short_title,
            None if self.title == TITLE => SHORT_TITLE,
            None => &self.title,
        }
    }
}

fn clean_line(given: &str) -> Result<String, String> {
    text::clean(given, false)
}

fn clean_lines(given: &str) -> Result<String, String> {
    text::clean(given, true)
}

/// Parses the IANA name of a time zone.
fn time_zone(given: &str) -> Result<Tz, String> {
    given
        .parse()
        .map_err(|_| format!("{given:?} is not an IANA time zone, such as America/New_York or UTC"))
}
