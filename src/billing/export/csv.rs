//! A row of comma-separated values, as RFC 4180 has it, that a spreadsheet takes for what it is.

/// Adds a row. Texts are made safe by [`text`]; what was worked out here, such as a number, needs no such care.
pub(super) fn row(fields: &[Field<'_>], out: &mut Vec<u8>) {
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        match field {
            Field::Plain(plain) => out.extend(plain.as_bytes()),
            Field::Text(given) => text(given, out),
            Field::Null => {}
        }
    }
    out.extend(b"\r\n");
}

/// A value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field<'a> {
    /// A number, a time or a word of ours: never quoted.
    Plain(&'a str),
    /// What somebody else may have chosen.
    Text(&'a str),
    /// Nothing.
    Null,
}

impl<'a> Field<'a> {
    /// A text, or nothing.
    pub fn maybe(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

/// A spreadsheet takes what begins with one of these for a formula, and runs it. An apostrophe before it says that it is
/// a text; what begins with an apostrophe gets one too, so that a reader that takes the first one off has the text back.
const FORMULA: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\''];

fn text(text: &str, out: &mut Vec<u8>) {
    let guarded = text.starts_with(FORMULA);
    let quoted = text.is_empty() || text.contains([',', '"', '\r', '\n']);
    if quoted {
        out.push(b'"');
    }
    if guarded {
        out.push(b'\'');
    }
    for byte in text.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    if quoted {
        out.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_texts_and_texts_are_whole() {
        for (given, written) in [
            ("whisper-1", "whisper-1"),
            ("=HYPERLINK(\"http://a\")", "\"'=HYPERLINK(\"\"http://a\"\")\""),
            ("-2+3", "'-2+3"),
            ("@sum", "'@sum"),
            ("+1", "'+1"),
            ("'quoted", "''quoted"),
            ("a,b", "\"a,b\""),
            ("two\nlines", "\"two\nlines\""),
            ("", "\"\""),
        ] {
            let mut out = Vec::new();
            row(&[Field::Text(given), Field::Plain("-1"), Field::Null], &mut out);
            assert_eq!(String::from_utf8(out).expect("UTF-8"), format!("{written},-1,\r\n"), "{given:?}");
        }
    }
}
