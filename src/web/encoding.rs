//! Content encoding of responses, negotiated once for each request.

use actix_web::http::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};

use super::preferences::{Preference, preferences};

/// The supported encodings, in order of preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

impl Encoding {
    const ALL: [Self; 3] = [Self::Brotli, Self::Gzip, Self::Identity];

    /// Returns the encoding that the client prefers, the first if it accepts several equally, or
    /// None if it accepts none.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        if !headers.contains_key(ACCEPT_ENCODING) {
            return Some(Self::Identity);
        }
        // Without a wildcard, only `identity` is acceptable besides the named encodings.
        let mut qualities: [Option<f32>; 3] = [None; 3];
        let mut wildcard = None;
        for Preference { name, quality } in preferences(headers, &ACCEPT_ENCODING) {
            if name == "*" {
                wildcard = Some(quality);
            } else if let Some(at) = Self::ALL.iter().position(|known| known.has_name(name)) {
                qualities[at] = Some(quality);
            }
        }
        let lowest = f32::MIN_POSITIVE;
        let identity = qualities[2].or(wildcard).unwrap_or(lowest);
        let quality_at =
            |at: usize| if at == 2 { identity } else { qualities[at].or(wildcard).unwrap_or(0.0) };
        let mut best: Option<(f32, Self)> = None;
        for (at, encoding) in Self::ALL.into_iter().enumerate() {
            let quality = quality_at(at);
            if quality > 0.0 && best.is_none_or(|(other, _)| quality > other) {
                best = Some((quality, encoding));
            }
        }
        best.map(|(_, encoding)| encoding)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
            Self::Identity => "identity",
        }
    }

    /// Returns whether this is its name; `x-gzip` is gzip (RFC 9110, 8.4.1.3).
    fn has_name(self, name: &str) -> bool {
        let name = name
            .strip_prefix("x-")
            .or_else(|| name.strip_prefix("X-"))
            .filter(|_| self == Self::Gzip)
            .unwrap_or(name);
        name.eq_ignore_ascii_case(self.name())
    }

    /// Makes the request accept only this encoding.
    pub(crate) fn restrict(self, headers: &mut HeaderMap) {
        if self == Self::Identity {
            headers.remove(ACCEPT_ENCODING);
        } else {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(self.name()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefers_the_encoding_with_the_highest_quality() {
        for (accepted, chosen) in [
            ("gzip, deflate, br, zstd", Some(Encoding::Brotli)),
            ("gzip", Some(Encoding::Gzip)),
            ("GZIP;q=0.5, zstd;q=0.9", Some(Encoding::Gzip)),
            ("br;q=0, gzip;q=0.2", Some(Encoding::Gzip)),
            ("deflate", Some(Encoding::Identity)),
            ("", Some(Encoding::Identity)),
            ("*", Some(Encoding::Brotli)),
            ("identity, gzip;q=0.5", Some(Encoding::Identity)),
            ("identity;q=0", None),
            ("*;q=0", None),
            ("*;q=0, gzip", Some(Encoding::Gzip)),
            ("br;Q=0, gzip;Q=1", Some(Encoding::Gzip)),
            ("x-gzip", Some(Encoding::Gzip)),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(accepted));
            assert_eq!(Encoding::of(&headers), chosen, "{accepted}");
        }
    }
}
