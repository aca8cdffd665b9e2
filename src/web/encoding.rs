//! How an answer is compressed: what the client takes, chosen once per request.

use actix_web::http::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};

use super::preferences::{Preference, preferences};

/// A way to compress, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

impl Encoding {
    const ALL: [(&'static str, Encoding); 3] =
        [("br", Encoding::Brotli), ("gzip", Encoding::Gzip), ("identity", Encoding::Identity)];

    /// The encoding that the client prefers, the first if it accepts several equally; None if it
    /// accepts none.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        if !headers.contains_key(ACCEPT_ENCODING) {
            return Some(Self::Identity);
        }
        // What is not named: nothing but the plain bytes, unless a star stands for the rest.
        let mut liked: [Option<f32>; 3] = [None; 3];
        let mut rest = None;
        for Preference { name, quality } in preferences(headers, &ACCEPT_ENCODING) {
            if name == "*" {
                rest = Some(quality);
            } else if let Some(at) = Self::ALL.iter().position(|(known, _)| is_name_of(name, known))
            {
                liked[at] = Some(quality);
            }
        }
        let least = f32::MIN_POSITIVE;
        let identity = liked[2].or(rest).unwrap_or(least);
        let quality =
            |at: usize| if at == 2 { identity } else { liked[at].or(rest).unwrap_or(0.0) };
        let mut best: Option<(f32, Self)> = None;
        for (at, (_, encoding)) in Self::ALL.into_iter().enumerate() {
            let quality = quality(at);
            if quality > 0.0 && best.is_none_or(|(other, _)| quality > other) {
                best = Some((quality, encoding));
            }
        }
        best.map(|(_, encoding)| encoding)
    }

    /// Its name in headers.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
            Self::Identity => "identity",
        }
    }

    /// Makes the headers of a request ask for this one alone.
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        match Self::ALL.iter().find(|(_, encoding)| *encoding == self) {
            Some((name, encoding)) if *encoding != Self::Identity => {
                headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(name));
            }
            _ => drop(headers.remove(ACCEPT_ENCODING)),
        }
    }
}

/// Whether a name is that of an encoding; `x-gzip` is gzip (RFC 9110, 8.4.1.3).
fn is_name_of(name: &str, encoding: &str) -> bool {
    let name = name
        .strip_prefix("x-")
        .or_else(|| name.strip_prefix("X-"))
        .filter(|_| encoding == "gzip")
        .unwrap_or(name);
    name.eq_ignore_ascii_case(encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_gets_what_it_likes_best() {
        for (asked, chosen) in [
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
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(asked));
            assert_eq!(Encoding::of(&headers), chosen, "{asked}");
        }
    }
}
