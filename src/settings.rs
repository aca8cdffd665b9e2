//! The title, description, license, contact and public URL of the dataset.

use clap::Args;

use crate::model::text;

/// Settings that describe the dataset.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    /// The title of the dataset
    #[arg(
        long,
        env = "TASKFORCE_TITLE",
        value_parser = clean_line,
        default_value = "Record of the President’s Interagency Task Force to Monitor and Combat \
            Trafficking in Persons"
    )]
    pub title: String,
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
    #[arg(long, env = "TASKFORCE_CONTACT", value_parser = clean_line,
        default_value = "https://example.org/contact")]
    pub contact: String,
    /// The contact for vulnerabilities: a URL or an email address [default: the contact]
    #[arg(long, env = "TASKFORCE_SECURITY_CONTACT", value_parser = clean_line)]
    pub security_contact: Option<String>,
    /// The license of the records: its name, and optionally its URL after a comma
    #[arg(long, env = "TASKFORCE_LICENSE", value_parser = clean_line, num_args = 1..=2,
        value_delimiter = ',', default_value = "CC0-1.0,https://creativecommons.org/publicdomain/zero/1.0/")]
    pub license: Vec<String>,
    /// The public URL of the server, which makes links in responses absolute
    #[arg(long, env = "TASKFORCE_PUBLIC_URL", value_parser = clean_line)]
    pub public_url: Option<String>,
}

fn clean_line(given: &str) -> Result<String, String> {
    text::clean(given, false)
}

fn clean_lines(given: &str) -> Result<String, String> {
    text::clean(given, true)
}
