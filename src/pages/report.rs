//! The contact, and the link by which readers report an error in a record.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::settings::Settings;

/// Returns the link for a record at a revision: `--report-url`, else the contact, else none.
pub fn report_link(settings: &Settings, url: &str, id: &str, revision: i64) -> Option<String> {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    if let Some(template) = &settings.report_url {
        let link = template
            .replace("{url}", &encoded(url))
            .replace("{id}", &encoded(id))
            .replace("{revision}", &revision.to_string());
        return Some(link);
    }
    let contact = contact_address(settings.contact.as_deref()?);
    if contact.starts_with("mailto:") {
        let subject = encoded(&format!("Error in {id}, revision {revision}"));
        let separator = if contact.contains('?') { '&' } else { '?' };
        return Some(format!("{contact}{separator}subject={subject}&body={}", encoded(url)));
    }
    Some(contact)
}

/// Returns the address of a contact, which is on the web or by mail.
pub fn contact_address(contact: &str) -> String {
    if contact.contains('@') && !contact.contains(':') {
        format!("mailto:{contact}")
    } else {
        contact.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct CommandLine {
        #[command(flatten)]
        settings: Settings,
    }

    fn link(arguments: &[&str]) -> Option<String> {
        let arguments = std::iter::once("taskforce").chain(arguments.iter().copied());
        let settings = CommandLine::parse_from(arguments).settings;
        report_link(&settings, "https://a.example/people/x?revision=3", "x", 3)
    }

    #[test]
    fn fills_in_the_template_and_falls_back_to_the_contact() {
        assert_eq!(link(&[]), None);
        assert_eq!(
            link(&["--report-url", "https://b.example/new?page={url}&id={id}&at={revision}"]),
            Some(
                "https://b.example/new?page=https%3A%2F%2Fa%2Eexample%2Fpeople%2Fx%3Frevision%3D3\
                 &id=x&at=3"
                    .to_owned()
            )
        );
        assert_eq!(
            link(&["--contact", "https://b.example/contact"]),
            Some("https://b.example/contact".to_owned())
        );
        let mail = link(&["--contact", "keeper@b.example"]).unwrap_or_default();
        assert!(mail.starts_with("mailto:keeper@b.example?subject=Error%20in%20x"), "{mail}");
    }
}
