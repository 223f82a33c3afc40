//! Tables as comma-separated values (RFC 4180), as spreadsheets read them.

/// A table, with a byte order mark: without one some spreadsheets take UTF-8 for something else.
pub fn csv<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut text = "\u{feff}".to_owned();
    push(&mut text, head.map(ToOwned::to_owned));
    for row in rows {
        push(&mut text, row);
    }
    text
}

fn push<const N: usize>(text: &mut String, row: [String; N]) {
    text.push_str(&row.map(cell).join(","));
    text.push_str("\r\n");
}

/// A cell. What a spreadsheet would take for a formula is text (OWASP, "CSV injection").
fn cell(mut words: String) -> String {
    if words.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        words.insert(0, '\'');
    }
    if words.contains(['"', ',', '\r', '\n', ';']) {
        words = format!("\"{}\"", words.replace('"', "\"\""));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_what_they_say() {
        for (words, written) in [
            ("Referral", "Referral"),
            ("Acme, Inc.", "\"Acme, Inc.\""),
            ("a \"b\"", "\"a \"\"b\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "'=1+1"),
            ("@SUM(1,2)", "\"'@SUM(1,2)\""),
            ("Zoë", "Zoë"),
            ("", ""),
        ] {
            assert_eq!(cell(words.to_owned()), written, "{words}");
        }
    }

    #[test]
    fn each_row_is_a_line() {
        let rows = [["1".to_owned(), "x".to_owned()]];
        assert_eq!(csv(["a", "b"], rows), "\u{feff}a,b\r\n1,x\r\n");
    }
}
