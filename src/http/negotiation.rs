//! Which of the formats offered a client likes best.

use actix_web::HttpRequest;

use super::Problem;
use super::problem::NOT_ACCEPTABLE;
use crate::model::Faults;

/// A format that lists are given in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Csv,
    Ndjson,
}

impl Format {
    const ALL: [(&'static str, &'static str, Format); 3] =
        [("json", "application/json", Format::Json), ("csv", "text/csv", Format::Csv), ("ndjson", "application/x-ndjson", Format::Ndjson)];

    /// The media type, as it is answered.
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    /// The format that a request asks for: by `format`, else by `Accept`.
    pub(super) fn of(request: &HttpRequest, parameters: &[(String, String)]) -> Result<Self, Problem> {
        if let Some((_, word)) = parameters.iter().find(|(name, _)| name == "format") {
            return Self::ALL.iter().find(|(name, _, _)| name == word).map(|(_, _, format)| *format).ok_or_else(|| {
                let mut faults = Faults::default();
                faults.parameter("format", "wrong-value", format!("{word:?} is none of json, csv, ndjson"), None);
                Problem::parameters(faults)
            });
        }
        let names: Vec<&str> = Self::ALL.iter().map(|(_, media_type, _)| *media_type).collect();
        let chosen = accepted(request, &names)?;
        Ok(Self::ALL[chosen].2)
    }
}

/// Which of these media types the client likes best: the first of those it likes alike. 406 where it takes none.
pub(crate) fn accepted(request: &HttpRequest, offered: &[&str]) -> Result<usize, Problem> {
    let Some(accept) = request.headers().get("accept").and_then(|value| value.to_str().ok()).filter(|accept| !accept.trim().is_empty())
    else {
        return Ok(0);
    };
    let mut best: Option<(f32, usize)> = None;
    for (index, media_type) in offered.iter().enumerate() {
        let kind = media_type.split('/').next().unwrap_or_default();
        let mut liking: Option<(u8, f32)> = None;
        for range in accept.split(',') {
            let mut pieces = range.split(';').map(str::trim);
            let name = pieces.next().unwrap_or_default().to_ascii_lowercase();
            let exactness = if name == *media_type {
                3
            } else if name.strip_suffix("/*") == Some(kind) {
                2
            } else if name == "*/*" {
                1
            } else {
                continue;
            };
            let quality = pieces.find_map(|piece| piece.strip_prefix("q=")).and_then(|quality| quality.parse::<f32>().ok()).unwrap_or(1.0);
            if liking.is_none_or(|(other, _)| exactness > other) {
                liking = Some((exactness, quality));
            }
        }
        if let Some((_, quality)) = liking.filter(|(_, quality)| *quality > 0.0)
            && best.is_none_or(|(other, _)| quality > other)
        {
            best = Some((quality, index));
        }
    }
    best.map(|(_, index)| index).ok_or_else(|| Problem::new(&NOT_ACCEPTABLE, format!("This can be given as {}.", offered.join(", "))))
}
