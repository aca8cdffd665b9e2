//! CSV text as rows (RFC 4180), numbered as a spreadsheet numbers them.
//!
//! Blank lines count as rows, and an unclosed quote is an error, so row numbers in messages match
//! the spreadsheet.

/// A row of a CSV text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number; the header is row 1.
    pub number: usize,
    /// The texts of its cells, without quotes.
    pub cells: Vec<String>,
}

impl Row {
    /// Returns whether every cell is empty.
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// A text that is not CSV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The row.
    pub row: usize,
    /// The reason, as a clause that follows "the row".
    pub why: &'static str,
}

/// Returns the rows of a CSV text, which may begin with a byte order mark. Cells are separated by
/// commas, or by the semicolons or tabs that some spreadsheets write.
pub fn rows(text: &str) -> Result<Vec<Row>, Malformed> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let separator = separator_of(text);
    let mut rows = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut row = Row { number: rows.len() + 1, cells: Vec::new() };
        rest = take_row(rest, separator, &mut row)?;
        rows.push(row);
    }
    Ok(rows)
}

/// Returns the separator that occurs most often in the header.
fn separator_of(text: &str) -> char {
    let mut is_quoted = false;
    let mut counts = [(',', 0), (';', 0), ('\t', 0)];
    for character in text.chars() {
        match character {
            '"' => is_quoted = !is_quoted,
            '\r' | '\n' if !is_quoted => break,
            _ if is_quoted => {}
            _ => counts
                .iter_mut()
                .filter(|(separator, _)| *separator == character)
                .for_each(|(_, count)| *count += 1),
        }
    }
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(',', |(separator, _)| *separator)
}

/// Adds the cells of the first row, and returns the text after it.
fn take_row<'t>(mut rest: &'t str, separator: char, row: &mut Row) -> Result<&'t str, Malformed> {
    loop {
        let (cell, after) = match rest.strip_prefix('"') {
            Some(quoted) => take_quoted(quoted, row.number)?,
            None => {
                let end = rest.find([separator, '\r', '\n']).unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        row.cells.push(cell);
        let mut characters = after.chars();
        match characters.next() {
            None => return Ok(""),
            Some('\r') => return Ok(after[1..].strip_prefix('\n').unwrap_or(&after[1..])),
            Some('\n') => return Ok(&after[1..]),
            Some(other) if other == separator => rest = characters.as_str(),
            Some(_) => {
                let why = "has text after a closing quotation mark; a quotation mark inside a \
                    cell is written twice";
                return Err(Malformed { row: row.number, why });
            }
        }
    }
}

/// Splits off a cell whose opening quotation mark has been consumed.
fn take_quoted(text: &str, row: usize) -> Result<(String, &str), Malformed> {
    let mut cell = String::new();
    let mut rest = text;
    loop {
        let Some(end) = rest.find('"') else {
            return Err(Malformed { row, why: "has a quotation mark that is never closed" });
        };
        cell.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                cell.push('"');
                rest = after;
            }
            None => return Ok((cell, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        rows(text).unwrap().into_iter().map(|row| row.cells).collect()
    }

    #[test]
    fn reads_quotes_multiline_cells_and_all_line_endings() {
        let table = "\u{FEFF}a,b\r\n\"x, \"\"y\"\"\nz\",\n,1\r\r\nlast,";
        assert_eq!(
            cells(table),
            [vec!["a", "b"], vec!["x, \"y\"\nz", ""], vec!["", "1"], vec![""], vec!["last", ""]]
        );
        assert_eq!(cells(""), Vec::<Vec<String>>::new());
    }

    #[test]
    fn uses_the_separator_of_the_header() {
        assert_eq!(cells("a;b\n1,5;2"), [["a", "b"], ["1,5", "2"]]);
        assert_eq!(cells("a\tb\n1\t;"), [["a", "b"], ["1", ";"]]);
        assert_eq!(cells("\"a;b;c\",d\n1,2"), [["a;b;c", "d"], ["1", "2"]]);
    }

    #[test]
    fn reports_the_number_of_a_malformed_row() {
        assert_eq!(rows("a\n\n\"b\nc").unwrap_err().row, 3);
        assert_eq!(rows("a\n\"b\" c\n").unwrap_err().row, 2);
    }
}
