//! What somebody meant who wrote a name that does not exist.

/// The candidate that is most like the word, where one is like enough to be worth a hint.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = snake_case(word);
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// A name in small letters, its words separated by underscores: `orderBy` and `order-by` are
/// `order_by`.
pub fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 2);
    let mut was_small = false;
    for character in name.chars() {
        if character.is_uppercase() && was_small {
            snake.push('_');
        }
        was_small = character.is_lowercase() || character.is_ascii_digit();
        match character {
            '.' => snake.push('.'),
            _ if character.is_alphanumeric() => snake.extend(character.to_lowercase()),
            _ if !snake.ends_with('_') => snake.push('_'),
            _ => {}
        }
    }
    snake.trim_matches('_').to_owned()
}

/// Names that other APIs have for a parameter, and what they are here.
struct Custom {
    theirs: &'static [&'static str],
    ours: &'static [&'static str],
    explanation: &'static str,
}

static CUSTOMS: [Custom; 6] = [
    Custom {
        theirs: &[
            "page",
            "pages",
            "p",
            "offset",
            "skip",
            "page_number",
            "page_no",
            "pageno",
            "page_num",
            "page_offset",
            "page_index",
            "page_token",
            "page_cursor",
            "page_after",
            "page_before",
            "start_index",
            "starting_after",
            "ending_before",
            "next_page",
            "next",
            "continuation",
            "continuation_token",
            "from_index",
        ],
        ours: &["cursor", "after", "before", "offset"],
        explanation: "the next page is at the address in `page.next`, which holds its `cursor`",
    },
    Custom {
        theirs: &[
            "per_page",
            "perpage",
            "page_size",
            "pagesize",
            "page_limit",
            "size",
            "count",
            "rows",
            "top",
            "take",
            "max",
            "max_results",
            "max_records",
            "results",
            "results_per_page",
            "records_per_page",
            "batch_size",
            "num",
            "n",
        ],
        ours: &["limit"],
        explanation: "`limit` is the number of records in a page",
    },
    Custom {
        theirs: &[
            "order",
            "orders",
            "order_by",
            "orderby",
            "ordering",
            "sort_by",
            "sortby",
            "sorting",
            "sort_order",
            "sort_dir",
            "sort_direction",
            "sort_field",
            "sort_key",
            "order_direction",
            "order_dir",
            "direction",
            "dir",
        ],
        ours: &["sort"],
        explanation: "`sort` is the order: a field, or `-` and a field for the greatest first",
    },
    Custom {
        theirs: &[
            "search",
            "query",
            "search_query",
            "keyword",
            "keywords",
            "search_term",
            "full_text",
            "fulltext",
        ],
        ours: &["q"],
        explanation: "`q` searches",
    },
    Custom {
        theirs: &["select", "columns", "column", "field", "attributes", "properties"],
        ours: &["fields"],
        explanation: "`fields` narrows the answer",
    },
    Custom {
        theirs: &["expand", "embed", "includes", "populate", "with", "join"],
        ours: &["include"],
        explanation: "`include` adds records that are referred to",
    },
];

/// The parameter, one of those known, for what other APIs call by this name, and a clause that
/// explains it.
pub fn custom<'k>(name: &str, known: &[&'k str]) -> Option<(&'k str, &'static str)> {
    let name = snake_case(name);
    let custom = CUSTOMS.iter().find(|custom| custom.theirs.contains(&name.as_str()))?;
    let ours = custom.ours.iter().find_map(|ours| known.iter().find(|known| *known == ours))?;
    Some((ours, custom.explanation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_other_apis_call_parameters() {
        let known = ["limit", "cursor", "sort", "q"];
        for (name, ours) in [
            ("page", "cursor"),
            ("page[number]", "cursor"),
            ("perPage", "limit"),
            ("$top", "limit"),
            ("orderBy", "sort"),
        ] {
            assert_eq!(custom(name, &known).map(|(ours, _)| ours), Some(ours), "{name}");
        }
        assert_eq!(custom("page", &["after", "limit"]).map(|(ours, _)| ours), Some("after"));
        assert_eq!(custom("order_by", &["after", "limit"]), None);
        assert_eq!(custom("department", &known), None);
    }
}
