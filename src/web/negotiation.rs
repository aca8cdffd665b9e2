//! Content negotiation.

use actix_web::HttpRequest;
use actix_web::http::header::ACCEPT;

use super::parameters::value;
use super::preferences::{Preference, preferences};
use super::problem::NOT_ACCEPTABLE;
use super::problem::Problem;
use crate::model::{Faults, nearest};

/// A format of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Csv,
    Ndjson,
}

impl Format {
    const ALL: [(&'static str, &'static str, Format); 3] = [
        ("json", "application/json", Format::Json),
        ("csv", "text/csv", Format::Csv),
        ("ndjson", "application/x-ndjson", Format::Ndjson),
    ];

    /// Returns the value of the `format` parameter.
    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, _, format)| *format == self).map_or("", |(name, ..)| name)
    }

    /// Returns the `Content-Type` of responses.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    /// Returns the format in the `format` parameter, else the one in `Accept`.
    pub(crate) fn of(
        request: &HttpRequest,
        parameters: &[(String, String)],
    ) -> Result<Self, Problem> {
        let mut faults = Faults::default();
        let format = format(request, parameters, &Self::ALL, &mut faults)?;
        Problem::check_parameters(faults).map(|()| format)
    }
}

/// Returns the format in the `format` parameter, else the one in `Accept`; with a fault, the first.
/// Each format has a name and a media type.
pub(crate) fn format<F: Copy>(
    request: &HttpRequest,
    parameters: &[(String, String)],
    formats: &[(&str, &str, F)],
    faults: &mut Faults,
) -> Result<F, Problem> {
    let Some(word) = value(parameters, "format") else {
        let media_types: Vec<&str> = formats.iter().map(|(_, media_type, _)| *media_type).collect();
        return Ok(formats[negotiate(request, &media_types)?].2);
    };
    let names: Vec<&str> = formats.iter().map(|(name, ..)| *name).collect();
    let found = names.iter().position(|name| *name == word);
    if found.is_none() {
        faults.parameter(
            "format",
            "wrong-value",
            format!("is {word:?}, but must be one of {}", names.join(", ")),
            nearest(word, names.iter().copied()).map(str::to_owned),
        );
    }
    Ok(formats[found.unwrap_or(0)].2)
}

/// Returns the index of the media type that the client prefers, the first if it accepts several
/// equally; 406 if it accepts none.
pub(crate) fn negotiate(request: &HttpRequest, offered: &[&str]) -> Result<usize, Problem> {
    let ranges: Vec<Preference<'_>> = preferences(request.headers(), &ACCEPT).collect();
    if ranges.is_empty() {
        return Ok(0);
    }
    let mut best: Option<(f32, usize)> = None;
    for (index, media_type) in offered.iter().enumerate() {
        if let Some(quality) = quality(&ranges, media_type)
            && best.is_none_or(|(other, _)| quality > other)
        {
            best = Some((quality, index));
        }
    }
    let not_acceptable = || {
        Problem::new(
            &NOT_ACCEPTABLE,
            format!("This resource is available as {}.", offered.join(", ")),
        )
    };
    best.map(|(_, index)| index).ok_or_else(not_acceptable)
}

/// Returns the quality of the most specific range that includes a media type, or None if it is
/// excluded.
fn quality(ranges: &[Preference<'_>], media_type: &str) -> Option<f32> {
    let kind = media_type.split('/').next().unwrap_or_default();
    let mut found: Option<(u8, f32)> = None;
    for range in ranges {
        let exactness = if range.name.eq_ignore_ascii_case(media_type) {
            3
        } else if range.name.strip_suffix("/*").is_some_and(|name| name.eq_ignore_ascii_case(kind))
        {
            2
        } else if range.name == "*/*" {
            1
        } else {
            continue;
        };
        if found.is_none_or(|(other, _)| exactness > other) {
            found = Some((exactness, range.quality));
        }
    }
    found.map(|(_, quality)| quality).filter(|quality| *quality > 0.0)
}
