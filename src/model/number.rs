//! Numbers: parsing for bodies, bundles and filters, and formatting.

use serde_json::Number;

/// The bound of exact integers. A 64-bit float cannot represent every integer beyond it.
const EXACT_BOUND: f64 = 9_007_199_254_740_992.0;

/// The reason for rejecting an integer.
pub const TOO_LARGE: &str = "is an integer too large to be stored exactly";
/// A hint for rejected integers.
pub const TOO_LARGE_HINT: &str = "less than 9007199254740992";

/// Converts a JSON number to the nearest 64-bit float. `-0` becomes 0.
pub fn from_json(number: &Number) -> Result<f64, &'static str> {
    number.as_f64().ok_or(TOO_LARGE).and_then(checked)
}

/// Parses a number written as in JSON.
pub fn from_text(text: &str) -> Result<f64, &'static str> {
    let is_literal = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    let number = text.parse::<f64>().ok().filter(|_| is_literal).ok_or("is not a number")?;
    match beyond_floats(text, number) {
        Some(why) => Err(why),
        None => checked(number),
    }
}

/// Returns the reason why a 64-bit float cannot represent a number literal. `number` is the float
/// parsed from it.
pub(super) fn beyond_floats(literal: &str, number: f64) -> Option<&'static str> {
    let mantissa = literal.split(['e', 'E']).next().unwrap_or_default();
    let is_zero = !mantissa.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
    match number {
        _ if number.is_infinite() => Some("is too large"),
        _ if number == 0.0 && !is_zero => Some("is too close to zero to be stored"),
        _ => None,
    }
}

fn checked(number: f64) -> Result<f64, &'static str> {
    // Every float beyond the bound is an integer.
    if number.abs() >= EXACT_BOUND { Err(TOO_LARGE) } else { Ok(number + 0.0) }
}

/// Returns the number as an integer if it is one.
pub fn as_integer(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "within the range of an i64")]
    (number.fract() == 0.0 && number.abs() < EXACT_BOUND).then_some(number as i64)
}

/// Formats a number for JSON: the shortest text that parses to the same number, without a fraction
/// for integers.
pub fn number(value: f64) -> Number {
    let integer = as_integer(value).map(Number::from);
    let number = integer.or_else(|| Number::from_f64(value));
    number.unwrap_or_else(|| unreachable!("{value} was parsed as a finite number"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{from_text, number};

    #[test]
    fn formats_a_number_as_the_shortest_equal_text() {
        for (text, written) in [
            ("0.09090909090909091", "0.09090909090909091"),
            ("92216466852314.27", "92216466852314.27"),
            ("9007199254740991", "9007199254740991"),
            ("-9007199254740991.0", "-9007199254740991"),
            ("5e-324", "5e-324"),
            ("1.0", "1"),
            ("-0", "0"),
            ("0e10", "0"),
            ("0.000", "0"),
            ("1e2", "100"),
            ("0.1000", "0.1"),
        ] {
            assert_eq!(
                from_text(text).map(|value| number(value).to_string()).as_deref(),
                Ok(written),
                "{text}"
            );
        }
    }

    #[test]
    fn rejects_numbers_that_cannot_be_stored_exactly() {
        for text in [
            "18446744073709551617",
            "9007199254740992",
            "9007199254740993.0",
            "9.007199254740993e15",
            "-1e300",
            "1e400",
            "1e-400",
            "-0.1e-999",
            "nan",
            "inf",
            "infinity",
            "",
            "-",
            "0x10",
            "1_000",
            "1,5",
            "٣",
        ] {
            assert!(from_text(text).is_err(), "{text}");
        }
    }

    fn storable() -> impl Strategy<Value = f64> {
        any::<f64>().prop_filter("storable", |value| value.abs() < 9_007_199_254_740_992.0)
    }

    proptest! {
        #[test]
        fn parses_every_formatted_number_to_the_same_value(value in storable()) {
            let written = number(value).to_string();
            prop_assert_eq!(from_text(&written), Ok(value));
            let read: f64 = serde_json::from_str(&written).unwrap();
            prop_assert_eq!(number(read).to_string(), written);
        }
    }
}
