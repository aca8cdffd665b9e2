//! The settings that describe the dataset and its publisher.

use std::borrow::Cow;
use std::str::FromStr;

use chrono_tz::Tz;
use clap::{ArgAction, Args};

pub use crate::locale::Locale;
use crate::model::{InvalidFormat, text};

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
    /// The short title, for the header and titles of pages and for citations [default: the title,
    /// or “Trafficking Task Force Records” with the default title]
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
    #[arg(long, env = "TASKFORCE_CONTACT", value_parser = contact)]
    pub contact: Option<String>,
    /// The contact for vulnerabilities: a URL or an email address [default: the contact]
    #[arg(long, env = "TASKFORCE_SECURITY_CONTACT", value_parser = contact)]
    pub security_contact: Option<String>,
    /// The license of the records: its name, and optionally its URL after a comma
    #[arg(
        long,
        env = "TASKFORCE_LICENSE",
        default_value = "CC0-1.0,https://creativecommons.org/publicdomain/zero/1.0/"
    )]
    pub license: License,
    /// The public URL of the server, with the path at which it is served, if any; it makes links
    /// in responses absolute
    #[arg(long, env = "TASKFORCE_PUBLIC_URL", value_parser = public_url)]
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
    /// The web or mailto URL at which readers report an error; {url}, {id} and {revision} are
    /// filled in [default: the contact]
    #[arg(long, env = "TASKFORCE_REPORT_URL", value_parser = report_url)]
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

/// The license of the records.
#[derive(Clone, Debug)]
pub struct License {
    /// Its name.
    pub name: String,
    /// Its URL.
    pub url: Option<String>,
}

impl FromStr for License {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        let given = clean_line(given)?;
        let (name, url) = match given.split_once(',') {
            Some((name, url)) => (name, Some(web_url(url.trim())?)),
            None => (given.as_str(), None),
        };
        let name = name.trim().to_owned();
        if name.is_empty() {
            return Err("it must begin with a name, such as CC0-1.0".to_owned());
        }
        Ok(Self { name, url })
    }
}

/// Parses a URL of the web.
fn web_url(given: &str) -> Result<String, String> {
    let given = clean_line(given)?;
    (text::URL.check)(&given).map(Cow::into_owned).map_err(|InvalidFormat { why, hint }| {
        let example = hint.as_deref().unwrap_or("https://example.org");
        format!("{given:?} {why}; write a URL such as {example}")
    })
}

/// Parses the URL below which the paths of the server are.
fn public_url(given: &str) -> Result<String, String> {
    let given = web_url(given)?;
    let is_prefix = url::Url::parse(&given).is_ok_and(|url| {
        let has_user = !url.username().is_empty() || url.password().is_some();
        url.query().is_none() && url.fragment().is_none() && !has_user
    });
    if is_prefix {
        Ok(given.trim_end_matches('/').to_owned())
    } else {
        Err("it can have only a scheme, a host, a port and a path, such as \
            https://example.org/records"
            .to_owned())
    }
}

/// Parses an email address, or a URL of the web or of an email address.
fn contact(given: &str) -> Result<String, String> {
    let given = clean_line(given)?;
    let is_valid = match given.split_once(':') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("mailto") => {
            is_email_address(rest.split('?').next().unwrap_or_default())
        }
        Some(_) => return web_url(&given),
        None => is_email_address(&given),
    };
    if is_valid {
        Ok(given)
    } else {
        Err(format!(
            "{given:?} is neither an email address, such as records@example.org, nor a URL, such \
            as https://example.org/contact"
        ))
    }
}

/// Parses the template of a URL of the web or of an email address.
fn report_url(given: &str) -> Result<String, String> {
    let given = clean_line(given)?;
    let names = ["{url}", "{id}", "{revision}"];
    let filled = names.iter().fold(given.clone(), |filled, name| filled.replace(name, "x"));
    let is_mail = filled.split_once(':').is_some_and(|(scheme, _)| scheme == "mailto");
    let checked = if is_mail { contact(&filled) } else { web_url(&filled) };
    checked.map(|_| given.clone()).map_err(|_| {
        format!(
            "{given:?} is not the URL of a form, such as https://example.org/report?page={{url}}, \
            or of an email address, such as mailto:records@example.org?subject={{id}}"
        )
    })
}

fn is_email_address(text: &str) -> bool {
    let is_allowed =
        |character: char| character.is_alphanumeric() || "!#$%&'*+-./=^_`{|}~".contains(character);
    let is_part = |part: &str| !part.is_empty() && part.chars().all(is_allowed);
    text.split_once('@').is_some_and(|(local, host)| is_part(local) && is_part(host))
}

fn clean_line(given: &str) -> Result<String, String> {
    text::clean(given, false).and_then(not_empty)
}

fn clean_lines(given: &str) -> Result<String, String> {
    text::clean(given, true).and_then(not_empty)
}

fn not_empty(text: String) -> Result<String, String> {
    if text.is_empty() {
        return Err("it is empty; leave the setting out to use its default".to_owned());
    }
    Ok(text)
}

/// Parses the IANA name of a time zone.
fn time_zone(given: &str) -> Result<Tz, String> {
    given
        .parse()
        .map_err(|_| format!("{given:?} is not an IANA time zone, such as America/New_York or UTC"))
}
