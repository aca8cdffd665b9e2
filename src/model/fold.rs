//! Case folding and normalization of text for comparison, sorting and search.

use any_ascii::any_ascii_char;
use icu_casemap::CaseMapper;
use icu_properties::props::{
    BinaryProperty as _, DefaultIgnorableCodePoint, EnumeratedProperty as _, Script,
};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// The apostrophes beyond ASCII, including the ʻokina.
#[rustfmt::skip]
const APOSTROPHES: &[char] = &[
    '\u{B4}', '\u{2B9}', '\u{2BB}', '\u{2BC}', '\u{2BD}', '\u{2BE}', '\u{2BF}', '\u{2C8}',
    '\u{2CA}', '\u{2CB}', '\u{2EE}', '\u{374}', '\u{384}', '\u{55A}', '\u{5F3}', '\u{7F4}',
    '\u{7F5}', '\u{1FBD}', '\u{1FBF}', '\u{1FEF}', '\u{1FFD}', '\u{1FFE}', '\u{2018}', '\u{2019}',
    '\u{201B}', '\u{2032}', '\u{2035}', '\u{275B}', '\u{275C}', '\u{A78B}', '\u{A78C}', '\u{FF07}',
    '\u{FF40}',
];

/// Folds a text: full case folding and compatibility decomposition, without combining marks and
/// invisible characters. Latin letters become their base letters (`ł` is `l`, `æ` is `ae`), and
/// apostrophes are dropped (`D’Souza` is `dsouza`).
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    if text.is_ascii() {
        text.chars().for_each(|character| fold_character(character, &mut folded));
    } else {
        composed(text).chars().for_each(|character| fold_character(character, &mut folded));
    }
    folded
}

/// Appends the folded form of one character of a text in NFC. It can be empty or have several
/// characters.
pub(super) fn fold_character(character: char, folded: &mut String) {
    if is_apostrophe(character) {
        return;
    }
    if character.is_ascii() {
        folded.push(character.to_ascii_lowercase());
    } else {
        let is_kept = |part: &char| !is_combining_mark(*part) && !is_invisible(*part);
        // Hangul is composed again, so that no syllable is a prefix of another one.
        for part in std::iter::once(character).nfkd().filter(is_kept).nfc() {
            let mut bytes = [0; 4];
            let cased = CaseMapper::new().fold_string(part.encode_utf8(&mut bytes));
            cased.chars().for_each(|character| fold_to_base(character, folded));
        }
    }
}

/// Appends a case-folded character. Latin letters become their base letters.
fn fold_to_base(character: char, folded: &mut String) {
    if is_apostrophe(character) {
        return;
    }
    if character.is_ascii() || Script::for_char(character) != Script::Latin {
        folded.push(character);
    } else {
        let base = if character == 'ŋ' { "n" } else { any_ascii_char(character) };
        if !base.is_empty() && base.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            folded.extend(base.chars().map(|letter| letter.to_ascii_lowercase()));
        } else {
            folded.push(character);
        }
    }
}

pub(super) fn is_apostrophe(character: char) -> bool {
    if character.is_ascii() {
        matches!(character, '\'' | '`')
    } else {
        APOSTROPHES.contains(&character)
    }
}

/// Returns whether a character is invisible: it joins, separates, directs or annotates other
/// characters.
pub(super) fn is_invisible(character: char) -> bool {
    !character.is_ascii()
        && (DefaultIgnorableCodePoint::for_char(character)
            || matches!(character, '\u{FFF9}'..='\u{FFFB}'))
}

/// Returns the text in NFC, the form in which text is stored.
pub fn composed(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { text.nfc().collect() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::fold;

    #[test]
    fn ignores_case_accents_and_invisible_characters() {
        for (text, folded) in [
            ("Évelyn Ñandú — ﬁle", "evelyn nandu — file"),
            ("İstanbul ısı", "istanbul isi"),
            ("STRAUSS", "strauss"),
            ("Strauß STRAUẞ", "strauss strauss"),
            ("ΟΔΥΣΣΕΥΣ", "οδυσσευσ"),
            ("Οδυσσεύς", "οδυσσευσ"),
            ("so\u{AD}ft\u{200B}ly\u{FEFF}", "softly"),
            ("Ｆｕｌｌ　Ｗｉｄｔｈ", "full width"),
            ("Nguye\u{302}\u{303}n", "nguyen"),
            ("ᾼ ῼ", "α ω"),
            ("한국 \u{1112}\u{1161}\u{11AB}", "한국 한"),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn reduces_latin_letters_to_their_base() {
        for (text, folded) in [
            ("Łukasz Żółkiewski", "lukasz zolkiewski"),
            ("Đặng Đoković", "dang dokovic"),
            ("Søren Ærø Œuvre", "soren aero oeuvre"),
            ("Þórður Guðmundsson", "thordur gudmundsson"),
            ("Ħal Għaxaq", "hal ghaxaq"),
            ("Ŋ ŧ ŀ ŉ", "n t l· n"),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn drops_every_apostrophe() {
        for name in [
            "D'Souza",
            "D’Souza",
            "DʼSouza",
            "D`Souza",
            "D´Souza",
            "D＇Souza",
            "DʻSouza",
            "D‘Souza",
            "D′Souza",
        ] {
            assert_eq!(fold(name), "dsouza", "{name}");
        }
        assert_eq!(fold("Hawaiʻi"), fold("HAWAII"));
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in any::<String>()) {
            let folded = fold(&text);
            // Hangul letters from a compatibility form can combine with neighbors to a syllable.
            prop_assume!(!folded.contains(|letter| ('\u{1100}'..='\u{11FF}').contains(&letter)));
            prop_assert_eq!(fold(&folded), folded);
        }

        #[test]
        fn folding_ignores_case(text in any::<String>()) {
            prop_assert_eq!(fold(&text.to_lowercase()), fold(&text));
        }
    }
}
