//! Suggestions for unknown names.

/// Returns the candidate that is most similar to a word, if it is similar enough for a hint.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = snake_case(word);
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Converts a name to snake case: `orderBy` and `order-by` become `order_by`.
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

/// Names of a parameter in other APIs.
struct Synonyms {
    names: &'static [&'static str],
    parameters: &'static [&'static str],
    explanation: &'static str,
}

static SYNONYMS: [Synonyms; 6] = [
    Synonyms {
        names: &[
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
        parameters: &["cursor", "after", "before", "offset"],
        explanation: "the URL of the next page is in `page.next`",
    },
    Synonyms {
        names: &[
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
        parameters: &["limit"],
        explanation: "`limit` is the number of records in a page",
    },
    Synonyms {
        names: &[
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
        parameters: &["sort"],
        explanation: "`sort` sets the order: a field, or `-` and a field for descending order",
    },
    Synonyms {
        names: &[
            "search",
            "query",
            "search_query",
            "keyword",
            "keywords",
            "search_term",
            "full_text",
            "fulltext",
        ],
        parameters: &["q"],
        explanation: "`q` is the search query",
    },
    Synonyms {
        names: &["select", "columns", "column", "field", "attributes", "properties"],
        parameters: &["fields"],
        explanation: "`fields` selects the fields of the response",
    },
    Synonyms {
        names: &["expand", "embed", "includes", "populate", "with", "join"],
        parameters: &["include"],
        explanation: "`include` adds related records",
    },
];

/// Returns the known parameter that has this name in other APIs, with an explanation.
pub fn synonym<'k>(name: &str, known: &[&'k str]) -> Option<(&'k str, &'static str)> {
    let name = snake_case(name);
    let synonym = SYNONYMS.iter().find(|synonym| synonym.names.contains(&name.as_str()))?;
    let parameters = synonym
        .parameters
        .iter()
        .find_map(|parameters| known.iter().find(|known| *known == parameters))?;
    Some((parameters, synonym.explanation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_parameters_for_names_in_other_apis() {
        let known = ["limit", "cursor", "sort", "q"];
        for (name, parameters) in [
            ("page", "cursor"),
            ("page[number]", "cursor"),
            ("perPage", "limit"),
            ("$top", "limit"),
            ("orderBy", "sort"),
        ] {
            assert_eq!(
                synonym(name, &known).map(|(parameters, _)| parameters),
                Some(parameters),
                "{name}"
            );
        }
        assert_eq!(
            synonym("page", &["after", "limit"]).map(|(parameters, _)| parameters),
            Some("after")
        );
        assert_eq!(synonym("order_by", &["after", "limit"]), None);
        assert_eq!(synonym("department", &known), None);
    }
}
