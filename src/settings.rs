//! Whose record it is, and how it is served.

use clap::Args;

use crate::model::text;

/// What makes the program another body's record.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    /// What the record is called
    #[arg(
        long,
        env = "TASKFORCE_TITLE",
        value_parser = line,
        default_value = "Record of the President’s Interagency Task Force to Monitor and Combat \
            Trafficking in Persons"
    )]
    pub title: String,
    /// What the record is, in a few sentences
    #[arg(
        long,
        env = "TASKFORCE_DESCRIPTION",
        value_parser = lines,
        default_value = "The public record of the task force: its meetings and who spoke there, \
            the council’s members, the awards given, what departments committed to do and what \
            they reported. Every fact can carry its source, and every record can be read as it \
            stood at any revision."
    )]
    pub description: String,
    /// Whom to ask: an address of the web or of mail
    #[arg(long, env = "TASKFORCE_CONTACT", value_parser = line,
        default_value = "https://example.org/contact")]
    pub contact: String,
    /// Whom to tell of a weakness: an address of the web or of mail; without it, the contact
    #[arg(long, env = "TASKFORCE_SECURITY_CONTACT", value_parser = line)]
    pub security_contact: Option<String>,
    /// The licence of the records: its name, then its URL where it has one
    #[arg(long, env = "TASKFORCE_LICENSE", value_parser = line, num_args = 1..=2,
        value_delimiter = ',', default_value = "CC0-1.0,https://creativecommons.org/publicdomain/zero/1.0/")]
    pub license: Vec<String>,
    /// The address at which the server is reached from outside, put before paths in answers
    #[arg(long, env = "TASKFORCE_PUBLIC_URL", value_parser = line)]
    pub public_url: Option<String>,
}

/// Cleans a setting of one line.
fn line(given: &str) -> Result<String, String> {
    text::clean(given, false)
}

/// Cleans a setting that may have several lines.
fn lines(given: &str) -> Result<String, String> {
    text::clean(given, true)
}
