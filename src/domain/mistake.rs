//! What is wrong with a file of TOML, and where, without what it says: a line of it may have a secret, also in a place
//! where none belongs.

/// In words for a person.
#[must_use]
pub fn mistake(text: &str, error: &toml::de::Error) -> String {
    let message = without_value(error.message());
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else { return message };
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
    format!("line {line}, column {column}: {message}")
}

/// A text of the wrong type is told by the library word for word.
fn without_value(message: &str) -> String {
    let parts = message.split_once(": string \"").zip(message.rsplit_once("\", expected "));
    match parts {
        Some(((what, _), (_, expected))) => format!("{what}: a string, expected {expected}"),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[expect(dead_code, reason = "only whether it can be read matters")]
        weight: Option<u32>,
    }

    #[test]
    fn a_mistake_is_told_with_its_place_and_without_the_line() {
        for (text, told) in [
            ("weight = 1\napi_key = \"s3cret\"", "line 2, column 1: unknown field `api_key`"),
            ("# é\n  weight = \"s3cret\"", "line 2, column 12: invalid type: a string, expected u32"),
            ("weight = \"s3cret\\\", expected x\"", "line 1, column 10: invalid type: a string, expected u32"),
            ("weight = s3cret", "line 1, column 10: "),
            ("weight = \"s3cret", "line 1, column "),
            ("weight = 1\nweight = \"s3cret\"", "line 2, column 1: duplicate key"),
        ] {
            let error = toml::from_str::<File>(text).expect_err(told);
            let mistake = mistake(text, &error);
            assert!(mistake.starts_with(told) && !mistake.contains("s3cret"), "{mistake}");
        }
    }
}
